import { packageNameOf } from "../advisory/affected.ts";
import type { AdvisoryAnswer } from "../advisory/answer.ts";
import { packageKeysOf } from "../advisory/ecosystem.ts";
import type { PackageKey } from "../advisory/package-key.ts";
import type { PlatformsDiff } from "../sbom/change.ts";
import type { Instant } from "../time.ts";
import type { Assessment, UpdateClass, VulnerabilityDelta } from "./assessment.ts";
import { componentsOf, hasChanges, type ListsAnswer } from "./components.ts";
import { isSameConfiguration } from "./config-change.ts";
import { type ConfigsAnswer, configurationOf } from "./config-drift.ts";
import { vulnerabilitiesOf } from "./delta.ts";
import type { ImageFacts } from "./side.ts";

/** Everything an assessment is made of. */
export interface AssessmentFacts {
  /** `backwards` when the new digest is a step back, `evidence-only` when both digests are indexes of the same images. */
  readonly movement: "forward" | "backwards" | "evidence-only";
  /** Why it is a step back. */
  readonly stepBack?: string;
  readonly old: ListsAnswer;
  readonly new: ListsAnswer;
  /** What VEX statements may call the images, and those attested with them. */
  readonly said?: { readonly old: ImageWords; readonly new: ImageWords };
  /** What was answered about {@link packagesOf} both lists, in one call. */
  readonly advisories: AdvisoryAnswer | { readonly kind: "not-available"; readonly reason: string };
  /** Vulnerabilities that were fixed before and must not return. */
  readonly mustNotReturn?: ReadonlySet<string>;
  /** How both sides are run. */
  readonly configs?: { readonly old: ConfigsAnswer; readonly new: ConfigsAnswer };
  readonly at: Instant;
}

/** What is said about an image besides its packages. */
export type ImageWords = Pick<ImageFacts, "names" | "vex">;

/** The packages of both sides to ask advisories about, each once, sorted. */
export function packagesOf(answers: readonly ListsAnswer[]): readonly PackageKey[] {
  return packageKeysOf(
    answers.flatMap((answer) =>
      answer.kind === "lists" ? answer.lists.flatMap(({ list }) => list ?? []) : [],
    ),
  );
}

/**
 * What an update means: what changed, what it fixes, how urgent it is. Where something could not be known it says so and why;
 * it never shows as "nothing changed" or "nothing fixed".
 */
export function assessmentOf(facts: AssessmentFacts): Assessment {
  const components = componentsOf(facts.old, facts.new);
  const vulnerabilities =
    components.kind === "compared"
      ? vulnerabilitiesIn(facts, components.diff)
      : ({ kind: "not-assessed", reason: components.reason } as const);
  const configuration = configurationIn(facts);
  return {
    class: classBy(facts.movement) ?? classOf({ components, ...configuration, vulnerabilities }),
    components,
    ...configuration,
    vulnerabilities,
    assessedAt: facts.at,
    ...(facts.stepBack === undefined ? {} : { stepBack: facts.stepBack }),
  };
}

function vulnerabilitiesIn(facts: AssessmentFacts, diff: PlatformsDiff): Assessment["vulnerabilities"] {
  const { advisories, at, said, mustNotReturn = new Set() } = facts;
  if ("kind" in advisories) return { kind: "not-assessed", reason: advisories.reason };
  return vulnerabilitiesOf({
    old: { ...said?.old, lists: listsIn(facts.old) },
    new: { ...said?.new, lists: listsIn(facts.new) },
    answer: advisories,
    at,
    downgraded: downgradedIn(diff),
    mustNotReturn,
  });
}

function configurationIn({ configs, old, new: current }: AssessmentFacts): Pick<Assessment, "configuration"> {
  if (configs === undefined) return {};
  return { configuration: configurationOf(configs, { old: listsIn(old), new: listsIn(current) }) };
}

function listsIn(answer: ListsAnswer): ImageFacts["lists"] {
  return answer.kind === "lists" ? answer.lists : [];
}

function downgradedIn({ common, own }: PlatformsDiff): ReadonlySet<string> {
  const changes = [...common.changes, ...own.flatMap((platform) => platform.changes)];
  return new Set(
    changes.flatMap((change) => (change.kind === "downgraded" ? [packageNameOf(change.to)] : [])),
  );
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
  if (vulnerabilities.kind === "assessed") {
    const { delta } = vulnerabilities;
    // What it brings back weighs more than what it fixes: somebody has to look.
    if (isGrave(delta)) return "regression";
    if (delta.fixed.length > 0) return "fixes";
  }
  if (!hasChanges(components.diff)) {
    // Of what nobody lists on one platform, nobody knows that it is the same.
    if (components.diff.unlisted.length > 0) return "unassessed";
    return isSameConfiguration(configuration) ? "rebuild" : "content";
  }
  return vulnerabilities.kind === "assessed" ? "content" : "unassessed";
}

function isGrave({ introduced, regressions }: VulnerabilityDelta): boolean {
  const back = new Set(regressions);
  return introduced.some(
    ({ id, severity }) => back.has(id) && (severity === "critical" || severity === "high"),
  );
}
