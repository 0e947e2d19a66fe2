import { describe, expect, test } from "vitest";
import { parseDigest } from "../../src/image/digest.ts";
import { affectedImages } from "../../src/steps/affected.ts";
import { approve, distrust, liftDistrust, withdrawApproval } from "../../src/steps/decisions.ts";
import { later } from "../../src/time.ts";
import { distrustOf, type DistrustSubject } from "../../src/trust/distrust.ts";
import { NO_DISTRUST } from "../../src/trust/policy.ts";
import { createFakeStore } from "../fakes/store.ts";
import { BASE, createBench, digest, GLIBC, KEY, MUSL, NOW, pin, seen, SHOP } from "../workers/bench.ts";
import { judged, VERIFIED } from "../workers/facts.ts";

const SUBJECT: DistrustSubject = { kind: "key", fingerprint: "f".repeat(64) };
const DIGEST = parseDigest(`sha256:${"a".repeat(64)}`);
const decision = { by: "alice", reason: "it leaked", at: NOW };
const REVOKE = { kind: "revoke" } as const;
const POLL = { kind: "poll", repository: MUSL.repository } as const;

describe("a decision", () => {
  test("to distrust is kept, told, and acted upon at once", async () => {
    const store = createFakeStore();
    expect(await distrust({ subject: SUBJECT, ...decision }, store)).toBe("done");
    expect(await store.distrusted()).toEqual([{ subject: SUBJECT, ...decision }]);
    expect(await store.events(9)).toMatchObject([
      { kind: "distrusted", subject: `key ${"f".repeat(64)}`, message: "by alice: it leaked", at: NOW },
    ]);
    expect(store.dueAt(REVOKE)).toBe(NOW);
  });

  test("made again tells nothing new, and is acted upon again", async () => {
    const store = createFakeStore();
    await distrust({ subject: SUBJECT, ...decision }, store);
    await store.unschedule(REVOKE);
    const again = { subject: SUBJECT, ...decision, by: "bob", at: later(NOW, 5) };
    expect(await distrust(again, store)).toBe("already");
    expect(await store.events(9)).toHaveLength(1);
    expect(store.dueAt(REVOKE)).toBe(later(NOW, 5));
  });

  test("to lift, and to distrust once more: each told", async () => {
    const store = createFakeStore();
    expect(await liftDistrust(SUBJECT, decision, store)).toBe("already");
    expect(await store.events(9)).toEqual([]);
    await distrust({ subject: SUBJECT, ...decision }, store);
    expect(await liftDistrust(SUBJECT, { ...decision, at: later(NOW, 1) }, store)).toBe("done");
    expect(await store.distrusted()).toEqual([]);
    await distrust({ subject: SUBJECT, ...decision, at: later(NOW, 2) }, store);
    const told = (await store.events(9)).map(({ kind }) => kind);
    expect(told).toEqual(["distrusted", "distrust-lifted", "distrusted"]);
  });

  test("to approve and to withdraw has the tag looked at", async () => {
    const store = createFakeStore();
    expect(await withdrawApproval(MUSL, DIGEST, decision, store)).toBe("already");
    expect(await approve({ line: MUSL, digest: DIGEST, ...decision }, store)).toBe("done");
    expect(await approve({ line: MUSL, digest: DIGEST, ...decision }, store)).toBe("already");
    expect(store.dueAt(POLL)).toBe(NOW);
    expect(await withdrawApproval(MUSL, DIGEST, { ...decision, at: later(NOW, 1) }, store)).toBe("done");
    expect(await store.approval(MUSL, DIGEST)).toBeUndefined();
    const told = (await store.events(9)).map(({ kind }) => kind);
    expect(told).toEqual(["approval-withdrawn", "approved"]);
  });
});

describe("who is affected", () => {
  const signed = { ...VERIFIED, signers: [{ kind: "key", fingerprint: "f".repeat(64), name: "V" }] } as const;
  const [PINNED, CURRENT, MERGED, CLOSED, SAFE] = [1, 2, 3, 4, 5].map((number) => digest(`0${number}`));

  async function used() {
    if (!PINNED || !CURRENT || !MERGED || !CLOSED || !SAFE) throw new Error("no digests");
    const bench = createBench();
    for (const image of [PINNED, CURRENT, MERGED, CLOSED]) await judged(bench, image, { verdict: signed });
    const other = {
      ...VERIFIED,
      signers: [{ kind: "key", fingerprint: "e".repeat(64), name: "W" }],
    } as const;
    await judged(bench, SAFE, { verdict: other });
    await pin(bench, [
      [MUSL, PINNED],
      [GLIBC, SAFE],
    ]);
    await seen(bench, MUSL, [PINNED, CURRENT]);
    const proposal = {
      ...KEY,
      branch: "b",
      url: "https://code.example/1",
      title: "t",
      headCommit: "c",
      contentHash: "h",
      dueAt: NOW,
      openedAt: NOW,
      checkedAt: NOW,
    };
    const updates = (to: typeof MERGED) => [{ line: MUSL, from: PINNED, to, superseded: [] }];
    await bench.store.saveProposal({ ...proposal, number: 1, state: "merged", updates: updates(MERGED) });
    await bench.store.saveProposal({
      ...proposal,
      baseBranch: "next",
      number: 2,
      state: "closed",
      updates: updates(CLOSED),
    });
    return bench;
  }

  test("whoever pins it, has it proposed or merged it; not who closed it", async () => {
    const { store } = await used();
    const affected = await affectedImages(distrustOf([SUBJECT]), store);
    const told = affected.map(({ image, uses }) => [image.digest, uses.map(({ kind }) => kind)]);
    expect(told).toEqual([
      [PINNED, ["pin"]],
      [CURRENT, ["tag"]],
      [MERGED, ["merged"]],
    ]);
    expect(affected[0]?.uses[0]).toMatchObject({ codeRepository: SHOP, branch: "main" });
  });

  test("still, when it lost its proof", async () => {
    const bench = await used();
    const verdict = {
      kind: "rejected",
      reason: "signer-distrusted",
      detail: "x",
      results: [],
      skipped: [],
    } as const;
    await judged(bench, MERGED ?? digest("f"), { verdict });
    const affected = await affectedImages(NO_DISTRUST, bench.store);
    expect(affected.map(({ image }) => image)).toEqual([{ repository: BASE, digest: MERGED }]);
  });

  test("nobody, when nothing is distrusted", async () => {
    const { store } = await used();
    expect(await affectedImages(NO_DISTRUST, store)).toEqual([]);
  });
});
