import { renderSigner, signerId } from "../../trust/signer.ts";
import { UPDATE_ID } from "../../sla/obligation.ts";
import { renderSpan } from "../../time.ts";
import { code, counted, idText, prose } from "../markdown.ts";
import type { Plan } from "../plan.ts";
import {
  type PlanDue,
  type PlanSummary,
  deltaOf,
  idCountOf,
  renderCounts,
  renderTotal,
  severityWord,
} from "../summary.ts";
import { renderDeadline } from "./common.ts";

/** The first screen in three lines: by when and why, what it brings, who signed it. */
export function renderVerdictLine(summary: PlanSummary): string {
  const lines = [renderWhen(summary), renderWhat(summary), renderWho(summary.plan)];
  return lines.map((line) => `> ${line}`).join("\n");
}

function renderWhen({ plan, due }: PlanSummary): string {
  const { id, severity, startedAt, dueAt } = due.obligation;
  const by = `**Merge by ${renderDeadline(dueAt)}**`;
  const period = renderSpan(dueAt - startedAt);
  if (id === UPDATE_ID) {
    return `${by}: your clock gives ${period} to an update that fixes no known vulnerability.`;
  }
  const restCount = idCountOf(due.fixed) - 1;
  const rest = restCount > 0 ? ` and ${restCount} more` : "";
  return `${by}, set by ${idText(id)} (${severityWord(severity)})${whereOf(due, plan)}${rest}; your clock gives ${period}.`;
}

function whereOf({ fixed }: PlanDue, plan: Plan): string {
  const [worst] = fixed;
  if (worst !== undefined) return ` in ${code(worst.packageName)}`;
  return plan.updates.every((update) => deltaOf(update) !== undefined)
    ? ", which these digests do not fix"
    : ", which is not known to be fixed by these digests";
}

function renderWhat({ plan, fixed, introduced, remaining }: PlanSummary): string {
  const assessed = plan.updates.filter((update) => deltaOf(update) !== undefined);
  const unknownCount = plan.updates.length - assessed.length;
  const content = renderContent(plan);
  if (assessed.length === 0) {
    return `${content === "" ? "" : `${content} `}What it fixes is not known, see "Not checked".`;
  }
  const parts = [
    fixed.length === 0
      ? "No known vulnerability is fixed"
      : `Fixes **${counted(idCountOf(fixed), "vulnerability", "vulnerabilities")}** (${renderCounts(fixed)})`,
    introduced.length === 0
      ? "introduces none"
      : `⚠ **introduces ${idCountOf(introduced)}** (${renderCounts(introduced)})`,
    remaining.length === 0 ? "none remains" : renderTotal(remaining, ["remains", "remain"]),
  ];
  const unknown =
    unknownCount === 0 ? "" : ` Not known for ${counted(unknownCount, "image")}, see "Not checked".`;
  return `${parts.join(", ")}.${fixed.length === 0 && content !== "" ? ` ${content}` : ""}${unknown}`;
}

function renderContent({ updates }: Plan): string {
  const classes = new Set(updates.map(({ assessment }) => assessment.class));
  if (classes.has("moved-backwards")) return "⚠ **The tag moved backwards, to a digest it had left.**";
  if (classes.has("content") || classes.has("fixes")) return "The packages changed.";
  return classes.has("rebuild") ? "A rebuild: the same packages in the same versions." : "";
}

function renderWho({ updates }: Plan): string {
  const signers = new Map(
    updates.flatMap(({ verdict }) =>
      verdict.signers.map((signer) => [
        signerId(signer),
        `${prose(signer.name)}, ${signer.kind} ${code(renderSigner(signer))}`,
      ]),
    ),
  );
  return `**Verified**: signed by ${[...signers.values()].join("; ")}.`;
}
