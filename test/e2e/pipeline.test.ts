import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import { dueOf } from "../../src/sla/timer.ts";
import { startDockerRegistry } from "../tools/docker-registry.ts";
import { freePort } from "../tools/free-port.ts";
import { REPOSITORY, type World } from "../tools/world.ts";
import { publishAssessed } from "./assessed.ts";
import { commitsIn } from "./commits.ts";
import { openPull, publishContent, startQuiet, statesOf } from "./contents.ts";
import { noteOn, installationMissing, startInstallation } from "./installation.ts";
import { clockOf, expectOnePullRequest, expectToldOnce, judged, proposed } from "./scene.ts";

const missing = installationMissing();
const INDEX = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ os: z.string(), architecture: z.string() }) }),
  ),
});

/** Windows line ends, a comment with the digest it had, a platform, a second image, letters beyond ASCII. */
const withCrlf = (world: World, digest: Digest, commented: Digest): string =>
  [
    "# syntax=docker/dockerfile:1",
    `# ${commented} on the day this was written`,
    `${world.pin(digest).replace("FROM ", "FROM --platform=linux/amd64 ")} AS build`,
    "RUN echo 'naïve ✓'",
    "FROM redis:8.0 AS cache",
    "",
  ].join("\r\n");

/** A byte-order mark, blanks at the end of a line, no line end at the end of the file. */
const withMark = (world: World, digest: Digest): string =>
  `\ufeff${world.pin(digest)}   \n\tCOPY  shop.jar /app/  \n# end`;

describe.skipIf(missing !== undefined)(`a digest's way to a pull request${noteOn(missing)}`, () => {
  test.concurrent(
    "a tag moves: one pull request in each code repository, only digests change, and a restart changes nothing",
    async (context) => {
      const installation = await startInstallation(context, { repositories: ["acme/shop", "acme/pay"] });
      const { world, line, writes } = installation;
      const { codeHost } = world;
      const first = await world.publish({ release: 1 });
      const shopMain = await codeHost.createRepository("acme", "shop", {
        Dockerfile: withCrlf(world, first, first),
        "deploy/Dockerfile": withMark(world, first),
        "README.md": `${world.pin(first)}\n`,
      });
      await codeHost.createRepository("acme", "pay", { Containerfile: `${world.pin(first)}\n` });
      const served = await installation.serve();
      await judged(installation, first, "verified");

      const second = await world.publish({ release: 2 });
      const shop = await proposed(installation, "shop", second);
      const pay = await proposed(installation, "pay", second);

      // Files: exactly the digests.
      const fileOf = async (path: string) => codeHost.readFile("acme", "shop", shop.headCommit, path);
      expect(await fileOf("Dockerfile")).toBe(withCrlf(world, second, first));
      expect(await fileOf("deploy/Dockerfile")).toBe(withMark(world, second));
      expect(await fileOf("README.md")).toBe(`${world.pin(first)}\n`);
      expect(await codeHost.readFile("acme", "pay", pay.headCommit, "Containerfile")).toBe(
        `${world.pin(second)}\n`,
      );

      // One commit on the base branch, with what programs read.
      const [commit, ...others] = commitsIn(writes(), "acme/shop");
      expect(others).toEqual([]);
      expect(commit?.parents).toEqual([shopMain]);
      const { dueAt } = dueOf(await clockOf(installation, "shop"));
      expect(trailersOf(commit?.message ?? "")).toMatchObject({
        "Hullkeeper-Image": renderLine(line),
        "Hullkeeper-From": first,
        "Hullkeeper-To": second,
        "Hullkeeper-Class": "fixes",
        "Hullkeeper-Due": dueAt === undefined ? "never" : new Date(dueAt).toISOString(),
        "Hullkeeper-Group": "bellsoft",
      });

      // What people see.
      expect(shop.title).toMatch(
        /^hardened-liberica-runtime-container: .* fixes 1 critical and 2 more \(merge by /,
      );
      expect(shop.labels.toSorted()).toEqual(["hullkeeper", "sla:critical"]);
      expect(shop.body).toMatch(/^> \*\*Merge by /);
      expect(shop.body).toContain("Fixes **3 vulnerabilities** (1 critical, 1 high, 1 medium)");
      expect(shop.body).toContain("**Verified**: signed by BellSoft");
      expect(shop.body).toContain("`Dockerfile:3`");
      expect(shop.body).toContain("`deploy/Dockerfile:1`");
      expect(
        (await codeHost.statuses("acme", "shop", shop.headCommit)).map(({ context: name, state }) => [
          name,
          state,
        ]),
      ).toEqual(
        expect.arrayContaining([
          ["hullkeeper/verification", "success"],
          ["hullkeeper/sla", "success"],
        ]),
      );
      const overview = await served.words("/");
      expect(overview).toMatch(/redis:8\.0 .*not a hardened image/);
      expect(overview).toContain(shop.title);

      // Another process finds everything done: it looks, and writes nothing.
      await served.process.end();
      const written = writes().length;
      const again = await installation.serve();
      await installation.until(
        "both proposals looked at again, twice",
        async () => (await again.jobsDone("propose")) >= 4,
      );
      await installation.settled();
      expect(writes().slice(written)).toEqual([]);
      await expectOnePullRequest(installation, "shop", second);
      await expectToldOnce(installation, "shop");
      expect(await codeHost.pullRequests("acme", "pay")).toHaveLength(1);
    },
  );

  test.concurrent(
    "a newer digest refreshes the same pull request, and no clock starts again",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, writes } = installation;
      const { codeHost } = world;
      const first = await world.publish({ release: 1 });
      const main = await codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      await installation.serve();
      await judged(installation, first, "verified");
      const second = await world.publish({ release: 2 });
      const before = await proposed(installation, "shop", second);
      const clockBefore = await clockOf(installation, "shop");

      const third = await world.publish({ release: 3 });
      const after = await proposed(installation, "shop", third);
      const clockAfter = await clockOf(installation, "shop");

      expect(after).toMatchObject({ number: before.number, state: "open", createdAt: before.createdAt });
      expect(await codeHost.pullRequests("acme", "shop")).toHaveLength(1);
      expect(await codeHost.readFile("acme", "shop", after.headCommit, "Dockerfile")).toBe(
        `${world.pin(third)}\n`,
      );
      expect(commitsIn(writes(), "acme/shop").map(({ parents }) => parents)).toEqual([[main], [main]]);
      expect(after.body).toContain("supersedes 1 digest");
      expect(after.body).toContain(`\`${second.slice("sha256:".length, 19)}\`, first seen`);

      // What ran goes on running; what the newer digest fixes besides has a start of its own.
      expect(clockBefore.obligations.length).toBeGreaterThan(0);
      expect(clockAfter.obligations).toEqual(expect.arrayContaining([...clockBefore.obligations]));
      expect(clockAfter.obligations.length).toBeGreaterThan(clockBefore.obligations.length);
      expect(dueOf(clockAfter)).toEqual(dueOf(clockBefore));
    },
  );
});

/** Digests of the manifests that an index lists, by platform. */
async function childrenOf({ registry }: World, digest: Digest): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(`http://${registry.host}/v2/${REPOSITORY}/manifests/${digest}`, {
    headers: { accept: "application/vnd.oci.image.index.v1+json" },
  });
  const { manifests } = INDEX.parse(await answer.json());
  return new Map(
    manifests.map((child) => [`${child.platform.os}/${child.platform.architecture}`, child.digest]),
  );
}

describe.skipIf(missing !== undefined)(`what must not go wrong on the way${noteOn(missing)}`, () => {
  test.concurrent(
    "a registry that is away: the pull request stays as it is, and goes on when it is back",
    async (context) => {
      const directory = await mkdtemp(join(tmpdir(), "hk-outage-"));
      const port = await freePort();
      const start = () => startDockerRegistry({ directory, port });
      let registry = await start();
      const installation = await startInstallation(context, {
        startRegistry: async () => ({ host: registry.host, close: () => registry.close() }),
      });
      context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
      const { world, writes, pass } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      expect((await pass()).code).toBe(0);
      const second = await world.publish({ release: 2 });
      expect((await pass()).code).toBe(0);
      const before = await expectOnePullRequest(installation, "shop", second);
      const written = writes().length;

      await registry.close();
      const { code, output } = await pass();
      expect(code).toBe(1);
      expect(output).toContain("registry-unavailable");
      expect(writes().slice(written)).toEqual([]);
      expect(await expectOnePullRequest(installation, "shop", second)).toEqual(before);
      for (const kind of ["declined", "superseded", "tag-missing", "proposal-flagged"] as const) {
        expect(await installation.events(kind)).toEqual([]);
      }

      registry = await start();
      const third = await world.publish({ release: 3 });
      expect((await pass()).code).toBe(0);
      expect((await expectOnePullRequest(installation, "shop", third)).number).toBe(before.number);
    },
  );

  test.concurrent(
    "a tag that moves on while its pull request is about to be written: what it left is never written",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, writes, pass } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      expect((await pass()).code).toBe(0);
      const second = await world.publish({ release: 2 });
      world.codeHost.inject({ name: "Look", times: 20, mischief: { kind: "slow", delayMs: 4_000 } });
      const passing = pass();
      await judged(installation, second, "verified");
      const third = await world.publish({ release: 3 });
      await passing;
      expect((await pass()).code).toBe(0);
      await expectOnePullRequest(installation, "shop", third);
      const messages = commitsIn(writes(), "acme/shop").map(({ message }) => message);
      expect(messages.filter((message) => message.includes(second))).toEqual([]);
      expect(messages.filter((message) => message.includes(third))).toHaveLength(1);
    },
  );

  test.concurrent(
    "a pinned digest that no registry has any more: proposed all the same, and not compared",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, pass } = installation;
      const gone = parseDigest(`sha256:${"d".repeat(64)}`);
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(gone)}\n` });
      const first = await world.publish({ release: 1 });
      await pass();
      const { body } = await expectOnePullRequest(installation, "shop", first);
      expect(body).toContain("Packages not compared");
      expect(body).toContain("Vulnerabilities not assessed");
      expect(body).not.toMatch(/fixes \d|No known vulnerability is fixed/i);
    },
  );

  test.concurrent(
    "the manifest of one platform: gets that of the same platform, and never the index",
    async (context) => {
      const installation = await startQuiet(context);
      const { world, until } = installation;
      const first = await publishContent(installation, 1);
      const before = (await childrenOf(world, first)).get("linux/arm64");
      const pinned = world.pin(first).replace(first, before ?? "");
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${pinned}\n` });
      await installation.serve();
      await judged(installation, first, "verified");
      const second = await publishContent(installation, 2);
      const after = (await childrenOf(world, second)).get("linux/arm64");
      const pull = await until("a pull request", () => openPull(installation).catch(() => undefined));
      expect(after).not.toBe(before);
      expect(await world.codeHost.readFile("acme", "shop", pull.headCommit, "Dockerfile")).toBe(
        `${pinned.replace(before ?? "", after ?? "")}\n`,
      );
    },
  );

  test.concurrent(
    "a rebuild that changes nothing: no pull request before its hour, and none of its own after a change",
    async (context) => {
      const installation = await startQuiet(context);
      const { world, line } = installation;
      const release = { version: "25.0.1", packages: { quiet: "1.1.0-r0" } };
      const first = await publishAssessed(installation, { ...release, createdAt: "2026-11-11T09:58:00Z" });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      await installation.serve();
      await judged(installation, first, "verified");
      const rebuilt = await publishAssessed(installation, { ...release, createdAt: "2026-11-12T09:58:00Z" });
      await judged(installation, rebuilt, "verified");
      await installation.settled();
      const assessment = await installation.store.assessment(line.repository, first, rebuilt);
      expect(assessment?.class).toBe("rebuild");
      expect(await statesOf(installation)).toEqual([]);

      const changed = await publishContent(installation, 2);
      await proposed(installation, "shop", changed);
      expect(await statesOf(installation)).toEqual(["open"]);
    },
  );
});

function trailersOf(message: string): Readonly<Record<string, string>> {
  const lines = message.trimEnd().split("\n\n").at(-1)?.split("\n") ?? [];
  return Object.fromEntries(lines.map((line) => line.split(": ", 2)));
}
