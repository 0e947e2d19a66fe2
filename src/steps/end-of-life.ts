import { renderLine } from "../image/reference.ts";
import type { StoreEvent } from "../ports/store.ts";
import { endingInWords, endingOf } from "../vendor/lifecycle.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import { pinnedLines, type Scan } from "../watch/scan.ts";

/** Tells of each line that a code repository pins and whose end is told: once that it is coming, and once that it has come. */
export function endingIn(
  scan: Pick<Scan, "places" | "scannedAt">,
  profiles: readonly Profile[],
): readonly StoreEvent[] {
  return pinnedLines(scan).flatMap((line): readonly StoreEvent[] => {
    const ending = endingOf(line, profileOf(profiles, line.repository) ?? {}, scan.scannedAt);
    if (ending === undefined) return [];
    const subject = renderLine(line);
    return [
      {
        kind: "end-of-life",
        at: scan.scannedAt,
        subject,
        message: `${endingInWords(ending)}: ${ending.notice}`,
        key: `end-of-life ${subject} ${ending.kind} ${ending.endsAt}`,
      },
    ];
  });
}
