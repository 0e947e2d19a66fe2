import { beforeEach, describe, expect, it } from "vitest";
import type { ProposalKey, Store } from "../../src/ports/store.ts";
import type { HourWish } from "../../src/ports/openings.ts";
import { HOUR_MS, instantOf, later, MINUTE_MS } from "../../src/time.ts";

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

const wishOf = (group: string, change: Partial<HourWish> = {}): HourWish => ({
  key: keyOf(group),
  write: `write of ${group}`,
  max: 2,
  turn: "in-line",
  now: T0,
  ...change,
});
const at = (minutes: number) => later(T0, minutes * MINUTE_MS);
const TAKEN = { kind: "taken" };

/** Everybody asks when they were told to; @returns the groups in the order in which they came to write. */
async function orderOf(wishes: readonly HourWish[], store: Store): Promise<readonly string[]> {
  const waiting = [...wishes];
  const order: string[] = [];
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.now - b.now);
    const [wish] = waiting.splice(0, 1);
    if (wish === undefined) break;
    const turn = await store.takeOfHour(wish);
    if (turn.kind === "taken") order.push(wish.key.group);
    else waiting.push({ ...wish, now: turn.until });
  }
  return order;
}

/** What every store does with the writes of an hour. @param open makes an empty store */
export function describeHours(name: string, open: () => Promise<Store>): void {
  describe(`${name}: the writes of an hour`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    const take = (group: string, change: Partial<HourWish> = {}) => store.takeOfHour(wishOf(group, change));

    it("are so many in any hour, and the next is free an hour after the oldest", async () => {
      expect(await take("a", { now: at(0) })).toEqual(TAKEN);
      expect(await take("b", { now: at(10) })).toEqual(TAKEN);
      expect(await take("c", { now: at(20) })).toEqual({ kind: "waits", until: at(60), takenCount: 2 });
      expect(await take("c", { now: later(T0, HOUR_MS - 1) })).toMatchObject({
        kind: "waits",
        until: at(60),
      });
      expect(await take("c", { now: at(60) })).toEqual(TAKEN);
      expect(await take("d", { now: at(61) })).toEqual({ kind: "waits", until: at(70), takenCount: 2 });
    });

    it("are never more, however many want one at once", async () => {
      const groups = Array.from({ length: 30 }, (_, position) => `group-${position}`);
      const turns = await Promise.all(groups.map((group) => take(group, { max: 7 })));
      expect(turns.filter(({ kind }) => kind === "taken")).toHaveLength(7);
      expect(turns.filter(({ kind }) => kind === "waits")).toHaveLength(23);
    });

    it("are one for the same, however often it is tried", async () => {
      expect(await take("a", { max: 1 })).toEqual(TAKEN);
      expect(await take("a", { max: 1, now: at(5) })).toEqual(TAKEN);
      expect(await take("a", { max: 1, now: at(5), write: "newer" })).toEqual({
        kind: "waits",
        until: at(60),
        takenCount: 1,
      });
      expect(await take("b", { max: 1, now: at(5), write: "write of a" })).toMatchObject({ kind: "waits" });
    });

    it("go to the earliest deadline, to who has none last, and to who came first of those", async () => {
      await take("full", { max: 1 });
      const wishes = [
        wishOf("none-later", { now: at(4) }),
        wishOf("late", { dueAt: at(900), now: at(5) }),
        wishOf("none", { now: at(3) }),
        wishOf("soon", { dueAt: at(300), now: at(6) }),
      ].map((wish) => ({ ...wish, max: 1 }));
      expect(await orderOf(wishes, store)).toEqual(["soon", "late", "none", "none-later"]);
    });

    it("are named to each in line as they become free", async () => {
      await take("a", { now: at(0) });
      await take("b", { now: at(10) });
      expect(await take("c", { now: at(20) })).toMatchObject({ until: at(60) });
      expect(await take("d", { now: at(21) })).toMatchObject({ until: at(70) });
      expect(await take("e", { now: at(22) })).toMatchObject({ until: at(70) });
      expect(await take("f", { now: at(23), dueAt: at(500) })).toMatchObject({ until: at(60) });
    });

    it("are taken at once by what does not wait, and count", async () => {
      await take("a");
      await take("b");
      expect(await take("grave", { turn: "at-once", now: at(5) })).toEqual(TAKEN);
      expect(await take("c", { now: at(59) })).toEqual({ kind: "waits", until: at(60), takenCount: 3 });
      // Two went, and only then is there room for one.
      expect(await take("c", { now: at(60) })).toEqual(TAKEN);
    });

    it("are kept for who stands ahead and has not come yet, and not for long", async () => {
      await take("a", { max: 1 });
      await take("soon", { max: 1, dueAt: at(300), now: at(5) });
      expect(await take("late", { max: 1, dueAt: at(900), now: at(61) })).toEqual({
        kind: "waits",
        until: at(71),
        takenCount: 0,
      });
      expect(await take("late", { max: 1, dueAt: at(900), now: at(71) })).toEqual(TAKEN);
    });

    it("are those of one code repository, whatever the base branch", async () => {
      await take("a", { max: 1 });
      const next = keyOf("a", { baseBranch: "next" });
      expect(await take("a", { max: 1, key: next })).toMatchObject({ kind: "waits" });
      const other = keyOf("a", { codeRepository: { owner: "acme", name: "other" } });
      expect(await take("a", { max: 1, key: other })).toEqual(TAKEN);
    });

    it("are free for who waits as soon as there may be more", async () => {
      await take("a", { max: 1 });
      expect(await take("b", { max: 1 })).toMatchObject({ kind: "waits" });
      expect(await take("b", { max: 2 })).toEqual(TAKEN);
    });
  });
}
