import { codeName, DELIVERIES_MAX, DELIVERY_TTL_S, proposalName } from "../../src/adapters/redis/keys.ts";
import type { CodeEventStore } from "../../src/ports/code-events.ts";
import type { Store } from "../../src/ports/store.ts";
import type { Instant } from "../../src/time.ts";

/** What is kept of webhooks, in memory, beside the rest of a store. */
export function createFakeCodeEvents(
  store: Pick<Store, "scans" | "proposals" | "schedule" | "branchListings">,
): CodeEventStore {
  const noted = rememberedIds();
  const asked = rememberedIds();
  const wishes = new Map<string, Instant>();
  let seenUpTo: Instant | undefined;
  return {
    async knownUnder(name) {
      const wanted = codeName(name).toLowerCase();
      const isMeant = ({ codeRepository }: { readonly codeRepository: typeof name }): boolean =>
        codeName(codeRepository).toLowerCase() === wanted;
      const listing = (await store.branchListings()).find(isMeant);
      return {
        ...(listing === undefined ? {} : { listing }),
        scans: (await store.scans()).filter((scan) => isMeant(scan) && scan.isUnsubscribed !== true),
        proposals: (await store.proposals()).filter(isMeant),
      };
    },
    async noteDelivery({ id, at, looks, wishes: wished }) {
      if (noted.has(id)) return "known";
      for (const { at: dueAt, ...work } of looks) await store.schedule(work, dueAt, "sooner");
      for (const key of wished) wishes.set(proposalName(key), at);
      noted.add(id, at);
      return "noted";
    },
    lookWish: async (key) => wishes.get(proposalName(key)),
    async answerLookWish(key, wish) {
      const at = wishes.get(proposalName(key));
      if (at !== undefined && at !== wish) return "newer";
      wishes.delete(proposalName(key));
      return "answered";
    },
    deliveriesSeenUpTo: async () => seenUpTo,
    async saveDeliveriesSeenUpTo(at) {
      seenUpTo = at;
    },
    askedAgain: async (ids) => new Set(ids.filter((id) => asked.has(id))),
    async noteAskedAgain(id, at) {
      asked.add(id, at);
    },
  };
}

function rememberedIds(): { has(id: string): boolean; add(id: string, at: Instant): void } {
  const ids = new Map<string, Instant>();
  return {
    has: (id) => ids.has(id),
    add(id, at) {
      ids.set(id, at);
      for (const [old, since] of ids) {
        if (since <= at - DELIVERY_TTL_S * 1_000 || ids.size > DELIVERIES_MAX) ids.delete(old);
      }
    },
  };
}
