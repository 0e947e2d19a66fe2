import { describe, expect, test } from "vitest";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import { CodedError } from "../../src/errors.ts";
import { type ImageLine, renderLine } from "../../src/image/reference.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import { DISCOVER, POLL } from "../../src/queues.ts";
import { type Bench, createBench, dockerfile, GLIBC, KEY, MUSL, queued, SHOP } from "./bench.ts";
import {
  BRANCH,
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposalOf,
  proposed,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";
import { HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { pullRules } from "./pull-rules.ts";

const REFUSED = [
  new CodedError("code-host-rejected", "removing: a rule of the branch"),
  new CodedError("code-host-forbidden", "removing: contents=write"),
].map((error) => ({ title: error.code, error }));

describe("a branch that may not be removed stays, and the rest goes on", () => {
  test.each(REFUSED)("merged: $title", async ({ error }) => {
    const bench = await proposed();
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    bench.codeHost.fail("deleteBranch", error);
    bench.clock.advance(bench.context.settings.proposalsMs);
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({ state: "merged" });
    expect(bench.jobs).toContainEqual(queued(DISCOVER, { codeRepository: SHOP }));
  });

  test.each(REFUSED)("done elsewhere: $title", async ({ error }) => {
    const bench = await proposed();
    bench.codeHost.push(SHOP, "main", { [PATH]: dockerfile([MUSL, NEXT]) });
    bench.codeHost.fail("deleteBranch", error);
    await bench.run(discover, { codeRepository: SHOP });
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "closed" });
    expect(await bench.told()).toContain("superseded acme/shop#1");
  });

  test("but who cannot be asked is asked again", async () => {
    const bench = await proposed();
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    bench.codeHost.fail("deleteBranch", new CodedError("code-host-unavailable", "removing answered 502"));
    bench.clock.advance(bench.context.settings.proposalsMs);
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(await proposalOf(bench)).toMatchObject({ state: "open" });
    bench.codeHost.heal("deleteBranch");
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({ state: "merged" });
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({});
  });
});

describe("merged", () => {
  test("by a person: our branch goes", async () => {
    const bench = await proposed();
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    bench.clock.advance(bench.context.settings.proposalsMs);
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({ state: "merged" });
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({});
  });

  test("by a person, and somebody went on committing to the branch: it stays", async () => {
    const bench = await proposed();
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    bench.codeHost.push(SHOP, BRANCH, { NOTES: "mine" });
    bench.clock.advance(bench.context.settings.proposalsMs);
    await bench.run(propose, KEY);
    expect(bench.codeHost.read(SHOP, BRANCH)["NOTES"]).toBe("mine");
  });

  test("elsewhere: closed as done, with a word, and nothing is declined", async () => {
    const bench = await proposed();
    bench.codeHost.push(SHOP, "main", { [PATH]: dockerfile([MUSL, NEXT]) });
    await bench.run(discover, { codeRepository: SHOP });
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "closed" });
    expect(bench.codeHost.talk(SHOP, 1).map(({ body }) => body)).toEqual([expect.stringMatching(/^Done: /)]);
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({});
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "superseded acme/shop#1"]);
  });

  test.each([
    { title: "one place still pins what it leaves", text: dockerfile([MUSL, NEXT], [MUSL, OLD]) },
    { title: "the base branch went to another digest", text: dockerfile([MUSL, THIRD]) },
    { title: "no place names the image any more", text: "FROM scratch\n" },
  ])("not elsewhere, as $title: stays open", async ({ text }) => {
    const bench = await proposed();
    bench.codeHost.push(SHOP, "main", { [PATH]: text });
    await bench.run(discover, { codeRepository: SHOP });
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
  });
});

/** An update that changes nothing at all, as a policy may have merged. */
const REBUILD: Assessment = {
  ...FIXES,
  class: "rebuild",
  configuration: { kind: "compared", changes: [] },
};

describe("merged by its policy", () => {
  const waiting = async (assessment: Assessment = REBUILD): Promise<Bench> => {
    const bench = createBench({
      policies: pullRules({ automerge: ["rebuild", "fixes"], mergeMethod: "squash" }, { rebuild: "now" }),
    });
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT, assessment);
    await bench.run(propose, KEY);
    bench.codeHost.answers.standing = "green";
    bench.clock.advance(bench.context.settings.proposalsMs);
    bench.take();
    return bench;
  };

  test("once checks of others are green; then it is taken in", async () => {
    const bench = await waiting();
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "merged" });
    expect(bench.codeHost.read(SHOP, "main")[PATH]).toBe(dockerfile([MUSL, NEXT]));
    expect(await bench.told()).toContain("automerged acme/shop#1");
    expect(await proposalOf(bench)).toMatchObject({ state: "merged" });
    expect(bench.codeHost.read(SHOP, BRANCH)).toEqual({});
    expect(bench.jobs).toContainEqual(queued(DISCOVER, { codeRepository: SHOP }));
  });

  test.each(["running", "failed", "none", "unknown"] as const)(
    "not while checks are %s",
    async (standing) => {
      const bench = await waiting();
      bench.codeHost.answers.standing = standing;
      await bench.run(propose, KEY);
      expect(onlyPull(bench)).toMatchObject({ state: "open" });
    },
  );

  test("not while its tag stands elsewhere: looked at again", async () => {
    const bench = await waiting();
    bench.registry.point(MUSL, THIRD);
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
    expect(bench.jobs).toContainEqual(queued(POLL, { repository: MUSL.repository }));
  });

  test("not where the registry cannot be asked", async () => {
    const bench = await waiting();
    bench.registry.fail("resolve", new CodedError("registry-unavailable", "answered 502"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "registry-unavailable" });
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
  });

  test("not where the rules of the branch do not let us: asked again later", async () => {
    const bench = await waiting();
    bench.codeHost.answers.merge = "not-yet";
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
    expect(await bench.told()).not.toContain("automerged acme/shop#1");
  });

  test.each([
    { title: "a class that is not in the list", assessment: { ...REBUILD, class: "unassessed" } as const },
    {
      title: "configurations that were not compared",
      assessment: { ...FIXES, class: "rebuild" } as const,
    },
    {
      title: "a change of how the image is run",
      assessment: {
        ...REBUILD,
        configuration: {
          kind: "compared",
          changes: [{ kind: "user", risk: "breaking", from: "65532", to: "0", sentence: "it runs as root" }],
        },
      } as const,
    },
  ])("not with $title", async ({ assessment }) => {
    const bench = await waiting(assessment);
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
    expect(bench.codeHost.asked.filter((question) => question.startsWith("merge"))).toEqual([]);
  });

  test("not with a commit of somebody else on the branch", async () => {
    const bench = await waiting();
    bench.codeHost.push(SHOP, BRANCH, { NOTES: "wait" });
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ state: "open" });
  });

  test("says from the first that its checks are waited for, and follows the policy where that changes", async () => {
    const bench = await waiting();
    expect(await proposalOf(bench)).toMatchObject({ mergesItself: true });
    bench.codeHost.answers.standing = "running";
    const { settings } = bench.context;
    const byHand = {
      ...bench.context,
      settings: { ...settings, policies: pullRules({}, { rebuild: "now" }) },
    };
    await propose.handle(KEY, byHand, new AbortController().signal);
    expect(await proposalOf(bench)).not.toHaveProperty("mergesItself");
    bench.clock.advance(settings.proposalsMs);
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({ mergesItself: true, state: "open" });
  });

  test("never by default", async () => {
    const bench = await proposed();
    bench.codeHost.answers.standing = "green";
    bench.clock.advance(bench.context.settings.proposalsMs);
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toHaveLength(writes);
    expect(await proposalOf(bench)).not.toHaveProperty("mergesItself");
  });
});

const keyOf = (line: ImageLine): ProposalKey => ({ ...KEY, group: `line:${renderLine(line)}` });

const twoLines = async (assessment: Assessment): Promise<Bench> => {
  const bench = createBench({ policies: pullRules({ group: "line", openMax: 1 }, { content: "now" }) });
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD], [GLIBC, OLD]) });
  await bench.run(discover, { codeRepository: SHOP });
  await ready(bench, MUSL, OLD, NEXT);
  await ready(bench, GLIBC, OLD, NEXT, assessment);
  return bench;
};

const full = async (assessment: Assessment): Promise<Bench> => {
  const bench = await twoLines(assessment);
  await bench.run(propose, keyOf(MUSL));
  await bench.run(propose, keyOf(GLIBC));
  return bench;
};

describe("as many as may be are open", () => {
  test("another one waits, and comes when the first has ended", async () => {
    const bench = await full(CONTENT);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
    bench.clock.advance(bench.context.settings.proposalsMs);
    await bench.run(propose, keyOf(MUSL));
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["merged", "open"]);
  });

  test("two that come in the same moment are not both opened, and the other one looks again", async () => {
    const bench = await twoLines(CONTENT);
    await Promise.all([MUSL, GLIBC].map((line) => bench.run(propose, keyOf(line))));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    const states = await Promise.all(
      [MUSL, GLIBC].map(async (line) => {
        const record = await bench.store.proposal(keyOf(line));
        return { isOpen: record?.state === "open", key: keyOf(line) };
      }),
    );
    const waiting = states.find(({ isOpen }) => !isOpen)?.key ?? KEY;
    expect(bench.store.dueAt({ kind: "propose", proposal: waiting })).toBe(later(bench.clock.at, MINUTE_MS));
    bench.clock.advance(MINUTE_MS);
    await bench.run(propose, waiting);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });

  test("who fails to open one is not overtaken before it may be known", async () => {
    const bench = await twoLines(CONTENT);
    bench.codeHost.fail("propose", new CodedError("code-host-unavailable", "proposing answered 502"));
    await expect(bench.run(propose, keyOf(MUSL))).rejects.toMatchObject({ code: "code-host-unavailable" });
    bench.codeHost.heal("propose");
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    await bench.run(propose, keyOf(MUSL));
    bench.clock.advance(HOUR_MS);
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    expect(await bench.store.proposal(keyOf(MUSL))).toMatchObject({ state: "open" });
  });

  test("who has nothing to open after all does not stand in the way", async () => {
    const bench = await twoLines(CONTENT);
    bench.registry.point(MUSL, OLD);
    await bench.run(propose, keyOf(MUSL));
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    await bench.run(propose, keyOf(GLIBC));
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });

  test("what fixes something grave does not wait", async () => {
    const bench = await full(FIXES);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(2);
  });
});
