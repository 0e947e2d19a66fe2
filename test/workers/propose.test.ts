import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { isOwnCommit } from "../../src/proposal/commit-message.ts";
import { DISCOVER, POLL, PROPOSE } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import {
  BASE,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  queued,
  seen,
  SHOP,
  allTimers,
  timerNow,
} from "./bench.ts";
import { judged } from "./facts.ts";
import {
  BRANCH,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposable,
  proposalOf,
  proposedText,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";

const DUE = { kind: "propose", proposal: KEY } as const;

const unanswered = () => Promise.reject(new CodedError("code-host-unavailable", "no answer"));
const isLook = (question: string): boolean => question.startsWith("look ");

describe("a verified and assessed update", () => {
  test("is one pull request with one commit that changes the digest alone", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const pull = onlyPull(bench);
    expect(pull).toMatchObject({ state: "open", head: BRANCH, baseBranch: "main", number: 1 });
    expect(pull.labels).toEqual(["hullkeeper", "sla:critical"]);
    expect(pull.body).toContain("CVE-2026-31337");
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({
      [PATH]: dockerfile([MUSL, NEXT]),
      "README.md": "shop",
    });
    const head = bench.codeHost.headOf(SHOP, BRANCH);
    const base = bench.codeHost.headOf(SHOP, "main");
    expect(head?.parents).toEqual([base?.commit]);
    expect(isOwnCommit(head?.message ?? "", "bellsoft")).toBe(true);
  });

  test("is kept with everything that a later run needs", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const { headCommit, title, url } = onlyPull(bench);
    expect(await proposalOf(bench)).toMatchObject({
      ...KEY,
      branch: BRANCH,
      number: 1,
      url,
      title,
      state: "open",
      headCommit,
      updates: [{ line: MUSL, from: OLD, to: NEXT, superseded: [] }],
      dueAt: later(NOW, 7 * DAY_MS),
      openedAt: NOW,
      checkedAt: NOW,
    });
    expect(bench.store.dueAt(DUE)).toBe(later(NOW, 5 * MINUTE_MS));
    expect(await bench.told()).toEqual(["proposed acme/shop#1"]);
  });

  test("has two statuses on its commit, with a link where the pages have an address", async () => {
    const bench = await proposable([[MUSL, OLD]], { publicUrl: "https://hk.example" });
    await bench.run(propose, KEY);
    const statuses = bench.codeHost.statuses(onlyPull(bench).headCommit);
    expect(statuses.map(({ context, state, url }) => [context, state, url])).toEqual([
      ["hullkeeper/verification", "success", "https://hk.example"],
      ["hullkeeper/sla", "success", "https://hk.example"],
    ]);
  });

  test("starts a clock", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    expect(await timerNow(bench)).toMatchObject({
      state: "open",
      obligations: [{ id: "CVE-2026-31337", startedAt: NOW, dueAt: later(NOW, 7 * DAY_MS) }],
    });
  });

  test("run again changes nothing, and does not ask the code host at all", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const asked = bench.codeHost.asked.length;
    const before = await proposalOf(bench);
    bench.clock.advance(MINUTE_MS);
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked).toHaveLength(asked);
    expect(await proposalOf(bench)).toEqual(before);
    expect(await bench.told()).toEqual(["proposed acme/shop#1"]);
  });

  test("run again after the look grew old asks once, and what was said, and writes nothing", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const asked = bench.codeHost.asked.length;
    bench.clock.advance(5 * MINUTE_MS);
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.slice(asked)).toEqual(["look acme/shop", "comments acme/shop"]);
    expect(await proposalOf(bench)).toMatchObject({ checkedAt: later(NOW, 5 * MINUTE_MS) });
  });

  test("run again after a webhook about it asks once, however young the look is", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const asked = bench.codeHost.asked.length;
    bench.clock.advance(MINUTE_MS);
    await bench.store.noteDelivery({ id: "a", at: bench.clock.at, looks: [], wishes: [KEY] });
    await bench.run(propose, KEY);
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.slice(asked).filter(isLook)).toEqual(["look acme/shop"]);
    expect(await proposalOf(bench)).toMatchObject({ checkedAt: bench.clock.at });
    expect(bench.jobs).toEqual([]);
  });

  test("is run once more when a webhook about it comes while it is looked at", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    bench.clock.advance(HOUR_MS);
    const { codeHost } = bench.context;
    const look: typeof codeHost.look = async (...question) => {
      const answer = await codeHost.look(...question);
      await bench.store.noteDelivery({ id: "a", at: bench.clock.at, looks: [], wishes: [KEY] });
      bench.clock.advance(1);
      return answer;
    };
    await propose.handle(
      KEY,
      { ...bench.context, codeHost: { ...codeHost, look } },
      AbortSignal.timeout(10_000),
    );
    expect(bench.take()).toEqual([queued(PROPOSE, KEY)]);
    const asked = bench.codeHost.asked.length;
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.slice(asked).filter(isLook)).toEqual(["look acme/shop"]);
    expect(bench.jobs).toEqual([]);
  });

  test("keeps the wish of a webhook until the code host has answered", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    await bench.store.noteDelivery({ id: "a", at: bench.clock.at, looks: [], wishes: [KEY] });
    const { codeHost } = bench.context;
    const job = propose.handle(
      KEY,
      { ...bench.context, codeHost: { ...codeHost, look: unanswered } },
      AbortSignal.timeout(10_000),
    );
    await expect(job).rejects.toMatchObject({ code: "code-host-unavailable" });
    const asked = bench.codeHost.asked.length;
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked.slice(asked).filter(isLook)).toEqual(["look acme/shop"]);
  });

  test("in several places and files is still one commit", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, {
      Dockerfile: dockerfile([MUSL, OLD], [MUSL, OLD]),
      "batch/Dockerfile": `# syntax\r\n${dockerfile([MUSL, OLD])}`,
    });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT);
    await bench.run(propose, KEY);
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({
      Dockerfile: dockerfile([MUSL, NEXT], [MUSL, NEXT]),
      "batch/Dockerfile": `# syntax\r\n${dockerfile([MUSL, NEXT])}`,
    });
    expect(onlyPull(bench).state).toBe("open");
  });

  test("of two lines is one pull request", async () => {
    const bench = await proposable([
      [GLIBC, digest("91b")],
      [MUSL, OLD],
    ]);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([GLIBC, NEXT], [MUSL, NEXT]));
    expect(onlyPull(bench).title).toMatch(/glibc, musl/);
    expect(await allTimers(bench)).toHaveLength(2);
  });

  test("goes to the configured base branch, on a branch of its own", async () => {
    const bench = createBench({ baseBranches: ["release"] });
    bench.codeHost.create(SHOP, { [PATH]: "FROM scratch" });
    bench.codeHost.push(SHOP, "release", { [PATH]: dockerfile([MUSL, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT);
    await bench.run(propose, { ...KEY, baseBranch: "release" });
    expect(onlyPull(bench)).toMatchObject({ baseBranch: "release", head: `${BRANCH}@release` });
  });
});

describe("nothing is proposed", () => {
  const verdicts: readonly VerdictRecord["verdict"][] = [
    { kind: "unverifiable", reason: "no key" },
    { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
    { kind: "rejected", reason: "subject-mismatch", detail: "", results: [], skipped: [] },
  ];
  test.each(verdicts)("when the verdict is $kind", async (verdict) => {
    const bench = await proposable();
    await judged(bench, NEXT, { verdict });
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
    expect(await allTimers(bench)).toEqual([]);
  });

  test("without a verdict", async () => {
    const bench = await proposable();
    await seen(bench, MUSL, [OLD, THIRD]);
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });

  test("without an assessment", async () => {
    const bench = await proposable();
    await ready(bench, MUSL, digest("0e"), THIRD);
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });

  test("when the tag went backwards", async () => {
    const bench = await proposable();
    await seen(bench, MUSL, [NEXT, OLD, THIRD, NEXT]);
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });

  test("when the assessment says backwards", async () => {
    const bench = await proposable();
    await bench.store.saveAssessment(BASE, OLD, NEXT, { ...FIXES, class: "moved-backwards" });
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });

  test("when the tag stands where it is pinned", async () => {
    const bench = await proposable();
    await seen(bench, MUSL, [OLD]);
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });

  test("for a group that no profile has any more", async () => {
    const bench = await proposable();
    await bench.run(propose, { ...KEY, group: "gone" });
    expect(bench.codeHost.asked.filter((question) => !/^(heads|files) /.test(question))).toEqual([]);
  });

  test("to another branch than the one that was scanned", async () => {
    const bench = await proposable();
    await bench.run(propose, { ...KEY, baseBranch: "release" });
    expect(writesOf(bench)).toEqual([]);
  });

  test("in a code repository that was never scanned", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD]) });
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
  });
});

describe("what changed meanwhile", () => {
  test("the tag moved: polled again, nothing written", async () => {
    const bench = await proposable();
    bench.registry.point(MUSL, THIRD);
    await bench.run(propose, KEY);
    expect(bench.jobs).toEqual([queued(POLL, { repository: BASE })]);
    expect(writesOf(bench)).toEqual([]);
  });

  test("the tag is gone: polled again, nothing written", async () => {
    const bench = await proposable();
    bench.registry.point(MUSL, undefined);
    await bench.run(propose, KEY);
    expect(bench.jobs).toEqual([queued(POLL, { repository: BASE })]);
    expect(writesOf(bench)).toEqual([]);
  });

  test("the registry does not answer: nothing written, asked again", async () => {
    const bench = await proposable();
    bench.registry.fail("resolve", new CodedError("registry-unavailable", "asking failed"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "registry-unavailable" });
    expect(writesOf(bench)).toEqual([]);
  });

  test.each([
    { title: "pinned to another digest by hand", text: dockerfile([MUSL, THIRD]) },
    { title: "pinned to the new digest by hand", text: dockerfile([MUSL, NEXT]) },
    { title: "one place more", text: dockerfile([MUSL, OLD], [MUSL, OLD]) },
    { title: "no place left", text: "FROM scratch\n" },
    { title: "another tag", text: dockerfile([GLIBC, OLD]) },
  ])("the file: $title: scanned again, nothing written", async ({ text }) => {
    const bench = await proposable();
    bench.codeHost.push(SHOP, "main", { [PATH]: text });
    await bench.run(propose, KEY);
    expect(bench.jobs).toEqual([queued(DISCOVER, { codeRepository: SHOP })]);
    expect(writesOf(bench)).toEqual([]);
  });

  test("lines above the place: still the right place", async () => {
    const bench = await proposable();
    bench.codeHost.push(SHOP, "main", { [PATH]: `# one\n# two\n${dockerfile([MUSL, OLD])}` });
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(`# one\n# two\n${dockerfile([MUSL, NEXT])}`);
  });

  test("a pin that is not assessed for a while stays as it is, and keeps nothing else waiting", async () => {
    const other = digest("07e6");
    const bench = createBench();
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD], [MUSL, other]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT);
    bench.take();
    bench.clock.advance(MINUTE_MS);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT], [MUSL, other]));
    expect(bench.jobs).toEqual([]);
  });
});
