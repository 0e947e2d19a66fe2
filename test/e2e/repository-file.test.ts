import { describe, expect, test } from "vitest";
import { type Installation, installationMissing, noteOn, startInstallation } from "./installation.ts";
import { proposed, told } from "./scene.ts";

const missing = installationMissing();
const PATH = ".github/hullkeeper.yml";

/** What is said of a commit under our name for such files. */
type Standing = (installation: Installation, commit: string) => Promise<string | undefined | null>;

const byCheck: Standing = async ({ world }, commit) =>
  world.codeHost.checkRuns("acme", "shop", commit).findLast(({ name }) => name === "hullkeeper/config")
    ?.conclusion;

const byStatus: Standing = async ({ world }, commit) =>
  (await world.codeHost.statuses("acme", "shop", commit)).findLast(
    ({ context }) => context === "hullkeeper/config",
  )?.state;

async function passes({ pass }: Installation): Promise<void> {
  expect((await pass()).code).toBe(0);
}

describe.skipIf(missing !== undefined)(`the file of a code repository${noteOn(missing)}`, () => {
  const rows = [
    { title: "an App: a check", speaker: "app", standing: byCheck },
    { title: "a token: a status", speaker: "token", standing: byStatus },
  ] as const;
  test.concurrent.for(rows)(
    "$title fails on the head while it is faulty, pull requests go on, and it is good once that is mended",
    async ({ speaker, standing }, context) => {
      const installation = await startInstallation(context, { speaker });
      const { world, events } = installation;
      const { codeHost } = world;
      const first = await world.publish({ release: 1 });
      const faulty = await codeHost.createRepository("acme", "shop", {
        Dockerfile: `${world.pin(first)}\n`,
        [PATH]: "lables: [base-images]\n",
      });
      await passes(installation);
      expect(await standing(installation, faulty)).toBe("failure");
      const event = await told(installation, "repository-file-invalid");
      expect(event.message).toContain("line 1, column 1: lables: unknown key; known here: enabled,");

      // The same head says nothing again, and an update is proposed all the same.
      const second = await world.publish({ release: 2 });
      await passes(installation);
      const pull = await proposed(installation, "shop", second);
      expect(pull.labels).not.toContain("base-images");
      expect(await events("repository-file-invalid")).toHaveLength(1);

      const mended = await codeHost.commitFile("acme", "shop", {
        path: PATH,
        content: "labels: [base-images]\n",
        branch: "main",
      });
      await passes(installation);
      expect(await standing(installation, mended)).toBe("success");

      const later = await codeHost.commitFile("acme", "shop", {
        path: "README.md",
        content: "new\n",
        branch: "main",
      });
      await passes(installation);
      expect(await standing(installation, later)).toBeUndefined();
      expect(
        (await installation.store.scan({ codeRepository: { owner: "acme", name: "shop" }, branch: "main" }))
          ?.own,
      ).toMatchObject({
        settings: { labels: ["base-images"] },
        faults: [],
      });
    },
  );
});
