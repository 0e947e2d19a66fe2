import { beforeEach, describe, expect, it } from "vitest";
import type { ProposalKey, Store } from "../../src/ports/store.ts";
import { instantOf, later, MINUTE_MS } from "../../src/time.ts";

const T0 = instantOf(Date.UTC(2026, 10, 28, 12));
const keyOf = (group: string, change: Partial<ProposalKey> = {}): ProposalKey => ({
  codeRepository: { owner: "acme", name: "shop" },
  baseBranch: "main",
  group,
  ...change,
});

/** What every store does with groups that are about to open a pull request. @param open makes an empty store */
export function describeOpenings(name: string, open: () => Promise<Store>): void {
  describe(`${name}: the line of those that open a pull request`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it("is in the order they came, also in one moment", async () => {
      expect(await store.lineUpToOpen(keyOf("z"), T0)).toEqual([]);
      expect(await store.lineUpToOpen(keyOf("a"), T0)).toEqual(["z"]);
      expect(await store.lineUpToOpen(keyOf("m"), T0)).toEqual(["z", "a"]);
    });

    it("has one at its head, however many come at once", async () => {
      const groups = Array.from({ length: 20 }, (_, position) => `group-${position}`);
      const ahead = await Promise.all(groups.map((group) => store.lineUpToOpen(keyOf(group), T0)));
      expect(ahead.map((each) => each.length).toSorted((a, b) => a - b)).toEqual(groups.map((_, at) => at));
    });

    it("holds by a clock that stands behind that of who came before", async () => {
      await store.lineUpToOpen(keyOf("first"), later(T0, MINUTE_MS));
      expect(await store.lineUpToOpen(keyOf("second"), T0)).toEqual(["first"]);
      expect(await store.lineUpToOpen(keyOf("first"), T0)).toEqual([]);
    });

    it("keeps the place of who asks again", async () => {
      await store.lineUpToOpen(keyOf("first"), T0);
      await store.lineUpToOpen(keyOf("second"), T0);
      expect(await store.lineUpToOpen(keyOf("first"), later(T0, 5 * MINUTE_MS))).toEqual([]);
      expect(await store.lineUpToOpen(keyOf("second"), later(T0, 5 * MINUTE_MS))).toEqual(["first"]);
    });

    it("closes up when somebody leaves, and who comes back is the last", async () => {
      await store.lineUpToOpen(keyOf("first"), T0);
      await store.lineUpToOpen(keyOf("second"), T0);
      await store.leaveOpening(keyOf("first"));
      expect(await store.lineUpToOpen(keyOf("second"), T0)).toEqual([]);
      expect(await store.lineUpToOpen(keyOf("first"), T0)).toEqual(["second"]);
    });

    it("forgets who never came back", async () => {
      await store.lineUpToOpen(keyOf("dead"), T0);
      expect(await store.lineUpToOpen(keyOf("next"), later(T0, 9 * MINUTE_MS))).toEqual(["dead"]);
      expect(await store.lineUpToOpen(keyOf("next"), later(T0, 11 * MINUTE_MS))).toEqual([]);
    });

    it("is that of one base branch of one code repository", async () => {
      await store.lineUpToOpen(keyOf("first"), T0);
      expect(await store.lineUpToOpen(keyOf("second", { baseBranch: "next" }), T0)).toEqual([]);
      const codeRepository = { owner: "acme", name: "other" };
      expect(await store.lineUpToOpen(keyOf("second", { codeRepository }), T0)).toEqual([]);
    });

    it("is left by nobody who is not in it", async () => {
      await store.lineUpToOpen(keyOf("first"), T0);
      await store.leaveOpening(keyOf("second"));
      expect(await store.lineUpToOpen(keyOf("second"), T0)).toEqual(["first"]);
    });
  });
}
