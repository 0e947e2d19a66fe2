import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { stateOf } from "../../src/sla/timer.ts";
import { instantOf } from "../../src/time.ts";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { clockOf, expectOnePullRequest, judged, keyOf, proposed, told } from "./scene.ts";

const missing = installationMissing();
/** `intervals.proposals` of the world. */
const LOOK_AGAIN_MS = 2_000;
/** Reads code repositories again and again. */
const QUICK_RESCAN = `intervals: { tryingOut: true, poll: 1s, discover: 2s, proposals: 2s, sla: 2s }
`;
const BRANCH = "hullkeeper/bellsoft";

/** A code repository with a pull request from release 1 to release 2. */
async function withPullRequest(installation: Installation): Promise<{ first: Digest; second: Digest }> {
  const { world } = installation;
  const first = await world.publish({ release: 1 });
  await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
  await installation.serve();
  await judged(installation, first, "verified");
  const second = await world.publish({ release: 2 });
  await proposed(installation, "shop", second);
  return { first, second };
}

describe.skipIf(missing !== undefined)(`what people do to a pull request${noteOn(missing)}`, () => {
  test.concurrent("closed: these digests are not proposed again, the next one is", async (context) => {
    const installation = await startInstallation(context);
    const { world, settled, writes } = installation;
    const { second } = await withPullRequest(installation);
    const written = writes().length;

    await world.codeHost.closePullRequest("acme", "shop", 1);
    await told(installation, "declined", "acme/shop#1");
    await settled();
    const pulls = await world.codeHost.pullRequests("acme", "shop");
    expect(pulls.map(({ number, state }) => ({ number, state }))).toEqual([{ number: 1, state: "closed" }]);
    // One word on until when, and nothing else.
    expect(writes().slice(written)).toMatchObject([{ path: "/repos/acme/shop/issues/1/comments" }]);
    expect(await installation.store.declined(keyOf("shop"))).toMatchObject([{ digest: second }]);

    const third = await world.publish({ release: 3 });
    const next = await proposed(installation, "shop", third);
    await settled();
    expect(next.number).toBe(2);
    expect(
      (await world.codeHost.pullRequests("acme", "shop")).map(({ number, state }) => ({ number, state })),
    ).toEqual([
      { number: 1, state: "closed" },
      { number: 2, state: "open" },
    ]);
  });

  test.concurrent("merged: the clock is met, told once, and nothing more is proposed", async (context) => {
    const installation = await startInstallation(context);
    const { world, settled, writes } = installation;
    const { second } = await withPullRequest(installation);
    const written = writes().length;

    await world.codeHost.mergePullRequest("acme", "shop", 1);
    await told(installation, "merged", "acme/shop#1");
    await told(installation, "met", "acme/shop");
    await settled();
    const clock = await clockOf(installation, "shop");
    expect(stateOf(clock, instantOf(Date.now()), { dueSoonMs: 0 })).toBe("met");
    // Its branch is of no use any more, and nothing else is touched.
    expect(writes().slice(written)).toMatchObject([
      { method: "DELETE", path: expect.stringContaining("/git/refs/") },
    ]);
    expect(await world.codeHost.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
    expect((await world.codeHost.pullRequests("acme", "shop")).map(({ state }) => state)).toEqual(["merged"]);
    expect((await installation.store.proposal(keyOf("shop")))?.state).toBe("merged");
    expect(await world.codeHost.readFile("acme", "shop", "main", "Dockerfile")).toBe(
      `${world.pin(second)}\n`,
    );
    expect(await installation.events("met")).toHaveLength(1);

    const third = await world.publish({ release: 3 });
    expect((await proposed(installation, "shop", third)).number).toBe(2);
  });

  test.concurrent("merged and reverted: proposed again, with the clock it had", async (context) => {
    const installation = await startInstallation(context, { timing: QUICK_RESCAN });
    const { world, settled } = installation;
    const { first, second } = await withPullRequest(installation);
    const before = await clockOf(installation, "shop");
    await world.codeHost.mergePullRequest("acme", "shop", 1);
    await told(installation, "merged", "acme/shop#1");
    await told(installation, "met", "acme/shop");
    // Told first, and kept a moment later.
    await installation.until("a pull request that is known to be merged", async () => {
      return (await installation.store.proposal(keyOf("shop")))?.state === "merged";
    });

    const path = "Dockerfile";
    await world.codeHost.commitFile("acme", "shop", { path, content: `${world.pin(first)}\n` });
    const pull = await proposed(installation, "shop", second);
    await settled();
    expect(pull.number).toBe(2);
    expect((await world.codeHost.pullRequests("acme", "shop")).map(({ state }) => state)).toEqual([
      "merged",
      "open",
    ]);
    expect(await clockOf(installation, "shop")).toEqual(before);
  });

  test.concurrent("merged between two single passes: the second one knows", async (context) => {
    const installation = await startInstallation(context);
    const { world } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    await installation.pass();
    const second = await world.publish({ release: 2 });
    await installation.pass();
    await expectOnePullRequest(installation, "shop", second);

    await world.codeHost.mergePullRequest("acme", "shop", 1);
    const { checkedAt = 0 } = (await installation.store.proposal(keyOf("shop"))) ?? {};
    await installation.until("a look that is old enough", async () => Date.now() - checkedAt > LOOK_AGAIN_MS);
    const { code, output } = await installation.pass();
    expect(code).toBe(0);
    expect((await clockOf(installation, "shop")).state).toBe("met");
    expect((await installation.store.proposal(keyOf("shop")))?.state).toBe("merged");
    expect(output).toContain("0 pull requests open");
  });

  test.concurrent(
    "a commit of their own on the branch: nothing is touched any more, and that is told",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, settled, writes } = installation;
      await withPullRequest(installation);
      const foreign = await world.codeHost.commitFile("acme", "shop", {
        branch: BRANCH,
        path: "NOTES",
        content: "wait for me\n",
      });
      const [before] = await world.codeHost.pullRequests("acme", "shop");
      const written = writes().length;

      const third = await world.publish({ release: 3 });
      await told(installation, "branch-foreign", BRANCH);
      await judged(installation, third, "verified");
      await settled();
      expect(await world.codeHost.branchCommit("acme", "shop", BRANCH)).toBe(foreign);
      expect(writes().slice(written)).toMatchObject([{ path: "/repos/acme/shop/issues/1/comments" }]);
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([before]);
      expect(await installation.events("branch-foreign")).toHaveLength(1);
    },
  );

  test.concurrent(
    "a branch of that name that was there before: left alone, and that is told",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, settled, writes } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      const foreign = await world.codeHost.commitFile("acme", "shop", {
        branch: BRANCH,
        path: "NOTES",
        content: "mine\n",
      });
      await world.publish({ release: 2 });
      await installation.serve();
      await told(installation, "branch-foreign", BRANCH);
      await settled();
      expect(await world.codeHost.branchCommit("acme", "shop", BRANCH)).toBe(foreign);
      expect(writes()).toEqual([]);
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
    },
  );
});
