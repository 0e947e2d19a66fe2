import type { FormatId } from "../edit/format.ts";
import { compareTexts } from "../versions/order.ts";
import type { Scan, SeenReason } from "./scan.ts";

/** How much of what kind of file is kept up to date. */
export interface Coverage {
  /** Absent for places of which an older release did not write it down. */
  readonly format?: FormatId;
  readonly handledCount: number;
  /** Tags of a vendor's image without a digest, where one can be put. */
  readonly unpinnedCount: number;
  /** Why all others are not handled, the most frequent reason first. */
  readonly reasons: readonly { readonly reason: SeenReason; readonly count: number }[];
}

/** What becomes of all places of these scans, by the kind of file that names the image; in alphabetical order, those of no known kind last. */
export function coverageOf(scans: readonly Scan[]): readonly Coverage[] {
  const places = scans.flatMap((scan) => scan.places);
  return [...Map.groupBy(places, ({ format }) => format)]
    .map(([format, group]): Coverage => {
      const seen = group.flatMap(({ state }) => (state.kind === "seen" ? [state] : []));
      const others = Map.groupBy(
        seen.filter(({ isPinnable }) => isPinnable !== true),
        ({ reason }) => reason,
      );
      return {
        ...(format === undefined ? {} : { format }),
        handledCount: group.length - seen.length,
        unpinnedCount: seen.filter(({ isPinnable }) => isPinnable === true).length,
        reasons: [...others]
          .map(([reason, same]) => ({ reason, count: same.length }))
          .toSorted((a, b) => b.count - a.count || compareTexts(a.reason, b.reason)),
      };
    })
    .toSorted((a, b) => compareTexts(a.format ?? "~", b.format ?? "~"));
}
