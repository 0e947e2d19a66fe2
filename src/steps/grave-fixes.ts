import type { ProposalRecord, Store } from "../ports/store.ts";
import { graveFixesOf } from "../proposal/declined.ts";
import type { Plan } from "../proposal/plan.ts";

/** Grave vulnerabilities that a plan fixes. Sorted. */
export function graveFixesOfPlan({ updates }: Plan): readonly string[] {
  return [...new Set(updates.flatMap(({ assessment }) => graveFixesOf(assessment)))].toSorted();
}

/** Those that are now known to be fixed by what a pull request proposes. Sorted. */
export async function graveFixesOfRecord(
  { updates }: ProposalRecord,
  store: Pick<Store, "assessment">,
): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const { line, from, to } of updates) {
    if (from === undefined) continue;
    for (const id of graveFixesOf(await store.assessment(line.repository, from, to))) ids.add(id);
  }
  return [...ids].toSorted();
}
