import { beforeEach, describe, expect, it } from "vitest";
import { parseDigest } from "../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import type { BreachRecord, ClockFactStore, TargetKey } from "../../src/ports/clock-facts.ts";
import type { LineFact, TargetFact } from "../../src/sla/facts.ts";
import { instantOf, later } from "../../src/time.ts";

const T0 = instantOf(Date.UTC(2026, 10, 24, 12));
const DIGEST = parseDigest(`sha256:${"a".repeat(64)}`);
const OTHER = parseDigest(`sha256:${"b".repeat(64)}`);
const LINE = { repository: parseRepository("127.0.0.1:5000/acme/base"), tag: parseTag("1") };
const TARGET: TargetKey = {
  codeRepository: { owner: "acme", name: "shop" },
  baseBranch: "release/#1",
  line: LINE,
};
const PLACE = { path: "a#b/Dockerfile", ordinal: 0 };

/** One fact of each kind, all members there. */
const LINE_FACTS: readonly LineFact[] = [
  { kind: "onboarded", at: T0 },
  { kind: "observed", digest: DIGEST, after: later(T0, -1), at: T0, content: OTHER },
  { kind: "verified", digest: DIGEST, at: T0 },
  { kind: "gone", digest: DIGEST, at: T0, why: "revoked" },
  { kind: "back", digest: DIGEST, at: T0 },
  { kind: "backwards", digest: DIGEST, at: T0 },
  { kind: "assessed", at: T0 },
  {
    kind: "affected",
    digest: DIGEST,
    at: T0,
    ids: ["CVE-1"],
    unknown: ["CVE-2"],
    platforms: [{ id: "CVE-1", names: ["linux/arm64"] }],
  },
  { kind: "unassessed", digest: DIGEST, at: T0, reason: "no SBOM\u202e" },
  {
    kind: "vulnerability",
    id: "CVE-1",
    publishedAt: later(T0, -5),
    seenAt: T0,
    wasHealthy: true,
    packages: ["expat"],
    hasFix: true,
  },
  { kind: "rated", id: "CVE-1", severity: "high", score: 7.5, by: "BELL-CVE-1", at: T0 },
  { kind: "kev", id: "CVE-1", at: T0, addedAt: T0, dueAt: later(T0, 5) },
  { kind: "ssvc", id: "CVE-1", at: T0, exploitation: "poc", automatable: "no", technicalImpact: "total" },
  { kind: "not-applicable", id: "CVE-1", at: T0, why: "vex" },
  { kind: "returned", id: "CVE-1", at: T0 },
];
const TARGET_FACTS: readonly TargetFact[] = [
  { kind: "subscribed", at: T0 },
  { kind: "pinned", place: PLACE, digest: DIGEST, at: T0, how: "merged" },
  { kind: "ended", place: PLACE, at: T0, how: "gone" },
  { kind: "ended", at: T0, how: "cancelled" },
  { kind: "offered", from: DIGEST, digest: OTHER, at: T0 },
  { kind: "declined", digest: OTHER, at: T0 },
  { kind: "accepted", id: "CVE-1", from: T0, until: later(T0, 5), by: "Alice\u202e", reason: 'a "reason"\n' },
  { kind: "acceptance-lifted", id: "CVE-1", from: T0, at: later(T0, 1), by: "Ben" },
  { kind: "paused", from: T0, until: later(T0, 5), by: "Alice", reason: "audit" },
  {
    kind: "restored",
    id: "CVE-1",
    severity: "high",
    startedAt: T0,
    dueAt: later(T0, 5),
    from: DIGEST,
    to: OTHER,
    at: T0,
  },
];
const BREACH: BreachRecord = {
  place: PLACE,
  id: "CVE-1",
  severity: "critical",
  startedAt: T0,
  dueAt: later(T0, 7),
  rule: "critical P7D",
  policy: { id: "bellsoft", version: 1 },
  noticedAt: later(T0, 9),
};

/** What every store does with facts of clocks. @param open makes an empty store */
export function describeClockFacts(name: string, open: () => Promise<ClockFactStore>): void {
  describe(`${name}: facts of clocks`, () => {
    let store: ClockFactStore;
    beforeEach(async () => {
      store = await open();
    });

    it("keeps every kind of fact whole, in whatever order they come, and each once", async () => {
      await store.addLineFacts(LINE, LINE_FACTS.slice(7));
      await store.addLineFacts(LINE, LINE_FACTS.toReversed());
      await store.addTargetFacts(TARGET, TARGET_FACTS.toReversed());
      await store.addTargetFacts(TARGET, TARGET_FACTS);
      expect(await store.lineFacts(LINE)).toHaveLength(LINE_FACTS.length);
      expect(await store.lineFacts(LINE)).toEqual(expect.arrayContaining([...LINE_FACTS]));
      expect(await store.targetFacts(TARGET)).toHaveLength(TARGET_FACTS.length);
      expect(await store.targetFacts(TARGET)).toEqual(expect.arrayContaining([...TARGET_FACTS]));
    });

    it("keeps the first of facts that are one", async () => {
      await store.addLineFacts(LINE, [{ kind: "assessed", at: T0 }]);
      await store.addLineFacts(LINE, [{ kind: "assessed", at: later(T0, 5) }]);
      expect(await store.lineFacts(LINE)).toEqual([{ kind: "assessed", at: T0 }]);
    });

    it("knows nothing of lines and targets without a fact", async () => {
      await store.addLineFacts(LINE, []);
      await store.addTargetFacts(TARGET, []);
      expect(await store.lineFacts(LINE)).toEqual([]);
      expect(await store.targetFacts(TARGET)).toEqual([]);
      expect(await store.targets()).toEqual([]);
      expect(await store.breaches(TARGET)).toEqual([]);
    });

    it("lists targets by name, whatever their branch is called", async () => {
      const other = { ...TARGET, codeRepository: { owner: "acme", name: "pay" }, baseBranch: "main" };
      const fact = { kind: "subscribed", at: T0 } as const;
      await store.addTargetFacts(TARGET, [fact]);
      await store.addTargetFacts(other, [fact]);
      await store.addTargetFacts(TARGET, [fact]);
      expect(await store.targets()).toEqual([other, TARGET]);
    });

    it("keeps targets apart", async () => {
      await store.addTargetFacts(TARGET, TARGET_FACTS);
      expect(await store.targetFacts({ ...TARGET, baseBranch: "release/" })).toEqual([]);
      expect(await store.targetFacts({ ...TARGET, line: { ...LINE, tag: parseTag("2") } })).toEqual([]);
    });

    it("S38: keeps one record of a breach, however many notice it, and never changes it", async () => {
      const noticed = await Promise.all(
        [BREACH, { ...BREACH, noticedAt: later(T0, 10), severity: "low" } as const].map((record) =>
          store.addBreach(TARGET, record),
        ),
      );
      expect(noticed.filter(Boolean)).toHaveLength(1);
      const [kept, ...others] = await store.breaches(TARGET);
      expect(others).toEqual([]);
      expect(kept).toEqual(
        noticed[0] === true ? BREACH : { ...BREACH, noticedAt: later(T0, 10), severity: "low" },
      );
    });

    it("keeps a breach that was taken back, and says so once", async () => {
      await store.addBreach(TARGET, BREACH);
      expect(await store.retractBreach(TARGET, BREACH, later(T0, 11))).toBe(true);
      expect(await store.retractBreach(TARGET, BREACH, later(T0, 12))).toBe(false);
      expect(await store.breaches(TARGET)).toEqual([{ ...BREACH, retractedAt: later(T0, 11) }]);
    });

    it("lists breaches by their deadline", async () => {
      await store.addBreach(TARGET, BREACH);
      await store.addBreach(TARGET, { ...BREACH, dueAt: later(T0, 3) });
      expect((await store.breaches(TARGET)).map(({ dueAt }) => dueAt)).toEqual([later(T0, 3), later(T0, 7)]);
    });
  });
}
