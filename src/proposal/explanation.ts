import type { UpdateClass } from "../assess/assessment.ts";
import { shortOf } from "../image/digest.ts";
import { renderLine } from "../image/reference.ts";
import { UPDATE_ID } from "../sla/obligation.ts";
import { renderMoment, renderSpan } from "../time.ts";
import { renderClocks } from "./body/clocks.ts";
import { renderDeadline } from "./body/common.ts";
import type { Limits } from "./body/limits.ts";
import { distinctSigners, renderExactly, renderSigners } from "./body/signer.ts";
import { capped, code, counted, idText, prose } from "./markdown.ts";
import type { Plan, Update } from "./plan.ts";
import { planDueOf, type PlanFinding, severityWord } from "./summary.ts";

/** Characters of an explanation at most: over it the table of clocks, which stands in the body too, is left out. */
const EXPLANATION_LENGTH_MAX = 30_000;
const UPDATES_MAX = 10;
const FINDINGS_MAX = 5;
const LIMITS: Limits = {
  images: 10,
  places: 3,
  vulnerabilities: 5,
  packages: 0,
  configuration: 0,
  superseded: 0,
  notEdited: 0,
  commands: 0,
  reasons: 3,
};

/** Why a pull request is there, and which clock decides its deadline from which evidence. Markdown; the same for the same plan. */
export function renderExplanation(plan: Plan): string {
  const updates = plan.updates.map(whyOf);
  const parts = [
    "### Why this is here",
    updates.slice(0, UPDATES_MAX).join("\n"),
    ...(updates.length > UPDATES_MAX
      ? [`and ${counted(updates.length - UPDATES_MAX, "more update")}, see above.`]
      : []),
    "### What decides the deadline",
    deadlineOf(plan),
  ];
  const whole = [...parts, renderClocks(plan, LIMITS)].join("\n\n");
  return whole.length <= EXPLANATION_LENGTH_MAX ? whole : parts.join("\n\n");
}

/** What is said where stored facts propose nothing now. */
export const NOTHING_TO_EXPLAIN =
  "Nothing that I know now would open this pull request: its updates were merged, declined or taken back, or are no longer verified. It stays as it is until there is something newer to propose; what is wrong with it, if anything is, stands at its top.";

function whyOf(update: Update): string {
  const { line, from, to, observedAt, verifiedAt, verdict, assessment, places } = update;
  const signers = renderSigners(
    distinctSigners(verdict.signers),
    (signer) => `${prose(signer.name)}, ${renderExactly(signer)}`,
  );
  return [
    `- ${code(renderLine(line))} is pinned to ${code(shortOf(from, 12))} in ${counted(places.length, "place")}; its tag went on to ${code(shortOf(to, 12))}, first seen ${renderMoment(observedAt)}.`,
    `  That was verified ${renderMoment(verifiedAt)}, signed by ${signers}. ${CLASS_WORDS[assessment.class]}`,
  ].join("\n");
}

const CLASS_WORDS: Readonly<Record<UpdateClass, string>> = {
  fixes: "It fixes known vulnerabilities.",
  content: "Something in it differs, and it fixes nothing known.",
  rebuild: "It is a rebuild: packages and configuration are equal.",
  "evidence-only": "The images are the same ones, only what is attached to them changed.",
  "moved-backwards": "It is a step backwards that somebody approved of.",
  regression: "It brings back a grave vulnerability, and somebody approved of that.",
  unassessed: "What it changes could not be assessed.",
};

function deadlineOf(plan: Plan): string {
  const { obligation, fixed } = planDueOf(plan);
  const { id, severity, startedAt, dueAt, rule, standing, acceptedUntil } = obligation;
  const what =
    id === UPDATE_ID
      ? "the update itself, which fixes nothing known"
      : `${idText(id)} (${severityWord(severity)})`;
  if (standing === "accepted") {
    const until = acceptedUntil === undefined ? "for now" : `until ${renderDeadline(acceptedUntil)}`;
    return `Nothing is due: the risk of ${what} is accepted ${until}.`;
  }
  if (dueAt === undefined) return `There is none: your policy sets none for ${what}.`;
  const byRule = rule === undefined ? "" : `, by the rule ${code(rule)}`;
  return [
    `**${renderDeadline(dueAt)}**, set by ${what}: of all that is fixed here it is due first.`,
    `The clock started on ${renderMoment(startedAt)} and gives ${renderSpan(dueAt - startedAt)}${byRule}.`,
    ...(fixed.length === 0 ? [] : [`The evidence: ${evidenceOf(fixed)}.`]),
    "A newer digest does not start it again, and neither does closing, declining or snoozing this.",
  ].join(" ");
}

function evidenceOf(fixed: readonly PlanFinding[]): string {
  const texts = fixed.map(
    ({ id, recordId, packageName, installedVersion, fixedVersion, publishedAt, kev }) => {
      const versions = `${code(installedVersion)} → ${fixedVersion === undefined ? "a fix without a version" : code(fixedVersion)}`;
      const exploited = kev === undefined ? "" : `, known to be exploited since ${renderMoment(kev.addedAt)}`;
      return `${idText(id)} in ${code(packageName)} ${versions}, record ${idText(recordId)} of ${renderMoment(publishedAt)}${exploited}`;
    },
  );
  return capped(texts.slice(0, FINDINGS_MAX), FINDINGS_MAX, "; ", texts.length);
}
