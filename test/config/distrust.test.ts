import { describe, expect, test } from "vitest";
import { NO_DISTRUST } from "../../src/trust/policy.ts";
import { faultsOf, load } from "./folder.ts";

const HEX = "118ba556dd52f4aec67018efd316c285c783cd3e54cc0f4527605715c643887c";
const SSH = "SHA256:EYulVt1S9K7GcBjv0xbChceDzT5UzA9FJ2BXFcZDiHw";
const DIGEST = `sha256:${"a".repeat(64)}`;
const ISSUER = "https://accounts.google.com";
const reason = "stolen";

describe("what is distrusted", () => {
  test.each<{ title: string; distrust: unknown; path: string; why: string }>([
    {
      title: "a key without a reason",
      distrust: { keys: [{ fingerprint: HEX }] },
      path: "keys[0].reason",
      why: "is missing",
    },
    {
      title: "a key with an empty reason",
      distrust: { keys: [{ fingerprint: HEX, reason: "" }] },
      path: "keys[0].reason",
      why: "",
    },
    {
      title: "a fingerprint that is too short",
      distrust: { keys: [{ fingerprint: HEX.slice(1), reason }] },
      path: "keys[0].fingerprint",
      why: "SHA256:… or 64 hexadecimal digits",
    },
    {
      title: "a fingerprint of another hash",
      distrust: { keys: [{ fingerprint: "MD5:aa:bb", reason }] },
      path: "keys[0].fingerprint",
      why: "SHA256:… or 64 hexadecimal digits",
    },
    {
      title: "a fingerprint with bits that mean nothing",
      distrust: { keys: [{ fingerprint: `${SSH.slice(0, -1)}x`, reason }] },
      path: "keys[0].fingerprint",
      why: "SHA256:… or 64 hexadecimal digits",
    },
    {
      title: "an identity of nobody",
      distrust: { identities: [{ subject: "a@acme.example", reason }] },
      path: "identities[0].issuer",
      why: "is missing",
    },
    {
      title: "a digest that is none",
      distrust: { digests: [{ digest: "latest", reason }] },
      path: "digests[0].digest",
      why: "digest",
    },
    { title: "a signer of no kind", distrust: { signers: [] }, path: "signers", why: "unknown key" },
    { title: "a list", distrust: [], path: "", why: "must be a mapping" },
  ])("may not be $title", async ({ distrust, path, why }) => {
    expect(await faultsOf({ sections: { distrust } })).toEqual([
      {
        path: ["distrust", path].filter((part) => part !== "").join("."),
        reason: expect.stringContaining(why),
      },
    ]);
  });

  test("is nothing where nothing is said", async () => {
    const { profiles } = await load({});
    expect(profiles.map(({ policy }) => policy.distrust)).toEqual(profiles.map(() => NO_DISTRUST));
  });

  test.each([
    { fingerprint: HEX },
    { fingerprint: HEX.toUpperCase() },
    { fingerprint: SSH },
    { fingerprint: `${SSH}=` },
  ])("may be the key $fingerprint", async ({ fingerprint }) => {
    const { profiles } = await load({ sections: { distrust: { keys: [{ fingerprint, reason }] } } });
    expect(profiles[0]?.policy.distrust.signers).toEqual([`key ${HEX}`]);
  });

  test("is out of reach of every profile", async () => {
    const distrust = {
      keys: [{ fingerprint: HEX, reason }],
      identities: [{ issuer: ISSUER, subject: "a@acme.example", reason }],
      certificates: [{ root: "acme-pki", subject: "CN=a", reason }],
      digests: [{ digest: DIGEST, reason }],
    };
    const subscriptions = [{ image: "ghcr.io/acme/base", keys: [{ file: "key.pub" }] }];
    const { profiles } = await load({ sections: { distrust, subscriptions } });
    const expected = {
      signers: [`key ${HEX}`, `identity ${ISSUER} a@acme.example`, "certificate acme-pki CN=a"],
      digests: [DIGEST],
    };
    expect(profiles.length).toBeGreaterThan(1);
    expect(profiles.map(({ policy }) => policy.distrust)).toEqual(profiles.map(() => expected));
  });
});
