import { DAY_MS, HOUR_MS, MINUTE_MS, renderSpan } from "../src/time.ts";
import { z } from "zod";
import { refuse, section, spanField } from "./fields.ts";

/** How old a look may get at most unless `poll` itself is longer. */
const STALENESS_MAX_MS = 6 * HOUR_MS;
const STALENESS_DEFAULT_MS = HOUR_MS;

/** What may be said under `intervals`. */
export function intervalsSection() {
  return section(
    {
      poll: spanField(
        {
          description: "How often a repository of images is asked where its tags point.",
          example: "10m",
        },
        { maxMs: 30 * DAY_MS },
      ).prefault("30m"),
      maxStaleness: spanField(
        {
          description:
            "How old the last look at a tag may get: one that seldom moves is asked about less often than `poll` says, down to this. At least `poll`, and at most 6h where `poll` is not longer. Default: `1h`, or `poll` where that is longer.",
          example: "2h",
        },
        { maxMs: 30 * DAY_MS },
      ).exactOptional(),
      discover: spanField(
        { description: "How often code repositories are read for images they use.", example: "6h" },
        { maxMs: 30 * DAY_MS },
      ).prefault("24h"),
      repositories: spanField(
        {
          description:
            "How often the code host is asked which code repositories there are, where `github.repositories` holds patterns.",
          example: "15m",
        },
        { maxMs: 30 * DAY_MS },
      ).prefault("1h"),
      proposals: spanField(
        { description: "How old the last look at an open pull request may get.", example: "15m" },
        { maxMs: DAY_MS },
      ).prefault("5m"),
      sla: spanField(
        { description: "How often deadlines are looked at.", example: "5m" },
        { maxMs: DAY_MS },
      ).prefault("1m"),
      tryingOut: z
        .boolean()
        .meta({
          description:
            "Allows intervals below a minute: for trying things out on a registry and a code host of one's own, and nowhere else.",
          example: "true",
        })
        .prefault(false),
    },
    { description: "How often things are done. None below a minute, unless `tryingOut` says so." },
  )
    .superRefine(({ tryingOut, poll, maxStaleness, ...others }, context) => {
      const spans = { poll, ...(maxStaleness === undefined ? {} : { maxStaleness }), ...others };
      for (const [name, spanMs] of Object.entries(spans)) {
        if (spanMs >= MINUTE_MS || tryingOut) continue;
        const reason = `must be 1m or more, is ${renderSpan(spanMs)}: the limits of others are spent by it. To try things out on a registry of your own, say intervals.tryingOut: true`;
        refuse(context, reason, [name]);
      }
      if (maxStaleness === undefined) return;
      if (maxStaleness < poll) {
        refuse(context, `must be at least intervals.poll (${renderSpan(poll)})`, ["maxStaleness"]);
      } else if (maxStaleness > Math.max(STALENESS_MAX_MS, poll)) {
        refuse(context, `must be 6h or less, or intervals.poll, is ${renderSpan(maxStaleness)}`, [
          "maxStaleness",
        ]);
      }
    })
    .transform(({ maxStaleness, ...rest }) => ({
      ...rest,
      maxStaleness: maxStaleness ?? Math.max(STALENESS_DEFAULT_MS, rest.poll),
    }))
    .prefault({});
}
