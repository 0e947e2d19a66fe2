import type { TestContext } from "vitest";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ProposalKey, ProposalRecord } from "../../src/ports/store.ts";
import { freePort } from "../tools/free-port.ts";
import { WEBHOOK_SECRET } from "../tools/world.ts";
import {
  type Installation,
  installationMissing,
  noteOn,
  type Served,
  startInstallation,
} from "./installation.ts";
import { judged, keyOf, told } from "./scene.ts";

const missing = installationMissing();
const RELEASE = "release/1.x";

/** Looks at code so seldom that nothing but a webhook explains what happens within a test. */
const TIMING = `intervals: { tryingOut: true, poll: 1s, discover: 24h, proposals: 6h, sla: 1h }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
policy: { baseBranches: [$default, "release/*"] }
`;

interface Branched extends Installation {
  readonly served: Served;
  readonly first: Digest;
}

/** An installation over two code repositories: one that pins a digest on both of its branches, and one on its release branch alone. */
async function startBranched(context: TestContext): Promise<Branched> {
  const webPort = await freePort();
  const installation = await startInstallation(context, {
    webPort,
    speaker: "app",
    webhooks: "taken",
    timing: TIMING,
    repositories: ["acme/shop", "acme/pay"],
  });
  const { world, serve } = installation;
  const { codeHost } = world;
  const first = await world.publish({ release: 1 });
  const content = `${world.pin(first)}\n`;
  await codeHost.createRepository("acme", "shop", { Dockerfile: content });
  await codeHost.createRepository("acme", "pay", { "README.md": "1\n" });
  for (const name of ["shop", "pay"]) {
    await codeHost.commitFile("acme", name, { branch: RELEASE, path: "legacy/Dockerfile", content });
  }
  const served = await serve();
  await judged(installation, first, "verified");
  await codeHost.sendWebhooks({
    url: `http://127.0.0.1:${webPort}/hooks/code-host`,
    secret: WEBHOOK_SECRET,
  });
  return { ...installation, served, first };
}

function releaseOf(name: string): ProposalKey {
  return { ...keyOf(name), baseBranch: RELEASE };
}

/** Waits until a group has an open pull request to a digest. */
async function openFor(
  { store, until }: Installation,
  key: ProposalKey,
  to: Digest,
): Promise<ProposalRecord> {
  return until(`a pull request to ${key.baseBranch}`, async () => {
    const record = await store.proposal(key);
    const isThere = record?.state === "open" && record.updates.some((update) => update.to === to);
    return isThere && record.contentHash !== "" ? record : undefined;
  });
}

describe.skipIf(missing !== undefined)(`several base branches${noteOn(missing)}`, () => {
  test("get a pull request each, with what is pinned there, until one is gone", async (context) => {
    const installation = await startBranched(context);
    const { world, store, until, events, served } = installation;
    const { codeHost } = world;
    const scans = await until("a scan of every branch", async () => {
      const all = await store.scans();
      return all.length < 4 ? undefined : all;
    });
    expect(scans.map(({ codeRepository: { name }, branch }) => `${name} ${branch}`)).toEqual([
      "pay main",
      `pay ${RELEASE}`,
      "shop main",
      `shop ${RELEASE}`,
    ]);

    // The tag moves: whoever pins the old digest gets a pull request there, and nobody else.
    const second = await world.publish({ release: 2 });
    await openFor(installation, keyOf("shop"), second);
    const old = await openFor(installation, releaseOf("shop"), second);
    await openFor(installation, releaseOf("pay"), second);
    await installation.drained();
    const pulls = await codeHost.pullRequests("acme", "shop");
    expect(pulls.map(({ baseBranch, headBranch }) => `${headBranch} → ${baseBranch}`).toSorted()).toEqual([
      "hullkeeper/bellsoft → main",
      `${old.branch} → ${RELEASE}`,
    ]);
    expect(old.branch).toMatch(/^hullkeeper\/bellsoft@release-1\.x-/);
    for (const { headBranch, baseBranch } of pulls) {
      const legacy = await codeHost.readFile("acme", "shop", headBranch, "legacy/Dockerfile");
      expect(legacy).toBe(baseBranch === RELEASE ? `${world.pin(second)}\n` : undefined);
      expect(await codeHost.readFile("acme", "shop", headBranch, "Dockerfile")).toBe(
        `${world.pin(second)}\n`,
      );
    }
    expect((await codeHost.pullRequests("acme", "pay")).map(({ baseBranch }) => baseBranch)).toEqual([
      RELEASE,
    ]);

    // A push has its branch read, and no other.
    const readBefore = codeHost.requests.filter(({ path }) => path.includes("/git/trees/")).length;
    const scannedBefore = await served.jobsDone("discover");
    const commit = await codeHost.commitFile("acme", "shop", {
      branch: RELEASE,
      path: "more/Dockerfile",
      content: `${world.pin(second)}\n`,
    });
    await until("a scan of what was pushed", async () => {
      const scan = await store.scan({ codeRepository: old.codeRepository, branch: RELEASE });
      return scan?.commit === commit ? scan : undefined;
    });
    await installation.drained();
    expect(codeHost.requests.filter(({ path }) => path.includes("/git/trees/")).length - readBefore).toBe(1);
    expect((await served.jobsDone("discover")) - scannedBefore).toBe(1);

    // The branch goes, and its pull request with it; GitHub closes that by itself.
    await codeHost.deleteBranch("acme", "shop", RELEASE);
    await told(installation, "superseded", `acme/shop#${old.number}`);
    await installation.drained();
    expect(await store.proposal(releaseOf("shop"))).toMatchObject({ state: "closed" });
    expect(await codeHost.branchCommit("acme", "shop", old.branch)).toBeUndefined();
    const left = await codeHost.pullRequests("acme", "shop");
    expect(left.map(({ baseBranch, state }) => `${baseBranch} ${state}`).toSorted()).toEqual([
      "main open",
      `${RELEASE} closed`,
    ]);
    expect(await events("declined")).toEqual([]);
    expect(await events("job-failed")).toEqual([]);
    const watch = await store.watch(installation.line);
    expect(watch.subscribers.map(({ codeRepository: { name }, branch }) => `${name} ${branch}`)).toEqual([
      `pay ${RELEASE}`,
      "shop main",
    ]);

    // One that is made is read as soon as it is there.
    await codeHost.commitFile("acme", "shop", {
      branch: "release/2.x",
      path: "legacy/Dockerfile",
      content: `${world.pin(installation.first)}\n`,
    });
    await openFor(installation, { ...keyOf("shop"), baseBranch: "release/2.x" }, second);
    expect(await store.proposal(keyOf("shop"))).toMatchObject({ state: "open" });
  });
});
