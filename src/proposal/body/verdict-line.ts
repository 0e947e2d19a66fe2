import type { Assessment } from "../../assess/assessment.ts";
import { hasChanges } from "../../assess/components.ts";
import { UPDATE_ID } from "../../sla/obligation.ts";
import { shortOf } from "../../image/digest.ts";
import { renderMoment, renderSpan } from "../../time.ts";
import { capped, code, counted, idText, prose } from "../markdown.ts";
import type { Plan } from "../plan.ts";
import {
  type PlanDue,
  type PlanFinding,
  type PlanSummary,
  deltaOf,
  idCountOf,
  labelOf,
  renderCounts,
  renderTotal,
  severityWord,
} from "../summary.ts";
import { grouped, type Proven, renderDeadline, renderWhich } from "./common.ts";
import { renderBreaking } from "./configuration.ts";
import { PLATFORMS_MAX } from "./limits.ts";
import { distinctSigners, renderExactly, renderSigners } from "./signer.ts";
import { renderEndings, renderTagMoves } from "./tag-moves.ts";

/** Steps backwards that are named before everything else. */
const STEPS_BACK_MAX = 5;
/** Vulnerabilities that are named as a reason. */
const IDS_MAX = 5;
/** Choices of the operator that are told. */
const SENTENCES_MAX = 10;

/**
 * The first screen in three lines: by when and why, what it brings, who signed it. Before them stands what is a step backwards or comes back, above them what
 * weakens that.
 */
export function renderVerdictLine(summary: PlanSummary): string {
  const { plan } = summary;
  const lines = [
    ...stepsBack(plan),
    ...returns(plan),
    ...regressionWarnings(summary),
    renderWhen(summary),
    renderWhat(summary),
    ...renderTagMoves(plan),
    ...renderEndings(plan),
    ...platformWarnings(plan),
    ...renderBreaking(plan),
    renderWho(plan),
  ];
  const verdict = lines.map((line) => `> ${line}`).join("\n");
  const weakened = renderWeakened(plan);
  return weakened === undefined ? verdict : `${weakened}\n\n${verdict}`;
}

function stepsBack(plan: Plan): readonly string[] {
  const steps = plan.updates.flatMap((update) => {
    const { stepBack, to } = update;
    if (stepBack === undefined) return [];
    const { why, by, reason, at } = stepBack;
    const what = `${code(labelOf(update, plan))} goes to ${code(shortOf(to, 12))}: ${prose(why)}.`;
    return [
      `⚠ **A step backwards**, approved by ${prose(by)} on ${renderMoment(at)}: “${prose(reason)}”. ${what}`,
    ];
  });
  const shown = steps.slice(0, STEPS_BACK_MAX);
  const rest = steps.length - shown.length;
  return rest === 0 ? shown : [...shown, `⚠ and ${counted(rest, "more step")} backwards, each approved.`];
}

/** A person closed it before: why it is here all the same comes before what it is. */
function returns(plan: Plan): readonly string[] {
  const sentences = grouped(plan.updates, ({ returned }) => {
    if (returned === undefined) return undefined;
    const { at, by, until, back } = returned;
    const who = `${by === undefined ? "" : ` by ${prose(by)}`}${at === undefined ? "" : ` on ${renderMoment(at)}`}`;
    const end = until === undefined ? "is over" : `was over on ${renderMoment(until)}`;
    return back.fixes.length === 0
      ? `**Declined before**${who}: the time for that ${end}.`
      : `⚠ **Declined before**${who}, and back: it is now known to fix ${capped(back.fixes.map(idText), IDS_MAX, ", ")}, critical or known to be exploited.`;
  });
  return sentences.slice(0, SENTENCES_MAX).map(({ text, updates }) => {
    const which = updates.length === plan.updates.length ? "" : ` (${renderWhich(updates, plan, 3)})`;
    return `${text}${which}`;
  });
}

function renderWhen({ plan, due }: PlanSummary): string {
  const { id, severity, startedAt, dueAt } = due.obligation;
  if (dueAt === undefined) {
    return id === UPDATE_ID
      ? "**No deadline**: your policy sets none for an update that fixes no known vulnerability."
      : `**No deadline**: your policy sets none for ${idText(id)} (${severityWord(severity)}).`;
  }
  if (due.obligation.standing === "accepted") return acceptedText(due.obligation);
  const by = `**Merge by ${renderDeadline(dueAt)}**`;
  if (due.obligation.standing === "indeterminate") {
    return `${by}: what it fixes could not be assessed, so it is due as what nobody has rated.`;
  }
  const period = renderSpan(dueAt - startedAt);
  if (id === UPDATE_ID) {
    const isKnown = plan.updates.every((update) => deltaOf(update) !== undefined);
    return `${by}: your clock gives ${period} to an update ${isKnown ? "that fixes no known vulnerability" : "whose fixes are not known"}.`;
  }
  const restCount = idCountOf(due.fixed) - 1;
  const rest = restCount > 0 ? ` and ${restCount} more` : "";
  return `${by}, set by ${idText(id)} (${severityWord(severity)})${whereOf(due, plan)}${rest}; your clock gives ${period}.`;
}

function acceptedText({ id, acceptedUntil }: PlanDue["obligation"]): string {
  const until = acceptedUntil === undefined ? "for now" : `until ${renderDeadline(acceptedUntil)}`;
  return `**Accepted**: the risk of ${idText(id)} is borne ${until}, so nothing is due before.`;
}

function whereOf({ fixed }: PlanDue, plan: Plan): string {
  const [worst] = fixed;
  if (worst !== undefined) return ` in ${code(worst.packageName)}`;
  return plan.updates.every((update) => deltaOf(update) !== undefined)
    ? ", which these digests do not fix"
    : ", which is not known to be fixed by these digests";
}

function renderWhat({ plan, fixed, introduced, remaining, indeterminate }: PlanSummary): string {
  const assessed = plan.updates.filter((update) => deltaOf(update) !== undefined);
  const unknownCount = plan.updates.length - assessed.length;
  const content = renderContent(plan);
  if (assessed.length === 0) {
    return `${content === "" ? "" : `${content} `}What it fixes is not known, see "Not checked".`;
  }
  const parts = [
    fixed.length === 0
      ? "No known vulnerability is fixed"
      : `Fixes **${counted(idCountOf(fixed), "vulnerability", "vulnerabilities")}** (${renderCounts(fixed)}${exploitedText(fixed)})`,
    introduced.length === 0
      ? "introduces none"
      : `⚠ **introduces ${idCountOf(introduced)}** (${renderCounts(introduced)})`,
    remaining.length === 0 ? "none remains" : renderTotal(remaining, ["remains", "remain"]),
    ...(indeterminate.length === 0 ? [] : [`⚠ of ${idCountOf(indeterminate)} nobody knows`]),
  ];
  const unknown =
    unknownCount === 0 ? "" : ` Not known for ${counted(unknownCount, "image")}, see "Not checked".`;
  return `${parts.join(", ")}.${fixed.length === 0 && content !== "" ? ` ${content}` : ""}${unknown}`;
}

function renderContent({ updates }: Plan): string {
  const classes = new Set(updates.map(({ assessment }) => assessment.class));
  if (classes.has("moved-backwards")) return "⚠ **The tag moved backwards.**";
  if (updates.some(({ assessment: { components } }) => isChanged(components))) return "The packages changed.";
  return classes.has("rebuild") ? "A rebuild: the same packages in the same versions." : "";
}

function isChanged(components: Assessment["components"]): boolean {
  return components.kind === "compared" && hasChanges(components.diff);
}

/** Those that are known to be exploited come before all others, whatever their rating. */
function exploitedText(fixed: readonly PlanFinding[]): string {
  const count = idCountOf(fixed.filter(({ kev }) => kev !== undefined));
  return count === 0 ? "" : `, **${count} known to be exploited**`;
}

/** What comes back is told before what is fixed. */
function regressionWarnings({ plan, introduced }: PlanSummary): readonly string[] {
  const ids = new Set(plan.updates.flatMap((update) => deltaOf(update)?.regressions ?? []));
  const back = introduced.filter(({ id }) => ids.has(id));
  if (back.length === 0) return [];
  const [worst] = back;
  const which = worst === undefined ? "" : `, the worst ${idText(worst.id)} in ${code(worst.packageName)}`;
  const what = counted(idCountOf(back), "vulnerability", "vulnerabilities");
  return [`⚠ **Brings back ${what}** (${renderCounts(back)})${which}.`];
}

/** Who runs the image on a platform that is gone cannot take the update. */
function platformWarnings(plan: Plan): readonly string[] {
  const gone = grouped(plan.updates, ({ assessment: { components } }) => {
    if (components.kind === "not-compared" || components.diff.removed.length === 0) return undefined;
    return capped(components.diff.removed.map(code), PLATFORMS_MAX, ", ");
  });
  return gone.slice(0, SENTENCES_MAX).map(({ text, updates }) => {
    const which = updates.length === plan.updates.length ? "" : ` for ${renderWhich(updates, plan, 3)}`;
    return `⚠ **No longer published${which}**: ${text}.`;
  });
}

/** Who signed, in a sentence. */
export function renderWho({ updates }: Proven): string {
  const signers = distinctSigners(updates.flatMap(({ verdict }) => verdict.signers));
  const texts = renderSigners(signers, (signer) => `${prose(signer.name)}, ${renderExactly(signer)}`);
  return `**Verified**: signed by ${texts}.`;
}

/** What the operator chose that weakens the verification: above everything else, and not to be missed. */
export function renderWeakened({ updates }: Proven): string | undefined {
  const sentences = [...new Set(updates.flatMap(({ verdict }) => verdict.insecure))];
  if (sentences.length === 0) return undefined;
  const lines = [
    "[!CAUTION]",
    "**WEAKENED BY CONFIGURATION. Verified here means less than it says:**",
    ...sentences.slice(0, SENTENCES_MAX).map((sentence) => `- ⚠ ${prose(sentence)}`),
    ...(sentences.length > SENTENCES_MAX
      ? [`- and ${counted(sentences.length - SENTENCES_MAX, "more choice")}`]
      : []),
  ];
  return lines.map((line) => `> ${line}`).join("\n");
}
