import type { Digest } from "../image/digest.ts";
import { type PlaceEvaluation } from "./evaluation.ts";
import { gravityOf, type Line } from "./line.ts";
import type { SlaPolicy } from "./policy.ts";

/** Whether what is proposed gives way to a newer digest. `stay`: it would bring back these vulnerabilities, sorted. */
export type Succession =
  { readonly kind: "move" } | { readonly kind: "stay"; readonly regressions: readonly string[] };

/**
 * Whether a pull request that proposes one digest should propose the next one instead.
 *
 * Not where the next one has a vulnerability again that the proposed one fixes and somebody is to merge for, of a severity that the policy
 * will not see return. What is not known of the next digest is no reason. A digest that cannot be had any more gives way to everything.
 */
export function successionOf(
  { proposed, next }: { readonly proposed: Digest; readonly next: Digest },
  line: Line,
  places: readonly PlaceEvaluation[],
  { noRegress }: Pick<SlaPolicy, "noRegress">,
): Succession {
  const current = line.digests.get(proposed);
  if (current?.verifiedAt === undefined || current.goneAt !== undefined) return { kind: "move" };
  const regressions = new Set<string>();
  for (const { id, severity, state } of places.flatMap(({ obligations }) => obligations)) {
    const isWanted = state === "open" || state === "paused" || state === "accepted";
    if (!isWanted || gravityOf(severity) < gravityOf(noRegress)) continue;
    const isFixed = line.presenceOf(proposed, id) === "clean";
    if (isFixed && line.presenceOf(next, id) === "affected") regressions.add(id);
  }
  return regressions.size === 0
    ? { kind: "move" }
    : { kind: "stay", regressions: [...regressions].toSorted() };
}
