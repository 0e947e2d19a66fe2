import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { type Installation, installationMissing, startInstallation, noteOn } from "./installation.ts";
import { clockOf, expectOnePullRequest, keyOf, proposed } from "./scene.ts";

const missing = installationMissing();

/** A pull request from release 1 to release 2, made by single passes: no process is left that remembers anything. */
async function withPullRequest(installation: Installation): Promise<Digest> {
  const { world } = installation;
  const first = await world.publish({ release: 1 });
  await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
  await passes(installation);
  const second = await world.publish({ release: 2 });
  await passes(installation);
  return second;
}

async function passes({ pass }: Installation): Promise<string> {
  const { code, output } = await pass();
  expect(code).toBe(0);
  return output;
}

describe.skipIf(missing !== undefined)(`Redis lost everything${noteOn(missing)}`, () => {
  test.concurrent("the same pull request is found again, and its clocks go on", async (context) => {
    const installation = await startInstallation(context);
    const { writes, loseRedis } = installation;
    const second = await withPullRequest(installation);
    const before = await expectOnePullRequest(installation, "shop", second);
    const clockBefore = await clockOf(installation, "shop");
    const written = writes().length;

    await loseRedis();
    await passes(installation);
    const after = await expectOnePullRequest(installation, "shop", second);
    expect(after).toMatchObject({
      number: before.number,
      headCommit: before.headCommit,
      title: before.title,
    });
    expect(await clockOf(installation, "shop")).toEqual(clockBefore);
    expect(
      writes()
        .slice(written)
        .map(({ method, path }) => `${method} ${path}`)
        .filter((each) => !/^PATCH .*\/pulls\/1$/.test(each)),
    ).toEqual([]);
  });

  test.concurrent("while it is being worked with: the work goes on by itself", async (context) => {
    const installation = await startInstallation(context);
    const { world, loseRedis, serve, settled } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    await serve();
    const second = await world.publish({ release: 2 });
    await proposed(installation, "shop", second);
    await settled();
    const clockBefore = await clockOf(installation, "shop");

    await loseRedis();
    await proposed(installation, "shop", second);
    expect(await clockOf(installation, "shop")).toEqual(clockBefore);
    const third = await world.publish({ release: 3 });
    await proposed(installation, "shop", third);
    await expectOnePullRequest(installation, "shop", third);
  });

  test.concurrent(
    "a newer digest still refreshes the same pull request, with the clocks it had",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, loseRedis } = installation;
      await withPullRequest(installation);
      const clockBefore = await clockOf(installation, "shop");

      await loseRedis();
      const third = await world.publish({ release: 3 });
      await passes(installation);
      await expectOnePullRequest(installation, "shop", third);
      const { obligations } = await clockOf(installation, "shop");
      expect(obligations).toEqual(expect.arrayContaining([...clockBefore.obligations]));
    },
  );

  test.concurrent("a pull request that was closed stays closed", async (context) => {
    const installation = await startInstallation(context);
    const { world, loseRedis } = installation;
    const second = await withPullRequest(installation);
    await world.codeHost.closePullRequest("acme", "shop", 1);

    await loseRedis();
    await passes(installation);
    expect((await world.codeHost.pullRequests("acme", "shop")).map(({ state }) => state)).toEqual(["closed"]);
    expect(await installation.store.declined(keyOf("shop"))).toMatchObject([{ digest: second }]);
  });

  test.concurrent(
    "a marker that somebody edited: not believed, said so, and the pull request is not doubled",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, loseRedis } = installation;
      const second = await withPullRequest(installation);
      const { body } = await expectOnePullRequest(installation, "shop", second);
      const { obligations } = await clockOf(installation, "shop");
      const [{ startedAt } = { startedAt: 0 }] = obligations;
      const wished = startedAt + 86_400_000 * 30;
      const forged = body.replaceAll(`"startedAt":${startedAt}`, `"startedAt":${wished}`);
      expect(forged).not.toBe(body);
      await world.codeHost.editPullRequest("acme", "shop", 1, { body: forged });

      await loseRedis();
      const lostAt = Date.now();
      const output = await passes(installation);
      expect(output).toMatch(/"marker":"forged".*without a marker that can be believed/);
      const pull = await expectOnePullRequest(installation, "shop", second);
      expect(pull.body).not.toContain(String(wished));
      for (const obligation of (await clockOf(installation, "shop")).obligations) {
        expect(obligation.startedAt).toBeGreaterThanOrEqual(lostAt);
        expect(obligation.startedAt).toBeLessThanOrEqual(Date.now());
      }
    },
  );
});
