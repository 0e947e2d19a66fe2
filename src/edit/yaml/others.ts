import { pinnedRangesIn } from "../embedded.ts";
import { type Place, placeOf, readReference, reportedPlace } from "../place.ts";
import { type Traced, sliceOf } from "../traced.ts";
import { isKeptByOther } from "./kept.ts";
import { traceOf } from "./trace.ts";
import { type YamlPath, nodesIn } from "./walk.ts";
import type { YamlNode, YamlScalar } from "./yaml.ts";

/** What a whole scalar that is a pinned reference, in a place nobody knows, is reported as. */
export type OtherReason = "not-opted-in" | "embedded";

const PINNED = "@sha256:";
const PINNED_IN_ONE_MAX = 1_000;

/**
 * What else looks like images in a document, as reported places: every pinned reference in its scalars, and references with a tag that a
 * key calls an image.
 */
export function otherPlaces(
  document: YamlNode,
  text: string,
  known: readonly Place[],
  reason: OtherReason,
): readonly Place[] {
  const offsets = known
    .flatMap(({ offset, parts }) => [offset, ...parts.flatMap((part) => part.offsets[0] ?? [])])
    .toSorted((a, b) => a - b);
  let next = 0;
  return [...candidatesIn(document)]
    .toSorted((a, b) => a.range.start - b.range.start)
    .flatMap((scalar) => {
      const { start, end } = scalar.range;
      while ((offsets[next] ?? start) < start) next += 1;
      const isKnown = (offsets[next] ?? end) < end;
      if (isKnown) return [];
      return scalar.value.includes(PINNED)
        ? pinnedPlaces(text, scalar, reason)
        : [otherPlace(text, scalar, traceOf(text, scalar), reason)];
    });
}

function candidatesIn(document: YamlNode): ReadonlySet<YamlScalar> {
  const found = new Set<YamlScalar>();
  for (const { node, path } of nodesIn(document)) {
    if (node.kind !== "scalar") continue;
    if (node.value.includes(PINNED) || (isCalledImage(path) && isTagged(node.value))) found.add(node);
  }
  return found;
}

/** `KIND_IMAGE: …`, `builder-image: {default: …}`; images of machines are none of containers. */
function isCalledImage(path: YamlPath): boolean {
  const key = path.at(path.at(-1) === "default" ? -2 : -1);
  return (
    typeof key === "string" &&
    /(?<!(?:machine|executor|vm)[-_]?)image$/i.test(key) &&
    path.at(-2) !== "machine"
  );
}

function isTagged(value: string): boolean {
  return readReference(value)?.tag !== undefined;
}

function pinnedPlaces(text: string, scalar: YamlScalar, reason: OtherReason): readonly Place[] {
  const traced = traceOf(text, scalar);
  return pinnedRangesIn(traced.text)
    .slice(0, PINNED_IN_ONE_MAX)
    .map(({ start, end }) => {
      const written = sliceOf(traced, start, end);
      if (end - start < traced.text.trim().length) return otherPlace(text, scalar, written, "embedded");
      const place = placeOf(written, text, { pin: "never" });
      const { handling } = place;
      const isNameless = handling.kind === "reported" && handling.reason === "name-unknown";
      return isNameless ? place : otherPlace(text, scalar, written, reason);
    });
}

function otherPlace(text: string, scalar: YamlScalar, written: Traced, reason: OtherReason): Place {
  return reportedPlace(written, isKeptByOther(text, scalar) ? "other-bot" : reason);
}
