import { readFileSync } from "node:fs";
import { Agent } from "undici";
import { MANIFEST_MEDIA_TYPES } from "../../src/image/manifest.ts";
import { mapParallel } from "../../src/adapters/registry/parallel.ts";
import { DEFAULT_LIMITS } from "../../src/adapters/registry/settings.ts";
import { linesAt } from "./population.ts";
import type { Assignment, Work } from "./work.ts";

/** Requests under way at a time: what the registry client has with eight repositories of four questions each. */
const AT_A_TIME = 32;

/** The floor: the same questions by undici, with no log-in, no deadline, no counting, no reading of the answer. */
export function prepareHeads({ scheme, host, population }: Assignment): Work {
  const agent = new Agent({
    connections: DEFAULT_LIMITS.connections,
    pipelining: 1,
    keepAliveTimeout: 20_000,
    allowH2: false,
    ...(scheme === "https" ? { connect: { ca: certificate() } } : {}),
  });
  const paths = linesAt(host, population).map(
    ({ repository, tag }) => `/v2/${repository.path}/manifests/${tag}`,
  );
  const headers = { accept: MANIFEST_MEDIA_TYPES.join(", ") };
  return {
    async run() {
      await mapParallel(paths, AT_A_TIME, async (path) => {
        const { statusCode, body } = await agent.request({
          origin: `${scheme}://${host}`,
          path,
          method: "HEAD",
          headers,
          reset: false,
        });
        await body.dump();
        if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}`);
      });
      return paths.length;
    },
    close: () => agent.close(),
  };
}

/** What signed the certificate of the registry process: itself. */
export function certificate(): string {
  return readFileSync(new URL("../../test/fakes/registry/tls/cert.pem", import.meta.url), "utf8");
}
