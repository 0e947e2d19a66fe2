import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { startDockerRegistry } from "../tools/docker-registry.ts";
import { REPOSITORY, TAG } from "../tools/world.ts";
import { installationMissing, noteOn, startInstallation } from "./installation.ts";
import { judged, proposed } from "./scene.ts";

const missing = installationMissing();

/** How a code repository names the image at a host. */
const pinAt = (host: string, digest: Digest): string => `FROM ${host}/${REPOSITORY}:${TAG}@${digest}\n`;

describe.skipIf(missing !== undefined)(`a pull-through cache as mirror${noteOn(missing)}`, () => {
  test("code that names it is verified at the origin, and its pull request names the cache", async (context) => {
    const origin = await startDockerRegistry();
    const cache = await startDockerRegistry({ cacheOf: origin.url });
    context.onTestFinished(() => cache.close());
    const installation = await startInstallation(context, {
      startRegistry: () => Promise.resolve(origin),
      mirrors: [cache.host],
    });
    const { world, line } = installation;
    const first = await world.publish({ release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: pinAt(cache.host, first) });
    await installation.serve();
    await judged(installation, first, "verified");

    const second = await world.publish({ release: 2 });
    const pull = await proposed(installation, "shop", second);
    expect(await world.codeHost.readFile("acme", "shop", pull.headCommit, "Dockerfile")).toBe(
      pinAt(cache.host, second),
    );
    expect(pull.body).toContain(`| mirror | ✔ \`${cache.host}/${REPOSITORY}\``);
    expect((await installation.store.watches()).map((watch) => watch.line)).toEqual([line]);
  });

  test("that is gone holds everything back: no pull request, an error, and no word of a mirror that is behind", async (context) => {
    const origin = await startDockerRegistry();
    const cache = await startDockerRegistry({ cacheOf: origin.url });
    const installation = await startInstallation(context, {
      startRegistry: () => Promise.resolve(origin),
      mirrors: [cache.host],
    });
    const { world } = installation;
    const first = await world.publish({ release: 1 });
    await cache.close();
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: pinAt(cache.host, first) });
    const { process } = await installation.serve();
    await judged(installation, first, "verified");

    const second = await world.publish({ release: 2 });
    await judged(installation, second, "verified");
    await installation.until("a job that could not ask the mirror", () =>
      Promise.resolve(
        /"queue":"propose".*registry-unavailable|registry-unavailable.*"queue":"propose"/.test(
          process.output(),
        ),
      ),
    );
    expect(await world.codeHost.pullRequests("acme", "shop")).toEqual([]);
    expect(await installation.events("mirror-behind")).toEqual([]);
  });
});
