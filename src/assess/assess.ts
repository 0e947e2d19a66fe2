import { findingKey, findingsOf } from "../advisory/affected.ts";
import type { AdvisoryAnswer } from "../advisory/answer.ts";
import { packageMatchOf } from "../advisory/ecosystem.ts";
import { isStale } from "../advisory/feed.ts";
import { type PackageKey, renderPackageKey } from "../advisory/package-key.ts";
import type { Component } from "../sbom/component.ts";
import type { PlatformList } from "../sbom/platforms.ts";
import { type Instant, renderSpan } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { AdvisorySource, Assessment, UpdateClass, VulnerabilityDelta } from "./assessment.ts";
import { componentsOf, hasChanges, type ListsAnswer } from "./components.ts";
import { isSameConfiguration } from "./config-change.ts";
import { type ConfigsAnswer, configurationOf } from "./config-drift.ts";

/** Everything an assessment is made of. */
export interface AssessmentFacts {
  /** `backwards` when the new digest is a step back, `evidence-only` when both digests are indexes of the same images. */
  readonly movement: "forward" | "backwards" | "evidence-only";
  /** Why it is a step back. */
  readonly stepBack?: string;
  readonly old: ListsAnswer;
  readonly new: ListsAnswer;
  /** What was answered about {@link packagesOf} both lists, in one call. */
  readonly advisories: AdvisoryAnswer | { readonly kind: "not-available"; readonly reason: string };
  /** How both sides are run. */
  readonly configs?: { readonly old: ConfigsAnswer; readonly new: ConfigsAnswer };
  readonly at: Instant;
}

/** The packages of both lists to ask advisories about, each once, sorted. */
export function packagesOf(answers: readonly ListsAnswer[]): readonly PackageKey[] {
  const keys = new Map<string, PackageKey>();
  for (const component of answers.flatMap(allOf)) {
    const match = packageMatchOf(component);
    if (match.kind === "unmatched") continue;
    for (const key of match.keys) keys.set(renderPackageKey(key), key);
  }
  return [...keys].toSorted(([a], [b]) => compareTexts(a, b)).map(([, key]) => key);
}

/**
 * What an update means: what changed, what it fixes, how urgent it is. Where something could not be known it says so and why;
 * it never shows as "nothing changed" or "nothing fixed".
 */
export function assessmentOf(facts: AssessmentFacts): Assessment {
  const components = componentsOf(facts.old, facts.new);
  const vulnerabilities: Assessment["vulnerabilities"] =
    components.kind === "compared"
      ? vulnerabilitiesOf(facts)
      : { kind: "not-assessed", reason: components.reason };
  const configuration = configurationIn(facts);
  return {
    class: classBy(facts.movement) ?? classOf({ components, ...configuration, vulnerabilities }),
    components,
    ...configuration,
    vulnerabilities,
    assessedAt: facts.at,
    ...stepBackIn(facts),
  };
}

function stepBackIn({ stepBack }: AssessmentFacts): Pick<Assessment, "stepBack"> {
  return stepBack === undefined ? {} : { stepBack };
}

function configurationIn({ configs, old, new: current }: AssessmentFacts): Pick<Assessment, "configuration"> {
  if (configs === undefined) return {};
  const lists = { old: listsIn(old), new: listsIn(current) };
  return { configuration: configurationOf(configs, lists) };
}

function listsIn(answer: ListsAnswer): readonly PlatformList[] {
  return answer.kind === "missing" ? [] : answer.lists;
}

/** The components of all platforms, each once. */
function allOf(answer: ListsAnswer): readonly Component[] {
  if (answer.kind === "missing") return [];
  const all = new Map<string, Component>();
  for (const component of answer.lists.flatMap(({ list }) => list?.components ?? [])) {
    all.set(JSON.stringify([component.key, component.version]), component);
  }
  return [...all.values()];
}

/** The class where the move alone decides, whatever the images hold. */
function classBy(movement: AssessmentFacts["movement"]): UpdateClass | undefined {
  switch (movement) {
    case "forward":
      return undefined;
    case "backwards":
      return "moved-backwards";
    case "evidence-only":
      return "evidence-only";
    default:
      return movement satisfies never;
  }
}

function classOf({
  components,
  configuration,
  vulnerabilities,
}: Pick<Assessment, "components" | "configuration" | "vulnerabilities">): UpdateClass {
  if (components.kind === "not-compared") return "unassessed";
  if (vulnerabilities.kind === "assessed" && vulnerabilities.delta.fixed.length > 0) return "fixes";
  if (hasChanges(components.diff) || !isSameConfiguration(configuration)) return "content";
  // Of what nobody lists on one platform, nobody knows that it is the same.
  return components.diff.unlisted.length > 0 ? "unassessed" : "rebuild";
}

function vulnerabilitiesOf(facts: AssessmentFacts): Assessment["vulnerabilities"] {
  const { advisories, at } = facts;
  if ("kind" in advisories) return { kind: "not-assessed", reason: advisories.reason };
  const stale = stalenessOf(advisories, at);
  if (stale !== undefined) return { kind: "not-assessed", reason: stale };
  const old = sideOf(allOf(facts.old), advisories);
  const current = sideOf(allOf(facts.new), advisories);
  if (current.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("new", current) };
  if (old.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("old", old) };
  return { kind: "assessed", delta: deltaOf(old, current, advisories) };
}

function stalenessOf({ feeds }: AdvisoryAnswer, at: Instant): string | undefined {
  const stale = feeds.find((feed) => isStale(feed, at));
  if (stale === undefined) return undefined;
  const { name, checkedAt, staleAfterMs } = stale;
  return `the advisories of ${name} are ${renderSpan(at - checkedAt)} old, more than ${renderSpan(staleAfterMs)}`;
}

function sourceOf({ feeds }: AdvisoryAnswer): AdvisorySource {
  const [{ name, asOf, recordCount } = { name: "no feed", asOf: undefined, recordCount: 0 }] = feeds;
  return { name, ...(asOf === undefined ? {} : { asOf }), recordCount };
}

/** What advisories say about one image. */
interface Side {
  readonly findings: ReturnType<typeof findingsOf>;
  readonly keys: ReadonlySet<string>;
  readonly matchedCount: number;
  /** Components by the reason why they could not be asked about. */
  readonly unmatched: ReadonlyMap<string, number>;
  /** Source packages of those. */
  readonly unmatchedNames: ReadonlySet<string>;
}

function sideOf(components: readonly Component[], { records }: AdvisoryAnswer): Side {
  const findings = findingsOf(components, records);
  const unmatched = new Map<string, number>();
  const unmatchedNames = new Set<string>();
  for (const component of components) {
    const match = packageMatchOf(component);
    if (match.kind === "matched") continue;
    unmatched.set(match.reason, (unmatched.get(match.reason) ?? 0) + 1);
    unmatchedNames.add(component.source.name);
  }
  const unmatchedCount = [...unmatched.values()].reduce((sum, count) => sum + count, 0);
  const keys = new Set(findings.map(findingKey));
  return { findings, keys, matchedCount: components.length - unmatchedCount, unmatched, unmatchedNames };
}

function unmatchedReason(side: "old" | "new", { unmatched }: Side): string {
  return `the ${side} image: none of its packages could be looked up (${[...unmatched.keys()].toSorted(compareTexts).join("; ")})`;
}

/**
 * A source package that could not be asked about on one side proves nothing there: what it had on the other side is then neither
 * fixed nor introduced.
 */
function deltaOf(old: Side, current: Side, answer: AdvisoryAnswer): VulnerabilityDelta {
  const isIntroduced = (finding: Side["findings"][number]): boolean =>
    !old.keys.has(findingKey(finding)) && !old.unmatchedNames.has(finding.packageName);
  return {
    fixed: old.findings.filter(
      (finding) => !current.keys.has(findingKey(finding)) && !current.unmatchedNames.has(finding.packageName),
    ),
    introduced: current.findings.filter(isIntroduced),
    remaining: current.findings.filter((finding) => !isIntroduced(finding)),
    source: sourceOf(answer),
    matchedCount: current.matchedCount,
    unmatched: [...current.unmatched]
      .map(([reason, count]) => ({ reason, count }))
      .toSorted((a, b) => b.count - a.count || compareTexts(a.reason, b.reason)),
  };
}
