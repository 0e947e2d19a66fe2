import { describe, expect, test } from "vitest";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, judged, told } from "./scene.ts";

const missing = installationMissing();

async function passes({ pass }: Installation): Promise<void> {
  expect((await pass()).code).toBe(0);
}

describe.skipIf(missing !== undefined)(`a tag goes back${noteOn(missing)}`, () => {
  test.concurrent(
    "to the digest in use, after the pull request: told, and the pull request stays as it is",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, writes, store, line } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      await passes(installation);
      const second = await world.publish({ release: 2 });
      await passes(installation);
      const before = await expectOnePullRequest(installation, "shop", second);
      const written = writes().length;

      expect(await world.publish({ release: 1 })).toBe(first);
      await passes(installation);
      expect((await store.watch(line)).history.at(-1)?.digest).toBe(first);
      await told(installation, "tag-moved-backwards");
      expect(writes().slice(written)).toEqual([]);
      expect(await expectOnePullRequest(installation, "shop", second)).toEqual(before);
    },
  );

  test.concurrent(
    "to an older release, verified, before any pull request: told, and none comes",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, writes } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      await passes(installation);
      const second = await world.publish({ release: 2, evidence: "none" });
      await passes(installation);
      await world.publish({ release: 3, evidence: "none" });
      await passes(installation);

      expect(await world.publish({ release: 2 })).toBe(second);
      await passes(installation);
      await told(installation, "tag-moved-backwards");
      await judged(installation, second, "verified");
      expect(writes()).toEqual([]);
      expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);

      // The next one that was never seen before is an ordinary update again.
      const next = await world.publish({ release: 3, build: "2" });
      await passes(installation);
      await expectOnePullRequest(installation, "shop", next);
    },
  );
});
