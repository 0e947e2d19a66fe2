import { worstOf } from "../sla/obligation.ts";
import type { Plan } from "./plan.ts";

/** Labels of a pull request: `hullkeeper`, and `sla:critical` and the like for the most severe vulnerability with a deadline. */
export function labelsOf({ updates }: Plan): readonly string[] {
  const severities = updates
    .flatMap(({ timer }) => timer.obligations.map(({ severity }) => severity))
    .filter((severity) => severity !== "none");
  return severities.length === 0 ? ["hullkeeper"] : ["hullkeeper", `sla:${worstOf(severities)}`];
}
