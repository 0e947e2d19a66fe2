// @peculiar/x509 needs the metadata polyfill that @sigstore/mock brings; this import stands before it.
import "@sigstore/mock";
import { generateKeyPairSync, webcrypto } from "node:crypto";
import { X509CertificateGenerator } from "@peculiar/x509";
import { describe, expect, test } from "vitest";
import { trustedKeyOf } from "../../src/trust/key.ts";
import { instantOf } from "../../src/time.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { faultsOf, load, ownProfilesOf, PUBLIC_KEY } from "./folder.ts";

const IMAGE = "ghcr.io/acme/app";
const KEYS = [{ file: "key.pub" }];
const ISSUER = "https://token.actions.githubusercontent.com";
const SUBJECT = "https://github.com/acme/app/.github/workflows/release.yaml@refs/heads/main";
const PATTERN = String.raw`https://github\.com/acme/[^/]+/.*`;
const IDENTITY = { issuer: ISSUER, subject: SUBJECT };
const DN = "C=US, ST=WA, O=Acme";
const KEY = trustedKeyOf(PUBLIC_KEY.toString(), "acme/app");

type Fields = Readonly<Record<string, unknown>>;

describe("a subscription is refused", () => {
  const group = { name: "build", keys: KEYS };
  test.each<{ title: string; fields: Fields; path: string; reason: string }>([
    { title: "without any signer", fields: {}, path: "keys", reason: "is missing: who may sign" },
    { title: "with no key", fields: { keys: [] }, path: "keys", reason: "1 or more" },
    { title: "with no identity", fields: { identities: [] }, path: "identities", reason: "1 or more" },
    { title: "with no certificate", fields: { certificates: [] }, path: "certificates", reason: "1 or more" },
    {
      title: "with a key that starts after it ends",
      fields: { keys: [{ file: "key.pub", validFrom: "2026-02-01", validUntil: "2026-01-01" }] },
      path: "keys[0].validUntil",
      reason: "could never sign",
    },
    {
      title: "with a key that starts as it ends",
      fields: { keys: [{ file: "key.pub", validFrom: "2026-02-01", validUntil: "2026-02-01T00:00:00Z" }] },
      path: "keys[0].validUntil",
      reason: "could never sign",
    },
    {
      title: "with a day that is none",
      fields: { keys: [{ file: "key.pub", validFrom: "2026-02-30" }] },
      path: "keys[0].validFrom",
      reason: "must be a day",
    },
    {
      title: "with a moment without a zone",
      fields: { keys: [{ file: "key.pub", validUntil: "2026-02-01T00:00:00" }] },
      path: "keys[0].validUntil",
      reason: "must be a day",
    },
    {
      title: "with a certificate that is none",
      fields: { keys: [{ pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }] },
      path: "keys[0].pem",
      reason: "cannot be decoded",
    },
    {
      title: "with a private key",
      fields: { keys: [{ pem: privateKey() }] },
      path: "keys[0].pem",
      reason: "it is a private key",
    },
    {
      title: "with an identity of nobody",
      fields: { identity: { subject: SUBJECT } },
      path: "identity.issuer",
      reason: "is missing",
    },
    {
      title: "with an identity without a name",
      fields: { identity: { issuer: ISSUER } },
      path: "identity",
      reason: "exactly one of subject",
    },
    {
      title: "with an identity of two names",
      fields: { identity: { ...IDENTITY, subjectPattern: PATTERN } },
      path: "identity",
      reason: "exactly one of subject",
    },
    {
      title: "with an identity of anybody",
      fields: { identity: { issuer: ISSUER, subjectPattern: ".*" } },
      path: "identity.subjectPattern",
      reason: "fix the beginning",
    },
    {
      title: "with a pattern that is not understood, even an insecure one",
      fields: { identity: { issuer: ISSUER, insecureSubjectPattern: "(?=a)a" } },
      path: "identity.insecureSubjectPattern",
      reason: "nothing stands before",
    },
    {
      title: "with * in an exact name",
      fields: { identity: { issuer: ISSUER, subject: "https://github.com/acme/*" } },
      path: "identity.subject",
      reason: "use subjectPattern",
    },
    {
      title: "with a blank in a name",
      fields: { identity: { issuer: ISSUER, subject: "a b" } },
      path: "identity.subject",
      reason: "no URI or e-mail",
    },
    {
      title: "with an issuer that is no address",
      fields: { identity: { issuer: "accounts.google.com", subject: "a@acme.example" } },
      path: "identity.issuer",
      reason: "address of an issuer",
    },
    {
      title: "with any issuer",
      fields: { identity: { issuer: "https://*", subject: "a@acme.example" } },
      path: "identity.issuer",
      reason: "address of an issuer",
    },
    {
      title: "with a root that there is not",
      fields: { identity: { ...IDENTITY, root: "acme" } },
      path: "identity.root",
      reason: "unknown trust root; known: public-good",
    },
    {
      title: "with a certificate of no root",
      fields: { certificates: [{ subject: SUBJECT }] },
      path: "certificates[0].root",
      reason: "is missing",
    },
    {
      title: "with a certificate of a root that there is not",
      fields: { certificates: [{ subject: SUBJECT, root: "acme" }] },
      path: "certificates[0].root",
      reason: "unknown trust root",
    },
    {
      title: "with Notation of nobody",
      fields: { notation: { identities: [], root: "public-good" } },
      path: "notation.identities",
      reason: "1 or more",
    },
    {
      title: "with Notation of anybody",
      fields: { notation: { identities: ["*"], root: "public-good" } },
      path: "notation.identities[0]",
      reason: "O=Acme",
    },
    {
      title: "with Notation of a name that many have",
      fields: { notation: { identities: ["CN=Acme"], root: "public-good" } },
      path: "notation.identities[0]",
      reason: "C, ST and O",
    },
    {
      title: "with an attribute twice",
      fields: { notation: { identities: [`${DN}, O=Evil`], root: "public-good" } },
      path: "notation.identities[0]",
      reason: "twice",
    },
    {
      title: "with signers in groups and beside them",
      fields: { keys: KEYS, signers: { groups: [group] } },
      path: "signers",
      reason: "put those into one",
    },
    {
      title: "without a group",
      fields: { signers: { groups: [] } },
      path: "signers.groups",
      reason: "1 or more",
    },
    {
      title: "with a group of nobody",
      fields: { signers: { groups: [{ name: "build" }] } },
      path: "signers.groups[0].keys",
      reason: "is missing: who may sign",
    },
    {
      title: "with two groups of one name",
      fields: { signers: { groups: [group, group] } },
      path: "signers.groups[1].name",
      reason: "is here twice",
    },
    {
      title: "with some of the groups",
      fields: { signers: { need: "two", groups: [group] } },
      path: "signers.need",
      reason: "must be one of any, all",
    },
    {
      title: "that ignores logs under a fair name",
      fields: { keys: KEYS, log: "ignore" },
      path: "log",
      reason: "must be one of require, if-known, insecure-ignore",
    },
    {
      title: "that names logs and looks at none",
      fields: { keys: KEYS, log: "insecure-ignore", logRoots: ["public-good"] },
      path: "logRoots",
      reason: "means nothing while no log",
    },
    {
      title: "with a log that there is not",
      fields: { keys: KEYS, log: "require", logRoots: ["acme"] },
      path: "logRoots[0]",
      reason: "unknown trust root",
    },
    {
      title: "with another subject",
      fields: { keys: KEYS, subject: "tag" },
      path: "subject",
      reason: "must be one",
    },
    {
      title: "with a mode of its own",
      fields: { keys: KEYS, mode: "discontinued" },
      path: "mode",
      reason: "must be one of observed, enforced",
    },
    {
      title: "with a statement of no kind",
      fields: { keys: KEYS, attestations: [{}] },
      path: "attestations[0]",
      reason: "exactly one of kind and predicateTypes",
    },
    {
      title: "with any statement",
      fields: { keys: KEYS, attestations: [{ predicateTypes: ["*"] }] },
      path: "attestations[0].predicateTypes[0]",
      reason: "must be a predicate type",
    },
    {
      title: "with builders of what is not built",
      fields: { keys: KEYS, attestations: [{ kind: "vex", builders: [SUBJECT] }] },
      path: "attestations[0]",
      reason: "builders are known of provenance alone",
    },
    {
      title: "with any builder",
      fields: { keys: KEYS, attestations: [{ kind: "provenance", builderPatterns: [".*"] }] },
      path: "attestations[0].builderPatterns[0]",
      reason: "fix the beginning",
    },
  ])("$title", async ({ fields, path, reason }) => {
    expect(await faultsOf({ sections: { subscriptions: [{ image: IMAGE, ...fields }] } })).toEqual([
      { path: `subscriptions[0].${path}`, reason: expect.stringContaining(reason) },
    ]);
  });

  test("with all its faults at once", async () => {
    const subscriptions = [
      { image: IMAGE, keys: KEYS, log: "off", identity: { issuer: "x", subject: "*" }, logRoots: ["none"] },
    ];
    const faults = await faultsOf({ sections: { subscriptions } });
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      "subscriptions[0].identity.issuer",
      "subscriptions[0].identity.subject",
      "subscriptions[0].log",
      "subscriptions[0].logRoots[0]",
    ]);
  });
});

/** The policy of the subscription with these signers. */
const owned = (anyOf: VerificationPolicy["signers"]["groups"][number]["anyOf"], more: object = {}) => ({
  ...keyPolicy([]),
  signers: { need: "any", groups: [{ name: "acme-app", anyOf }] },
  ...more,
});

describe("the policy of a subscription", () => {
  const identity = {
    kind: "identity",
    name: "acme/app",
    issuer: ISSUER,
    subject: { kind: "exact", text: SUBJECT },
    root: "public-good",
  } as const;

  test.each<{ title: string; fields: Fields; policy: unknown }>([
    { title: "of keys alone", fields: { keys: KEYS }, policy: owned([KEY]) },
    {
      title: "of keys with a log",
      fields: { keys: KEYS, log: "require" },
      policy: owned([KEY], { log: "require", logRoots: ["public-good"] }),
    },
    {
      title: "of keys with known logs",
      fields: { keys: KEYS, logRoots: ["public-good"] },
      policy: owned([KEY], { log: "if-known", logRoots: ["public-good"] }),
    },
    {
      title: "of keys that may sign for a time",
      fields: {
        keys: [{ file: "key.pub", validFrom: "2026-01-01", validUntil: "2026-02-01T12:00:00+01:00" }],
      },
      policy: owned([
        {
          ...KEY,
          validFrom: instantOf(Date.UTC(2026, 0, 1)),
          validUntil: instantOf(Date.UTC(2026, 1, 1, 11)),
        },
      ]),
    },
    {
      title: "of keys whose logs are ignored",
      fields: { keys: KEYS, log: "insecure-ignore" },
      policy: owned([KEY], { insecure: [expect.stringContaining("log: insecure-ignore")] }),
    },
    {
      title: "of an identity",
      fields: { identity: IDENTITY },
      policy: owned([identity], { log: "require" }),
    },
    {
      title: "of a pattern",
      fields: { identities: [{ issuer: ISSUER, subjectPattern: PATTERN, name: "release" }] },
      policy: owned([{ ...identity, name: "release", subject: { kind: "pattern", source: PATTERN } }], {
        log: "require",
      }),
    },
    {
      title: "of a pattern that fixes nothing",
      fields: { identity: { issuer: ISSUER, insecureSubjectPattern: String.raw`.*@acme\.example` } },
      policy: owned([{ ...identity, subject: { kind: "pattern", source: String.raw`.*@acme\.example` } }], {
        log: "require",
        insecure: [expect.stringContaining("may sign (insecureSubjectPattern)")],
      }),
    },
    {
      title: "of certificates",
      fields: { certificates: [{ subject: SUBJECT, root: "public-good" }] },
      policy: owned([
        { kind: "certificate", name: "acme/app", subject: identity.subject, root: "public-good" },
      ]),
    },
    {
      title: "of Notation",
      fields: { notation: { identities: [DN], root: "public-good" } },
      policy: owned([{ kind: "notation", name: "acme/app", identities: [DN], root: "public-good" }]),
    },
    {
      title: "of groups that must all sign",
      fields: {
        signers: {
          need: "all",
          groups: [
            { name: "build", identity: IDENTITY },
            { name: "release", keys: KEYS },
          ],
        },
      },
      policy: owned([], {
        signers: {
          need: "all",
          groups: [
            { name: "build", anyOf: [identity] },
            { name: "release", anyOf: [KEY] },
          ],
        },
        log: "require",
        logRoots: ["public-good"],
      }),
    },
    {
      title: "with statements",
      fields: {
        keys: KEYS,
        subject: "index",
        sbom: "none",
        attestations: [
          { kind: "provenance", builders: [SUBJECT], builderPatterns: [PATTERN] },
          { name: "scan", predicateTypes: ["https://in-toto.io/attestation/vulns/*"] },
        ],
      },
      policy: owned([KEY], {
        subject: "index",
        sbom: "none",
        attestations: [
          {
            name: "SLSA provenance",
            predicateTypes: ["https://slsa.dev/provenance/*"],
            builders: [
              { kind: "exact", text: SUBJECT },
              { kind: "pattern", source: PATTERN },
            ],
          },
          { name: "scan", predicateTypes: ["https://in-toto.io/attestation/vulns/*"] },
        ],
      }),
    },
  ])("$title", async ({ fields, policy }) => {
    const config = await load({ sections: { subscriptions: [{ image: IMAGE, ...fields }] } });
    const [profile] = ownProfilesOf(config);
    expect(profile?.policy).toEqual(policy);
    expect(profile?.mode).toBe("enforced");
    const insecure = profile?.policy.insecure ?? [];
    expect(config.warnings).toEqual(insecure.map((sentence) => `subscriptions[0]: ${sentence}`));
  });

  test("takes the key of a certificate", async () => {
    const subscriptions = [{ image: IMAGE, keys: [{ file: "signer.crt" }] }];
    const { key, certificate } = await selfSigned();
    const config = await load({ sections: { subscriptions }, files: { "signer.crt": certificate } });
    expect(ownProfilesOf(config)[0]?.policy).toEqual(owned([trustedKeyOf(key, "acme/app")]));
  });

  test("is observed where that is said", async () => {
    const subscriptions = [{ image: IMAGE, keys: KEYS, mode: "observed" }];
    expect(ownProfilesOf(await load({ sections: { subscriptions } }))[0]?.mode).toBe("observed");
  });
});

function privateKey(): string {
  return generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
}

async function selfSigned(): Promise<{ readonly key: string; readonly certificate: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: "CN=signer", keys, signingAlgorithm: algorithm },
    webcrypto,
  );
  return { key: certificate.publicKey.toString("pem"), certificate: certificate.toString("pem") };
}
