import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import type { PullView } from "../fakes/github/operator.ts";
import { REPOSITORY, TAG } from "../tools/world.ts";
import { type Installation, installationMissing, noteOn, startInstallation } from "./installation.ts";
import { judged, keyOf, proposed, told } from "./scene.ts";

const missing = installationMissing();

const PINS: ProposalKey = { ...keyOf("shop"), group: "_pins" };
const TIMING = `intervals: { tryingOut: true, poll: 1s, discover: 3s, proposals: 2s, sla: 2s }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
policy: { pin: propose }
`;

/** Files in which the image's tag stands alone, with a digest put there or without. */
function filesOf(image: string, digest?: Digest) {
  const pinned = digest === undefined ? image : `${image}@${digest}`;
  return {
    Dockerfile: `# syntax=docker/dockerfile:1\r\nFROM ${pinned} AS build\r\nRUN true\r\n`,
    "deploy/compose.yaml": `services:\n  shop:\n    image: "${pinned}" # runtime\n`,
    "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
    "chart/values.yaml": `image:\n  repository: ${image.slice(0, image.lastIndexOf(":"))}\n  tag: ${TAG}\n  digest: "${digest ?? ""}"\n`,
  };
}

/** Waits until the pull request of first pins proposes this digest, and Hullkeeper has kept that it does. */
async function pinnedTo({ store, world, until }: Installation, to: Digest): Promise<PullView> {
  const number = await until(`first pins of acme/shop to ${to}`, async () => {
    const record = await store.proposal(PINS);
    const isThere = record?.state === "open" && record.updates.some((update) => update.to === to);
    return isThere ? record.number : undefined;
  });
  const pull = (await world.codeHost.pullRequests("acme", "shop")).find((each) => each.number === number);
  if (pull === undefined) throw new Error(`acme/shop has no pull request ${number}`);
  return pull;
}

describe.skipIf(missing !== undefined)(`tags without a digest${noteOn(missing)}`, () => {
  test("get the verified one in one pull request; what moves afterwards is an ordinary update", async (context) => {
    const installation = await startInstallation(context, { timing: TIMING });
    const { world, line } = installation;
    const { codeHost, registry } = world;
    const image = `${registry.host}/${REPOSITORY}:${TAG}`;
    const unsigned = `${registry.host}/${REPOSITORY}:other`;
    const tools = `FROM ${unsigned}\n`;
    const first = await world.publish({ release: 1 });
    await world.publish({ release: 2, tag: "other", evidence: "none" });
    const main = await codeHost.createRepository("acme", "shop", {
      ...filesOf(image),
      "tools/Dockerfile": tools,
    });
    await installation.serve();

    const pull = await pinnedTo(installation, first);
    for (const [path, text] of Object.entries(filesOf(image, first))) {
      expect(await codeHost.readFile("acme", "shop", pull.headCommit, path)).toBe(text);
    }
    expect(await codeHost.readFile("acme", "shop", pull.headCommit, "tools/Dockerfile")).toBe(tools);
    expect(pull.title).toMatch(
      /^Pin hardened-liberica-runtime-\S+:jre-25-nonroot-mu\S* to a verified digest$/,
    );
    expect(pull.labels.toSorted()).toEqual(["hullkeeper", "hullkeeper:first-pins"]);
    expect(pull.body).toContain("**1 tag in 3 places**");
    expect(pull.body).toContain("**Verified**: signed by BellSoft");
    expect(pull.body).toContain(`- \`tools/Dockerfile:1\` has \`${unsigned}\` (its digest is not verified`);
    expect(await codeHost.readFile("acme", "shop", main, "Dockerfile")).toBe(filesOf(image).Dockerfile);
    expect((await installation.store.proposal(PINS))?.updates).toMatchObject([{ line, to: first }]);

    // The tag moves while it is open: the same pull request, at the new digest.
    const second = await world.publish({ release: 2 });
    const refreshed = await pinnedTo(installation, second);
    expect(refreshed.number).toBe(pull.number);
    expect(await codeHost.readFile("acme", "shop", refreshed.headCommit, "Dockerfile")).toBe(
      filesOf(image, second).Dockerfile,
    );

    await codeHost.mergePullRequest("acme", "shop", refreshed.number);
    await told(installation, "merged", renderLine(line));
    const third = await world.publish({ release: 3 });
    const update = await proposed(installation, "shop", third);
    expect(update.number).not.toBe(pull.number);
    for (const [path, text] of Object.entries(filesOf(image, third))) {
      expect(await codeHost.readFile("acme", "shop", update.headCommit, path)).toBe(text);
    }
    expect((await codeHost.pullRequests("acme", "shop")).map(({ state }) => state)).toEqual(
      expect.arrayContaining(["merged", "open"]),
    );
    expect(await codeHost.pullRequests("acme", "shop")).toHaveLength(2);
  });

  test("closed by a person stays closed when the tag moves", async (context) => {
    const installation = await startInstallation(context, { timing: TIMING });
    const { world, store, until } = installation;
    const image = `${world.registry.host}/${REPOSITORY}:${TAG}`;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `FROM ${image}\n` });
    await installation.serve();
    const pull = await pinnedTo(installation, first);
    await world.codeHost.closePullRequest("acme", "shop", pull.number);
    await until("the place to be declined", async () =>
      (await store.proposal(PINS))?.declinedPins?.some(({ path }) => path === "Dockerfile"),
    );
    const second = await world.publish({ release: 2 });
    await judged(installation, second, "verified");
    await installation.settled();
    expect((await world.codeHost.pullRequests("acme", "shop")).map(({ state }) => state)).toEqual(["closed"]);
  });
});
