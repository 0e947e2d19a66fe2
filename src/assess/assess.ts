import { findingKey, findingsOf } from "../advisory/affected.ts";
import { packageMatchOf } from "../advisory/ecosystem.ts";
import { type PackageKey, renderPackageKey } from "../advisory/package-key.ts";
import type { ComponentList } from "../sbom/component.ts";
import { diffOf } from "../sbom/diff.ts";
import { type Instant, renderSpan } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { AdvisoryAnswer, Assessment, UpdateClass, VulnerabilityDelta } from "./assessment.ts";
import { isSameConfiguration } from "./config-change.ts";
import { type ConfigsAnswer, configurationOf } from "./config-drift.ts";

/** The component list of one side, or why there is none: a fragment for people, such as `no SBOM is attached`. */
export type ListAnswer =
  | { readonly kind: "list"; readonly list: ComponentList }
  | { readonly kind: "missing"; readonly reason: string };

/** Everything an assessment is made of. */
export interface AssessmentFacts {
  /** `backwards` when the new digest is a step back, `evidence-only` when both digests are indexes of the same images. */
  readonly movement: "forward" | "backwards" | "evidence-only";
  /** Why it is a step back. */
  readonly stepBack?: string;
  readonly old: ListAnswer;
  readonly new: ListAnswer;
  /** What was answered about {@link packagesOf} both lists, in one call. */
  readonly advisories: AdvisoryAnswer | { readonly kind: "not-available"; readonly reason: string };
  /** How both sides are run. */
  readonly configs?: { readonly old: ConfigsAnswer; readonly new: ConfigsAnswer };
  readonly at: Instant;
}

/** The packages of both lists to ask advisories about, each once, sorted. */
export function packagesOf(answers: readonly ListAnswer[]): readonly PackageKey[] {
  const lists = answers.flatMap((answer) => (answer.kind === "list" ? [answer.list] : []));
  const keys = new Map<string, PackageKey>();
  for (const component of lists.flatMap(({ components }) => components)) {
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
  const lists = listsOf(facts);
  const configuration = configurationIn(facts);
  if (lists.kind === "missing") {
    const { reason } = lists;
    return {
      class: classBy(facts.movement) ?? "unassessed",
      components: { kind: "not-compared", reason },
      ...configuration,
      vulnerabilities: { kind: "not-assessed", reason },
      assessedAt: facts.at,
      ...stepBackIn(facts),
    };
  }
  const diff = diffOf(lists.old, lists.new);
  const vulnerabilities = vulnerabilitiesOf(lists, facts);
  return {
    class:
      classBy(facts.movement) ??
      classOf(diff.changes.length > 0 || !isSameConfiguration(configuration.configuration), vulnerabilities),
    components: { kind: "compared", diff },
    ...configuration,
    vulnerabilities,
    assessedAt: facts.at,
    ...stepBackIn(facts),
  };
}

function stepBackIn({ stepBack }: AssessmentFacts): Pick<Assessment, "stepBack"> {
  return stepBack === undefined ? {} : { stepBack };
}

function configurationIn({ configs }: AssessmentFacts): Pick<Assessment, "configuration"> {
  return configs === undefined ? {} : { configuration: configurationOf(configs.old, configs.new) };
}

interface Lists {
  readonly old: ComponentList;
  readonly new: ComponentList;
}

type ListsAnswer =
  ({ readonly kind: "lists" } & Lists) | { readonly kind: "missing"; readonly reason: string };

function listsOf({ old, new: current }: AssessmentFacts): ListsAnswer {
  if (current.kind === "missing") return { kind: "missing", reason: `the new image: ${current.reason}` };
  if (old.kind === "missing") return { kind: "missing", reason: `the old image: ${old.reason}` };
  // The SBOM of an index names its images and no packages: two of them are equal whatever changed.
  if (current.list.components.length === 0) return empty("new");
  if (old.list.components.length === 0) return empty("old");
  return { kind: "lists", old: old.list, new: current.list };
}

function empty(side: "old" | "new"): ListsAnswer {
  return { kind: "missing", reason: `the ${side} image: its SBOM lists no packages` };
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

function classOf(isChanged: boolean, vulnerabilities: Assessment["vulnerabilities"]): UpdateClass {
  if (vulnerabilities.kind === "assessed" && vulnerabilities.delta.fixed.length > 0) return "fixes";
  return isChanged ? "content" : "rebuild";
}

function vulnerabilitiesOf(lists: Lists, { advisories, at }: AssessmentFacts): Assessment["vulnerabilities"] {
  if ("kind" in advisories) return { kind: "not-assessed", reason: advisories.reason };
  const stale = stalenessOf(advisories, at);
  if (stale !== undefined) return { kind: "not-assessed", reason: stale };
  const old = sideOf(lists.old, advisories);
  const current = sideOf(lists.new, advisories);
  if (current.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("new", current) };
  if (old.matchedCount === 0) return { kind: "not-assessed", reason: unmatchedReason("old", old) };
  return { kind: "assessed", delta: deltaOf(old, current, advisories) };
}

function stalenessOf({ source, staleAfterMs }: AdvisoryAnswer, at: Instant): string | undefined {
  if (staleAfterMs === undefined) return undefined;
  if (source.asOf === undefined) return `the advisories of ${source.name} do not say how old they are`;
  const ageMs = at - source.asOf;
  return ageMs <= staleAfterMs
    ? undefined
    : `the advisories of ${source.name} are ${renderSpan(ageMs)} old, more than ${renderSpan(staleAfterMs)}`;
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

function sideOf({ components }: ComponentList, { records }: AdvisoryAnswer): Side {
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
function deltaOf(old: Side, current: Side, { source }: AdvisoryAnswer): VulnerabilityDelta {
  const isIntroduced = (finding: Side["findings"][number]): boolean =>
    !old.keys.has(findingKey(finding)) && !old.unmatchedNames.has(finding.packageName);
  return {
    fixed: old.findings.filter(
      (finding) => !current.keys.has(findingKey(finding)) && !current.unmatchedNames.has(finding.packageName),
    ),
    introduced: current.findings.filter(isIntroduced),
    remaining: current.findings.filter((finding) => !isIntroduced(finding)),
    source,
    matchedCount: current.matchedCount,
    unmatched: [...current.unmatched]
      .map(([reason, count]) => ({ reason, count }))
      .toSorted((a, b) => b.count - a.count || compareTexts(a.reason, b.reason)),
  };
}
