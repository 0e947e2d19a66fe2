import type { z } from "zod";
import { InvalidInputError } from "../src/errors.ts";
import { DAY_MS, type Instant, later } from "../src/time.ts";
import { instantField, parsedField, refuse, section, textField } from "./fields.ts";

/** A time in which nobody merges. */
export function freezeField() {
  return section(
    {
      from: instantField({ description: "When it begins.", example: "2026-12-20" }),
      until: parsedField(parseEnd, {
        description: "When it ends: a moment, or the last day of it (in UTC).",
        example: "2027-01-03",
        values: "day or moment",
      }),
      reason: textField({ description: "Why, for people.", example: "Christmas" }, 200),
    },
    {},
  ).superRefine(({ from, until }, context) => {
    if (until <= from) refuse(context, "must be later than from", ["until"]);
  });
}

type Freeze = z.output<ReturnType<typeof freezeField>>;

/** Refuses times of a list that overlap. */
export function refuseOverlaps(context: z.core.ParsePayload<Freeze[]>): void {
  for (const [index, freeze] of context.value.entries()) {
    const earlier = context.value
      .slice(0, index)
      .findIndex(({ from, until }) => freeze.from < until && from < freeze.until);
    if (earlier !== -1) refuse(context, `overlaps freezes[${earlier}]`, [index]);
  }
}

const parseStart = instantField({ description: "", example: "" });

/** A moment, or the end of a day. */
function parseEnd(text: string): Instant {
  const start = parseStart.safeParse(text);
  if (!start.success) {
    throw new InvalidInputError("config-invalid", start.error.issues[0]?.message ?? "is no moment");
  }
  return text.length === "2026-11-24".length ? later(start.data, DAY_MS) : start.data;
}
