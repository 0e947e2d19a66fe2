import type { ProposalKey, Store } from "../../src/ports/store.ts";
import { type DeclinedDigest, keptDeclined } from "../../src/proposal/declined.ts";

/** Declined digests in memory. Copied on the way in and out. */
export function createFakeDeclined(): Pick<Store, "declined" | "declinedOf" | "decline" | "takeBackDecline"> {
  const groups = new Map<string, readonly DeclinedDigest[]>();
  const declined = async (key: ProposalKey): Promise<readonly DeclinedDigest[]> =>
    structuredClone(groups.get(nameOf(key)) ?? []).toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  return {
    declined,
    declinedOf: (keys) => Promise.all(keys.map(declined)),
    async decline(key, digests, now) {
      if (digests.length === 0) return;
      groups.set(nameOf(key), structuredClone(keptDeclined(groups.get(nameOf(key)) ?? [], digests, now)));
    },
    async takeBackDecline(key, digests) {
      const rest = (groups.get(nameOf(key)) ?? []).filter(({ digest }) => !digests.includes(digest));
      groups.set(nameOf(key), rest);
    },
  };
}

function nameOf({ codeRepository: { owner, name }, baseBranch, group }: ProposalKey): string {
  return JSON.stringify([owner, name, baseBranch, group]);
}
