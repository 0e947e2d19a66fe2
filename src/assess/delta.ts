import { advisoryIndexOf } from "../advisory/advisory-index.ts";
import { inOrder } from "../advisory/affected.ts";
import type { AdvisoryAnswer } from "../advisory/answer.ts";
import { baseOf, packageKeysOf } from "../advisory/ecosystem.ts";
import { type FeedState, isStale } from "../advisory/feed.ts";
import type { Finding, NotAffected } from "../advisory/finding.ts";
import { type Instant, renderMoment, renderSpan } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { FixedFinding, VulnerabilityDelta } from "./assessment.ts";
import { type ImageFacts, isListed, type PlatformJudgement, type Side, sideOf } from "./side.ts";

/** What a delta is made of. */
export interface DeltaFacts {
  readonly old: ImageFacts;
  readonly new: ImageFacts;
  readonly answer: AdvisoryAnswer;
  readonly at: Instant;
  /** Source packages that stepped back, as `packageNameOf` writes them. */
  readonly downgraded: ReadonlySet<string>;
  /** Vulnerabilities that were fixed before and must not return. */
  readonly mustNotReturn: ReadonlySet<string>;
}

export type DeltaAnswer =
  | { readonly kind: "assessed"; readonly delta: VulnerabilityDelta }
  | { readonly kind: "not-assessed"; readonly reason: string };

/** Vulnerabilities in one image at most. More are no image's, and no reader's. */
const JUDGEMENTS_MAX = 50_000;

/**
 * What an update fixes, brings and keeps. Both images are read against one answer. Where a feed that speaks of them is stale, or
 * nothing could be looked up, the answer is "not assessed" and never "nothing fixed".
 */
export function vulnerabilitiesOf(facts: DeltaFacts): DeltaAnswer {
  const feeds = feedsOf(facts);
  const [stale] = feeds.filter((feed) => feed.ecosystems.length > 0 && isStale(feed, facts.at));
  if (stale !== undefined) return { kind: "not-assessed", reason: staleReason(stale) };
  const index = advisoryIndexOf(facts.answer);
  const old = sideOf(facts.old, index, facts.answer, facts.at);
  const current = sideOf(facts.new, index, facts.answer, facts.at);
  if (current.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("new", current) };
  if (old.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("old", old) };
  if (Math.max(old.judgements.size, current.judgements.size) > JUDGEMENTS_MAX) {
    return { kind: "not-assessed", reason: `advisories name more than ${JUDGEMENTS_MAX} vulnerabilities` };
  }
  return { kind: "assessed", delta: deltaOf(old, current, feeds, facts) };
}

/** Feeds of signals have no ecosystems. */
function feedsOf({ old, new: current, answer }: DeltaFacts): readonly FeedState[] {
  const lists = [...old.lists, ...current.lists].flatMap(({ list }) => list ?? []);
  const spoken = new Set(packageKeysOf(lists).map(({ ecosystem }) => baseOf(ecosystem)));
  return answer.feeds.filter(
    ({ ecosystems }) => ecosystems.length === 0 || ecosystems.some((ecosystem) => spoken.has(ecosystem)),
  );
}

function staleReason({ name, checkedAt, staleAfterMs }: FeedState): string {
  const since = checkedAt === 0 ? "were never mirrored" : `were last mirrored ${renderMoment(checkedAt)}`;
  return `the advisories of ${name} ${since}, and prove nothing after ${renderSpan(staleAfterMs)}`;
}

function unmatchedReason(side: "old" | "new", { unmatched }: Side): string {
  const reasons = unmatched.map(({ reason }) => reason).toSorted(compareTexts);
  return `the ${side} image: none of its packages could be looked up (${reasons.join("; ")})`;
}

function deltaOf(
  old: Side,
  current: Side,
  feeds: readonly FeedState[],
  { downgraded, mustNotReturn }: DeltaFacts,
): VulnerabilityDelta {
  const fates = [...old.judgements].flatMap(([key, judgement]) =>
    judgement.state.kind === "affected" ? [fateOf(key, judgement, current)] : [],
  );
  const present = [...current.judgements].map(([key, judgement]) => ({ key, judgement }));
  const affected = present.filter(({ judgement }) => judgement.state.kind === "affected");
  const introduced = affected.filter(({ key, judgement }) => isIntroduced(key, judgement, old));
  const isNew = new Set(introduced.map(({ key }) => key));
  const regressions = introduced.filter(
    ({ judgement: { finding, packages } }) =>
      mustNotReturn.has(finding.id) || [...packages].some((name) => downgraded.has(name)),
  );
  return {
    fixed: fates.flatMap((fate) => (fate.kind === "fixed" ? [fate.finding] : [])).toSorted(inOrder),
    reclassified: fates
      .flatMap((fate) => (fate.kind === "reclassified" ? [fate.finding] : []))
      .toSorted(inOrder),
    introduced: findingsIn(introduced),
    remaining: findingsIn(affected.filter(({ key }) => !isNew.has(key))),
    indeterminate: [
      ...fates.flatMap((fate) => (fate.kind === "indeterminate" ? [fate.finding] : [])),
      ...present.flatMap(({ key, judgement: { finding, state } }) =>
        state.kind === "unknown" && old.judgements.get(key)?.state.kind !== "affected"
          ? [{ ...finding, reason: state.reason }]
          : [],
      ),
    ].toSorted(inOrder),
    notAffected: present
      .flatMap(({ judgement: { state } }) => (state.kind === "not-affected" ? [state.because] : []))
      .toSorted((a, b) => compareTexts(a.id, b.id) || compareTexts(a.packageName, b.packageName)),
    feeds,
    matchedCount: current.matchedCount,
    ownNameCount: current.ownNameCount,
    unmatched: current.unmatched,
    regressions: [...new Set(regressions.map(({ judgement }) => judgement.finding.id))].toSorted(
      compareTexts,
    ),
  };
}

type Entry = { readonly key: string; readonly judgement: PlatformJudgement };

function findingsIn(entries: readonly Entry[]): readonly Finding[] {
  return entries.map(({ judgement }) => judgement.finding).toSorted(inOrder);
}

/** What becomes of a vulnerability of the old image. */
type Fate =
  | { readonly kind: "fixed"; readonly finding: FixedFinding }
  | { readonly kind: "reclassified"; readonly finding: Finding & { readonly why: NotAffected } }
  | { readonly kind: "indeterminate"; readonly finding: Finding & { readonly reason: string } }
  | { readonly kind: "remains" };

function fateOf(key: string, { finding, platforms, packages }: PlatformJudgement, current: Side): Fate {
  const state = current.judgements.get(key)?.state;
  if (state?.kind === "affected") return { kind: "remains" };
  const reason =
    unlistedReason(platforms, current) ??
    (state?.kind === "unknown" ? state.reason : undefined) ??
    unaskedReason(packages, current);
  if (reason !== undefined) return { kind: "indeterminate", finding: { ...finding, reason } };
  if (state?.kind === "not-affected" && state.because.why !== "backport") {
    return { kind: "reclassified", finding: { ...finding, why: state.because } };
  }
  const isThere = [...packages].some((name) => current.packages.has(name));
  const how = state?.kind === "not-affected" ? "backport" : isThere ? "upgrade" : "removed";
  return { kind: "fixed", finding: { ...finding, how } };
}

/** A platform that is gone, or whose packages nobody lists, fixes nothing: whoever runs it is not helped. */
function unlistedReason(platforms: ReadonlySet<string>, current: Side): string | undefined {
  const [missing] = [...platforms].filter((platform) => !isListed(current, platform)).toSorted(compareTexts);
  return missing === undefined ? undefined : `the new image lists no packages for ${missing}`;
}

/** A source package that could not be asked about proves nothing there. */
function unaskedReason(packages: ReadonlySet<string>, current: Side): string | undefined {
  const [reason] = [...packages].flatMap((name) => current.unmatchedPackages.get(name) ?? []);
  return reason === undefined ? undefined : `its package in the new image could not be looked up: ${reason}`;
}

/** Beyond doubt not in the old image, as far as that was listed and asked about. */
function isIntroduced(key: string, { platforms, packages }: PlatformJudgement, old: Side): boolean {
  const before = old.judgements.get(key)?.state.kind;
  if (before === "affected" || before === "unknown") return false;
  if ([...packages].some((name) => old.unmatchedPackages.has(name))) return false;
  return [...platforms].some((platform) => isListed(old, platform));
}
