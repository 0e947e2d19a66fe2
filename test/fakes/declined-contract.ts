import { beforeEach, describe, expect, it } from "vitest";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import type { ProposalKey, Store } from "../../src/ports/store.ts";
import type { DeclinedDigest } from "../../src/proposal/declined.ts";
import { DAY_MS, instantOf, later } from "../../src/time.ts";

const T0 = instantOf(Date.UTC(2026, 10, 24, 12));
const KEY: ProposalKey = {
  codeRepository: { owner: "acme", name: "shop" },
  baseBranch: "release/#1",
  group: "bellsoft",
};
const OTHERS: readonly ProposalKey[] = [
  { ...KEY, baseBranch: "main" },
  { ...KEY, group: "chainguard" },
  { ...KEY, codeRepository: { owner: "acme", name: "pay" } },
];

const numbered = (number: number): Digest => parseDigest(`sha256:${number.toString(16).padStart(64, "0")}`);
const entry = (number: number, change: Partial<DeclinedDigest> = {}): DeclinedDigest => ({
  digest: numbered(number),
  at: T0,
  until: later(T0, 90 * DAY_MS),
  fixed: [],
  ...change,
});

/** What every store does with declined digests. */
export function describeDeclined(
  name: string,
  open: () => Promise<Pick<Store, "declined" | "declinedOf" | "decline" | "takeBackDecline">>,
): void {
  describe(`declined digests ${name}`, () => {
    let store: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => {
      store = await open();
    });

    it("are none at first", async () => {
      expect(await store.declined(KEY)).toEqual([]);
      expect(await store.declinedOf([])).toEqual([]);
      expect(await store.declinedOf([KEY, KEY])).toEqual([[], []]);
    });

    it("come back with everything that is known of them, by digest, for their group alone", async () => {
      const full = entry(2, { by: "alex\u202e", fixed: ["CVE-1"], back: { at: T0, fixes: ["CVE-2"] } });
      await store.decline(KEY, [full], T0);
      await store.decline(KEY, [], T0);
      await store.decline(KEY, [entry(1)], T0);
      expect(await store.declined(KEY)).toEqual([entry(1), full]);
      expect(await store.declinedOf(OTHERS)).toEqual([[], [], []]);
      expect(await store.declinedOf([...OTHERS, KEY])).toEqual([[], [], [], [entry(1), full]]);
    });

    it("declined again: the later word holds", async () => {
      await store.decline(KEY, [entry(1, { by: "alex", back: { at: T0, fixes: [] } })], T0);
      await store.decline(KEY, [entry(1, { at: later(T0, 1) })], T0);
      expect(await store.declined(KEY)).toEqual([entry(1, { at: later(T0, 1) })]);
    });

    it("taken back are gone, others stay", async () => {
      await store.decline(KEY, [entry(1), entry(2)], T0);
      await store.takeBackDecline(KEY, [numbered(1), numbered(3)]);
      await store.takeBackDecline(KEY, []);
      expect(await store.declined(KEY)).toEqual([entry(2)]);
    });

    it("whose time is over go with the next that is declined", async () => {
      const until = later(T0, DAY_MS);
      await store.decline(KEY, [entry(1, { until }), entry(2, { until: later(until, 1) })], T0);
      expect(await store.declined(KEY)).toHaveLength(2);
      await store.decline(KEY, [entry(3)], until);
      expect((await store.declined(KEY)).map(({ digest }) => digest)).toEqual([numbered(2), numbered(3)]);
    });

    it("are 1,000 at most: those that end first go", async () => {
      const many = Array.from({ length: 1_000 }, (_, index) =>
        entry(index, { until: later(T0, (index + 1) * DAY_MS) }),
      );
      await store.decline(KEY, many, T0);
      await store.decline(KEY, [entry(2_000), entry(2_001)], T0);
      const kept = await store.declined(KEY);
      expect(kept).toHaveLength(1_000);
      expect(kept[0]).toEqual(many[2]);
      expect(kept.at(-1)).toEqual(entry(2_001));
    });
  });
}
