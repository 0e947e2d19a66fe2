import type { Digest } from "../../image/digest.ts";
import { type ImageLine, renderLine } from "../../image/reference.ts";
import type { TargetKey } from "../../ports/clock-facts.ts";
import type { ProposalRecord, Store, WatchState } from "../../ports/store.ts";
import { targetLineOf } from "../../proposal/plan.ts";
import { lineTo } from "../../watch/candidates.ts";
import type { Scan } from "../../watch/scan.ts";
import { wantedFor } from "../../watch/wanted.ts";
import { pinnedPlaces } from "./target-facts.ts";

/** What is pinned, and what it may go to. */
export interface Pair {
  readonly from: Digest;
  readonly to: Digest;
  /** Of the tag that stands there: another than what is pinned where places may move to a newer one. */
  readonly towards: WatchState;
  readonly isApproved: boolean;
}

/** What pairs are found with. */
export interface PairSources {
  /** Of the line that is pinned. */
  readonly watch: WatchState;
  readonly scan: Scan | undefined;
  readonly proposals: readonly ProposalRecord[];
  readonly store: Pick<Store, "watch" | "verdict" | "approval">;
}

/**
 * What is pinned, with where its tag stands, which may be the same, with where a newer tag stands that it may move to, and where its pull
 * request wants it; and what a pull request brought it from.
 */
export async function pairsOf({ line }: TargetKey, sources: PairSources): Promise<readonly Pair[]> {
  const { watch, scan, proposals, store } = sources;
  if (scan === undefined) return [];
  const name = renderLine(line);
  const watches = await watchesOf(line, sources);
  const pairs: Pair[] = [];
  for (const from of new Set(pinnedPlaces(scan, { line }).map(({ digest }) => digest))) {
    const targets = new Map<Digest, WatchState>();
    for (const towards of watches.values()) {
      const to = await wantedOf(from, towards, store);
      if (to !== undefined && !targets.has(to)) targets.set(to, towards);
    }
    for (const update of updatesOf(proposals, "open")) {
      if (renderLine(update.line) !== name || update.from !== from || targets.has(update.to)) continue;
      targets.set(update.to, watches.get(renderLine(targetLineOf(update))) ?? watch);
    }
    // What was merged is told of still: a vulnerability that is published later was fixed by it.
    for (const update of updatesOf(proposals, "merged")) {
      if (renderLine(update.line) !== name || update.to !== from || update.from === undefined) continue;
      pairs.push({ from: update.from, to: from, towards: watch, isApproved: update.isApproved === true });
    }
    for (const [to, towards] of targets) {
      pairs.push({ from, to, towards, isApproved: (await store.approval(towards.line, to)) !== undefined });
    }
  }
  return pairs;
}

/** Updates of the pull requests in this state. */
export function updatesOf(
  proposals: readonly ProposalRecord[],
  state: ProposalRecord["state"],
): ProposalRecord["updates"] {
  return proposals.flatMap((proposal) => (proposal.state === state ? proposal.updates : []));
}

/** The watches of a line, of newer tags that its places may move to, and of those that a pull request moves them to: by name, its own first. */
async function watchesOf(
  line: ImageLine,
  { watch, scan, proposals, store }: PairSources,
): Promise<ReadonlyMap<string, WatchState>> {
  const name = renderLine(line);
  const towards = [
    ...(scan?.candidates ?? []).flatMap((candidate) =>
      renderLine(candidate.line) === name ? [lineTo(candidate)] : [],
    ),
    ...updatesOf(proposals, "open").flatMap((update) =>
      renderLine(update.line) === name ? [targetLineOf(update)] : [],
    ),
  ];
  const watches = new Map([[name, watch]]);
  for (const other of towards) {
    if (!watches.has(renderLine(other))) watches.set(renderLine(other), await store.watch(other));
  }
  return watches;
}

/** Where a pin should stand because of a tag; undefined where that is not known. */
async function wantedOf(
  from: Digest,
  { line: { repository }, history }: WatchState,
  store: Pick<Store, "verdict">,
): Promise<Digest | undefined> {
  const current = history.at(-1)?.digest;
  if (current === undefined) return undefined;
  const shapeOf = async (digest: Digest) => (await store.verdict({ repository, digest }))?.shape;
  const wanted = wantedFor(
    { digest: from, shape: await shapeOf(from) },
    { digest: current, shape: await shapeOf(current) },
  );
  return wanted.kind === "unclear" ? undefined : wanted.digest;
}
