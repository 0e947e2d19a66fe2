import { worstOf } from "../sla/obligation.ts";
import type { Plan, Update } from "./plan.ts";
import { deltaOf } from "./summary.ts";

/** Of a pull request that proposes what is no longer verified. */
export const FLAGGED_LABELS: readonly string[] = ["hullkeeper", "hullkeeper:not-verified"];

/**
 * Labels of a pull request: `hullkeeper`, `hullkeeper:tag-move` where a tag moves to a newer version, `hullkeeper:step-back` where somebody approved of one, `hullkeeper:regression` where it brings
 * back a grave vulnerability, `hullkeeper:exploited` where it fixes one that is known to be exploited, and `sla:critical` and the like
 * for the most severe vulnerability with a deadline.
 */
export function labelsOf({ updates }: Plan): readonly string[] {
  const severities = updates
    .flatMap(({ timer }) => timer.obligations.map(({ severity }) => severity))
    .filter((severity) => severity !== "none");
  const isStepBack = updates.some(({ stepBack }) => stepBack !== undefined);
  return [
    "hullkeeper",
    ...(updates.some(({ toTag }) => toTag !== undefined) ? ["hullkeeper:tag-move"] : []),
    ...(isStepBack ? ["hullkeeper:step-back"] : []),
    ...(updates.some(({ assessment }) => assessment.class === "regression") ? ["hullkeeper:regression"] : []),
    ...(updates.some(isExploited) ? ["hullkeeper:exploited"] : []),
    ...(severities.length === 0 ? [] : [`sla:${worstOf(severities)}`]),
  ];
}

function isExploited(update: Update): boolean {
  return deltaOf(update)?.fixed.some(({ kev }) => kev !== undefined) ?? false;
}
