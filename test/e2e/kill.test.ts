import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Fault } from "../fakes/github/faults.ts";
import { startFakeRegistry, type FakeRegistry } from "../fakes/registry/server.ts";
import { TAG } from "../tools/world.ts";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, expectToldOnce, proposed } from "./scene.ts";

const missing = installationMissing();

/** A place in the pipeline where a process can be caught. */
interface Place {
  readonly title: string;
  /** The queue whose job is being done there. */
  readonly queue: string;
  /** Makes the pipeline stand still there; the result says whether it does, and lets it go on. */
  readonly stop: (installation: Installation, registry: FakeRegistry) => Promise<Standstill> | Standstill;
}

interface Standstill {
  readonly isReached: () => Promise<boolean> | boolean;
  readonly heal: () => Promise<void> | void;
}

/** Nothing is answered to these calls of the registry. */
const atRegistry =
  (method: string, path: RegExp): Place["stop"] =>
  (_installation, { faults, requests }) => {
    faults.add({ method, path, fault: { kind: "hang" } });
    const before = requests.length;
    return {
      isReached: () => requests.slice(before).some((call) => call.method === method && path.test(call.url)),
      heal: () => faults.clear(),
    };
  };

/** The next such request to the code host is not answered: before it was done, or after. */
const atCodeHost =
  (
    which: Pick<Fault, "method" | "path" | "operation" | "name">,
    kind: "hang" | "keep-answer" = "hang",
  ): Place["stop"] =>
  ({ world: { codeHost } }) => {
    codeHost.inject({ ...which, mischief: { kind } });
    return {
      isReached: () => codeHost.requests.some(({ outcome }) => outcome === kind),
      heal: () => {},
    };
  };

/** Advisories that take seconds to read: caught by the job that mirrors them, which then is not done for long. */
const ADVISORIES = 60_000;
const whileAdvisoriesAreRead: Place["stop"] = async ({ world, queues }) => {
  const repositories = ["acme/shop"];
  const advisoriesDirectory = join(world.directory, "osv");
  const record = { schema_version: "1.6.0", modified: "2026-11-22T13:40:00Z", affected: [] };
  const lines = Array.from({ length: ADVISORIES }, (_, number) =>
    JSON.stringify({ ...record, id: `CVE-2026-${number + 10_000}` }),
  );
  await mkdir(advisoriesDirectory);
  await writeFile(join(advisoriesDirectory, "many.jsonl"), lines.join("\n"));
  await world.writeConfig({ repositories, advisoriesDirectory });
  return {
    isReached: async () => ((await queues.counts())["mirror"]?.active ?? 0) > 0,
    async heal() {
      await world.writeConfig({ repositories });
    },
  };
};

const PLACES: readonly Place[] = [
  {
    title: "discover, at the tree",
    queue: "discover",
    stop: atCodeHost({ method: "GET", path: /\/git\/trees\// }),
  },
  { title: "poll, at the tag", queue: "poll", stop: atRegistry("HEAD", new RegExp(`/manifests/${TAG}$`)) },
  { title: "poll, at the manifest", queue: "poll", stop: atRegistry("GET", /\/manifests\/sha256:/) },
  {
    title: "verify, at the signature",
    queue: "verify",
    stop: atRegistry("GET", /\/manifests\/sha256-\w+\.sig$/),
  },
  { title: "verify, at the SBOM", queue: "verify", stop: atRegistry("GET", /\/manifests\/sha256-\w+\.att$/) },
  { title: "mirror, at the advisories", queue: "mirror", stop: whileAdvisoriesAreRead },
  { title: "propose, at the look", queue: "propose", stop: atCodeHost({ name: "Look" }) },
  {
    title: "propose, before all of it",
    queue: "propose",
    stop: atCodeHost({ operation: "createPullRequest" }),
  },
  {
    title: "propose, after commit, branch and pull request",
    queue: "propose",
    stop: atCodeHost({ operation: "createPullRequest" }, "keep-answer"),
  },
  {
    title: "propose, at the labels",
    queue: "propose",
    stop: atCodeHost({ method: "POST", path: /\/labels$/ }),
  },
  {
    title: "propose, at the statuses",
    queue: "propose",
    stop: atCodeHost({ method: "POST", path: /\/statuses\// }),
  },
];

describe.skipIf(missing !== undefined)(
  `killed in the middle of a stage: one pull request in the end${noteOn(missing)}`,
  () => {
    test.concurrent.for(PLACES)("$title", async ({ queue, stop }, context) => {
      const registry = await startFakeRegistry();
      const installation = await startInstallation(context, { startRegistry: async () => registry });
      const { world, start, queues } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      const second = await world.publish({ release: 2 });
      const { isReached, heal } = await stop(installation, registry);

      const victim = start("worker", "all");
      await installation.until(`a standstill in ${queue}`, async () => isReached());
      await victim.end("SIGKILL");
      expect(await victim.ended).toBe("SIGKILL");
      expect((await queues.counts())[queue]?.active).toBeGreaterThan(0);
      expect((await installation.store.proposals()).length).toBe(0);

      await heal();
      start("worker", "all");
      await proposed(installation, "shop", second);
      await installation.settled();
      await expectOnePullRequest(installation, "shop", second);
      await expectToldOnce(installation, "shop");
    });
  },
);
