import { shortOf } from "../../image/digest.ts";
import { renderMoment } from "../../time.ts";
import { code, counted, details } from "../markdown.ts";
import type { Plan } from "../plan.ts";
import { labelOf } from "../summary.ts";
import type { Limits } from "./limits.ts";

/** Digests this pull request proposed before, closed. Absent when there are none. */
export function renderHistory(plan: Plan, limits: Limits): string | undefined {
  const superseded = plan.updates.flatMap((update) =>
    update.superseded.map(({ digest, observedAt }) => ({ label: labelOf(update, plan), digest, observedAt })),
  );
  if (superseded.length === 0) return undefined;
  const newest = superseded.toSorted((a, b) => b.observedAt - a.observedAt).slice(0, limits.superseded);
  const lines = newest.map(
    ({ label, digest, observedAt }) =>
      `- ${code(label)} ${code(shortOf(digest, 12))}, first seen ${renderMoment(observedAt)}`,
  );
  const rest = superseded.length - newest.length;
  return details(
    `History: supersedes ${counted(superseded.length, "digest")}`,
    [
      ...lines,
      ...(rest > 0 ? [`- and ${counted(rest, "earlier one")}`] : []),
      "",
      "The clocks above kept their start.",
    ].join("\n"),
  );
}
