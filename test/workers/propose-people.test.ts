import { describe, expect, test } from "vitest";
import { DISCOVER } from "../../src/queues.ts";
import { HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { BASE, type Bench, digest, dockerfile, GLIBC, KEY, MUSL, NOW, queued, seen, SHOP } from "./bench.ts";
import { judged } from "./facts.ts";
import {
  BRANCH,
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposable,
  proposalOf,
  proposed,
  proposedText,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";

const RESCAN = queued(DISCOVER, { codeRepository: SHOP });
const DUE = { kind: "propose", proposal: KEY } as const;

describe("a newer digest", () => {
  test("refreshes the same pull request, and remembers the one between", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(await proposalOf(bench)).toMatchObject({
      updates: [{ from: OLD, to: THIRD, superseded: [{ digest: NEXT, observedAt: NOW }] }],
      openedAt: NOW,
      checkedAt: later(NOW, HOUR_MS),
    });
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "refreshed acme/shop#1"]);
  });

  test("that is not verified leaves what is proposed as it is", async () => {
    const bench = await proposed();
    const asked = bench.codeHost.asked.length;
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    bench.registry.point(MUSL, THIRD);
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked).toHaveLength(asked);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
  });

  test("that is not verified keeps its line in a pull request that another line refreshes", async () => {
    const bench = await proposed([
      [GLIBC, OLD],
      [MUSL, OLD],
    ]);
    await seen(bench, MUSL, [OLD, NEXT, digest("bad")]);
    bench.registry.point(MUSL, digest("bad"));
    await ready(bench, GLIBC, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([GLIBC, THIRD], [MUSL, NEXT]));
    expect(bench.jobs).toEqual([]);
  });

  test("of a digest whose verdict was taken back: no longer in the next writing", async () => {
    const bench = await proposed([
      [GLIBC, OLD],
      [MUSL, OLD],
    ]);
    await ready(bench, GLIBC, OLD, THIRD);
    const rejected = { kind: "rejected", reason: "signature-key-unknown", detail: "" } as const;
    await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([GLIBC, THIRD], [MUSL, OLD]));
  });

  test("on a base branch that went on: one commit on its head", async () => {
    const bench = await proposed();
    const base = bench.codeHost.push(SHOP, "main", { "other.txt": "new" });
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    const head = bench.codeHost.headOf(SHOP, BRANCH);
    expect(head?.parents).toEqual([base]);
    expect(bench.codeHost.read(SHOP, BRANCH)).toMatchObject({ "other.txt": "new" });
  });
});

describe("new words for the same digests", () => {
  test("change the pull request, and the commit only where its message does", async () => {
    const bench = await proposed();
    const { headCommit } = onlyPull(bench);
    await bench.store.saveAssessment(BASE, OLD, NEXT, {
      ...FIXES,
      vulnerabilities: { kind: "not-assessed", reason: "no advisories are configured" },
    });
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toContain("no advisories are configured");
    expect(onlyPull(bench).headCommit).not.toBe(headCommit);
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "refreshed acme/shop#1"]);
  });

  test("leave labels of others alone", async () => {
    const bench = await proposed();
    bench.codeHost.edit(SHOP, 1, { body: "edited by hand" });
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).not.toContain("edited by hand");
  });
});

async function merged(...args: Parameters<typeof proposable>): Promise<Bench> {
  const bench = await proposed(...args);
  bench.clock.advance(HOUR_MS);
  bench.codeHost.mergeByHand(SHOP, 1, later(NOW, 30 * MINUTE_MS));
  return bench;
}

describe("merged", () => {
  test("is taken in: kept with its date, told, the code repository scanned again", async () => {
    const bench = await merged();
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({
      state: "merged",
      closedAt: later(NOW, 30 * MINUTE_MS),
      checkedAt: later(NOW, HOUR_MS),
    });
    expect(bench.jobs).toContainEqual(RESCAN);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "merged acme/shop#1"]);
    expect(await bench.store.declined(KEY)).toEqual([]);
  });

  test("nothing is proposed before the new scan, and our branch goes", async () => {
    const bench = await merged();
    const before = writesOf(bench).length;
    await bench.run(propose, KEY);
    await bench.run(propose, KEY);
    expect(writesOf(bench).slice(before)).toEqual(["deleteBranch acme/shop"]);
    expect(onlyPull(bench).state).toBe("merged");
  });

  test("a process that died before it asked for the scan: nothing is proposed from the old one", async () => {
    const bench = await merged();
    const dying = { ...bench.context, enqueue: () => Promise.reject(new Error("killed")) };
    await expect(propose.handle(KEY, dying, new AbortController().signal)).rejects.toThrow("killed");
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("merged");
    expect(bench.jobs).toContainEqual(RESCAN);
  });

  test("the next digest is a new pull request on the same branch", async () => {
    const bench = await merged();
    await bench.run(propose, KEY);
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, NEXT, THIRD);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ number, state }) => [number, state])).toEqual([
      [1, "merged"],
      [2, "open"],
    ]);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(await proposalOf(bench)).toMatchObject({ number: 2, updates: [{ superseded: [] }] });
  });

  test("is told with who it was, where the host says so", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, later(NOW, MINUTE_MS), "alex");
    await bench.run(propose, KEY);
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT, by: "alex" }]);
    expect(await bench.messages("declined")).toEqual([
      expect.stringMatching(/^closed by alex: these digests /),
    ]);
  });

  test("is told without a name, where it does not", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, later(NOW, MINUTE_MS));
    await bench.run(propose, KEY);
    const [declined] = await bench.store.declined(KEY);
    expect(declined).not.toHaveProperty("by");
    expect(await bench.messages("declined")).toEqual([expect.stringMatching(/^closed by a person: /)]);
  });

  test("a moment before something new was to be written: noticed first", async () => {
    const bench = await proposed();
    bench.clock.advance(MINUTE_MS);
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    await bench.store.saveAssessment(BASE, OLD, NEXT, { ...CONTENT, assessedAt: bench.clock.at });
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("merged");
    expect(bench.jobs).toContainEqual(RESCAN);
  });
});

describe("closed by a person", () => {
  test("declines exactly its digests", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, later(NOW, MINUTE_MS));
    await bench.run(propose, KEY);
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT }]);
    expect(await proposalOf(bench)).toMatchObject({ state: "closed", closedAt: later(NOW, MINUTE_MS) });
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "declined acme/shop#1"]);
    expect(bench.jobs).toContainEqual(RESCAN);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("closed");
  });

  test("a moment before something new was to be written about the same digest: not opened again", async () => {
    const bench = await proposed();
    bench.clock.advance(MINUTE_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.store.saveAssessment(BASE, OLD, NEXT, { ...CONTENT, assessedAt: bench.clock.at });
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("closed");
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT }]);
  });

  test("does not decline the next digest", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.run(propose, KEY);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["closed", "open"]);
  });

  test("and opened again by a person is ours again at the next digest", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.run(propose, KEY);
    bench.codeHost.reopen(SHOP, 1);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
  });
});

describe("somebody else's commit on the branch", () => {
  test("is left alone, told once, said once, and nothing else is written", async () => {
    const bench = await proposed();
    const commit = bench.codeHost.push(SHOP, BRANCH, { "fix.txt": "by hand" }, "Fix the build");
    await ready(bench, MUSL, OLD, THIRD);
    const before = writesOf(bench).length;
    await bench.run(propose, KEY);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).headCommit).toBe(commit);
    expect(writesOf(bench).slice(before)).toEqual(["comment acme/shop"]);
    expect(bench.codeHost.talk(SHOP, 1)).toMatchObject([
      { body: expect.stringContaining("Somebody else committed to this branch") },
    ]);
    expect(await bench.told()).toEqual(["proposed acme/shop#1", `branch-foreign acme/shop ${BRANCH}`]);
  });

  test("of another group's trailer is somebody else's as well", async () => {
    const bench = await proposed();
    bench.codeHost.push(SHOP, BRANCH, { "fix.txt": "" }, "Fix\n\nHullkeeper-Group: other\n");
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(await bench.messages("branch-foreign")).toHaveLength(1);
  });

  test("a branch of that name before the first pull request is not ours either", async () => {
    const bench = await proposable();
    bench.codeHost.push(SHOP, BRANCH, { "mine.txt": "" }, "My branch");
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await bench.messages("branch-foreign")).toHaveLength(1);
  });

  test("a branch that was deleted is made again", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    bench.codeHost.dropBranch(SHOP, BRANCH);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
  });
});

test("the file of the pull request is the only one it touches", async () => {
  const bench = await proposed();
  const { [PATH]: text, ...others } = bench.codeHost.read(SHOP, BRANCH);
  expect(text).toBe(dockerfile([MUSL, NEXT]));
  expect(others).toEqual({ "README.md": "shop" });
});
