import { describe } from "vitest";
import { describeRegistryContract } from "../../contract/registry/suite.ts";
import { TLS } from "../../adapters/registry/certificates.ts";
import { dockerRegistryMissing, REGISTRY_LOGIN, startDockerRegistry } from "../../tools/docker-registry.ts";

const missing = dockerRegistryMissing();

describe.skipIf(missing !== undefined)(
  `real docker-registry${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    describeRegistryContract("docker-registry", { referrers: "none", start: () => startDockerRegistry() });

    describeRegistryContract("docker-registry with TLS and a log-in", {
      referrers: "none",
      start: async () => ({
        ...(await startDockerRegistry({ tls: TLS, htpasswd: REGISTRY_LOGIN.htpasswd })),
        ca: TLS.cert,
        user: REGISTRY_LOGIN,
      }),
    });
  },
);
