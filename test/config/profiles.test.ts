import { signersOf } from "../../src/trust/policy.ts";
import { describe, expect, test } from "vitest";
import { parseRepository } from "../../src/image/reference.ts";
import { policyFor } from "../../src/vendor/policies.ts";
import { type Profile, profileOf } from "../../src/vendor/profile.ts";
import { type Case, faultsOf, load, ownProfilesOf, PUBLIC_KEY, type Sections } from "./folder.ts";
import { keyPolicy } from "../fakes/policy.ts";

const KEYS = [{ file: "key.pub" }];
const SHOP = { owner: "acme", name: "shop" };

const days = (count: number) => ({ kind: "days", count });

describe("two profiles that claim one image", () => {
  test.each([
    {
      title: "a vendor's image subscribed",
      sections: { subscriptions: [{ image: "bellsoft/hardened-base", keys: KEYS }] },
      path: "subscriptions[0].image",
      names: [
        "bellsoft",
        "docker.io/bellsoft/hardened-*",
        "bellsoft-hardened-base",
        "bellsoft.yaml: images[0]",
      ],
    },
    {
      title: "a vendor's mirror subscribed",
      sections: {
        vendors: { bellsoft: { images: ["ghcr.io/acme/*-jre"] } },
        subscriptions: [{ image: "ghcr.io/acme/base-*", keys: KEYS }],
      },
      path: "subscriptions[0].image",
      names: ["vendors.bellsoft.images[0]", "acme-base"],
    },
    {
      title: "a pattern over another subscription",
      sections: {
        subscriptions: [
          { image: "ghcr.io/acme/base", keys: KEYS },
          { image: "ghcr.io/acme/*", name: "all", keys: KEYS },
        ],
      },
      path: "subscriptions[1].image",
      names: ["acme-base", "all", "ghcr.io/acme/*"],
    },
  ])("refuses $title, and names both", async ({ sections, path, names }) => {
    const faults = await faultsOf({ sections });
    expect(faults).toEqual([{ path, reason: expect.stringContaining("claimed by two profiles") }]);
    for (const name of names) expect(faults[0]?.reason).toContain(name);
  });

  test("refuses one image subscribed twice, and that both would have one id", async () => {
    const entry = { image: "ghcr.io/acme/base", keys: KEYS };
    const faults = await faultsOf({ sections: { subscriptions: [entry, entry] } });
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      "subscriptions[1].image",
      "subscriptions[1].name",
    ]);
  });

  test("refuses two subscriptions whose names give one id", async () => {
    const subscriptions = [
      { image: "ghcr.io/acme/base", keys: KEYS },
      { image: "quay.io/acme/base", keys: KEYS },
    ];
    expect(await faultsOf({ sections: { subscriptions } })).toEqual([
      {
        path: "subscriptions[1].name",
        reason: "acme-base is subscriptions[0] already: give it another name",
      },
    ]);
  });

  test("lets a subscription have the images of a vendor that is disabled", async () => {
    const config = await load({
      sections: {
        vendors: { bellsoft: { enabled: false } },
        subscriptions: [{ image: "bellsoft/hardened-*", name: "our own check", keys: KEYS }],
      },
    });
    expect(ownProfilesOf(config).map(({ id }) => id)).toEqual(["our-own-check"]);
    expect(config.profiles.map(({ id }) => id)).not.toContain("bellsoft");
  });
});

describe("images at private addresses", () => {
  test.each([
    "127.0.0.1:5000/acme/base",
    "localhost/acme/base",
    "registry.localhost:5000/acme/base",
    "10.1.2.3/acme/base",
    "192.168.0.9:443/acme/base",
    "169.254.169.254/acme/base",
    "[::1]:5000/acme/base",
    "[fd00::1]/acme/base",
    "[::ffff:a00:1]/acme/base",
  ])("refuses %s unless it is allowed", async (image) => {
    const subscriptions = [{ image, keys: KEYS }];
    expect(await faultsOf({ sections: { subscriptions } })).toEqual([
      { path: "subscriptions[0].image", reason: expect.stringContaining("allowPrivate: true") },
    ]);
    const host = image.slice(0, image.indexOf("/"));
    const config = await load({
      sections: { subscriptions, registries: { [host]: { allowPrivate: true } } },
    });
    expect(ownProfilesOf(config)).toHaveLength(1);
  });

  test.each([
    "172.32.0.1/acme/base",
    "9.9.9.9/acme/base",
    "10.example.com/acme/base",
    "[2001:db8::1]/acme/base",
  ])("has nothing against %s", async (image) => {
    const config = await load({ sections: { subscriptions: [{ image, keys: KEYS }] } });
    expect(ownProfilesOf(config)).toHaveLength(1);
  });
});

describe("the profile of BellSoft", () => {
  test.each([
    { name: "bellsoft/hardened-liberica-runtime-container", claimed: true },
    { name: "docker.io/bellsoft/hardened-base", claimed: true },
    { name: "ghcr.io/bell-sw/hardened-liberica-native-image-kit-container", claimed: true },
    { name: "public.ecr.aws/bellsoft/hardened-go", claimed: true },
    { name: "bellsoft/liberica-runtime-container", claimed: false },
    { name: "bellsoft/alpaquita-linux-gcc", claimed: false },
    { name: "ghcr.io/bellsoft/hardened-base", claimed: false },
    { name: "acme/hardened-base", claimed: false },
    { name: "127.0.0.1:5000/bellsoft/hardened-base", claimed: false },
  ])("claims $name: $claimed", async ({ name, claimed }) => {
    const { profiles } = await load({});
    expect(profileOf(profiles, parseRepository(name))?.id).toBe(claimed ? "bellsoft" : undefined);
  });

  test("trusts nobody by itself, and says what to do", async () => {
    const profile = await bellsoftOf({});
    expect(profile.policy).toEqual(keyPolicy([], { log: "if-known" }));
    expect(profile.mode).toBe("observed");
    expect(profile.signerHint).toContain("vendors.bellsoft.keys");
    expect(profile.signerHint).toContain("https://download.bell-sw.com/pki/cosign-bellsoft.pub");
  });

  test("warns when it is configured without a key", async () => {
    const { warnings } = await load({ sections: { vendors: { bellsoft: { plan: "commercial" } } } });
    expect(warnings).toEqual([expect.stringContaining("vendors.bellsoft: nothing can be verified.")]);
  });

  test("takes keys and further places from the configuration", async () => {
    const sections = {
      vendors: {
        bellsoft: {
          keys: [{ file: "key.pub" }, { pem: PUBLIC_KEY, name: "BellSoft 2027" }],
          images: ["127.0.0.1:5000/bellsoft/hardened-*"],
        },
      },
      registries: { "127.0.0.1:5000": { plainHttp: true, allowPrivate: true } },
    };
    const profile = await bellsoftOf({ sections });
    expect(
      signersOf(profile.policy).map((signer) => (signer.kind === "key" ? signer.signer.name : signer.name)),
    ).toEqual(["BellSoft", "BellSoft 2027"]);
    expect(profileOf([profile], parseRepository("127.0.0.1:5000/bellsoft/hardened-base"))).toBe(profile);
    expect(profileOf([profile], parseRepository("bellsoft/hardened-base"))).toBe(profile);
  });

  test("promises only to those who have the plan", async () => {
    expect((await bellsoftOf({})).vendorPromise).toBeUndefined();
    const { vendorPromise } = await bellsoftOf({
      sections: { vendors: { bellsoft: { plan: "commercial" } } },
    });
    expect(vendorPromise).toMatchObject({
      terms: { critical: days(7), high: days(14), medium: days(14), low: days(14) },
      basis: "BellSoft's commercial plan (7 days critical, 14 days other)",
    });
  });
});

describe("deadlines", () => {
  const defaults = { critical: 7, high: 14, medium: 30, low: 90, none: 90, unknown: 14 };
  const bellsoft = { critical: 7, high: 14, medium: 14, low: 14, none: 14, unknown: 14 };

  test.each<{ title: string; sections: Sections; id: string; days: typeof defaults; basis: string }>([
    {
      title: "the vendor's, where nobody says anything",
      sections: {},
      id: "bellsoft",
      days: bellsoft,
      basis: "BellSoft's terms (7 days critical, 14 days other)",
    },
    {
      title: "the policy's for what it names, the vendor's for the rest",
      sections: { policy: { sla: { critical: "3d" } } },
      id: "bellsoft",
      days: { ...bellsoft, critical: 3 },
      basis: "your policy, then BellSoft's terms (3 days critical, 14 days other)",
    },
    {
      title: "those for the vendor before the policy's",
      sections: {
        policy: { sla: { critical: "3d", high: "5d", medium: "6d", low: "6d", none: "6d", unknown: "6d" } },
        vendors: { bellsoft: { sla: { critical: "1d" }, keys: KEYS } },
      },
      id: "bellsoft",
      days: { critical: 1, high: 5, medium: 6, low: 6, none: 6, unknown: 6 },
      basis: "your terms for BellSoft, then your policy (1 day critical, 5 days high, 6 days other)",
    },
    {
      title: "defaults for a subscription",
      sections: { subscriptions: [{ image: "ghcr.io/acme/base", keys: KEYS }] },
      id: "acme-base",
      days: defaults,
      basis:
        "Hullkeeper's defaults (7 days critical, 14 days high and unknown, 30 days medium, 90 days low and none)",
    },
    {
      title: "a subscription's own",
      sections: {
        subscriptions: [
          {
            image: "ghcr.io/acme/base",
            name: "Acme base",
            keys: KEYS,
            sla: { critical: "2d", high: "2d", medium: "2d", low: "2d", none: "2d", unknown: "2d" },
          },
        ],
      },
      id: "acme-base",
      days: { critical: 2, high: 2, medium: 2, low: 2, none: 2, unknown: 2 },
      basis: "your terms for Acme base (2 days)",
    },
  ])("are $title", async ({ sections, id, days: counts, basis }) => {
    const { profiles, policies } = await load({ sections });
    const profile = profiles.find((candidate) => candidate.id === id);
    if (profile === undefined) throw new Error("no profile");
    const policy = policyFor(policies, SHOP, profile);
    expect(policy.basis).toBe(basis);
    expect(policy.terms).toEqual(
      Object.fromEntries(Object.entries(counts).map(([severity, count]) => [severity, days(count)])),
    );
  });

  test("may be shorter than a day", async () => {
    const sections = { policy: { sla: { critical: "36h" } } };
    const { policies } = await load({ sections });
    const policy = policyFor(policies, SHOP, await bellsoftOf({ sections }));
    expect(policy.terms.critical).toEqual({ kind: "hours", count: 36 });
    expect(policy.basis).toContain("36 hours critical");
  });

  test("leave the vendor's own promise as it is", async () => {
    const profile = await bellsoftOf({
      sections: {
        policy: { sla: { critical: "1d" } },
        vendors: { bellsoft: { plan: "commercial", keys: KEYS } },
      },
    });
    expect(profile.vendorPromise?.terms.critical).toEqual(days(7));
  });
});

test("the policy decides on SBOMs where it says something", async () => {
  const { profiles } = await load({
    sections: { policy: { sbom: "required" }, subscriptions: [{ image: "ghcr.io/acme/base", keys: KEYS }] },
  });
  expect(new Set(profiles.map(({ policy }) => policy.sbom))).toEqual(new Set(["required"]));
});

async function bellsoftOf(loaded: Case): Promise<Profile> {
  const { profiles } = await load(loaded);
  const profile = profiles.find(({ id }) => id === "bellsoft");
  if (profile === undefined) throw new Error("no profile of BellSoft");
  return profile;
}

test.each([
  { title: "nothing, unless said", fields: {}, expected: undefined },
  { title: "nothing, if said so", fields: { sbomFallback: "none" }, expected: undefined },
  { title: "the layers", fields: { sbomFallback: "layers" }, expected: "layers" },
])("stands in for an SBOM: $title", async ({ fields, expected }) => {
  const sections = {
    vendors: { bellsoft: fields },
    subscriptions: [{ image: "ghcr.io/acme/base", keys: KEYS, ...fields }],
  };
  const { profiles } = await load({ sections });
  for (const id of ["bellsoft", "acme-base"]) {
    expect(profiles.find((profile) => profile.id === id)).toMatchObject({ id });
    expect(profiles.find((profile) => profile.id === id)?.sbomFallback).toBe(expected);
  }
});

test("refuses what cannot stand in for an SBOM, for vendors and subscriptions", async () => {
  const sections = {
    vendors: { bellsoft: { sbomFallback: true } },
    subscriptions: [{ image: "ghcr.io/acme/base", keys: KEYS, sbomFallback: "filesystem" }],
  };
  expect((await faultsOf({ sections })).map(({ path }) => path)).toEqual([
    "vendors.bellsoft.sbomFallback",
    "subscriptions[0].sbomFallback",
  ]);
});
