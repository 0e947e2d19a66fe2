import { beforeEach, describe, expect, it } from "vitest";
import type { ProposalRecord, Store } from "../../src/ports/store.ts";
import { HOUR_MS, instantOf, later } from "../../src/time.ts";
import type { Scan } from "../../src/watch/scan.ts";

const T0 = instantOf(Date.UTC(2026, 10, 28, 12));
const SHOP = { owner: "Acme", name: "Shop" };
const KEY = { codeRepository: SHOP, baseBranch: "main", group: "bellsoft" };
const DISCOVER = { kind: "discover", codeRepository: SHOP } as const;
const PROPOSE = { kind: "propose", proposal: KEY } as const;
const LISTING = { kind: "repositories" } as const;
const scan = (codeRepository: Scan["codeRepository"], change: Partial<Scan> = {}): Scan => ({
  codeRepository,
  branch: "main",
  commit: "c".repeat(40),
  scannedAt: T0,
  places: [],
  skipped: [],
  ...change,
});
const PROPOSAL: ProposalRecord = {
  ...KEY,
  branch: "hullkeeper/bellsoft",
  number: 7,
  url: "https://github.example/Acme/Shop/pull/7",
  title: "title",
  state: "open",
  headCommit: "c".repeat(40),
  contentHash: "h",
  updates: [],
  openedAt: T0,
  checkedAt: T0,
};

const BRANCHES = {
  listedAt: T0,
  wanted: ["$default", "release/*"],
  branches: ["main"],
  missing: ["release/*"],
  leftOutCount: 0,
  isPartial: false,
};

/** What every store does with webhooks of the code host. @param open makes an empty store */
export function describeCodeEvents(name: string, open: () => Promise<Store>): void {
  describe(`${name}: webhooks`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it("are about code repositories by a name in any case", async () => {
      await store.saveScan(scan(SHOP));
      await store.saveScan(scan({ owner: "acme", name: "shop-two" }));
      await store.saveProposal(PROPOSAL);
      await store.saveProposal({ ...PROPOSAL, codeRepository: { owner: "acme", name: "shop-two" } });
      expect(await store.knownUnder({ owner: "aCME", name: "sHOP" })).toEqual({
        scans: [scan(SHOP)],
        proposals: [PROPOSAL],
      });
    });

    it("are told which branches are wanted, where that is known", async () => {
      const listing = { ...BRANCHES, codeRepository: SHOP };
      await store.saveBranchListing(listing);
      await store.saveBranchListing({ ...BRANCHES, codeRepository: { owner: "acme", name: "shop-two" } });
      expect(await store.knownUnder({ owner: "aCME", name: "sHOP" })).toEqual({
        scans: [],
        proposals: [],
        listing,
      });
      expect(await store.knownUnder({ owner: "acme", name: "pay" })).toEqual({ scans: [], proposals: [] });
    });

    it("find nothing of what is read no more, or never was", async () => {
      await store.saveScan(scan(SHOP, { isUnsubscribed: true }));
      const nothing = { scans: [], proposals: [] };
      expect(await store.knownUnder(SHOP)).toEqual(nothing);
      expect(await store.knownUnder({ owner: "acme", name: "*" })).toEqual(nothing);
    });

    it("have everything done that follows, once for each id", async () => {
      const looks = [
        { ...DISCOVER, at: T0 },
        { ...PROPOSE, at: later(T0, 1) },
        { ...LISTING, at: later(T0, 2) },
      ];
      expect(await store.noteDelivery({ id: "a", at: T0, looks, wishes: [KEY] })).toBe("noted");
      expect(await store.claimDue(later(T0, 5), HOUR_MS, 10)).toEqual([DISCOVER, PROPOSE, LISTING]);
      expect(await store.noteDelivery({ id: "a", at: later(T0, 9), looks, wishes: [KEY] })).toBe("known");
      expect(await store.claimDue(later(T0, 9), HOUR_MS, 10)).toEqual([]);
      expect(await store.lookWish(KEY)).toBe(T0);
      expect(await store.noteDelivery({ id: "b", at: later(T0, 9), looks, wishes: [] })).toBe("noted");
      expect(await store.claimDue(later(T0, 9), HOUR_MS, 10)).toHaveLength(3);
    });

    it("never put work off", async () => {
      await store.schedule(DISCOVER, later(T0, -5), "set");
      await store.noteDelivery({ id: "a", at: T0, looks: [{ ...DISCOVER, at: T0 }], wishes: [] });
      expect(await store.firstDueAt()).toBe(later(T0, -5));
    });

    it("are told apart for four days, and forgotten then", async () => {
      const looks = [{ ...LISTING, at: T0 }];
      const days = (count: number) => later(T0, count * 24 * HOUR_MS);
      await store.noteDelivery({ id: "a", at: T0, looks, wishes: [] });
      await store.noteDelivery({ id: "b", at: days(3.9), looks, wishes: [] });
      expect(await store.noteDelivery({ id: "a", at: days(3.9), looks, wishes: [] })).toBe("known");
      await store.noteDelivery({ id: "c", at: days(4.1), looks, wishes: [] });
      expect(await store.noteDelivery({ id: "a", at: days(4.1), looks, wishes: [] })).toBe("noted");
      expect(await store.noteDelivery({ id: "b", at: days(4.1), looks, wishes: [] })).toBe("known");
    });

    it("let a look be wished for, until there was one", async () => {
      expect(await store.lookWish(KEY)).toBeUndefined();
      expect(await store.answerLookWish(KEY, undefined)).toBe("answered");
      await store.noteDelivery({ id: "a", at: later(T0, 5), looks: [], wishes: [KEY] });
      expect(await store.lookWish(KEY)).toBe(later(T0, 5));
      expect(await store.lookWish({ ...KEY, group: "wolfi" })).toBeUndefined();
      expect(await store.answerLookWish(KEY, later(T0, 5))).toBe("answered");
      expect(await store.lookWish(KEY)).toBeUndefined();
    });

    it("keep a wish that came while another one was answered, or none", async () => {
      await store.noteDelivery({ id: "a", at: T0, looks: [], wishes: [KEY] });
      expect(await store.answerLookWish(KEY, undefined)).toBe("newer");
      await store.noteDelivery({ id: "b", at: later(T0, 5), looks: [], wishes: [KEY] });
      expect(await store.answerLookWish(KEY, T0)).toBe("newer");
      expect(await store.lookWish(KEY)).toBe(later(T0, 5));
    });

    it("that were asked for again are remembered for four days", async () => {
      expect(await store.askedAgain([])).toEqual(new Set());
      await store.noteAskedAgain("a", T0);
      await store.noteAskedAgain("a", later(T0, 1));
      await store.noteAskedAgain("b", later(T0, 2));
      expect(await store.askedAgain(["a", "b", "c"])).toEqual(new Set(["a", "b"]));
      await store.noteAskedAgain("c", later(T0, 97 * HOUR_MS));
      expect(await store.askedAgain(["a", "b", "c"])).toEqual(new Set(["c"]));
    });

    it("are seen up to a moment", async () => {
      expect(await store.deliveriesSeenUpTo()).toBeUndefined();
      await store.saveDeliveriesSeenUpTo(T0);
      await store.saveDeliveriesSeenUpTo(later(T0, 1));
      expect(await store.deliveriesSeenUpTo()).toBe(later(T0, 1));
    });
  });
}
