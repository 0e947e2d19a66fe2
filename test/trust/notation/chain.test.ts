import type { KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  authority,
  certificate,
  type CertificateContents,
  extension,
  type Holder,
  keyUsage,
  nameAttribute,
  nameDer,
  newNotaryKey,
  noAuthority,
  PROFILES,
  PURPOSE,
  purposes,
  USAGE,
} from "../../fakes/notation/certificates.ts";
import { der, flag, octets, oid, sequence, set } from "../../fakes/notation/der.ts";
import { attributesFor } from "../../fakes/notation/envelopes.ts";
import {
  ACME,
  contentsOf,
  issue,
  judgedContents,
  named,
  newNotaryWorld,
  SIGNED_AT,
  trustRootOf,
} from "../../fakes/notation/notary-world.ts";

const world = newNotaryWorld();
const SIGNING = keyUsage([USAGE.digitalSignature]);
const CERTIFYING = keyUsage([USAGE.keyCertSign]);
const KEY = newNotaryKey("p-256");

/** Judges a signature with this chain, whose last certificate is the trusted root. */
function outcomeOf(chain: readonly Uint8Array[], key: KeyObject, root = chain.at(-1)): unknown {
  const trustRoot = trustRootOf({ authorities: root === undefined ? [] : [root] });
  const attributes = attributesFor(KEY, "notary.x509", { signedAt: SIGNED_AT });
  const contents = contentsOf(
    { ...world.signer(), key, chain: chain.map((bytes) => Buffer.from(bytes)) },
    { form: "cose", attributes },
  );
  return judgedContents(world, contents, { trustRoot });
}

function leafOf(contents: Partial<CertificateContents>, issuer: Holder = world.intermediate): Holder {
  return certificate({ key: KEY, subject: nameDer(ACME), issuer, extensions: PROFILES.leaf(), ...contents });
}

/** Judges a leaf under the authorities of the world. */
function leafOutcome(contents: Partial<CertificateContents>): unknown {
  const leaf = leafOf(contents);
  return outcomeOf([leaf.der, world.intermediate.der, world.root.der], leaf.key);
}

/** Judges a good leaf under an intermediate authority. */
function authorityOutcome(contents: Partial<CertificateContents>, root: Holder = world.root): unknown {
  const intermediate = issue({
    subject: named("Issuing"),
    issuer: root,
    extensions: PROFILES.authority(),
    ...contents,
  });
  return outcomeOf([leafOf({}, intermediate).der, intermediate.der, root.der], KEY);
}

const INVALID = { kind: "refused", refusal: "certificate-invalid" };

describe("the certificate that signs", () => {
  test.each([
    { title: "no extension", extensions: [] },
    { title: "no key usage", extensions: [noAuthority()] },
    { title: "a key usage that is not critical", extensions: [keyUsage([USAGE.digitalSignature], "plain")] },
    { title: "a key usage without signing", extensions: [keyUsage([USAGE.contentCommitment])] },
    { title: "an empty key usage", extensions: [keyUsage([])] },
    ...(
      [
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "crlSign",
        "encipherOnly",
        "decipherOnly",
      ] as const
    ).map((usage) => ({
      title: `a key that may also ${usage}`,
      extensions: [keyUsage([USAGE.digitalSignature, USAGE[usage]])],
    })),
    { title: "the constraints of an authority", extensions: [authority(), SIGNING] },
    ...(
      ["any", "serverAuth", "clientAuth", "emailProtection", "timeStamping", "ocspSigning"] as const
    ).flatMap((purpose) => [
      { title: `the purpose ${purpose}`, extensions: [SIGNING, purposes([PURPOSE[purpose]])] },
      {
        title: `the purpose ${purpose} beside code signing`,
        extensions: [SIGNING, purposes([PURPOSE.codeSigning, PURPOSE[purpose]])],
      },
    ]),
    { title: "an empty list of purposes", extensions: [SIGNING, purposes([])] },
    {
      title: "a critical extension that nobody knows",
      extensions: [SIGNING, extension("1.2.3.4", "critical", octets(Buffer.from("x")))],
    },
    {
      title: "critical constraints of names, which are not looked at",
      extensions: [SIGNING, extension("2.5.29.30", "critical", sequence())],
    },
    { title: "an extension twice", extensions: [SIGNING, SIGNING] },
    {
      title: "an extension twice, the second harmless",
      extensions: [SIGNING, purposes([PURPOSE.serverAuth]), purposes([PURPOSE.codeSigning])],
    },
    {
      title: "a key usage that is no bit string",
      extensions: [extension("2.5.29.15", "critical", flag(true))],
    },
    {
      title: "a key usage of garbage",
      extensions: [extension("2.5.29.15", "critical", Buffer.from("garbage"))],
    },
    {
      title: "an extension of four parts",
      extensions: [SIGNING, sequence(oid("1.2.3.4"), flag(false), octets(Buffer.alloc(0)), flag(true))],
    },
  ])("is refused with $title", ({ extensions }) => {
    expect(leafOutcome({ extensions })).toMatchObject(INVALID);
  });

  test.each([
    { title: "without purposes", extensions: [SIGNING] },
    {
      title: "with a purpose of the vendor's own",
      extensions: [SIGNING, purposes(["1.3.6.1.4.1.311.76.59.1.3"])],
    },
    { title: "with critical purposes", extensions: [SIGNING, purposes([PURPOSE.codeSigning], "critical")] },
    {
      title: "that may commit to content",
      extensions: [keyUsage([USAGE.digitalSignature, USAGE.contentCommitment])],
    },
    {
      title: "with a harmless extension that nobody knows",
      extensions: [SIGNING, extension("1.2.3.4", "plain", Buffer.from("x"))],
    },
  ])("is accepted $title", ({ extensions }) => {
    expect(leafOutcome({ extensions })).toMatchObject({ kind: "signed" });
  });

  test.each(["rsa-1024", "rsa-2560", "p-224", "ed25519"] as const)("is refused with a key %s", (kind) => {
    const key = newNotaryKey(kind);
    const leaf = leafOf({ key });
    const attributes = attributesFor(KEY, "notary.x509", { signedAt: SIGNED_AT });
    const contents = contentsOf(
      { key: KEY, leaf, chain: [leaf.der, world.intermediate.der, world.root.der] },
      { form: "jws", attributes },
    );
    expect(judgedContents(world, contents)).toMatchObject(INVALID);
  });

  test("is refused with a signature of SHA-1", () => {
    expect(leafOutcome({ hash: "sha1" })).toMatchObject(INVALID);
  });

  test.each([
    { title: "a name in Latin-1", value: der(0x14, Buffer.from([0xe9])) },
    { title: "a name that is no text", value: der(0x02, Buffer.from([1])) },
    { title: "a name that is no UTF-8", value: der(0x0c, Buffer.from([0xff])) },
    { title: "a name in half a UTF-16 character", value: der(0x1e, Buffer.from([0x00])) },
  ])("is refused with $title", ({ value }) => {
    expect(leafOutcome({ subject: nameDer([...ACME, ["OU", value]]) })).toMatchObject(INVALID);
  });

  test("means nobody with several attributes in one place of its name", () => {
    const place = set(nameAttribute("O", "Acme"), nameAttribute("OU", "Images"));
    const subject = sequence(set(nameAttribute("C", "US")), set(nameAttribute("ST", "WA")), place);
    const outcome = leafOutcome({ subject });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "identity-mismatch" });
  });

  test("means nobody with two organisations", () => {
    const outcome = leafOutcome({ subject: nameDer([...ACME, ["O", "Other"]]) });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "identity-mismatch" });
  });
});

describe("an authority in between", () => {
  test.each([
    { title: "no extension", extensions: [] },
    { title: "no constraints", extensions: [CERTIFYING] },
    { title: "constraints that say it is none", extensions: [noAuthority(), CERTIFYING] },
    { title: "constraints that are not critical", extensions: [authority(undefined, "plain"), CERTIFYING] },
    { title: "no key usage", extensions: [authority()] },
    {
      title: "a key usage that is not critical",
      extensions: [authority(), keyUsage([USAGE.keyCertSign], "plain")],
    },
    {
      title: "a key usage without certifying",
      extensions: [authority(), keyUsage([USAGE.digitalSignature])],
    },
    {
      title: "a critical extension that nobody knows",
      extensions: [...PROFILES.authority(), extension("2.5.29.36", "critical", sequence())],
    },
  ])("is refused with $title", ({ extensions }) => {
    expect(authorityOutcome({ extensions })).toMatchObject(INVALID);
  });

  test("is refused under a root that allows none", () => {
    const root = issue({ subject: named("Root"), extensions: PROFILES.authority(0) });
    expect(authorityOutcome({}, root)).toMatchObject(INVALID);
    const other = issue({ subject: named("Root"), extensions: PROFILES.authority(1) });
    expect(authorityOutcome({}, other)).toMatchObject({ kind: "signed" });
  });

  test("is refused with a weak key, or one of another kind", () => {
    expect(authorityOutcome({ key: newNotaryKey("rsa-1024") })).toMatchObject(INVALID);
    expect(authorityOutcome({ key: newNotaryKey("p-224") })).toMatchObject(INVALID);
    expect(authorityOutcome({ key: newNotaryKey("ed25519") })).toMatchObject(INVALID);
  });

  test("is accepted with RSA, of 2048 bits or a size that signs nothing", () => {
    expect(authorityOutcome({ key: newNotaryKey("rsa-2048") })).toMatchObject({ kind: "signed" });
    expect(authorityOutcome({ key: newNotaryKey("rsa-2560") })).toMatchObject({ kind: "signed" });
  });
});

describe("a chain", () => {
  const leaf = leafOf({});
  const { intermediate, root } = world;
  const stranger = newNotaryWorld();

  test.each([
    { title: "without its root", chain: [leaf.der, intermediate.der] },
    { title: "of the certificate alone", chain: [leaf.der] },
    { title: "without what stands between", chain: [leaf.der, root.der] },
    { title: "in another order", chain: [leaf.der, root.der, intermediate.der] },
    { title: "with a certificate twice", chain: [leaf.der, intermediate.der, intermediate.der, root.der] },
    { title: "with its root twice", chain: [leaf.der, intermediate.der, root.der, root.der] },
    { title: "with somebody else's root", chain: [leaf.der, intermediate.der, stranger.root.der] },
    { title: "with somebody else's authority", chain: [leaf.der, stranger.intermediate.der, root.der] },
    {
      title: "with a certificate too many",
      chain: [leaf.der, intermediate.der, root.der, stranger.root.der],
    },
    { title: "with garbage in it", chain: [leaf.der, Buffer.from("garbage"), root.der] },
    { title: "with an empty certificate", chain: [leaf.der, Buffer.alloc(0), root.der] },
    {
      title: "with bytes after a certificate",
      chain: [Buffer.concat([leaf.der, Buffer.alloc(1)]), intermediate.der, root.der],
    },
    {
      title: "with a certificate as text",
      chain: [
        Buffer.from(
          `-----BEGIN CERTIFICATE-----\n${leaf.der.toString("base64")}\n-----END CERTIFICATE-----\n`,
        ),
        intermediate.der,
        root.der,
      ],
    },
    {
      title: "with a huge certificate",
      chain: [
        leafOf({ extensions: [...PROFILES.leaf(), extension("1.2.3.4", "plain", Buffer.alloc(40_000))] }).der,
        intermediate.der,
        root.der,
      ],
    },
  ])("is refused $title", ({ chain }) => {
    expect(outcomeOf(chain, KEY, root.der)).toMatchObject(INVALID);
  });

  test("of too many certificates is refused before they are read", () => {
    const chain = Array.from({ length: 11 }, () => root.der);
    expect(outcomeOf(chain, KEY)).toMatchObject({ kind: "refused", refusal: "candidate-malformed" });
  });

  test("whose last signed itself with SHA-1 is refused", () => {
    const old = issue({ subject: named("Old"), extensions: PROFILES.authority(), hash: "sha1" });
    expect(outcomeOf([leafOf({}, old).der, old.der], KEY)).toMatchObject(INVALID);
  });

  test("whose certificate was signed by another with the same name is refused", () => {
    const twin = issue({ subject: intermediate.subject, issuer: root, extensions: PROFILES.authority() });
    expect(outcomeOf([leafOf({}, twin).der, intermediate.der, root.der], KEY)).toMatchObject(INVALID);
  });

  test("whose certificate names another issuer than the one with its key is refused", () => {
    const renamed = issue({
      key: intermediate.key,
      subject: named("Renamed"),
      issuer: root,
      extensions: PROFILES.authority(0),
    });
    expect(outcomeOf([leaf.der, renamed.der, root.der], KEY)).toMatchObject(INVALID);
    const rightly = leafOf({ issuer: renamed });
    expect(outcomeOf([rightly.der, renamed.der, root.der], KEY)).toMatchObject({ kind: "signed" });
  });

  test("that issued itself counts if it is trusted by its bytes, and is no authority", () => {
    const own = certificate({ key: KEY, subject: nameDer(ACME), extensions: PROFILES.leaf() });
    const twin = certificate({ key: KEY, subject: nameDer(ACME), extensions: PROFILES.leaf() });
    expect(outcomeOf([own.der], KEY)).toMatchObject({ kind: "signed" });
    expect(outcomeOf([own.der], KEY, twin.der)).toMatchObject({ refusal: "trust-root-outdated" });
    const selfMade = certificate({ key: KEY, subject: nameDer(ACME), extensions: PROFILES.authority() });
    expect(outcomeOf([selfMade.der], KEY)).toMatchObject(INVALID);
  });

  test("of two authorities in between is accepted", () => {
    const upper = issue({ subject: named("Upper"), issuer: root, extensions: PROFILES.authority(1) });
    const lower = issue({ subject: named("Lower"), issuer: upper, extensions: PROFILES.authority(0) });
    const chain = [leafOf({}, lower).der, lower.der, upper.der, root.der];
    expect(outcomeOf(chain, KEY)).toMatchObject({ kind: "signed" });
    const narrow = issue({ subject: named("Narrow"), issuer: root, extensions: PROFILES.authority(0) });
    const below = issue({ subject: named("Below"), issuer: narrow, extensions: PROFILES.authority(0) });
    expect(outcomeOf([leafOf({}, below).der, below.der, narrow.der, root.der], KEY)).toMatchObject(INVALID);
  });
});
