import { describe, expect, test } from "vitest";
import { type Installation, installationMissing, noteOn, startInstallation } from "./installation.ts";

const missing = installationMissing();

const examined = ({ run, config, environment }: Installation, change: Record<string, string> = {}) =>
  run(["doctor", "--config", config], { ...environment, ...change });

describe.skipIf(missing !== undefined)(`doctor${noteOn(missing)}`, () => {
  test.concurrent("says that all is well, before and after something is watched", async (context) => {
    const installation = await startInstallation(context);
    const { world } = installation;
    const digest = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(digest)}\n` });
    const before = await examined(installation);
    expect(before.output).toContain("code repository acme/shop\n    can be read; pull requests go to main");
    expect(before.output).toContain(`registry ${world.registry.host}\n    not asked: nothing is watched`);
    expect(before.output).toMatch(
      / trust root public-good\n {4}came with this release, with \d+ logs and \d+ authorities/,
    );
    expect(before.code).toBe(0);

    expect((await installation.pass()).code).toBe(0);
    const written = installation.writes().length;
    const after = await examined(installation);
    expect(after.output).toMatch(
      new RegExp(`✔ registry ${world.registry.host}\n    .*jre-25-nonroot-musl can be read`),
    );
    expect(after.output).toContain(`host ${world.registry.host} as anonymous:`);
    expect(after.output).toMatch(/0 faults, \d+ warnings/);
    expect(after.code).toBe(0);
    expect(installation.writes().slice(written)).toEqual([]);
  });

  test.concurrent("names each thing that is missing, and ends with 1", async (context) => {
    const installation = await startInstallation(context, { repositories: ["acme/shop", "acme/gone"] });
    const { world } = installation;
    const digest = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(digest)}\n` });
    await installation.pass();
    await world.registry.close();
    const { output, code } = await examined(installation);
    expect(output).toMatch(/✖ code repository acme\/gone\n {4}.*\(code-host-not-found\)/);
    expect(output).toMatch(
      new RegExp(`✖ registry ${world.registry.host}\n {4}.*\\(registry-(?:unavailable|deferred)\\)`),
    );
    expect(output).toContain("✔ code repository acme/shop");
    expect(output).toContain("2 faults");
    expect(code).toBe(1);
  });

  test.concurrent("without a Redis that answers it says so, and looks at the rest", async (context) => {
    const installation = await startInstallation(context);
    await installation.world.codeHost.createRepository("acme", "shop", { Dockerfile: "FROM scratch\n" });
    const { output, code } = await examined(installation, { REDIS_URL: "redis://127.0.0.1:9" });
    expect(output).toMatch(/✖ redis\n {4}.*ECONNREFUSED/);
    expect(output).toContain("✔ code repository acme/shop");
    expect(code).toBe(1);
  });

  test.concurrent("speaks to programs in JSON, and shows no secret", async (context) => {
    const installation = await startInstallation(context);
    await installation.world.codeHost.createRepository("acme", "shop", { Dockerfile: "FROM scratch\n" });
    const { config, environment, run } = installation;
    const { output, code } = await run(["doctor", "--json", "--config", config], environment);
    expect(JSON.parse(output)).toMatchObject({ well: true, findings: expect.any(Array) });
    expect(code).toBe(0);
    for (const secret of Object.values(installation.world.environment)) expect(output).not.toContain(secret);
  });
});
