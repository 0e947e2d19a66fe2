import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePort } from "../tools/free-port.ts";
import { startDockerRegistry } from "../tools/docker-registry.ts";
import { installationMissing, noteOn, startInstallation } from "./installation.ts";
import { expectOnePullRequest, judged, proposed } from "./scene.ts";

const missing = installationMissing();
const PATH_SECRET = "e2e-path-secret-0123456789";
const HEADER_VALUE = "Bearer e2e-header-secret";

/** Looks so seldom that nothing but a push explains what happens within a test. */
const SELDOM = `intervals: { poll: 6h, maxStaleness: 6h, discover: 24h, proposals: 1m, sla: 1m }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
`;

describe.skipIf(missing !== undefined)(`a registry that tells of pushes${noteOn(missing)}`, () => {
  test("has its pull request long before the next poll", async (context) => {
    const secrets = await mkdtemp(join(tmpdir(), "hk-push-e2e-"));
    context.onTestFinished(() => rm(secrets, { recursive: true, force: true }));
    await writeFile(join(secrets, "path"), PATH_SECRET, { mode: 0o600 });
    await writeFile(join(secrets, "header"), HEADER_VALUE, { mode: 0o600 });
    const webPort = await freePort();
    const installation = await startInstallation(context, {
      webPort,
      startRegistry: () =>
        startDockerRegistry({
          notifications: {
            url: `http://127.0.0.1:${webPort}/hooks/distribution/${PATH_SECRET}`,
            headers: { Authorization: HEADER_VALUE },
          },
        }),
      timing: (host) => `${SELDOM}push:
  hooks:
    - provider: distribution
      registry: "${host}"
      secret: { file: ${JSON.stringify(join(secrets, "path"))} }
      header: { value: { file: ${JSON.stringify(join(secrets, "header"))} } }
`,
    });
    const { world, serve } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    const { words, process } = await serve();
    await judged(installation, first, "verified");

    const second = await world.publish({ release: 2 });
    await proposed(installation, "shop", second);
    await expectOnePullRequest(installation, "shop", second);
    expect(await words("/metrics")).toMatch(
      /hullkeeper_push_total\{provider="distribution",outcome="accepted"\} [1-9]/,
    );
    expect(await words("/")).toContain("Registry hosts");
    for (const secret of [PATH_SECRET, HEADER_VALUE]) expect(process.output()).not.toContain(secret);
  });
});
