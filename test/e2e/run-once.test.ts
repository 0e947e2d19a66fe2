import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest } from "./scene.ts";

const missing = installationMissing();

/** Far below the minutes that a process which keeps running goes on trying. */
const GIVES_UP_WITHIN_MS = 30_000;

async function pinsRelease1({ world }: Installation): Promise<void> {
  const first = await world.publish({ release: 1 });
  await world.codeHost.createRepository("acme", "shop", {
    Dockerfile: `${world.pin(first)}\n`,
    "cache/Dockerfile": "FROM redis:8.0\n",
  });
}

/** Programs that have this text in their command line. */
async function programsNaming(text: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(text));
}

describe.skipIf(missing !== undefined)(`run --once${noteOn(missing)}`, () => {
  test.concurrent("makes the pull request, says what it found, and ends with 0", async (context) => {
    const installation = await startInstallation(context);
    const { world } = installation;
    await pinsRelease1(installation);
    expect((await installation.pass()).code).toBe(0);
    const second = await world.publish({ release: 2 });
    const { code, output } = await installation.pass();
    expect(code).toBe(0);
    const pull = await expectOnePullRequest(installation, "shop", second);
    expect(output).toMatch(/acme\/shop Dockerfile:1 .*\n {2}watched\n/);
    expect(output).toContain("acme/shop cache/Dockerfile:1  redis:8.0\n  not a hardened image");
    expect(output).toMatch(
      new RegExp(`→ ${second.slice("sha256:".length, 14)}\n  verified: signed by BellSoft\n`),
    );
    expect(output).toMatch(new RegExp(`acme/shop#1 {2}.*\n  merge by .* ${pull.url}\n`));
    expect(output).toMatch(/1 image lines watched, 1 pull requests open, 0 failures$/);
  });

  test.concurrent(
    "a code repository that GitHub does not list whole: 1, and what was known of it holds",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, pass, run, config, environment } = installation;
      await pinsRelease1(installation);
      expect((await pass()).code).toBe(0);
      const commit = await world.codeHost.commitFile("acme", "shop", {
        path: "b/Dockerfile",
        content: "FROM b\n",
      });
      const body = { sha: commit, tree: [], truncated: true };
      const mischief = { kind: "answer", status: 200, body } as const;
      world.codeHost.inject({ path: /\/git\/trees\//, times: 2, mischief });
      const { code, output } = await pass();
      expect(code).toBe(1);
      const reason = "one directory holds more files than GitHub lists";
      expect(output).toContain(`acme/shop main\n  cannot be read: ${reason}; what was known before holds`);
      expect(output).toMatch(/acme\/shop Dockerfile:1 .*\n {2}watched\n/);
      expect((await installation.events("repository-unread")).map(({ message }) => message)).toEqual([
        `main cannot be read: ${reason}. What was known before holds`,
      ]);
      expect(await installation.events("job-failed")).toEqual([]);
      const doctor = await run(["doctor", "--config", config], environment);
      expect(doctor.output).toMatch(
        /code repository acme\/shop\n {4}main could not be read on .* UTC: one directory/,
      );
      expect(doctor.code).toBe(1);

      const after = await pass();
      expect(after.code).toBe(0);
      expect(after.output).toContain("acme/shop b/Dockerfile:1");
      expect((await run(["doctor", "--config", config], environment)).code).toBe(0);
    },
  );

  test.concurrent(
    "without a Redis it has one of its own, which ends with it and forgets nothing",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, config } = installation;
      const { REDIS_URL: _, ...environment } = installation.environment;
      const words = ["run", "--once", "--config", config];
      await pinsRelease1(installation);
      expect((await installation.run(words, environment)).code).toBe(0);
      const second = await world.publish({ release: 2 });
      expect((await installation.run(words, environment)).code).toBe(0);
      await expectOnePullRequest(installation, "shop", second);

      const written = installation.writes().length;
      const { code, output } = await installation.run(words, environment);
      expect(code).toBe(0);
      expect(output).not.toContain('"event":"verified"');
      expect(installation.writes().slice(written)).toEqual([]);
      const directory = join(world.directory, "hullkeeper", "redis");
      expect(existsSync(directory)).toBe(true);
      expect(await programsNaming(directory)).toEqual([]);
      expect(await installation.store.scans()).toEqual([]);
    },
  );

  test.concurrent("a registry that cannot be reached: 1, and the reason, in seconds", async (context) => {
    const installation = await startInstallation(context);
    const { world } = installation;
    await pinsRelease1(installation);
    await world.registry.close();
    const startedAt = performance.now();
    const { code, output } = await installation.pass();
    expect(performance.now() - startedAt).toBeLessThan(GIVES_UP_WITHIN_MS);
    expect(code).toBe(1);
    expect(output).toMatch(/could not ask: registry-unavailable: .*ECONNREFUSED/);
    expect(output).toMatch(/failed: poll .*\n.*ECONNREFUSED/);
    expect(output).toMatch(/, 1 failures$/);
    expect(installation.writes()).toEqual([]);
  });

  test.concurrent("a code host that refuses the token: 1, and the reason", async (context) => {
    const installation = await startInstallation(context);
    await pinsRelease1(installation);
    const { code, output } = await installation.run(["run", "--once", "--config", installation.config], {
      ...installation.environment,
      HULLKEEPER_TOKEN: "ghp_wrong",
    });
    expect(code).toBe(1);
    expect(output).toMatch(/failed: discover acme\/shop\n.*the token is wrong, expired or revoked/);
    expect(output).not.toContain("ghp_wrong");
  });

  test.concurrent(
    "a configuration with faults: 1, every fault named, before anything is asked",
    async (context) => {
      const installation = await startInstallation(context);
      const { world } = installation;
      const config = join(world.directory, "wrong.yaml");
      await writeFile(
        config,
        `github:
  url: ${world.codeHost.url}
  token: { env: NO_SUCH_VARIABLE }
  repositories: []
vendor: {}
vendors: { bellsoft: { keys: [{ file: no-such-key.pub }], plan: commercial } }
intervals: { poll: 30 }
evidence: { wait: soon }
marker: { key: { env: HULLKEEPER_MARKER_KEY } }
`,
      );
      const { code, output } = await installation.run(
        ["run", "--once", "--config", config],
        installation.environment,
      );
      expect(code).toBe(1);
      for (const fault of [
        /vendor\b.*unknown/i,
        /github\.token.*NO_SUCH_VARIABLE/,
        /github\.repositories/,
        /no-such-key\.pub/,
        /intervals\.poll/,
        /evidence\.wait/,
      ]) {
        expect(output).toMatch(fault);
      }
      expect(world.codeHost.requests).toEqual([]);
    },
  );

  test.concurrent(
    "a Redis that may drop facts: 1, and the command that mends it, which does",
    async (context) => {
      const installation = await startInstallation(context);
      await pinsRelease1(installation);
      const { redis } = installation;
      const client = new Redis(redis.url);
      context.onTestFinished(() => client.disconnect());
      await client.config("SET", "maxmemory-policy", "allkeys-lru");
      for (const words of [["run", "--once"], ["serve"], ["worker", "all"]]) {
        const { code, output } = await installation.run(
          [...words, "--config", installation.config],
          installation.environment,
        );
        expect(code).toBe(1);
        expect(output).toContain("redis-cli CONFIG SET maxmemory-policy noeviction");
      }
      expect(installation.world.codeHost.requests).toEqual([]);

      await client.config("SET", "maxmemory-policy", "noeviction");
      expect((await installation.pass()).code).toBe(0);
    },
  );

  test.concurrent("no Redis where one should be: 1, and which answer came", async (context) => {
    const installation = await startInstallation(context);
    const { code, output } = await installation.run(["run", "--once", "--config", installation.config], {
      ...installation.environment,
      REDIS_URL: "redis://127.0.0.1:1",
    });
    expect(code).toBe(1);
    expect(output).toMatch(/asking Redis for its state failed: .*ECONNREFUSED/);
  });

  test.concurrent("a worker has no Redis of its own: 1, and what to set", async (context) => {
    const installation = await startInstallation(context);
    const { REDIS_URL: _, ...environment } = installation.environment;
    const { code, output } = await installation.run(
      ["worker", "all", "--config", installation.config],
      environment,
    );
    expect(code).toBe(1);
    expect(output).toContain("name it by REDIS_URL or redis.url");
  });

  test.concurrent("a command line that is wrong: 64, and what it takes", async (context) => {
    const { run } = await startInstallation(context);
    for (const [words, reason] of [
      [[], "no command given"],
      [["watch"], 'unknown command "watch"'],
      [["run", "--once"], "run needs --config FILE"],
      [["run", "--config", "x"], "run needs --once"],
      [["worker", "--config", "x"], "worker needs a queue"],
      [["worker", "pol", "--config", "x"], 'no such queue: "pol"'],
      [["serve", "--config", "x", "--port", "1"], "--port"],
    ] as const) {
      const { code, output } = await run(words, {});
      expect(code).toBe(64);
      expect(output).toContain(reason);
      expect(output).toContain("see hullkeeper --help");
    }
    expect(await run(["--help"], {})).toMatchObject({
      code: 0,
      output: expect.stringContaining("Exit codes: 0 done"),
    });
    expect(await run(["--version"], {})).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });
});
