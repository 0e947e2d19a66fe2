import { describe } from "vitest";
import { describeRegistryContract } from "../../contract/registry/suite.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../tools/docker-registry.ts";

const missing = dockerRegistryMissing();

describe.skipIf(missing !== undefined)(
  `real docker-registry${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    describeRegistryContract("docker-registry", { referrers: "none", start: () => startDockerRegistry() });
  },
);
