import { pinnedRangesIn } from "../embedded.ts";
import { type Place, placeOf, reportedPlace } from "../place.ts";
import { sliceOf } from "../traced.ts";
import { isKeptByOther } from "./kept.ts";
import { traceOf } from "./trace.ts";
import { scalarsIn } from "./walk.ts";
import type { YamlNode, YamlScalar } from "./yaml.ts";

/** What a whole scalar that is a pinned reference, in a place nobody knows, is reported as. */
export type OtherReason = "not-opted-in" | "embedded";

const PINNED = "@sha256:";
const PINNED_IN_ONE_MAX = 1_000;

/** Every pinned reference in a document's scalars that are none of these places: seen, and not edited. */
export function otherPlaces(
  document: YamlNode,
  text: string,
  known: readonly Place[],
  reason: OtherReason,
): readonly Place[] {
  if (!text.includes(PINNED)) return [];
  const offsets = known.map(({ offset }) => offset).toSorted((a, b) => a - b);
  // Of a place that was read from several scalars, the offset says where one of them stands.
  const words = new Set(known.flatMap(({ raw }) => raw.split(" ")));
  let next = 0;
  return [...scalarsIn(document)]
    .filter(({ value }) => value.includes(PINNED))
    .toSorted((a, b) => a.range.start - b.range.start)
    .flatMap((scalar) => {
      const { start, end } = scalar.range;
      while ((offsets[next] ?? start) < start) next += 1;
      const isKnown = (offsets[next] ?? end) < end || words.has(scalar.value.trim());
      return isKnown ? [] : pinnedPlaces(text, scalar, reason);
    });
}

function pinnedPlaces(text: string, scalar: YamlScalar, reason: OtherReason): readonly Place[] {
  const traced = traceOf(text, scalar);
  return pinnedRangesIn(traced.text)
    .slice(0, PINNED_IN_ONE_MAX)
    .map(({ start, end }) => {
      const written = sliceOf(traced, start, end);
      if (isKeptByOther(text, scalar)) return reportedPlace(written, "other-bot");
      if (end - start < traced.text.trim().length) return reportedPlace(written, "embedded");
      const place = placeOf(written, text, { pin: "never" });
      const { handling } = place;
      const isNameless = handling.kind === "reported" && handling.reason === "name-unknown";
      return isNameless ? place : reportedPlace(written, reason);
    });
}
