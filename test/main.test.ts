import { describe, expect, test } from "vitest";
import type { Config } from "../config/config.ts";
import { composeCodeHooks, trustRootsOptionsOf } from "../src/main.ts";
import { Secret } from "../src/secret.ts";
import { DAY_MS } from "../src/time.ts";
import type { VerificationPolicy } from "../src/trust/policy.ts";
import { NOTHING_CONFIGURED } from "./cli/config.ts";
import { SILENT } from "./fakes/log.ts";
import { createMetrics } from "../src/adapters/metrics/metrics.ts";
import { keyPolicy } from "./fakes/policy.ts";

function withPolicies(...policies: readonly VerificationPolicy[]): Config {
  const profiles = policies.map((policy, index) => ({
    id: `vendor-${index}`,
    name: "Vendor",
    images: [],
    policy,
    signerHint: "",
    mode: "enforced" as const,
  }));
  return { ...NOTHING_CONFIGURED, profiles };
}

describe("how trust roots are kept", () => {
  test("those that a policy names are used, each once", () => {
    const identity = {
      kind: "identity",
      name: "release",
      issuer: "https://accounts.acme.example",
      subject: { kind: "exact", text: "bot@acme.example" },
      root: "acme",
    } as const;
    const signers = { need: "any", groups: [{ name: "release", anyOf: [identity] }] } as const;
    const config = withPolicies(
      keyPolicy([]),
      keyPolicy([], { signers }),
      keyPolicy([], { log: "require", logRoots: ["acme", "red-hat-log"] }),
      // Named, and not looked at.
      keyPolicy([], { log: "ignore", logRoots: ["other"] }),
    );
    expect([...trustRootsOptionsOf(config).used].toSorted()).toEqual(["acme", "red-hat-log"]);
  });

  test("nobody is used, nobody is asked, and nothing is kept, where nothing says so", () => {
    expect(trustRootsOptionsOf(NOTHING_CONFIGURED)).toEqual({ places: new Map(), used: new Set() });
  });

  test("mirrors are reached as registries are", () => {
    const places = new Map([["public-good", { kind: "public-good" } as const]]);
    const proxy = { https: new Secret("http://user:word@proxy.acme.example:3128"), none: ".acme.example" };
    const config: Config = {
      ...NOTHING_CONFIGURED,
      proxy,
      trustRoots: { places, updateEveryMs: DAY_MS, directory: "/var/cache/hullkeeper" },
    };
    expect(trustRootsOptionsOf(config)).toEqual({
      places,
      used: new Set(),
      updateEveryMs: DAY_MS,
      directory: "/var/cache/hullkeeper",
      proxy: { https: "http://user:word@proxy.acme.example:3128", none: ".acme.example" },
    });
  });
});

const withWebhooks = (webhookSecret?: Secret): Config => ({
  ...NOTHING_CONFIGURED,
  github: { ...NOTHING_CONFIGURED.github, ...(webhookSecret === undefined ? {} : { webhookSecret }) },
});

describe("webhooks of the code host", () => {
  const parts = { metrics: createMetrics(), log: SILENT };
  test("are not taken without a secret", () => {
    expect(composeCodeHooks(withWebhooks(), parts)).toBeUndefined();
  });

  test.each([
    { path: "Dockerfile", is: true },
    { path: "services/shop/compose.yaml", is: true },
    { path: ".github/workflows/ci.yml", is: true },
    { path: ".github/hullkeeper.yml", is: true },
    { path: "README.md", is: false },
    { path: "src/main.ts", is: false },
  ])("have a code repository scanned for $path: $is", ({ path, is }) => {
    expect(composeCodeHooks(withWebhooks(new Secret("s".repeat(20))), parts)?.isWanted(path)).toBe(is);
  });
});
