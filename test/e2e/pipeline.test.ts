import { commitsIn } from "./commits.ts";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import { dueOf } from "../../src/sla/timer.ts";
import type { World } from "../tools/world.ts";
import { noteOn, installationMissing, startInstallation } from "./installation.ts";
import { clockOf, expectOnePullRequest, expectToldOnce, judged, proposed } from "./scene.ts";

const missing = installationMissing();

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

function trailersOf(message: string): Readonly<Record<string, string>> {
  const lines = message.trimEnd().split("\n\n").at(-1)?.split("\n") ?? [];
  return Object.fromEntries(lines.map((line) => line.split(": ", 2)));
}
