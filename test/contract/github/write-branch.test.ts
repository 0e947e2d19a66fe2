import { describe, expect, test } from "vitest";
import { CodedError } from "../../../src/errors.ts";
import type { WriteLane, WriteRequest } from "../../../src/ports/write-lane.ts";
import { instantOf } from "../../../src/time.ts";
import { BRANCH, CONTENT, PATIENT, SHOP, contentOn, countOf, failureOf, startHarness } from "./harness.ts";

const FILES = [
  { path: "Dockerfile", content: "FROM scratch\n" },
  { path: "build.sh", content: "old\n", mode: "100755" },
  { path: "deploy/prod/run.sh", content: "old\n", mode: "100755" },
  { path: "link", content: "Dockerfile", mode: "120000" },
];

test("keeps modes, makes new files ordinary ones, and leaves the rest alone", async () => {
  const { host, double, base } = await startHarness(FILES);
  const files = ["Dockerfile", "build.sh", "deploy/prod/run.sh", "new"].map((path) => ({
    path,
    text: "new\n",
  }));
  const commit = await host.writeBranch(SHOP, contentOn(base, { files }), PATIENT);
  const modes = await Promise.all(
    ["Dockerfile", "build.sh", "deploy/prod/run.sh", "new", "link"].map(async (path) =>
      double.fileMode("acme", "shop", commit, path),
    ),
  );
  expect(modes).toEqual(["100644", "100755", "100755", "100644", "120000"]);
  expect(await double.readFile("acme", "shop", commit, "link")).toBe("Dockerfile");
});

test("keeps modes where GitHub cuts the listing short, without listing what it does not touch", async () => {
  const many = Array.from({ length: 20 }, (_, index) => ({ path: `vendor/d${index}/f`, content: "x" }));
  const harness = await startHarness([...FILES, ...many], { treeEntriesMax: 8 });
  const files = [{ path: "deploy/prod/run.sh", text: "new\n" }];
  const commit = await harness.host.writeBranch(SHOP, contentOn(harness.base, { files }), PATIENT);
  expect(await harness.double.fileMode("acme", "shop", commit, "deploy/prod/run.sh")).toBe("100755");
  expect(countOf(harness, "GET", "/git/trees/")).toBe(3);
});

test("writes nothing into a directory of more files than GitHub lists", async () => {
  const many = Array.from({ length: 20 }, (_, index) => ({ path: `d/${index}`, content: "x" }));
  const harness = await startHarness(many, { treeEntriesMax: 8 });
  const files = [{ path: "d/7", text: "new\n" }];
  const failure = await failureOf(
    harness.host.writeBranch(SHOP, contentOn(harness.base, { files }), PATIENT),
  );
  expect(failure).toMatchObject({ code: "code-host-too-large", transient: false });
  expect(failure.message).toContain("one directory holds more files than GitHub lists");
  expect(countOf(harness, "POST", "/git/")).toBe(0);
});

test("makes one commit on top of the parent, with the message, for GitHub to sign", async () => {
  const harness = await startHarness();
  const { double, host, base } = harness;
  const commit = await host.writeBranch(SHOP, contentOn(base), PATIENT);
  expect(await host.branchHead(SHOP, BRANCH, PATIENT)).toEqual({
    commit,
    message: "Update jre-25\n\nHullkeeper-Image: jre-25",
    parents: [base],
  });
  const answer = await fetch(`${double.url}/repos/acme/shop/git/commits/${commit}`, {
    headers: { authorization: `Bearer ${double.token}` },
  });
  expect(await answer.json()).toMatchObject({
    verification: { verified: true },
    committer: { name: "GitHub" },
  });
});

test("moves a branch from where it is expected", async () => {
  const { host, double, base } = await startHarness();
  const first = await host.writeBranch(SHOP, contentOn(base), PATIENT);
  const main = await double.commitFile("acme", "shop", { path: "other", content: "1" });
  const expected = { kind: "at", commit: first } as const;
  const second = await host.writeBranch(SHOP, contentOn(main, { expected }), PATIENT);
  expect(second).not.toBe(first);
  expect(await double.branchCommit("acme", "shop", BRANCH)).toBe(second);
});

describe("repeated after a crash", () => {
  test.each([
    { title: "expecting it absent", isAt: false },
    { title: "expecting the commit it replaced", isAt: true },
  ])("$title: returns the commit that is there", async ({ isAt }) => {
    const harness = await startHarness();
    const { host, base, double } = harness;
    const old = isAt
      ? await double.commitFile("acme", "shop", { path: "x", content: "1", branch: BRANCH })
      : undefined;
    const expected =
      old === undefined ? ({ kind: "absent" } as const) : ({ kind: "at", commit: old } as const);
    const content = contentOn(base, { expected });
    const first = await host.writeBranch(SHOP, content, PATIENT);
    const second = await host.writeBranch(SHOP, content, PATIENT);
    expect(second).toBe(first);
    expect(countOf(harness, "POST", "/git/commits")).toBe(1);
  });

  test("a message that GitHub trimmed is the same message", async () => {
    const { host, base } = await startHarness();
    const first = await host.writeBranch(SHOP, contentOn(base, { message: "one" }), PATIENT);
    expect(await host.writeBranch(SHOP, contentOn(base, { message: "one\n" }), PATIENT)).toBe(first);
  });
});

describe("refuses, and changes nothing,", () => {
  test.each([
    { title: "a branch that should be absent", expected: { kind: "absent" } },
    { title: "a branch that should be elsewhere", expected: { kind: "at", commit: "2".repeat(40) } },
  ] as const)("$title", async ({ expected }) => {
    const harness = await startHarness();
    const there = await harness.double.commitFile("acme", "shop", {
      path: "x",
      content: "1",
      branch: BRANCH,
    });
    const failure = await failureOf(
      harness.host.writeBranch(SHOP, contentOn(harness.base, { expected }), PATIENT),
    );
    expect(failure.code).toBe("code-host-conflict");
    expect(failure.message).toContain(
      `it is at ${there}, not ${expected.kind === "absent" ? "absent" : "at 2222"}`,
    );
    expect(await harness.double.branchCommit("acme", "shop", BRANCH)).toBe(there);
    expect(countOf(harness, "POST", "/git/commits")).toBe(0);
  });

  test("a branch that is gone", async () => {
    const { host, base, double } = await startHarness();
    const content = contentOn(base, { expected: { kind: "at", commit: base } });
    await expect(host.writeBranch(SHOP, content, PATIENT)).rejects.toMatchObject({
      code: "code-host-conflict",
    });
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
  });

  test("a branch that somebody makes at the last moment", async () => {
    const { host, base, double } = await startHarness();
    double.inject({
      method: "POST",
      path: "/git/refs",
      mischief: { kind: "answer", status: 422, body: { message: "Reference already exists" } },
    });
    const failure = await failureOf(host.writeBranch(SHOP, contentOn(base), PATIENT));
    expect(failure).toMatchObject({ code: "code-host-conflict", transient: true, status: 422 });
  });

  test("a file that is a link", async () => {
    const { host, base } = await startHarness(FILES);
    const files = [{ path: "link", text: "FROM a\n" }];
    const failure = await failureOf(host.writeBranch(SHOP, contentOn(base, { files }), PATIENT));
    expect(failure.code).toBe("code-host-rejected");
    expect(failure.message).toContain('"link" is not a regular file');
  });

  test("a commit that would change nothing", async () => {
    const harness = await startHarness();
    const files = [{ path: "Dockerfile", text: "FROM scratch\n" }];
    const failure = await failureOf(
      harness.host.writeBranch(SHOP, contentOn(harness.base, { files }), PATIENT),
    );
    expect(failure.code).toBe("code-host-rejected");
    expect(failure.message).toContain("it would change nothing");
    expect(countOf(harness, "POST", "/git/commits")).toBe(0);
  });

  test("a parent that is not there", async () => {
    const { host } = await startHarness();
    await expect(host.writeBranch(SHOP, contentOn("3".repeat(40)), PATIENT)).rejects.toMatchObject({
      code: "code-host-not-found",
    });
  });
});

describe("the turn of a write", () => {
  const DUE = instantOf(Date.UTC(2026, 10, 30));

  test("is asked for by the branch, with when it is due; nothing is made before it comes", async () => {
    const harness = await startHarness();
    const asked: WriteRequest[] = [];
    const lane: WriteLane = {
      async take(request) {
        asked.push(request);
        throw new CodedError("code-host-deferred", "not yet");
      },
      succeeded: async () => {},
      refused: async () => {},
    };
    const { double, base } = harness;
    const host = harness.connect({ lane });
    const wish = { ...contentOn(base), ...CONTENT, base: { name: "main", commit: base }, dueAt: DUE };
    const writing = host.propose(SHOP, wish, PATIENT);
    await expect(writing).rejects.toMatchObject({ code: "code-host-deferred" });
    const subject = `acme/shop propose ${BRANCH}`;
    expect(asked).toEqual([{ account: "token", subject, cost: 1, dueAt: DUE }]);
    expect(double.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });
});
