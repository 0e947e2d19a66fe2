import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import {
  TRUST_ROOT_LENGTH_MAX,
  type TrustRoot,
  type TrustRootSource,
  parseTrustRoot,
} from "../../src/trust/trust-root.ts";
import {
  type MadeCertificate,
  type RootDocument,
  authorityOf,
  newCertificate,
  newLog,
  newPublicKey,
  newRootDocument,
} from "../fakes/trust-root.ts";
import { sharedData } from "../shared-data.ts";

const PUBLIC_GOOD = sharedData("trust/public-good-trusted-root.json");

let document: RootDocument;
let authority: MadeCertificate;
let clock: MadeCertificate;

beforeAll(async () => {
  document = await newRootDocument();
  authority = await newCertificate({ name: "other" });
  clock = await newCertificate({ name: "clock", isAuthority: false });
});

function sigstore(json: unknown): TrustRootSource {
  return { name: "acme", kind: "sigstore", json: typeof json === "string" ? json : JSON.stringify(json) };
}

function certificates(authorities: string, timestampAuthorities?: string): TrustRootSource {
  return {
    name: "acme",
    kind: "certificates",
    authorities,
    ...(timestampAuthorities === undefined ? {} : { timestampAuthorities }),
  };
}

function logKey(pem: string): TrustRootSource {
  return { name: "log", kind: "log-key", pem };
}

function versionOfCertificates(...given: Parameters<typeof certificates>): string {
  return parseTrustRoot(certificates(...given)).version;
}

/** What a source that must not be read is refused with. */
function refusalOf(source: TrustRootSource): string {
  try {
    parseTrustRoot(source);
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "trust-root-invalid") return thrown.message;
    throw thrown;
  }
  throw new Error("it was read, and should have been refused");
}

function countsOf({ sigstore: material }: TrustRoot): Readonly<Record<string, number>> {
  return {
    tlogs: material.tlogs.length,
    ctlogs: material.ctlogs.length,
    certificateAuthorities: material.certificateAuthorities.length,
    timestampAuthorities: material.timestampAuthorities.length,
  };
}

describe("a trusted_root.json", () => {
  test.skipIf(!existsSync(PUBLIC_GOOD))("of the public instance is read whole", () => {
    const json = readFileSync(PUBLIC_GOOD, "utf8");
    const root = parseTrustRoot({ name: "public-good", kind: "sigstore", json });
    expect(countsOf(root)).toEqual({
      tlogs: 2,
      ctlogs: 2,
      certificateAuthorities: 2,
      timestampAuthorities: 1,
    });
    expect(root.sigstore.tlogs.map(({ publicKey }) => publicKey.asymmetricKeyType)).toEqual([
      "ec",
      "ed25519",
    ]);
    expect(root.sigstore.certificateAuthorities[0]?.validFor.end).toEqual(
      new Date("2022-12-31T23:59:59.999Z"),
    );
  });

  test("gives its logs and authorities, with the time in which they count", () => {
    const root = parseTrustRoot(sigstore(document));
    expect(countsOf(root)).toEqual({
      tlogs: 1,
      ctlogs: 1,
      certificateAuthorities: 1,
      timestampAuthorities: 1,
    });
    expect(root.sigstore.tlogs[0]?.logID.toString("base64")).toBe(document.tlogs[0]?.logId.keyId);
    expect(root.sigstore.tlogs[0]?.validFor.start).toEqual(new Date("2024-01-01T00:00:00Z"));
    expect(root.authorities).toEqual([]);
    expect(root.timestampAuthorities).toEqual([]);
  });

  test.each([
    { title: "v0.1 in its newer form", mediaType: "application/vnd.dev.sigstore.trustedroot.v0.1+json" },
    { title: "v0.2", mediaType: "application/vnd.dev.sigstore.trustedroot.v0.2+json" },
  ])("may be of version $title", ({ mediaType }) => {
    expect(countsOf(parseTrustRoot(sigstore({ ...document, mediaType })))["tlogs"]).toBe(1);
  });

  test.each([
    { title: "only timestamp authorities", lists: ["timestampAuthorities"] },
    { title: "only a log", lists: ["tlogs"] },
    { title: "authorities and no log, as GitHub's own instance", lists: ["certificateAuthorities"] },
  ])("may have $title", ({ lists }) => {
    const kept = Object.entries(document).filter(([name]) => name === "mediaType" || lists.includes(name));
    expect(() => parseTrustRoot(sigstore(Object.fromEntries(kept)))).not.toThrow();
  });

  test("has a version that tells what it says, not how it is written", () => {
    const { version } = parseTrustRoot(sigstore(document));
    const { mediaType, ...rest } = document;
    const rewritten = JSON.stringify({ ...rest, mediaType }, undefined, 2);
    expect(version).toMatch(/^[0-9a-f]{64}$/);
    expect(parseTrustRoot({ ...sigstore(rewritten), name: "other" }).version).toBe(version);
    expect(parseTrustRoot(sigstore({ ...document, ctlogs: [newLog()] })).version).not.toBe(version);
    expect(parseTrustRoot(sigstore({ ...document, ctlogs: [] })).version).not.toBe(version);
  });

  test.each([
    { title: "nothing", json: "", reason: "JSON" },
    { title: "no JSON", json: "-----BEGIN CERTIFICATE-----", reason: "JSON" },
    { title: "a list", json: "[]", reason: "expected object" },
    { title: "null", json: "null", reason: "expected object" },
    { title: "brackets without end", json: "[".repeat(100_000), reason: "JSON" },
    {
      title: "nesting that overruns the stack",
      json: `{"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
      reason: "trust root",
    },
    { title: "more than the bound", json: " ".repeat(TRUST_ROOT_LENGTH_MAX + 1), reason: "longer than" },
  ])("is not $title", ({ json, reason }) => {
    expect(refusalOf(sigstore(json))).toContain(reason);
  });

  test.each<{ title: string; change: (root: RootDocument) => unknown; reason: string }>([
    { title: "no media type", change: (root) => ({ ...root, mediaType: undefined }), reason: '"mediaType"' },
    {
      title: "the media type of a bundle",
      change: (root) => ({ ...root, mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json" }),
      reason: '"mediaType": it is not one of a trusted root',
    },
    {
      title: "a later media type",
      change: (root) => ({ ...root, mediaType: "application/vnd.dev.sigstore.trustedroot.v1+json" }),
      reason: '"mediaType"',
    },
    {
      title: "nobody in it",
      change: ({ mediaType }) => ({ mediaType, ctlogs: [newLog()] }),
      reason: "no authority and no log",
    },
    {
      title: "members in snake case",
      change: ({ certificateAuthorities, ...rest }) => ({
        ...rest,
        certificate_authorities: certificateAuthorities,
      }),
      reason: '"certificate_authorities": write its name in camel case',
    },
    {
      title: "a log without a time",
      change: (root) =>
        withLog(root, (log) => ({ ...log, publicKey: { ...log.publicKey, validFor: undefined } })),
      reason: '"tlogs.0.publicKey.validFor"',
    },
    {
      title: "a log without a start",
      change: (root) => withLog(root, (log) => ({ ...log, publicKey: { ...log.publicKey, validFor: {} } })),
      reason: '"tlogs.0.publicKey.validFor.start"',
    },
    {
      title: "a certificate log without a start",
      change: (root) => ({
        ...root,
        ctlogs: root.ctlogs.map((log) => ({ ...log, publicKey: { ...log.publicKey, validFor: {} } })),
      }),
      reason: '"ctlogs.0.publicKey.validFor.start"',
    },
    {
      title: "an authority without a start",
      change: (root) => withAuthority(root, (entry) => ({ ...entry, validFor: {} })),
      reason: '"certificateAuthorities.0.validFor.start"',
    },
    {
      title: "a timestamp authority without a time",
      change: (root) => ({
        ...root,
        timestampAuthorities: root.timestampAuthorities.map(({ certChain }) => ({ certChain })),
      }),
      reason: '"timestampAuthorities.0.validFor"',
    },
    {
      title: "a start that is no time",
      change: (root) => withAuthority(root, (entry) => ({ ...entry, validFor: { start: "yesterday" } })),
      reason: "a date and time is expected",
    },
    {
      title: "a start on a day that is none",
      change: (root) =>
        withAuthority(root, (entry) => ({ ...entry, validFor: { start: "2024-02-30T00:00:00Z" } })),
      reason: "a date and time is expected",
    },
    {
      title: "an end before the start",
      change: (root) =>
        withAuthority(root, (entry) => ({
          ...entry,
          validFor: { start: "2024-01-02T00:00:00Z", end: "2024-01-01T00:00:00Z" },
        })),
      reason: "it ends before it starts",
    },
    {
      title: "a log without an identifier",
      change: (root) => withLog(root, (log) => ({ ...log, logId: undefined })),
      reason: '"tlogs.0": it has no logId',
    },
    {
      title: "a log without a key",
      change: (root) => withLog(root, (log) => ({ ...log, publicKey: undefined })),
      reason: '"tlogs.0.publicKey"',
    },
    {
      title: "a key that is no base64",
      change: (root) =>
        withLog(root, (log) => ({ ...log, publicKey: { ...log.publicKey, rawBytes: "a key, surely" } })),
      reason: "base64 is expected",
    },
    {
      title: "a key that is none",
      change: (root) =>
        withLog(root, (log) => ({ ...log, publicKey: { ...log.publicKey, rawBytes: "AAAA" } })),
      reason: "trust root",
    },
    {
      title: "a key of a kind nobody knows",
      change: (root) =>
        withLog(root, (log) => ({ ...log, publicKey: { ...log.publicKey, keyDetails: "PKIX_MAGIC" } })),
      reason: "Unrecognized enum value",
    },
    {
      title: "a log that signs with secp256k1",
      change: (root) => ({ ...root, tlogs: [newLog(), newLog(newPublicKey("secp256k1"))] }),
      reason: 'tlogs.1.publicKey: curve "secp256k1"',
    },
    {
      title: "a certificate log that signs with secp256k1",
      change: (root) => ({ ...root, ctlogs: [newLog(newPublicKey("secp256k1"))] }),
      reason: 'ctlogs.0.publicKey: curve "secp256k1"',
    },
    {
      title: "a short RSA key",
      change: (root) => ({ ...root, tlogs: [newLog(shortRsaKey())] }),
      reason: "RSA of 1024 bits",
    },
    {
      title: "an authority without certificates",
      change: (root) => withAuthority(root, (entry) => ({ ...entry, certChain: { certificates: [] } })),
      reason: '"certificateAuthorities.0.certChain.certificates"',
    },
    {
      title: "a certificate that is none",
      change: (root) =>
        withAuthority(root, (entry) => ({ ...entry, certChain: { certificates: [{ rawBytes: "AAAA" }] } })),
      reason: "certificateAuthorities.0.certChain.certificates.0: it is not a certificate",
    },
    {
      title: "a certificate with something behind it",
      change: (root) =>
        withAuthority(root, (entry) => ({
          ...entry,
          certChain: {
            certificates: [{ rawBytes: Buffer.concat([authority.der, Buffer.from("x")]).toString("base64") }],
          },
        })),
      reason: "it is not one certificate in DER",
    },
    {
      title: "a certificate in PEM",
      change: (root) =>
        withAuthority(root, (entry) => ({
          ...entry,
          certChain: { certificates: [{ rawBytes: Buffer.from(authority.pem).toString("base64") }] },
        })),
      reason: "it is not one certificate in DER",
    },
    {
      title: "more logs than the bound",
      change: (root) => ({ ...root, tlogs: Array.from({ length: 65 }, () => root.tlogs[0]) }),
      reason: '"tlogs"',
    },
    {
      title: "a longer chain than the bound",
      change: (root) => ({
        ...root,
        certificateAuthorities: [authorityOf(...Array.from({ length: 17 }, () => authority))],
      }),
      reason: '"certificateAuthorities.0.certChain.certificates"',
    },
  ])("is refused with $title", ({ change, reason }) => {
    const message = refusalOf(sigstore(change(document)));
    expect(message).toContain('trust root "acme"');
    expect(message).toContain(reason);
  });

  test("is refused with an authority whose key may not sign", async () => {
    const weak = await weakCertificate();
    expect(refusalOf(sigstore({ ...document, timestampAuthorities: [authorityOf(weak)] }))).toContain(
      "timestampAuthorities.0.certChain.certificates.0: its key is of RSA of 1024 bits",
    );
  });
});

describe("the key of a log", () => {
  test("is a log that counts at any time, known by the hash of its key", () => {
    const pem = newPublicKey();
    const { sigstore: material } = parseTrustRoot(logKey(pem));
    const spki = createPublicKey(pem).export({ type: "spki", format: "der" });
    const [log, ...others] = material.tlogs;
    expect(others).toEqual([]);
    expect(log?.logID).toEqual(createHash("sha256").update(spki).digest());
    expect(log?.validFor.start).toEqual(new Date(0));
    expect(log?.validFor.end.getTime()).toBeGreaterThan(Date.UTC(9999, 0));
    expect({ ...material, tlogs: [] }).toEqual({
      tlogs: [],
      ctlogs: [],
      certificateAuthorities: [],
      timestampAuthorities: [],
    });
  });

  test("may come in a certificate, of which nothing else counts", () => {
    const { sigstore: material, authorities } = parseTrustRoot(logKey(authority.pem));
    expect(material.tlogs.map(({ publicKey }) => publicKey.asymmetricKeyType)).toEqual(["ec"]);
    expect(authorities).toEqual([]);
  });

  test("has the same version however its PEM is wrapped", () => {
    const pem = newPublicKey();
    const { version } = parseTrustRoot(logKey(pem));
    expect(parseTrustRoot(logKey(`\n${pem.replaceAll("\n", "\r\n")}\n`)).version).toBe(version);
    expect(parseTrustRoot(logKey(newPublicKey())).version).not.toBe(version);
  });

  test.each([
    { title: "nothing", pem: () => "", reason: "it is empty" },
    { title: "secp256k1", pem: () => newPublicKey("secp256k1"), reason: "secp256k1" },
    { title: "two keys", pem: () => newPublicKey() + newPublicKey(), reason: "2 PEM blocks" },
    { title: "a short RSA key", pem: shortRsaKey, reason: "RSA of 1024 bits" },
  ])("is not $title", ({ pem, reason }) => {
    expect(refusalOf(logKey(pem()))).toContain(reason);
  });
});

describe("certificates", () => {
  test("are authorities, each once, and no short-lived certificate leads to them", () => {
    const root = parseTrustRoot(certificates(`# Acme\n${authority.pem}\n${clock.pem}\n\n${authority.pem}\n`));
    expect(root.authorities.map(({ raw }) => raw)).toEqual([authority.der, clock.der]);
    expect(root.timestampAuthorities).toEqual([]);
    expect(countsOf(root)).toEqual({
      tlogs: 0,
      ctlogs: 0,
      certificateAuthorities: 0,
      timestampAuthorities: 0,
    });
  });

  test("of timestamp authorities stand apart; a chain from the authority's own certificate counts for cosign, too", () => {
    const chain = parseTrustRoot(certificates(authority.pem, `${clock.pem}\n${authority.pem}`));
    expect(chain.timestampAuthorities.map(({ raw }) => raw)).toEqual([clock.der, authority.der]);
    expect(chain.sigstore.timestampAuthorities.map(({ certChain }) => certChain.length)).toEqual([2]);
    const store = parseTrustRoot(certificates(authority.pem, authority.pem));
    expect(store.timestampAuthorities).toHaveLength(1);
    expect(store.sigstore.timestampAuthorities).toEqual([]);
  });

  test("of signing authorities stand apart, and make another version", () => {
    const plain = certificates(authority.pem);
    const source: TrustRootSource = {
      name: "acme",
      kind: "certificates",
      authorities: authority.pem,
      signingAuthorities: clock.pem,
    };
    const root = parseTrustRoot(source);
    expect(root.signingAuthorities?.map(({ raw }) => raw)).toEqual([clock.der]);
    expect(root.authorities.map(({ raw }) => raw)).toEqual([authority.der]);
    expect(parseTrustRoot(plain)).not.toHaveProperty("signingAuthorities");
    expect(root.version).not.toBe(versionOfCertificates(authority.pem));
    expect(root.version).not.toBe(versionOfCertificates(authority.pem, clock.pem));
    expect(refusalOf({ ...source, signingAuthorities: "" })).toContain("signing authorities: no PEM block");
  });

  test("have a version that does not depend on comments and order", () => {
    const both = versionOfCertificates(authority.pem + clock.pem);
    expect(versionOfCertificates(`\n# the other way round\n${clock.pem}\n${authority.pem}`)).toBe(both);
    expect(versionOfCertificates(authority.pem)).not.toBe(both);
    expect(versionOfCertificates(authority.pem, clock.pem)).not.toBe(both);
  });

  test.each([
    { title: "nothing", pem: () => "", reason: "authorities: no PEM block" },
    { title: "DER", pem: () => authority.der.toString("latin1"), reason: "no PEM block" },
    {
      title: "a key",
      pem: () => newPublicKey(),
      reason: 'PEM block 1: "PUBLIC KEY", CERTIFICATE is expected',
    },
    {
      title: "a key behind a certificate",
      pem: () => authority.pem + "\n" + newPublicKey(),
      reason: "PEM block 2",
    },
    {
      title: "one that is cut off",
      pem: () => authority.pem.slice(0, -30),
      reason: "a PEM block is cut off",
    },
    {
      title: "a whole one and one that is cut off",
      pem: () => `${authority.pem}\n${clock.pem.slice(0, 300)}`,
      reason: "a PEM block is cut off",
    },
    {
      title: "a block that holds something else",
      pem: () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      reason: "PEM block 1: it is not a certificate",
    },
    {
      title: "more than the bound",
      pem: () => `${authority.pem}\n`.repeat(257),
      reason: "more than 256 certificates",
    },
    {
      title: "more characters than the bound",
      pem: () => "#".repeat(TRUST_ROOT_LENGTH_MAX + 1),
      reason: "longer",
    },
  ])("are not $title", ({ pem, reason }) => {
    expect(refusalOf(certificates(pem()))).toContain(reason);
    expect(refusalOf(certificates(authority.pem, pem()))).toContain(
      reason.replace("authorities:", "timestamp authorities:"),
    );
  });
});

function withLog(
  root: RootDocument,
  change: (log: RootDocument["tlogs"][number]) => unknown,
): Readonly<Record<string, unknown>> {
  return { ...root, tlogs: root.tlogs.map(change) };
}

function withAuthority(
  root: RootDocument,
  change: (entry: RootDocument["certificateAuthorities"][number]) => unknown,
): Readonly<Record<string, unknown>> {
  return { ...root, certificateAuthorities: root.certificateAuthorities.map(change) };
}

function shortRsaKey(): string {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

function weakCertificate(): Promise<MadeCertificate> {
  return newCertificate({ name: "weak", key: "RSA-1024" });
}
