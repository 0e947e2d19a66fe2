import { describe, expect, onTestFinished, test } from "vitest";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import { type Digest, digestOf } from "../../../src/image/digest.ts";
import { CodedError } from "../../../src/errors.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../tools/docker-registry.ts";
import { pushImage } from "../../tools/publish.ts";

const missing = dockerRegistryMissing();
const RELEASE = { version: "1", createdAt: "2026-11-20T10:00:00Z" };

/** A registry, a pull-through cache of it, and the question that is asked of mirrors. */
async function scene() {
  const origin = await startDockerRegistry();
  const cache = await startDockerRegistry({ cacheOf: origin.url });
  const client = createRegistry({
    hosts: new Map([[cache.host, { plainHttp: true, allowPrivate: true }]]),
    gate: new OpenGate(),
    userAgent: "hullkeeper-test",
    metrics: new RecordedMetrics(),
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all([origin.close(), cache.close()]);
  });
  const push = async (version: string) =>
    (
      await pushImage({
        host: origin.host,
        repository: "acme/base",
        tag: "1",
        release: { ...RELEASE, version },
      })
    ).digest;
  const serves = async (digest: Digest): Promise<string> => {
    const image = { repository: parseRepository(`${cache.host}/acme/base`), digest };
    try {
      return (await client.manifest(image, AbortSignal.timeout(10_000))).kind;
    } catch (error) {
      return error instanceof CodedError ? error.code : String(error);
    }
  };
  return { origin, cache, push, serves };
}

describe.skipIf(missing !== undefined)(
  `a real pull-through cache${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    test("serves by digest what its origin has, at once", async () => {
      const { push, serves } = await scene();
      expect(await serves(await push("1"))).toBe("index");
      expect(await serves(await push("2"))).toBe("index");
    });

    test("serves what it has kept without its origin, and is no answer about the rest", async () => {
      const { origin, push, serves } = await scene();
      const [kept, other] = [await push("1"), await push("2")];
      expect(await serves(kept)).toBe("index");
      await origin.close();
      expect(await serves(kept)).toBe("index");
      expect(await serves(other)).toBe("registry-unavailable");
    });

    test("is no answer either about what its origin does not have: it says 500", async () => {
      const { push, serves } = await scene();
      await push("1");
      expect(await serves(digestOf(Buffer.from("nothing")))).toBe("registry-unavailable");
    });
  },
);
