import { isSameConfiguration } from "../assess/config-change.ts";
import type { PullRules } from "../vendor/pull-rules.ts";
import type { Plan } from "./plan.ts";

/**
 * Whether a policy lets a plan be merged without a person: all its classes are in the policy's list, how the images are run stays the same, everything that was
 * to be compared was, no trust is weakened by configuration, and no tag moves.
 */
export function mayMergeItself({ updates }: Plan, { automerge }: Pick<PullRules, "automerge">): boolean {
  const classes: ReadonlySet<string> = new Set(automerge);
  return updates.every(
    ({ assessment, verdict, stepBack, toTag }) =>
      classes.has(assessment.class) &&
      assessment.configuration?.kind === "compared" &&
      isSameConfiguration(assessment.configuration) &&
      assessment.components.kind === "compared" &&
      verdict.insecure.length === 0 &&
      stepBack === undefined &&
      toTag === undefined,
  );
}
