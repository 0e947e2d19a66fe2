import type { Digest } from "../../image/digest.ts";
import { isSameRepository, renderLine } from "../../image/reference.ts";
import type { TargetKey } from "../../ports/clock-facts.ts";
import type { ProposalRecord } from "../../ports/store.ts";
import { type PlaceId, placeName, type TargetFact } from "../../sla/facts.ts";
import { type Stay, timelinesOf } from "../../sla/timeline.ts";
import { type Instant, instantOf, later } from "../../time.ts";
import type { Scan } from "../../watch/scan.ts";

/** The places of a line in a scan, each with what it is pinned to. */
export function pinnedPlaces(
  scan: Scan,
  { line }: Pick<TargetKey, "line">,
): readonly { readonly place: PlaceId; readonly digest: Digest }[] {
  const name = renderLine(line);
  const counts = new Map<string, number>();
  return scan.places
    .toSorted((a, b) => a.line - b.line)
    .flatMap(({ path, state }) => {
      if (state.kind !== "handled" || renderLine(state.line) !== name) return [];
      const ordinal = counts.get(path) ?? 0;
      counts.set(path, ordinal + 1);
      return [{ place: { path, ordinal }, digest: state.digest }];
    });
}

/** When and to what the update of a line was merged, as far as a pull request says. */
export interface Merge {
  readonly digest: Digest;
  readonly at: Instant;
}

/** What a pull request that was merged brought a line. */
export function mergesOf(
  proposals: readonly ProposalRecord[],
  { line }: Pick<TargetKey, "line">,
): readonly Merge[] {
  const name = renderLine(line);
  return proposals.flatMap(({ state, closedAt: at, updates }) => {
    if (state !== "merged" || at === undefined) return [];
    return updates.flatMap((update) => (renderLine(update.line) === name ? [{ digest: update.to, at }] : []));
  });
}

/**
 * What a scan found of a target, as facts: those that are news.
 *
 * A place ends by what the base branch says, not by what a pull request does; the pull request only says when the branch got it.
 */
export function scanFacts(
  key: TargetKey,
  scan: Scan | undefined,
  known: readonly TargetFact[],
  merges: readonly Merge[],
): readonly TargetFact[] {
  if (scan === undefined) return [];
  const timelines = timelinesOf(known, END_OF_TIME);
  const at = scan.scannedAt;
  if (scan.isUnsubscribed === true) {
    const isRunning = timelines.some(({ stays }) => stays.at(-1)?.kind === "pinned");
    return isRunning ? [{ kind: "ended", at, how: "cancelled" }] : [];
  }
  const stays = new Map(timelines.map((timeline) => [placeName(timeline.place), timeline]));
  const places = pinnedPlaces(scan, key);
  const facts: TargetFact[] = [];
  if (places.length > 0 && !known.some(({ kind }) => kind === "subscribed")) {
    facts.push({ kind: "subscribed", at });
  }
  for (const { place, digest } of places) {
    facts.push(...pinFacts({ place, digest, at }, stays.get(placeName(place))?.stays ?? [], merges));
    stays.delete(placeName(place));
  }
  for (const { place, stays: past } of stays.values()) {
    const last = past.at(-1);
    if (last?.kind !== "pinned" || last.at > at) continue;
    const digest = movedTo(place, last.digest, { key, scan, known, merges });
    // What it was moved to ends what that fixes; the rest goes on under the newer tag.
    const moved = digest === undefined ? [] : pinFacts({ place, digest, at }, past, merges);
    facts.push(...moved, { kind: "ended", place, at: afterStay(moved.at(-1) ?? last, at), how: "gone" });
  }
  return facts;
}

/** The digest that a place of a line was moved to together with its tag: one that was to follow, under another tag in the same file. */
function movedTo(
  { path }: PlaceId,
  from: Digest,
  {
    key,
    scan,
    known,
    merges,
  }: {
    readonly key: TargetKey;
    readonly scan: Scan;
    readonly known: readonly TargetFact[];
    readonly merges: readonly Merge[];
  },
): Digest | undefined {
  const offered = known.flatMap((fact) =>
    fact.kind === "offered" && fact.from === from ? [fact.digest] : [],
  );
  const wanted = new Set([...offered, ...merges.map(({ digest }) => digest)]);
  const { repository } = key.line;
  return scan.places
    .flatMap(({ path: where, state }) =>
      where === path && state.kind === "handled" && isSameRepository(state.line.repository, repository)
        ? [state.digest]
        : [],
    )
    .find((digest) => wanted.has(digest));
}

const END_OF_TIME = instantOf(8_640_000_000_000_000);

/** What came after something, even where a clock stood still. */
function afterStay(last: Pick<Stay, "at"> | undefined, at: Instant): Instant {
  return last?.at === at ? later(at, 1) : at;
}

function pinFacts(
  { place, digest, at }: { readonly place: PlaceId; readonly digest: Digest; readonly at: Instant },
  stays: readonly Stay[],
  merges: readonly Merge[],
): readonly Extract<TargetFact, { kind: "pinned" }>[] {
  const last = stays.at(-1);
  const isThere = last?.kind === "pinned" && last.digest === digest;
  // An older scan says nothing about what came after it.
  if (!isThere && last !== undefined && last.at > at) return [];
  const before = isThere ? stays.at(-2) : last;
  const since = isThere ? last.at : at;
  const merge = merges.find(
    (candidate) =>
      candidate.digest === digest &&
      candidate.at <= since &&
      before !== undefined &&
      candidate.at > before.at &&
      !(isThere && last.how === "merged"),
  );
  return [
    ...(merge === undefined ? [] : [{ kind: "pinned", place, digest, at: merge.at, how: "merged" } as const]),
    ...(isThere ? [] : [{ kind: "pinned", place, digest, at: afterStay(last, at), how: "scanned" } as const]),
  ];
}
