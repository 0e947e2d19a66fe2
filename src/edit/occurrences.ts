import { renderReference } from "../image/reference.ts";
import { lineFinderOf } from "./line-finder.ts";
import type { Occurrence, TextRange } from "./occurrence.ts";
import { type Place, reportedAs } from "./place.ts";
import type { Traced } from "./traced.ts";

/** Characters of {@link Occurrence.raw}. */
const RAW_LENGTH_MAX = 512;

/**
 * The places of a file as they are told to others, in order of their lines. Several that get the same reference from the same digest are
 * one. A text that serves two different references stays as it is, as no edit of it would be right: such a digest, or point to put one, is
 * reported, and such a tag is left alone.
 */
export function occurrencesAt(places: readonly Place[], text: string): readonly Occurrence[] {
  const lineAt = lineFinderOf(text);
  return withoutShared(places)
    .map(({ raw, offset, handling }): Occurrence => {
      const line = lineAt(editPointOf(handling) ?? offset);
      return { line, raw: raw.slice(0, RAW_LENGTH_MAX), handling };
    })
    .toSorted((a, b) => a.line - b.line);
}

function withoutShared(places: readonly Place[]): readonly Place[] {
  const namesAt = namesByPoint(places);
  const isShared = (at: number): boolean => (namesAt.get(at)?.size ?? 0) > 1;
  const seen = new Set<number>();
  const single = places.flatMap((place) => {
    const { handling } = place;
    const point = editPointOf(handling);
    if (point === undefined || handling.kind === "reported") return [place];
    if (isShared(point) || isShared(keptPointOf(handling))) return [reportedAs(place, "reference-assembled")];
    const isFirst = !seen.has(point);
    seen.add(point);
    return isFirst ? [place] : [];
  });
  const byTag = Map.groupBy(single, ({ handling }) => tagPointOf(handling));
  return single.map((place) => {
    const { handling } = place;
    const tag = tagPointOf(handling);
    if (handling.kind === "reported" || tag === undefined) return place;
    if (!isShared(tag) && byTag.get(tag)?.length === 1) return place;
    const { tagRange: _, ...rest } = handling;
    return { ...place, handling: rest };
  });
}

type Handling = Occurrence["handling"];

function editPointOf(handling: Handling): number | undefined {
  if (handling.kind === "reported") return undefined;
  return handling.kind === "editable" ? handling.digestRange.start : handling.pin.range.start;
}

function tagPointOf(handling: Handling): number | undefined {
  return handling.kind === "reported" ? undefined : handling.tagRange?.start;
}

/** An offset that every name contains to which an edit would happen. */
function keptPointOf(handling: Exclude<Handling, { kind: "reported" }>): number {
  return handling.kind === "editable" ? handling.digestRange.start : handling.pin.range.start - 1;
}

/** For every offset that matters to an edit, the different references that are made of it or edited there. */
function namesByPoint(places: readonly Place[]): ReadonlyMap<number, ReadonlySet<string>> {
  const names = new Map<number, Set<string>>();
  const add = (point: number, key: string): void => {
    names.set(point, (names.get(point) ?? new Set()).add(key));
  };
  const kept = new Set<number>();
  for (const { handling } of places) {
    const point = editPointOf(handling);
    if (handling.kind === "reported" || point === undefined) continue;
    add(point, renderReference(handling.reference));
    kept.add(keptPointOf(handling));
    if (handling.tagRange !== undefined) kept.add(handling.tagRange.start);
  }
  const points = [...kept].toSorted((a, b) => a - b);
  for (const { parts, handling } of places) {
    const { reference } = handling;
    const key =
      reference === undefined ? parts.map(({ text }) => text).join(" ") : renderReference(reference);
    for (const { start, end } of parts.flatMap(runsOf)) {
      for (let at = countUpTo(points, start - 1); (points[at] ?? end) < end; at += 1) {
        add(points[at] ?? end, key);
      }
    }
  }
  return names;
}

/** The pieces in which a text stands in its file. */
function runsOf({ offsets }: Traced): readonly TextRange[] {
  const runs: TextRange[] = [];
  let start = offsets[0] ?? 0;
  offsets.forEach((offset, position) => {
    if (offsets[position + 1] === offset + 1) return;
    runs.push({ start, end: offset + 1 });
    start = offsets[position + 1] ?? 0;
  });
  return runs;
}

/** How many of these ascending numbers are not above the limit. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
