import type { Finding } from "../advisory/finding.ts";
import { shortOf } from "../image/digest.ts";
import { shortNameOf } from "../image/reference.ts";
import { type Instant, renderDay, renderInstant } from "../time.ts";
import { counted, plain, visible } from "./markdown.ts";
import type { Plan, Update } from "./plan.ts";
import {
  countsOf,
  deltaOf,
  findingsOf,
  hasOneRepository,
  idCountOf,
  planDueOf,
  severityWord,
} from "./summary.ts";

/** Characters of a title at most. */
export const TITLE_LENGTH_MAX = 200;
const TAGS_LENGTH_MAX = 70;
/** Of one tag that moves to another. */
const MOVE_LENGTH_MAX = 120;
const NAME_LENGTH_MAX = 60;
/** For the characters that {@link plain} adds. */
const SPARE_LENGTH = 20;

/**
 * What a pull request is called: which images, old to new, what it fixes, by when. At most 200 characters.
 *
 * A title is no Markdown, and becomes a commit's message when a pull request is squashed: nothing in it may mention or close anything.
 */
export function titleOf(plan: Plan): string {
  const { dueAt } = planDueOf(plan).obligation;
  const when = dueAt === undefined ? "no deadline" : `merge by ${renderDay(dueAt)}`;
  const end = `${movementOf(plan)}, ${effectOf(plan)} (${when})`;
  const lengthMax = TITLE_LENGTH_MAX - end.length - SPARE_LENGTH;
  return `${plain(visible(subjectOf(plan), lengthMax))}${end}`.slice(0, TITLE_LENGTH_MAX);
}

/** Which images: `hardened-base: musl`, `hardened-python: 3.13.1 → 3.13.2`, `hardened-base: 5 tags`, `bellsoft: 3 images`. */
export function subjectOf(plan: Plan): string {
  const [first] = plan.updates;
  if (first === undefined || !hasOneRepository(plan)) {
    return `${visible(plan.group, NAME_LENGTH_MAX)}: ${counted(plan.updates.length, "image")}`;
  }
  const tags = [...new Set(plan.updates.map(tagText))];
  const newerCount = new Set(
    plan.updates.flatMap((update) => (update.toTag === undefined ? [] : tagText(update))),
  ).size;
  const newer = newerCount === 0 ? "" : `, ${newerCount} to a newer version`;
  const list = tags.join(", ");
  const isCounted = tags.length > 1 && (list.length > TAGS_LENGTH_MAX || newerCount > 0);
  const shown = isCounted ? `${tags.length} tags${newer}` : list;
  const lengthMax = newerCount === 0 ? TAGS_LENGTH_MAX : MOVE_LENGTH_MAX;
  return `${visible(shortNameOf(first.line.repository), NAME_LENGTH_MAX)}: ${visible(shown, lengthMax)}`;
}

function tagText({ line, toTag }: Update): string {
  return toTag === undefined ? line.tag : `${line.tag} → ${toTag}`;
}

/** What a plan brings, in a few words: `fixes 3 critical and 5 more`, `a rebuild`. */
export function effectOf(plan: Plan): string {
  if (plan.updates.some(({ stepBack }) => stepBack !== undefined)) return "a step backwards";
  const fixed = findingsOf(plan, "fixed");
  const effects = [
    ...effectTexts("fixes", fixed),
    ...effectTexts("brings back", plan.updates.some(isRegression) ? regressionsOf(plan) : []),
  ];
  if (effects.length > 0) return effects.join(", ");
  const classes = new Set(plan.updates.map(({ assessment }) => assessment.class));
  if (classes.has("unassessed") || plan.updates.some(isUnassessed)) return "fixes not known";
  return classes.has("content") ? "no known fix" : "a rebuild";
}

function effectTexts(verb: string, findings: readonly Finding[]): readonly string[] {
  const [worst] = countsOf(findings);
  if (worst === undefined) return [];
  const rest = idCountOf(findings) - worst.count;
  return [`${verb} ${worst.count} ${severityWord(worst.severity)}${rest === 0 ? "" : ` and ${rest} more`}`];
}

function regressionsOf(plan: Plan): readonly Finding[] {
  const ids = new Set(plan.updates.flatMap((update) => deltaOf(update)?.regressions ?? []));
  return findingsOf(plan, "introduced").filter(({ id }) => ids.has(id));
}

function isRegression({ assessment }: Update): boolean {
  return assessment.class === "regression";
}

function isUnassessed({ assessment }: Update): boolean {
  return assessment.vulnerabilities.kind === "not-assessed" && assessment.class !== "rebuild";
}

function movementOf({ updates }: Plan): string {
  const [first, ...others] = updates;
  if (first !== undefined && others.length === 0) {
    const { from, to, toTag } = first;
    return toTag === undefined ? ` ${shortOf(from)} → ${shortOf(to)}` : ` at ${shortOf(to)}`;
  }
  const newest = updates.reduce(
    (at: Instant | undefined, { observedAt }) => laterOf(at, observedAt),
    undefined,
  );
  return newest === undefined ? "" : ` → builds seen ${renderInstant(newest).slice(0, 10)}`;
}

function laterOf(a: Instant | undefined, b: Instant): Instant {
  return a !== undefined && a > b ? a : b;
}
