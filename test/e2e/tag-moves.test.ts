import { describe, expect, test } from "vitest";
import { installationMissing, noteOn, startInstallation } from "./installation.ts";
import { expectOnePullRequest, keyOf, proposed, told } from "./scene.ts";

const missing = installationMissing();

const TAG = "jre-25.0.4_9-nonroot-musl";
const NEWER = "jre-25.0.5_1-nonroot-musl";
/** Newer versions of other streams, and one that is too far. */
const OTHERS = [
  "jre-25.0.6_1-nonroot-glibc",
  "jre-25.0.6_1-musl",
  "jre-25.0.6_1-nonroot-distroless-musl",
  "jdk-25.0.6_1-nonroot-musl",
  "jre-26-nonroot-musl",
  "jre-26.0.0_1-nonroot-musl",
];

const timing = `intervals: { tryingOut: true, poll: 1s, discover: 1h, proposals: 2s, sla: 2s }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
policy: { tags: minor }
`;

describe.skipIf(missing !== undefined)(`a newer version has a tag of its own${noteOn(missing)}`, () => {
  test("the newest of the stream is verified, proposed with its tag, merged, and stays", async (context) => {
    const installation = await startInstallation(context, { timing });
    const { world, store, line } = installation;
    const first = await world.publish({ release: 1, tag: TAG });
    const second = await world.publish({ release: 2, tag: NEWER });
    for (const tag of OTHERS) await world.publish({ release: 3, tag });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first, TAG)}\n` });
    await installation.serve();

    const pull = await proposed(installation, "shop", second);
    const { headCommit, title, labels, body } = await expectOnePullRequest(installation, "shop", second);
    expect(headCommit).toBe(pull.headCommit);
    expect(await world.codeHost.readFile("acme", "shop", headCommit, "Dockerfile")).toBe(
      `${world.pin(second, NEWER)}\n`,
    );
    expect(title).toContain(`${TAG} → ${NEWER} at ${second.slice("sha256:".length, "sha256:".length + 7)}`);
    expect(labels).toContain("hullkeeper:tag-move");
    expect(body).toContain(`**A newer version**: \`${TAG}\` → \`${NEWER}\`.`);
    expect((await store.proposal(keyOf("shop")))?.updates).toMatchObject([
      { line: { tag: TAG }, from: first, to: second, toTag: NEWER },
    ]);
    // Nothing of another stream is even watched.
    const watched = (await store.watches()).map(({ line: { tag } }) => tag);
    expect(watched.toSorted()).toEqual([TAG, NEWER].toSorted());

    await world.codeHost.mergePullRequest("acme", "shop", pull.number);
    await told(installation, "merged", "acme/shop#1");
    await installation.until("the old tag is nobody's any more", async () => {
      const tags = (await store.linesOf(line.repository)).map(({ tag }) => tag);
      return tags.length === 1 && tags[0] === NEWER ? tags : undefined;
    });
    await told(installation, "met", TAG);
    await installation.settled();
    expect(await world.codeHost.pullRequests("acme", "shop")).toHaveLength(1);
  });
});
