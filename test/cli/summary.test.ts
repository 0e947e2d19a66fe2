import { describe, expect, test } from "vitest";
import type { JobFailure } from "../../src/adapters/queue/queues.ts";
import { renderSummary } from "../../src/cli/summary.ts";
import type { ProposalRecord, VerdictRecord } from "../../src/ports/store.ts";
import { DAY_MS, later } from "../../src/time.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  GLIBC,
  KEY,
  lineOf,
  MUSL,
  NOW,
  pin,
  seen,
  SHOP,
  SHOP_MAIN,
} from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { saveLook } from "../fakes/look.ts";

const OLD = digest("01d");

const summary = (bench: Bench, failures: readonly JobFailure[] = [], left = 0): Promise<string> =>
  renderSummary({ store: bench.store, failures, left });

const lastLine = (text: string): string | undefined => text.trimEnd().split("\n").at(-1);

const PROPOSAL: ProposalRecord = {
  ...KEY,
  branch: "hullkeeper/bellsoft",
  number: 7,
  url: "https://code.example/acme/shop/pull/7",
  title: "hardened-base: musl 01d0000 → 4e30000",
  state: "open",
  headCommit: "",
  contentHash: "",
  updates: [],
  dueAt: later(NOW, 7 * DAY_MS),
  openedAt: NOW,
  checkedAt: NOW,
};

test("an empty pass says so", async () => {
  expect(await summary(createBench())).toBe("0 image lines watched, 0 pull requests open, 0 failures\n");
});

describe("code repositories", () => {
  test("that cannot be read say why, also where nothing is known of them", async () => {
    const bench = createBench();
    const unread = { commit: "c", reason: "there are too many\u001b files", at: NOW };
    const scan = { ...SHOP_MAIN, commit: "c", scannedAt: NOW, places: [], skipped: [], unread };
    await bench.store.saveScan(scan);
    expect(await summary(bench)).toContain(
      "acme/shop main\n  cannot be read: there are too many\ufffd files; what was known before holds\n",
    );
  });

  test("are named with the branch, where that is not the default one, and tell what is not read", async () => {
    const bench = createBench();
    const place = { path: "Dockerfile", line: 9, raw: "redis:8" } as const;
    await bench.store.saveScan({
      codeRepository: SHOP_MAIN.codeRepository,
      branch: "release/1.x",
      isNamed: true,
      commit: "c",
      scannedAt: NOW,
      places: [{ ...place, state: { kind: "seen", reason: "no-profile" } }],
      skipped: [],
    });
    await bench.store.saveBranchListing({
      codeRepository: SHOP_MAIN.codeRepository,
      listedAt: NOW,
      wanted: ["release/*", "gone\u001b"],
      branches: ["release/1.x"],
      missing: ["gone\u001b"],
      leftOutCount: 0,
      isPartial: false,
    });
    const text = await summary(bench);
    expect(text).toContain("acme/shop (release/1.x) Dockerfile:9  redis:8\n");
    expect(text).toContain("acme/shop\n  not all branches are read: no branch is named gone\ufffd\n");
  });

  test("name each place, and what becomes of it", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    const scan = await bench.store.scan(SHOP_MAIN);
    if (scan === undefined) throw new Error("no scan");
    await bench.store.saveScan({
      ...scan,
      places: [
        ...scan.places,
        { path: "Dockerfile", line: 9, raw: "redis:8", state: { kind: "seen", reason: "no-profile" } },
      ],
      skipped: [{ path: "big.Dockerfile", reason: "larger than 1 MiB" }],
    });
    const text = await summary(bench);
    expect(text).toContain(`acme/shop Dockerfile:1  bellsoft/hardened-base:musl@${OLD}\n  watched\n`);
    expect(text).toContain("acme/shop Dockerfile:9  redis:8\n  not a hardened image");
    expect(text).toContain("acme/shop big.Dockerfile\n  not read: larger than 1 MiB\n");
  });

  test("without places are left out", async () => {
    const bench = createBench();
    await pin(bench, []);
    expect(await summary(bench)).not.toContain("acme/shop");
  });

  test("cannot change the terminal by what they write", async () => {
    const bench = createBench();
    const scan = { codeRepository: SHOP, branch: "main", commit: "", scannedAt: NOW } as const;
    const state = { kind: "seen", reason: "reference-invalid" } as const;
    await bench.store.saveScan({
      ...scan,
      places: [{ path: "\u001b[2J/Dockerfile", line: 1, raw: "a\u001b]0;owned\u0007\u202eb\r\nfake", state }],
      skipped: [{ path: "b\u001b[1A", reason: "not UTF-8" }],
    });
    const text = await summary(bench);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
    expect(text).not.toMatch(/^fake/m);
  });
});

describe("image lines", () => {
  const VERDICTS: readonly { title: string; verdict: VerdictRecord["verdict"]; says: string }[] = [
    {
      title: "rejected",
      verdict: {
        kind: "rejected",
        reason: "subject-mismatch",
        detail: "another image",
        results: [],
        skipped: [],
      },
      says: "rejected: subject-mismatch: another image",
    },
    {
      title: "awaiting a signature",
      verdict: { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
      says: "awaiting evidence: no signature yet; not proposed",
    },
    {
      title: "awaiting an SBOM",
      verdict: { kind: "awaiting-evidence", missing: "sbom", results: [], skipped: [] },
      says: "awaiting evidence: no sbom yet; not proposed",
    },
    {
      title: "unverifiable",
      verdict: { kind: "unverifiable", reason: "no key" },
      says: "unverifiable: no key",
    },
  ];

  test.each(VERDICTS)("$title", async ({ verdict, says }) => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD]);
    await judged(bench, OLD, { verdict });
    expect(await summary(bench)).toContain(`bellsoft/hardened-base:musl → 01d0000\n  ${says}\n`);
  });

  test("verified, with who signed", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD]);
    await judged(bench, OLD);
    expect(await summary(bench)).toContain("→ 01d0000\n  verified: signed by BellSoft\n");
  });

  test("verified, with what the operator weakened", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD]);
    const insecure = ["Any identity counts.\u001b[2J"];
    const verdict = {
      kind: "verified",
      signers: [],
      results: [],
      skipped: [],
      sbom: { kind: "missing" },
      insecure,
    } as const;
    await judged(bench, OLD, { verdict });
    const text = await summary(bench);
    expect(text).toMatch(/\n  verified: [^\n]*\n  WEAKENED by configuration: Any identity counts\.[^\n]*\n/);
    expect(text).not.toContain("\u001b");
  });

  test("without a verdict, without a look, with a look that failed", async () => {
    const bench = createBench();
    const failed = {
      kind: "failed",
      code: "registry-timeout",
      message: "no answer in 30 s",
      at: NOW,
    } as const;
    const third = lineOf("third");
    await pin(bench, [
      [MUSL, OLD],
      [GLIBC, OLD],
      [third, OLD],
    ]);
    await seen(bench, MUSL, [OLD]);
    await saveLook(bench.store, MUSL, failed);
    await saveLook(bench.store, third, failed);
    const text = await summary(bench);
    expect(text).toContain(
      "hardened-base:musl → 01d0000\n  not verified yet\n  could not ask: registry-timeout: no answer in 30 s\n",
    );
    expect(text).toContain("hardened-base:glibc\n  not asked yet\n");
    expect(text).toContain("hardened-base:third\n  could not ask: registry-timeout: no answer in 30 s\n");
    expect(text).not.toContain("up to date");
  });
});

describe("pull requests", () => {
  test("that are open, with their deadline and address", async () => {
    const bench = createBench();
    await bench.store.saveProposal(PROPOSAL);
    expect(await summary(bench)).toContain(
      "acme/shop#7  hardened-base: musl 01d0000 → 4e30000\n" +
        "  merge by 1 Dec 2026, 12:00 UTC  https://code.example/acme/shop/pull/7\n",
    );
  });

  test.each(["merged", "closed"] as const)("that are %s are left out", async (state) => {
    const bench = createBench();
    await bench.store.saveProposal({ ...PROPOSAL, state });
    expect(lastLine(await summary(bench))).toMatch(/ 0 pull requests open,/);
  });
});

test("what others answered cannot change the terminal either", async () => {
  const bench = createBench();
  await pin(bench, [[MUSL, OLD]]);
  const message = "answered \u001b[2J\nfake";
  await saveLook(bench.store, MUSL, { kind: "failed", code: "unknown", message, at: NOW });
  const text = await summary(bench, [{ queue: "poll", job: "a", reason: message, at: NOW }]);
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{C}/u);
  expect(text).not.toMatch(/^fake/m);
});

test("failures and unfinished jobs are named, and counted", async () => {
  const failures = [
    { queue: "poll", job: BASE.path, reason: "registry-unauthorized: answered 401", at: NOW },
    { queue: "verify", job: "x", reason: "boom", at: NOW },
  ];
  const text = await summary(createBench(), failures, 3);
  expect(text).toContain("failed: poll bellsoft/hardened-base\n  registry-unauthorized: answered 401\n");
  expect(text).toContain("not finished: 3 jobs; they go on at the next pass\n");
  expect(lastLine(text)).toBe("0 image lines watched, 0 pull requests open, 2 failures");
});
