import { describe, expect, test } from "vitest";
import { installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, expectToldOnce, judged, proposed } from "./scene.ts";

const missing = installationMissing();

describe.skipIf(missing !== undefined)(`several processes share one Redis${noteOn(missing)}`, () => {
  test.concurrent(
    "each with some of the queues, some twice: one pull request, and all end when asked",
    async (context) => {
      const installation = await startInstallation(context);
      const { world, start, settled } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      const processes = [
        start("worker", "repositories", "redeliver", "discover", "poll", "schedule"),
        start("worker", "verify", "assess"),
        start("worker", "propose", "sla", "revoke", "mirror", "rescan"),
        start("worker", "propose", "sla", "revoke", "mirror", "rescan"),
        start("worker", "verify", "assess"),
      ];
      await Promise.all(processes.map((each) => each.lineMatching(/"working"/)));
      await judged(installation, first, "verified");

      const second = await world.publish({ release: 2 });
      await proposed(installation, "shop", second);
      await settled();
      await expectOnePullRequest(installation, "shop", second);
      await expectToldOnce(installation, "shop");
      const third = await world.publish({ release: 3 });
      await proposed(installation, "shop", third);
      await settled();
      await expectOnePullRequest(installation, "shop", third);

      await Promise.all(processes.map((each) => each.end()));
      expect(await Promise.all(processes.map((each) => each.ended))).toEqual([0, 0, 0, 0, 0]);
    },
  );

  test.concurrent("five of the same", async (context) => {
    const installation = await startInstallation(context);
    const { world, start, settled } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    const second = await world.publish({ release: 2 });
    for (let count = 0; count < 5; count += 1) start("worker", "all");
    await proposed(installation, "shop", second);
    await settled();
    const { number } = await expectOnePullRequest(installation, "shop", second);
    expect(number).toBe(1);
    await expectToldOnce(installation, "shop");
  });
});
