import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import { connect } from "../../src/adapters/redis/connect.ts";
import { keys } from "../../src/adapters/redis/keys.ts";
import { parseTag, renderLine } from "../../src/image/reference.ts";
import { SILENT } from "../fakes/log.ts";
import { BRANCH, openPull, publishContent, startQuiet, statesOf, withPullRequest } from "./contents.ts";
import { commitsIn } from "./commits.ts";
import { type Installation, installationMissing, noteOn } from "./installation.ts";
import { clockOf, judged, keyOf, lookedAt, told } from "./scene.ts";

const missing = installationMissing();
const AUTOMERGE = "automerge: [content], mergeMethod: squash";
const SHOP = { owner: "acme", name: "shop" };
const HALF_AN_HOUR_MS = 1_800_000;
const OTHER_TAG = "jdk-25-nonroot-musl";

async function head(installation: Installation): Promise<string> {
  return (await openPull(installation)).headCommit;
}

/** Waits until nothing is open, and what is at the base branch was taken in. */
async function merged(installation: Installation): Promise<void> {
  await told(installation, "merged", "acme/shop#1");
  await told(installation, "met", "acme/shop");
  await installation.settled();
  expect(await statesOf(installation)).toEqual(["merged"]);
  expect((await clockOf(installation, "shop")).state).toBe("met");
}

/** Requests to merge, by what was answered. */
function mergesIn({ world }: Installation): readonly unknown[] {
  return world.codeHost.requests
    .filter(({ method, path }) => method === "PUT" && path.endsWith("/merge"))
    .map(({ outcome }) => outcome);
}

describe.skipIf(missing !== undefined)(`the life of a pull request${noteOn(missing)}`, () => {
  test.concurrent("the base branch changes the same lines: made anew on it, once", async (context) => {
    const { installation, first, second } = await withPullRequest(context, { discover: "2s" });
    const { world } = installation;
    const before = await head(installation);
    const content = `${world.pin(first)} AS run\nRUN true\n`;
    const base = await world.codeHost.commitFile("acme", "shop", { path: "Dockerfile", content });
    const after = await installation.until("another commit on the branch", async () => {
      const commit = await world.codeHost.branchCommit("acme", "shop", BRANCH);
      return commit !== before && commit;
    });
    await installation.settled();
    await lookedAt(installation);
    expect(await openPull(installation)).toMatchObject({ number: 1, headCommit: after });
    expect(await world.codeHost.readFile("acme", "shop", BRANCH, "Dockerfile")).toBe(
      `${world.pin(second)} AS run\nRUN true\n`,
    );
    expect(commitsIn(world.codeHost.requests).map(({ parents }) => parents.length)).toEqual([1, 1]);
    expect(commitsIn(world.codeHost.requests).at(-1)?.parents).toEqual([base]);
    await world.codeHost.mergePullRequest("acme", "shop", 1);
    await merged(installation);
  });

  test.concurrent("the base branch changes something else: left as it is", async (context) => {
    const { installation } = await withPullRequest(context, { discover: "2s" });
    const { world, writes } = installation;
    const before = await openPull(installation);
    const written = writes().length;
    await world.codeHost.commitFile("acme", "shop", { path: "README", content: "shop\n" });
    await installation.settled();
    await lookedAt(installation);
    await lookedAt(installation);
    expect(writes().slice(written)).toEqual([]);
    expect(await openPull(installation)).toEqual(before);
  });

  test.concurrent("the base branch gets the digest by hand: closed as done, with a word", async (context) => {
    const { installation, second } = await withPullRequest(context, { discover: "2s" });
    const { world } = installation;
    const content = `${world.pin(second)}\n`;
    await world.codeHost.commitFile("acme", "shop", { path: "Dockerfile", content });
    await told(installation, "superseded", "acme/shop#1");
    await told(installation, "met", "acme/shop");
    await installation.settled();
    expect(await statesOf(installation)).toEqual(["closed"]);
    expect(world.codeHost.comments("acme", "shop", 1).map(({ body }) => body)).toEqual([
      expect.stringMatching(/^Done: the base branch has all of this by other means\./),
    ]);
    expect(await world.codeHost.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
    expect(await installation.store.declined(keyOf("shop"))).toEqual([]);
    expect(await installation.events("declined")).toEqual([]);
    expect((await clockOf(installation, "shop")).state).toBe("met");
  });

  test.concurrent(
    "merged by a person, and its branch may not be removed: taken in all the same",
    async (context) => {
      const { installation } = await withPullRequest(context);
      const { codeHost } = installation.world;
      const commit = await head(installation);
      await codeHost.protectBranch("acme", "shop", BRANCH);
      await codeHost.mergePullRequest("acme", "shop", 1);
      await merged(installation);
      expect(await codeHost.branchCommit("acme", "shop", BRANCH)).toBe(commit);
      expect((await installation.store.proposal(keyOf("shop")))?.state).toBe("merged");
      expect(await installation.events("merged")).toHaveLength(1);
    },
  );
});

describe.skipIf(missing !== undefined)(`merged as the policy says${noteOn(missing)}`, () => {
  test.concurrent.for([{ speaker: "app" }, { speaker: "token" }] as const)(
    "by $speaker: not without a check, not while one is red, and once all are green",
    async ({ speaker }, context) => {
      const { installation, second } = await withPullRequest(context, { speaker, policy: AUTOMERGE });
      const { world } = installation;
      const { codeHost } = world;
      const commit = await head(installation);
      await lookedAt(installation);
      codeHost.runCheck("acme", "shop", commit, { name: "build" });
      await lookedAt(installation);
      codeHost.report("acme", "shop", commit, { context: "ci/lint", state: "success" });
      codeHost.runCheck("acme", "shop", commit, { name: "build", conclusion: "failure" });
      await lookedAt(installation);
      expect(mergesIn(installation)).toEqual([]);
      expect(await statesOf(installation)).toEqual(["open"]);

      codeHost.runCheck("acme", "shop", commit, { name: "build", conclusion: "success" });
      await told(installation, "automerged", "acme/shop#1");
      await merged(installation);
      expect(mergesIn(installation)).toEqual([200]);
      expect(await codeHost.readFile("acme", "shop", "main", "Dockerfile")).toBe(`${world.pin(second)}\n`);
      expect(await codeHost.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
      expect(await installation.events("automerged")).toHaveLength(1);
      expect(await installation.events("merged")).toHaveLength(1);
      expect((await installation.store.proposal(keyOf("shop")))?.state).toBe("merged");
    },
  );

  test.concurrent("a branch that demands another check: not yet, and later", async (context) => {
    const { installation } = await withPullRequest(context, { policy: AUTOMERGE });
    const { codeHost } = installation.world;
    await codeHost.protectBranch("acme", "shop", "main");
    codeHost.requireChecks("acme", "shop", "main", ["hullkeeper/verification", "ci/required"]);
    const commit = await head(installation);
    codeHost.report("acme", "shop", commit, { context: "ci/build", state: "success" });
    await installation.until("a merge that is refused", async () => mergesIn(installation).includes(405));
    await lookedAt(installation);
    expect(await statesOf(installation)).toEqual(["open"]);
    expect(await installation.events("automerged")).toEqual([]);

    codeHost.report("acme", "shop", commit, { context: "ci/required", state: "success" });
    await told(installation, "automerged", "acme/shop#1");
    await merged(installation);
    expect(new Set(mergesIn(installation))).toEqual(new Set([405, 200]));
  });

  test.concurrent("a person's commit, and a snooze, are not merged", async (context) => {
    const { installation } = await withPullRequest(context, { policy: AUTOMERGE });
    const { codeHost } = installation.world;
    codeHost.setRole("acme", "shop", "ada", "write");
    codeHost.say("acme", "shop", 1, { author: "ada", body: "/hullkeeper snooze 1d" });
    await told(installation, "ordered", "to be left alone");
    codeHost.report("acme", "shop", await head(installation), { context: "ci", state: "success" });
    await lookedAt(installation);
    expect(await statesOf(installation)).toEqual(["open"]);

    const foreign = await codeHost.commitFile("acme", "shop", {
      branch: BRANCH,
      path: "NOTES",
      content: "wait\n",
    });
    codeHost.say("acme", "shop", 1, { author: "ada", body: "/hullkeeper rebase" });
    await installation.until("the branch anew", async () => (await head(installation)) !== foreign);
    const mine = await codeHost.commitFile("acme", "shop", { branch: BRANCH, path: "NOTES", content: "x\n" });
    codeHost.report("acme", "shop", mine, { context: "ci", state: "success" });
    await lookedAt(installation);
    expect(mergesIn(installation)).toEqual([]);
    expect(await statesOf(installation)).toEqual(["open"]);
  });
});

/** A code repository with two lines, each with something newer. */
async function twoLines(context: TestContext, policy: string) {
  const installation = await startQuiet(context, { policy });
  const { world } = installation;
  const first = await publishContent(installation, 1);
  const other = await publishContent(installation, 1, { tag: OTHER_TAG });
  await world.codeHost.createRepository("acme", "shop", {
    Dockerfile: `${world.pin(other, OTHER_TAG)} AS build\n${world.pin(first)}\n`,
  });
  const { process } = await installation.serve();
  await judged(installation, first, "verified");
  await judged(installation, other, "verified");
  const news = [
    await publishContent(installation, 2),
    await publishContent(installation, 2, { tag: OTHER_TAG }),
  ];
  for (const digest of news) await judged(installation, digest, "verified");
  return { installation, process, first, news };
}

describe.skipIf(missing !== undefined)(`several pull requests${noteOn(missing)}`, () => {
  test.concurrent("one of each line, and one open at a time", async (context) => {
    const { installation, first, news } = await twoLines(context, "group: line, openMax: 1");
    const { world, line, until } = installation;
    await until("a pull request", async () => (await statesOf(installation)).length > 0);
    await installation.settled();
    expect(await statesOf(installation)).toEqual(["open"]);
    const [pull] = await world.codeHost.pullRequests("acme", "shop");
    expect(pull?.headBranch).toContain("hullkeeper/");

    await world.codeHost.mergePullRequest("acme", "shop", 1);
    await until("the other one", async () => (await statesOf(installation)).length === 2);
    await installation.settled();
    expect(await statesOf(installation)).toEqual(["merged", "open"]);
    await world.codeHost.mergePullRequest("acme", "shop", 2);
    await told(installation, "merged", "acme/shop#2");
    const text = await world.codeHost.readFile("acme", "shop", "main", "Dockerfile");
    expect(text).toBe(
      `${world.pin(news[1] ?? first, OTHER_TAG)} AS build\n${world.pin(news[0] ?? first, line.tag)}\n`,
    );
  });

  test.concurrent(
    "one written in an hour: the other one waits, also for the next process",
    async (context) => {
      const { installation, process } = await twoLines(context, "group: line, perHour: 1");
      const { store, redis, line, until } = installation;
      const { message } = await told(installation, "proposal-waiting", "acme/shop");
      expect(message).toMatch(/^waits until .* UTC at least: 1 of 1 this hour are written: /);
      await installation.settled();
      expect(await statesOf(installation)).toEqual(["open"]);
      await process.end();
      await installation.serve();
      await installation.settled();
      expect(await statesOf(installation)).toEqual(["open"]);
      expect(await installation.events("proposal-waiting")).toHaveLength(1);

      // An hour passes.
      const client = connect(redis.address, SILENT);
      context.onTestFinished(() => client.disconnect());
      const records = await Promise.all(
        [line.tag, OTHER_TAG].map(async (tag) => {
          const group = `line:${renderLine({ repository: line.repository, tag: parseTag(tag) })}`;
          const proposal = { codeRepository: SHOP, baseBranch: "main", group };
          return { proposal, isOpen: (await store.proposal(proposal)) !== undefined };
        }),
      );
      const proposal = records.find(({ isOpen }) => !isOpen)?.proposal;
      const due = JSON.stringify({ kind: "propose", proposal });
      expect(Number(await client.zscore(keys.due(), due))).toBeGreaterThan(Date.now() + HALF_AN_HOUR_MS);
      await client.del(...keys.hour(SHOP));
      await client.zadd(keys.due(), 1, due);
      await until("the other one", async () => (await statesOf(installation)).length === 2);
    },
  );
});
