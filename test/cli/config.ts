import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import type { Config } from "../../config/config.ts";
import { Secret } from "../../src/secret.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";

/** A configuration that names no Redis. */
export const NOTHING_CONFIGURED: Config = {
  github: {
    baseUrl: "https://api.github.com",
    auth: { kind: "token", token: new Secret("token") },
    repositories: [{ kind: "allow", owner: "acme", name: "shop" }],
    forks: false,
    limits: { perMinute: 80, perHour: 500 },
  },
  registries: new Map(),
  images: [],
  profiles: [],
  policies: DEFAULT_POLICIES,
  edit: { shell: false, matchers: [] },
  mirrors: [],
  trustRoots: { places: new Map() },
  feeds: [],
  intervals: {
    pollMs: HOUR_MS,
    maxStalenessMs: HOUR_MS,
    discoverMs: DAY_MS,
    repositoriesMs: HOUR_MS,
    proposalsMs: HOUR_MS,
    slaMs: MINUTE_MS,
  },
  evidence: { waitMs: DAY_MS, retryMs: [HOUR_MS], sbomWaitMs: MINUTE_MS, recheckMs: DAY_MS },
  dueSoonMs: DAY_MS,
  closeRevoked: false,
  markerKey: new Secret("m".repeat(32)),
  web: { host: "127.0.0.1", port: 0 },
  pushHooks: [],
  logLevel: "error",
  warnings: [],
};
