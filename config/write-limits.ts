import { z } from "zod";
import { section } from "./fields.ts";

/** More than any code host allows. */
const PER_MINUTE_MAX = 1_000;
const PER_HOUR_MAX = 10_000;

/** What may be said under `github.limits`. */
export function writeLimitsSection() {
  return section(
    {
      perMinute: z
        .int()
        .min(1)
        .max(PER_MINUTE_MAX)
        .meta({ values: "number", description: "Writes in any minute.", example: "20" })
        .prefault(80),
      perHour: z
        .int()
        .min(1)
        .max(PER_HOUR_MAX)
        .meta({ values: "number", description: "Writes in any hour.", example: "150" })
        .prefault(500),
    },
    {
      description:
        "What is created at the code host at most (branches, commits, pull requests, comments, labels, statuses and checks), for each installation or token, by all processes together. The earliest deadline goes first. GitHub slows down who goes beyond its own limits, and so do we after it did.",
      example: "{ perMinute: 20, perHour: 150 }",
    },
  ).prefault({});
}
