import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { later, DAY_MS } from "../../src/time.ts";
import { createFakeStore } from "../fakes/store.ts";
import { BASE, createBench, digest, KEY, MUSL, NOW, pin, profileOf, seen } from "../workers/bench.ts";
import { judged, VERIFIED } from "../workers/facts.ts";
import { pageOf, rowsOf, textOf } from "./web-under-test.ts";

const OLD = digest("01d");
const HAD = digest("4ad");
const BACK = digest("bac");
const NASTY = `<script>alert(1)</script>\u202e & "quoted"`;
const decided = { by: NASTY, reason: NASTY, at: NOW };
const PATH = `/lines/docker.io/bellsoft/hardened-base:musl`;

describe("the page about distrust and approvals", () => {
  test("says so where there is nothing", async () => {
    const page = await pageOf("/trust", createFakeStore());
    const text = textOf(page);
    expect(text).toContain("Nothing is distrusted.");
    expect(text).toContain("No digest that is in use rests on anything that is distrusted.");
    expect(text).toContain("No step backwards was approved.");
    expect(text).toContain("Nobody declined a digest that could be proposed.");
  });

  test("lists what people declined and until when, those first that end first", async () => {
    const store = createFakeStore();
    const proposal = {
      ...KEY,
      branch: "b",
      number: 7,
      url: "https://code.example/7",
      title: "t",
      state: "closed",
      headCommit: "c",
      contentHash: "h",
      updates: [{ line: MUSL, from: OLD, to: HAD, superseded: [] }],
      openedAt: NOW,
      checkedAt: NOW,
    } as const;
    await store.saveProposal(proposal);
    await store.saveProposal({ ...proposal, group: "other" });
    const until = later(NOW, 90 * DAY_MS);
    await store.decline(KEY, [{ digest: HAD, at: NOW, until, by: NASTY, fixed: [] }, { digest: OLD }], NOW);
    const sooner = { digest: BACK, at: NOW, until: later(NOW, DAY_MS), fixed: [] };
    await store.decline({ ...KEY, group: "other" }, [sooner], NOW);
    await store.decline(
      { ...KEY, group: "other" },
      [
        { ...sooner, digest: OLD, back: { at: NOW, fixes: [] } },
        { digest: digest("e4d"), at: NOW, until: NOW },
      ],
      NOW,
    );
    const page = await pageOf("/trust", store);
    const rows = rowsOf(page, "declined");
    expect(rows).toHaveLength(3);
    expect(rows[0]).toContain("acme/shop #7");
    expect(rows[0]).toContain("25 Nov 2026, 12:00 UTC");
    expect(rows[1]).toContain("hardened-base");
    expect(rows[1]).toContain("22 Feb 2027, 12:00 UTC");
    expect(rows[2]).toContain("not known yet");
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("\u202e");
  });

  test("lists what is distrusted here and by the configuration, each once", async () => {
    const store = createFakeStore();
    await store.distrust({ subject: { kind: "key", fingerprint: "00".repeat(32) }, ...decided });
    await store.distrust({ subject: { kind: "identity", issuer: "https://a", subject: NASTY }, ...decided });
    await store.distrust({ subject: { kind: "certificate", root: "acme", subject: NASTY }, ...decided });
    await store.distrust({ subject: { kind: "digest", digest: OLD }, ...decided });
    const distrust = { signers: [`key ${"00".repeat(32)}`, `key ${"11".repeat(32)}`], digests: [OLD, HAD] };
    const page = await pageOf("/trust", store, { profiles: [profileOf({ distrust })] });
    const rows = rowsOf(page, "distrusted");
    expect(rows).toHaveLength(6);
    expect(rows.join("\n")).toContain(`key SHA256:${"A".repeat(43)}`);
    expect(rows.filter((row) => row.includes("the configuration"))).toHaveLength(2);
    expect(page).not.toContain("<script>");
    expect(page).not.toContain("\u202e");
  });

  test("lists who pins, has proposed or merged what is affected", async () => {
    const bench = createBench();
    const signed = {
      ...VERIFIED,
      signers: [{ kind: "key", fingerprint: "f".repeat(64), name: "V" }],
    } as const;
    const proposal = (number: number, state: "open" | "merged", to: Digest) => ({
      ...KEY,
      baseBranch: `b${number}`,
      branch: "b",
      number,
      url: "https://code.example/1",
      title: "t",
      state,
      headCommit: "c",
      contentHash: "flagged x 1",
      updates: [{ line: MUSL, from: OLD, to, superseded: [] }],
      dueAt: NOW,
      openedAt: NOW,
      checkedAt: NOW,
    });
    for (const image of [OLD, HAD, BACK]) await judged(bench, image, { verdict: signed });
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [HAD]);
    await bench.store.saveProposal(proposal(1, "open", HAD));
    await bench.store.saveProposal(proposal(2, "merged", BACK));
    expect(rowsOf(await pageOf("/trust", bench.store), "affected")).toEqual([]);
    await bench.store.distrust({ subject: { kind: "key", fingerprint: "f".repeat(64) }, ...decided });
    const rows = rowsOf(await pageOf("/trust", bench.store), "affected");
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/acme\/shop main pins it/);
    expect(rows[1]).toMatch(/musl points at it acme\/shop#1 proposes it/);
    expect(rows[2]).toMatch(/acme\/shop#2 brought it in/);
    expect(rowsOf(await pageOf("/", bench.store), "proposals")[0]).toContain("no longer verified");
  });

  test("lists approvals", async () => {
    const store = createFakeStore();
    await store.approve({ line: MUSL, digest: BACK, by: "alice", reason: "2.0 is broken", at: NOW });
    expect(rowsOf(await pageOf("/trust", store), "approvals")[0]).toMatch(
      /hardened-base :musl bac000000000 2\.0 is broken alice/,
    );
  });

  test("is reached from every page", async () => {
    expect(await pageOf("/", createFakeStore())).toContain('href="/trust"');
  });
});

async function steppedBack() {
  const bench = createBench();
  await pin(bench, [[MUSL, OLD]]);
  await seen(bench, MUSL, [OLD, HAD, BACK]);
  for (const [image, days] of [
    [HAD, 9],
    [BACK, 4],
  ] as const) {
    await judged(bench, image, { verdict: { ...VERIFIED, trustedAt: later(NOW, (days - 30) * DAY_MS) } });
  }
  return bench.store;
}

describe("the page about a line whose tag stepped backwards", () => {
  test("says why, and how to approve", async () => {
    const page = textOf(await pageOf(PATH, await steppedBack()));
    expect(page).toContain("not proposed signed 5 d before 4ad000000000, which the tag had");
    expect(page).toContain(`hullkeeper approve docker.io/bellsoft/hardened-base:musl@${BACK} --reason`);
  });

  test("says who approved, and why", async () => {
    const store = await steppedBack();
    await store.approve({ line: MUSL, digest: BACK, ...decided });
    const page = await pageOf(PATH, store);
    expect(textOf(page)).toMatch(/approved signed 5 d before .* approved by .*script/);
    expect(page).not.toContain("<script>");
  });

  test("says nothing of the kind where it went forward", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD, HAD]);
    await judged(bench, HAD);
    expect(textOf(await pageOf(PATH, bench.store))).not.toContain("Step backwards");
    expect((await bench.store.verdict({ repository: BASE, digest: HAD }))?.verdict.kind).toBe("verified");
  });
});
