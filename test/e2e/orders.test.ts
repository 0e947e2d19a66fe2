import { describe, expect, test } from "vitest";
import { BRANCH, openPull, publishContent, statesOf, withPullRequest } from "./contents.ts";
import { type Installation, installationMissing, noteOn } from "./installation.ts";
import { judged, keyOf, lookedAt, proposed, told } from "./scene.ts";

const missing = installationMissing();
const OURS = ["hullkeeper-bot", "hullkeeper[bot]"];

/** Somebody writes below the first pull request. */
function say({ world }: Installation, author: string, ...lines: readonly string[]): void {
  world.codeHost.say("acme", "shop", 1, { author, body: lines.join("\n") });
}

/** Somebody who may write does. */
function order(installation: Installation, command: string): void {
  installation.world.codeHost.setRole("acme", "shop", "ada", "write");
  say(installation, "ada", `/hullkeeper ${command}`);
}

/** What was answered, oldest first; what others wrote is left out, and what they made up in our name. */
function answers({ world }: Installation, number = 1): readonly string[] {
  return world.codeHost
    .comments("acme", "shop", number)
    .filter(({ author, body }) => OURS.includes(author) && !body.startsWith("/hullkeeper"))
    .map(({ body }) => body);
}

/** Waits until so much was answered. */
async function answered(installation: Installation, count: number): Promise<readonly string[]> {
  return installation.until(`${count} answers`, async () => {
    const all = answers(installation);
    return all.length >= count && all;
  });
}

describe.skipIf(missing !== undefined)(`what is asked of a pull request${noteOn(missing)}`, () => {
  test.concurrent.for([{ speaker: "app" }, { speaker: "token" }] as const)(
    "by $speaker: who may write gets one answer, who may not one refusal, and we do not obey ourselves",
    async ({ speaker }, context) => {
      const { installation, second } = await withPullRequest(context, { speaker });
      const { codeHost } = installation.world;
      for (const login of ["eve", "mallory"]) codeHost.setRole("acme", "shop", login, "read");
      // As if we had the right, and had said this.
      for (const login of OURS) codeHost.setRole("acme", "shop", login, "admin");
      say(installation, "hullkeeper[bot]", "/hullkeeper recreate");
      say(installation, "hullkeeper-bot", "/hullkeeper recreate", "", "<!-- hullkeeper:said -->");
      say(installation, "eve", "/hullkeeper ignore");
      say(installation, "mallory", "/hullkeeper recreate");
      say(installation, "stranger", "/hullkeeper snooze");
      const before = await openPull(installation);

      const [refusal] = await answered(installation, 1);
      expect(refusal).toMatch(/^Only people who may write to this code repository/);
      order(installation, "explain");
      const [, explanation] = await answered(installation, 2);
      expect(explanation).toContain("### Why this is here");
      order(installation, "dance @everyone");
      const [, , help] = await answered(installation, 3);
      expect(help).toMatch(/^I do not know that one\./);
      expect(help).not.toContain("everyone");
      say(installation, "eve", "/hullkeeper rebase");
      say(installation, "ada", "> /hullkeeper ignore", "```", "/hullkeeper ignore", "```");
      await lookedAt(installation);

      expect(answers(installation)).toHaveLength(3);
      expect(await openPull(installation)).toEqual(before);
      expect(await statesOf(installation)).toEqual(["open"]);
      expect((await installation.events("ordered")).map(({ message }) => message)).toEqual([
        "ada wants it to be explained",
      ]);
      expect(await installation.store.proposal(keyOf("shop"))).toMatchObject({
        updates: [{ to: second }],
        talk: { orders: [] },
      });
    },
  );

  test.concurrent("snooze: a newer digest is not written, until somebody ends it", async (context) => {
    const { installation } = await withPullRequest(context);
    const { writes, world } = installation;
    order(installation, "snooze 7d");
    await told(installation, "ordered", "to be left alone until");
    const before = await installation.until("a body that says so", async () => {
      const pull = await openPull(installation);
      return pull.body.includes("**Snoozed until ") && pull;
    });
    expect(before.body).toContain("as ada asked on");
    await lookedAt(installation);
    const written = writes().length;

    const third = await publishContent(installation, 3);
    await judged(installation, third, "verified");
    await installation.settled();
    await lookedAt(installation);
    expect(writes().slice(written)).toEqual([]);
    expect(await openPull(installation)).toEqual(before);

    order(installation, "rebase");
    const after = await proposed(installation, "shop", third);
    expect(after.number).toBe(1);
    expect(after.body).not.toContain("Snoozed");
    expect(await world.codeHost.readFile("acme", "shop", BRANCH, "Dockerfile")).toBe(`${world.pin(third)}\n`);
  });

  test.concurrent(
    "rebase: the branch is made anew on its base, without the commit of others",
    async (context) => {
      const { installation } = await withPullRequest(context);
      const { codeHost } = installation.world;
      const foreign = await codeHost.commitFile("acme", "shop", {
        branch: BRANCH,
        path: "NOTES",
        content: "wait for me\n",
      });
      const base = await codeHost.commitFile("acme", "shop", { path: "README", content: "shop\n" });
      const third = await publishContent(installation, 3);
      await told(installation, "branch-foreign", BRANCH);
      expect(await codeHost.branchCommit("acme", "shop", BRANCH)).toBe(foreign);

      order(installation, "rebase");
      const pull = await proposed(installation, "shop", third);
      await lookedAt(installation);
      expect(pull.number).toBe(1);
      expect(await statesOf(installation)).toEqual(["open"]);
      expect(await codeHost.readFile("acme", "shop", BRANCH, "NOTES")).toBeUndefined();
      expect(await codeHost.readFile("acme", "shop", BRANCH, "README")).toBe("shop\n");
      expect(await codeHost.branchCommit("acme", "shop", "main")).toBe(base);
      expect(await installation.events("ordered")).toHaveLength(1);
    },
  );

  test.concurrent(
    "the box “ignore”: closed, declined, its branch gone, and the next digest comes",
    async (context) => {
      const { installation, second } = await withPullRequest(context);
      const { codeHost } = installation.world;
      const { body } = await openPull(installation);
      const box = "- [ ] <!-- hullkeeper:ignore -->";
      expect(body.split(box)).toHaveLength(2);
      await codeHost.editPullRequest("acme", "shop", 1, {
        body: body.replace(box, box.replace("[ ]", "[x]")),
      });
      await told(installation, "ordered", "somebody who ticked a box");
      await installation.until(
        "no open pull request",
        async () => !(await statesOf(installation)).includes("open"),
      );
      await installation.until("no branch", async () => {
        return (await codeHost.branchCommit("acme", "shop", BRANCH)) === undefined;
      });
      await installation.settled();
      expect(await statesOf(installation)).toEqual(["closed"]);
      expect(answers(installation)).toEqual([
        expect.stringMatching(/^These digests are not proposed here again/),
      ]);
      expect(await installation.store.declined(keyOf("shop"))).toMatchObject([{ digest: second }]);

      const third = await publishContent(installation, 3);
      expect((await proposed(installation, "shop", third)).number).toBe(2);
      expect(await statesOf(installation)).toEqual(["closed", "open"]);
    },
  );

  test.concurrent("recreate: another number for the same, and nothing is declined", async (context) => {
    const { installation, second } = await withPullRequest(context);
    const { codeHost } = installation.world;
    await codeHost.commitFile("acme", "shop", { branch: BRANCH, path: "NOTES", content: "mine\n" });
    order(installation, "recreate");
    const number = await installation.until("another pull request", async () => {
      const proposal = await installation.store.proposal(keyOf("shop"));
      return proposal?.state === "open" && proposal.number !== 1 && proposal.number;
    });
    await installation.settled();
    expect(number).toBe(2);
    expect(await statesOf(installation)).toEqual(["closed", "open"]);
    expect(await installation.store.declined(keyOf("shop"))).toEqual([]);
    expect(await installation.store.proposal(keyOf("shop"))).toMatchObject({ updates: [{ to: second }] });
    expect(await codeHost.readFile("acme", "shop", BRANCH, "NOTES")).toBeUndefined();
    expect(await installation.events("ordered")).toHaveLength(1);
    expect(answers(installation, 2)).toEqual([]);
  });
});
