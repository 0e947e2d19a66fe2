import type { Secret } from "../secret.ts";
import { renderChanges } from "./body/changes.ts";
import { renderClocks } from "./body/clocks.ts";
import { renderConfiguration } from "./body/configuration.ts";
import { renderHistory } from "./body/history.ts";
import { LIMITS, type Limits } from "./body/limits.ts";
import { renderNotChecked } from "./body/not-checked.ts";
import { renderPackages } from "./body/packages.ts";
import { renderSignatures } from "./body/signatures.ts";
import { renderVerdictLine } from "./body/verdict-line.ts";
import { renderVulnerabilities } from "./body/vulnerabilities.ts";
import { renderControls } from "./commands.ts";
import { code } from "./markdown.ts";
import { renderMarker } from "./marker.ts";
import type { Plan } from "./plan.ts";
import { type PlanSummary, summaryOf } from "./summary.ts";

/** Characters of a body at most. GitHub takes 65,536 and counts some of them twice. */
export const BODY_LENGTH_MAX = 58_000;

/** What a body says that is not in its plan. */
export interface BodyFacts {
  /** Of this program. */
  readonly version: string;
  readonly markerKey: Secret;
}

/**
 * The body of a pull request, as GitHub's Markdown. The same plan gives the same bytes at any time. What would make it too long is
 * left out, from the end of what matters, and said to be.
 */
export function renderBody(plan: Plan, facts: BodyFacts): string {
  const summary = summaryOf(plan);
  const tail = renderTail(plan, facts);
  let body = "";
  for (const limits of LIMITS) {
    body = `${renderSections(summary, limits)}\n\n${tail}`;
    if (body.length <= BODY_LENGTH_MAX) break;
  }
  return body;
}

function renderSections(summary: PlanSummary, limits: Limits): string {
  const { plan } = summary;
  const hasHistory = plan.updates.some(({ superseded }) => superseded.length > 0);
  const isCompared = plan.updates.some(({ assessment }) => assessment.components.kind === "compared");
  const leftOut = [
    ...(hasHistory && limits.superseded === 0 ? ["history"] : []),
    ...(isCompared && limits.packages === 0 ? ["packages"] : []),
  ];
  return [
    renderVerdictLine(summary),
    renderChanges(plan, limits),
    renderSignatures(plan, limits),
    renderVulnerabilities(summary, limits),
    renderClocks(plan, limits),
    renderPackages(plan, limits),
    renderConfiguration(plan, limits),
    renderNotChecked(plan, limits, leftOut),
    limits.superseded === 0 ? undefined : renderHistory(plan, limits),
  ]
    .filter((section) => section !== undefined)
    .join("\n\n");
}

/** What closing means, so that nobody has to look it up before. */
const CLOSING =
  "Closing this ignores these digests for a while, and nothing else: the next digest, or a critical vulnerability that is then known to be fixed, opens it again.";

function renderTail(plan: Plan, { version, markerKey }: BodyFacts): string {
  const footer = `<sub>Hullkeeper ${code(version)} · group ${code(plan.group)}</sub>`;
  return `${renderControls()}\n\n${CLOSING}\n\n${footer}\n\n${renderMarker(plan, markerKey)}\n`;
}
