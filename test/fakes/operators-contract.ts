import { beforeEach, describe, expect, it } from "vitest";
import { parseDigest } from "../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import {
  type ApprovalRecord,
  DECISIONS_MAX,
  type DistrustRecord,
  type OperatorStore,
} from "../../src/ports/operators.ts";
import { instantOf, later } from "../../src/time.ts";
import type { DistrustSubject } from "../../src/trust/distrust.ts";

const T0 = instantOf(Date.UTC(2026, 10, 24, 12));
const DIGEST = parseDigest(`sha256:${"a".repeat(64)}`);
const OTHER = parseDigest(`sha256:${"b".repeat(64)}`);
const LINE = { repository: parseRepository("127.0.0.1:5000/acme/base"), tag: parseTag("1") };
const DECISION = { by: "Alice\u202e", reason: 'the "key" leaked\n', at: T0 };
const KEY: DistrustSubject = { kind: "key", fingerprint: "f".repeat(64) };
const SUBJECTS: readonly DistrustSubject[] = [
  { kind: "certificate", root: "acme", subject: "CN=acme, O=Acme" },
  { kind: "digest", digest: DIGEST },
  { kind: "identity", issuer: "https://token.example", subject: "https://code.example/acme: a b" },
  KEY,
];
const distrusted = (subject: DistrustSubject): DistrustRecord => ({ subject, ...DECISION });
const numbered = (number: number): DistrustRecord =>
  distrusted({ kind: "key", fingerprint: number.toString(16).padStart(64, "0") });
const approved = (more: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  line: LINE,
  digest: DIGEST,
  ...DECISION,
  ...more,
});

/** What every store does with what operators decided. @param open makes an empty store */
export function describeOperators(name: string, open: () => Promise<OperatorStore>): void {
  describe(`${name}: decisions of operators`, () => {
    let store: OperatorStore;
    beforeEach(async () => {
      store = await open();
    });

    it("are none at first", async () => {
      expect(await store.distrusted()).toEqual([]);
      expect(await store.approvals()).toEqual([]);
      expect(await store.approval(LINE, DIGEST)).toBeUndefined();
      expect(await store.liftDistrust(KEY)).toBe(false);
      expect(await store.withdrawApproval(LINE, DIGEST)).toBe(false);
    });

    it("are kept as they were given, sorted by what they are about", async () => {
      for (const subject of SUBJECTS.toReversed()) {
        expect(await store.distrust(distrusted(subject))).toBe(true);
      }
      expect(await store.distrusted()).toEqual(SUBJECTS.map(distrusted));
      expect(await store.approve(approved({ digest: OTHER }))).toBe(true);
      expect(await store.approve(approved())).toBe(true);
      expect(await store.approvals()).toEqual([approved(), approved({ digest: OTHER })]);
      expect(await store.approval(LINE, OTHER)).toEqual(approved({ digest: OTHER }));
    });

    it("stay who decided first, and when", async () => {
      await store.distrust(distrusted(KEY));
      expect(await store.distrust({ ...distrusted(KEY), by: "Bob", at: later(T0, 1) })).toBe(false);
      expect(await store.distrusted()).toEqual([distrusted(KEY)]);
      await store.approve(approved());
      expect(await store.approve(approved({ by: "Bob" }))).toBe(false);
      expect(await store.approvals()).toEqual([approved()]);
    });

    it("are of exactly one line and digest", async () => {
      await store.approve(approved());
      expect(await store.approval({ ...LINE, tag: parseTag("2") }, DIGEST)).toBeUndefined();
      expect(await store.approval(LINE, OTHER)).toBeUndefined();
    });

    it("can be taken back, and made again", async () => {
      for (const subject of SUBJECTS) await store.distrust(distrusted(subject));
      expect(await store.liftDistrust(KEY)).toBe(true);
      expect(await store.liftDistrust(KEY)).toBe(false);
      expect(await store.distrusted()).toHaveLength(SUBJECTS.length - 1);
      expect(await store.distrust(distrusted(KEY))).toBe(true);
      await store.approve(approved());
      expect(await store.withdrawApproval(LINE, OTHER)).toBe(false);
      expect(await store.withdrawApproval(LINE, DIGEST)).toBe(true);
      expect(await store.approval(LINE, DIGEST)).toBeUndefined();
    });

    it("are at most so many", async () => {
      for (let number = 0; number < DECISIONS_MAX; number += 1) await store.distrust(numbered(number));
      await expect(store.distrust(numbered(DECISIONS_MAX))).rejects.toMatchObject({ code: "decisions-full" });
      expect(await store.distrust(numbered(0))).toBe(false);
      expect(await store.distrusted()).toHaveLength(DECISIONS_MAX);
    });
  });
}
