import { describe, expect, test } from "vitest";
import { DAY_MS, SECOND_MS } from "../../../src/time.ts";
import {
  authority,
  extension,
  keyUsage,
  newNotaryKey,
  PROFILES,
  PURPOSE,
  purposes,
  USAGE,
} from "../../fakes/notation/certificates.ts";
import { der, flag, integer, octets, oid, sequence } from "../../fakes/notation/der.ts";
import {
  contentsOf,
  issue,
  judgedContents,
  named,
  newNotaryWorld,
  SIGNED_AT,
  trustRootOf,
  tsaHolder,
} from "../../fakes/notation/notary-world.ts";
import {
  attribute,
  HASH_OID,
  infoExtensions,
  timestampToken,
  TOKEN_OID,
  type TokenContents,
} from "../../fakes/notation/timestamps.ts";

const world = newNotaryWorld();
const signer = world.signer("p-384", { notAfter: SIGNED_AT + DAY_MS });

type Make = (signature: Buffer) => Uint8Array;

function outcomeOf(timestamp: Make, trustRoot = world.trustRoot): unknown {
  const outcomes = (["jws", "cose"] as const).map((form) =>
    judgedContents(world, contentsOf(signer, { form, timestamp }), { trustRoot }),
  );
  const [first, second] = outcomes;
  expect(second).toEqual(first);
  return first;
}

const token =
  (contents: Partial<TokenContents>): Make =>
  (signature) =>
    world.timestamp(signature, contents);

/** A token by another certificate of the world's timestamp authority. */
function byTsa(
  contents: Parameters<typeof tsaHolder>[1],
  more: Partial<TokenContents> = {},
  key = newNotaryKey("p-256"),
): Make {
  const tsa = tsaHolder(world.tsaIntermediate, contents, key);
  return token({ tsa, certificates: [tsa.der, world.tsaIntermediate.der], ...more });
}

const SIGNED = { kind: "signed", signedAt: SIGNED_AT };
const INVALID = { kind: "refused", refusal: "timestamp-invalid" };

describe("a countersignature is accepted", () => {
  test.each([
    { title: "as it should be", make: token({}) },
    { title: "with SHA-384", make: token({ hash: "sha384", imprintHash: "sha384", namedHash: "sha384" }) },
    { title: "with SHA-512", make: token({ hash: "sha512", imprintHash: "sha512", namedHash: "sha512" }) },
    { title: "with an accuracy", make: token({ infoRest: [sequence(integer(1), integer(500, 0x80))] }) },
    { title: "with an extension that is not critical", make: token({ infoRest: [infoExtensions("plain")] }) },
    {
      title: "with everything a token may have",
      make: token({
        infoRest: [
          sequence(integer(1)),
          flag(true),
          integer(77),
          der(0xa0, octets(Buffer.from("x"))),
          infoExtensions("plain"),
        ],
      }),
    },
    { title: "without its root", make: token({ certificates: [world.tsa.der, world.tsaIntermediate.der] }) },
    {
      title: "with certificates in another order, and one too many",
      make: token({
        certificates: [world.root.der, world.tsaRoot.der, world.tsaIntermediate.der, world.tsa.der],
      }),
    },
    { title: "by RSA", make: byTsa({}, {}, newNotaryKey("rsa-2048")) },
    {
      title: "by RSA that names its hash",
      make: byTsa({}, { signatureOid: "1.2.840.113549.1.1.11" }, newNotaryKey("rsa-2048")),
    },
    { title: "by P-521 with SHA-512", make: byTsa({}, { hash: "sha512" }, newNotaryKey("p-521")) },
    {
      title: "by an authority whose key usage is not critical",
      make: byTsa({
        extensions: [
          keyUsage([USAGE.digitalSignature], "plain"),
          purposes([PURPOSE.timeStamping], "critical"),
        ],
      }),
    },
  ])("$title", ({ make }) => {
    expect(outcomeOf(make)).toMatchObject(SIGNED);
  });

  test.each([500, 120, 7])("made %d milliseconds after a second", (milliseconds) => {
    const at = SIGNED_AT + milliseconds;
    expect(outcomeOf(token({ at }))).toMatchObject({ kind: "signed", signedAt: at });
  });

  test("by an intermediate authority that is trusted by its bytes", () => {
    const trustRoot = trustRootOf({
      authorities: [world.root.der],
      timestampAuthorities: [world.tsaIntermediate.der],
    });
    expect(outcomeOf(token({}), trustRoot)).toMatchObject(SIGNED);
  });

  test("by any of several roots with one name and key", () => {
    const { key, subject } = world.tsaRoot;
    const expired = issue({ key, subject, extensions: PROFILES.authority(), notAfter: SIGNED_AT - DAY_MS });
    const trustRoot = trustRootOf({
      authorities: [world.root.der],
      timestampAuthorities: [expired.der, world.tsaRoot.der],
    });
    expect(outcomeOf(token({}), trustRoot)).toMatchObject(SIGNED);
  });
});

describe("a countersignature is refused", () => {
  const sha1Name = token({ namedHash: "sha1" });
  const rewritten = (change: (all: readonly Buffer[]) => readonly Buffer[]): Make =>
    token({ attributes: change });
  const type = attribute(TOKEN_OID.contentType, oid(TOKEN_OID.timestampInfo));

  test.each([
    { title: "about another signature", make: () => world.timestamp(Buffer.from("another")) },
    { title: "about nothing", make: () => world.timestamp(Buffer.alloc(0)) },
    { title: "with an imprint of SHA-1", make: token({ imprintHash: "sha1" }) },
    { title: "signed with SHA-1", make: token({ hash: "sha1" }) },
    { title: "that names its certificate by SHA-1", make: sha1Name },
    { title: "that names another certificate", make: token({ named: world.tsaIntermediate.der }) },
    { title: "of another version", make: token({ infoVersion: 2 }) },
    { title: "of other signed data", make: token({ dataVersion: 1 }) },
    { title: "of another kind of content", make: token({ contentType: TOKEN_OID.data }) },
    { title: "signed as another kind of content", make: token({ signedContentType: TOKEN_OID.data }) },
    { title: "whose signer is named in another way", make: token({ signerVersion: 3 }) },
    { title: "of no signer", make: token({ signers: 0 }) },
    { title: "of two signers", make: token({ signers: 2 }) },
    { title: "that demands an unknown extension", make: token({ infoRest: [infoExtensions("critical")] }) },
    { title: "with an accuracy of years", make: token({ infoRest: [sequence(integer(4_000_000_000))] }) },
    {
      title: "with a negative accuracy",
      make: token({ infoRest: [sequence(der(0x02, Buffer.from([0xff])))] }),
    },
    {
      title: "changed after it was signed",
      make: token({
        content: (info) => {
          const changed = Buffer.from(info);
          changed.write("2027", changed.indexOf(Buffer.from("2026")));
          return changed;
        },
      }),
    },
    { title: "without the type among its signed attributes", make: rewritten(([, ...rest]) => rest) },
    {
      title: "without the hash among its signed attributes",
      make: rewritten((all) => all.filter((_, at) => at !== 1)),
    },
    {
      title: "without its certificate among its signed attributes",
      make: rewritten((all) => all.slice(0, 2)),
    },
    { title: "with no signed attributes", make: rewritten(() => []) },
    { title: "with a signed attribute twice", make: rewritten((all) => [...all, type]) },
    {
      title: "with a signed attribute of two values",
      make: rewritten(([, ...rest]) => [
        attribute(TOKEN_OID.contentType, oid(TOKEN_OID.timestampInfo), oid(TOKEN_OID.data)),
        ...rest,
      ]),
    },
    {
      title: "with a signed attribute of no value",
      make: rewritten(([, ...rest]) => [attribute(TOKEN_OID.contentType), ...rest]),
    },
    {
      title: "whose algorithm is another than it names",
      make: token({ signatureOid: "1.2.840.113549.1.1.1" }),
    },
    { title: "whose hash is another than it names", make: token({ signatureOid: "1.2.840.10045.4.3.3" }) },
    { title: "whose algorithm is unknown", make: token({ signatureOid: "1.3.101.112" }) },
    { title: "without certificates", make: token({ certificates: [] }) },
    { title: "without its own certificate", make: token({ certificates: [world.tsaIntermediate.der] }) },
    { title: "with garbage for certificates", make: token({ certificates: [octets(Buffer.from("x"))] }) },
    {
      title: "with too many certificates",
      make: token({ certificates: Array.from({ length: 11 }, () => world.tsa.der) }),
    },
    { title: "of more bytes than one has", make: token({ infoRest: [octets(Buffer.alloc(140_000))] }) },
    { title: "of no bytes", make: () => Buffer.alloc(0) },
    { title: "of garbage", make: () => Buffer.from("garbage") },
    { title: "that is a certificate", make: () => world.tsa.der },
    {
      title: "in a response of an authority",
      make: (signature: Buffer) => sequence(sequence(integer(0)), world.timestamp(signature)),
    },
    {
      title: "with bytes after it",
      make: (signature: Buffer) => Buffer.concat([world.timestamp(signature), Buffer.alloc(1)]),
    },
    {
      title: "by somebody else's key",
      make: token({ tsa: { ...world.tsa, key: newNotaryKey("p-256") } }),
    },
    { title: "with another number of its certificate", make: token({ tsa: { ...world.tsa, serial: 3 } }) },
    {
      title: "with another issuer of its certificate",
      make: token({ tsa: { ...world.tsa, issuer: world.tsaRoot.subject } }),
    },
  ])("$title", ({ make }) => {
    expect(outcomeOf(make)).toMatchObject(INVALID);
  });

  test("a hash that is nowhere supported is really made", () => {
    expect(HASH_OID.sha1).toBe("1.3.14.3.2.26");
  });
});

describe("the certificate of a timestamp authority is refused", () => {
  const signing = keyUsage([USAGE.digitalSignature]);
  const clock = purposes([PURPOSE.timeStamping], "critical");

  test.each([
    { title: "without purposes", contents: { extensions: [signing] } },
    {
      title: "with a purpose that is not critical",
      contents: { extensions: [signing, purposes([PURPOSE.timeStamping])] },
    },
    {
      title: "with another purpose",
      contents: { extensions: [signing, purposes([PURPOSE.codeSigning], "critical")] },
    },
    {
      title: "with any purpose",
      contents: { extensions: [signing, purposes([PURPOSE.any], "critical")] },
    },
    {
      title: "with one purpose more",
      contents: { extensions: [signing, purposes([PURPOSE.timeStamping, PURPOSE.codeSigning], "critical")] },
    },
    { title: "without key usage", contents: { extensions: [clock] } },
    { title: "that may not sign", contents: { extensions: [keyUsage([USAGE.contentCommitment]), clock] } },
    {
      title: "that may certify",
      contents: { extensions: [keyUsage([USAGE.digitalSignature, USAGE.keyCertSign]), clock] },
    },
    { title: "that is an authority", contents: { extensions: [authority(), signing, clock] } },
    {
      title: "with a critical extension that nobody knows",
      contents: { extensions: [signing, clock, extension("1.2.3.4", "critical", Buffer.from([5, 0]))] },
    },
    { title: "that was not valid yet", contents: { notBefore: SIGNED_AT + 1000 } },
    { title: "that was valid no longer", contents: { notAfter: SIGNED_AT - 1000 } },
  ])("$title", ({ contents }) => {
    expect(outcomeOf(byTsa(contents))).toMatchObject(INVALID);
  });

  test("with a weak key", () => {
    expect(outcomeOf(byTsa({}, {}, newNotaryKey("rsa-1024")))).toMatchObject(INVALID);
    expect(outcomeOf(byTsa({}, {}, newNotaryKey("p-224")))).toMatchObject(INVALID);
  });

  test("of an accuracy that reaches out of its validity", () => {
    const contents = { notAfter: SIGNED_AT + SECOND_MS };
    expect(outcomeOf(byTsa(contents, { infoRest: [sequence(integer(1))] }))).toMatchObject(SIGNED);
    expect(outcomeOf(byTsa(contents, { infoRest: [sequence(integer(2))] }))).toMatchObject(INVALID);
  });

  test("whose policy promises a second and whose validity ends within it", () => {
    const contents = { notAfter: SIGNED_AT };
    expect(outcomeOf(byTsa(contents))).toMatchObject(SIGNED);
    expect(outcomeOf(byTsa(contents, { policy: "0.4.0.2023.1.1" }))).toMatchObject(INVALID);
  });
});

describe("authorities of timestamps", () => {
  /** A token whose certificate was issued by an authority that was made so. */
  const under = (contents: Parameters<typeof tsaHolder>[1], issuer = world.tsaRoot): Make => {
    const intermediate = issue({
      subject: named("Clocks"),
      issuer,
      extensions: PROFILES.authority(),
      ...contents,
    });
    const tsa = tsaHolder(intermediate, {});
    return token({ tsa, certificates: [tsa.der, intermediate.der] });
  };

  test("of the same root are accepted", () => {
    expect(outcomeOf(under({}))).toMatchObject(SIGNED);
    const constraints = { extensions: [...PROFILES.authority(), purposes([PURPOSE.timeStamping])] };
    expect(outcomeOf(under(constraints))).toMatchObject(SIGNED);
  });

  test.each([
    { title: "with no constraints", contents: { extensions: [keyUsage([USAGE.keyCertSign])] } },
    {
      title: "that may not certify",
      contents: { extensions: [authority(), keyUsage([USAGE.digitalSignature])] },
    },
    { title: "without key usage", contents: { extensions: [authority()] } },
    {
      title: "for another purpose",
      contents: { extensions: [...PROFILES.authority(), purposes([PURPOSE.codeSigning])] },
    },
    { title: "that were not valid yet", contents: { notBefore: SIGNED_AT + 1000 } },
    { title: "that were valid no longer", contents: { notAfter: SIGNED_AT - 1000 } },
    { title: "with a weak key", contents: { key: newNotaryKey("rsa-1024") } },
  ])("$title are refused", ({ contents }) => {
    expect(outcomeOf(under(contents))).toMatchObject(INVALID);
  });

  test("below one that allows none are refused", () => {
    const root = issue({ subject: named("Narrow"), extensions: PROFILES.authority(0) });
    const trustRoot = trustRootOf({ authorities: [world.root.der], timestampAuthorities: [root.der] });
    expect(outcomeOf(under({}, root), trustRoot)).toMatchObject(INVALID);
  });

  test("signed with SHA-1 lead nowhere", () => {
    expect(outcomeOf(under({ hash: "sha1" }))).toMatchObject({ refusal: "trust-root-outdated" });
  });

  test.each([
    { title: "another root", trustRoot: newNotaryWorld().trustRoot.timestampAuthorities },
    { title: "no root", trustRoot: [] },
    { title: "the root of the signers alone", trustRoot: world.trustRoot.authorities },
  ])("that lead to $title are unknown", ({ trustRoot }) => {
    const outcome = outcomeOf(token({}), { ...world.trustRoot, timestampAuthorities: trustRoot });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "trust-root-outdated" });
  });

  test("that issued themselves are unknown unless trusted by their bytes", () => {
    const key = newNotaryKey("p-256");
    const own = issue({ key, subject: named("Own"), extensions: PROFILES.timestamps(), serial: 9 });
    const make = token({ tsa: { ...own, issuer: own.subject, serial: 9 }, certificates: [own.der] });
    expect(outcomeOf(make)).toMatchObject({ kind: "refused", refusal: "trust-root-outdated" });
    const trustRoot = trustRootOf({ authorities: [world.root.der], timestampAuthorities: [own.der] });
    expect(outcomeOf(make, trustRoot)).toMatchObject(SIGNED);
  });

  test("that issued each other end the search", () => {
    const [one, other] = [newNotaryKey("p-256"), newNotaryKey("p-256")];
    const first = issue({
      key: one,
      subject: named("One"),
      issuer: { subject: named("Other"), key: other },
      extensions: PROFILES.authority(),
    });
    const second = issue({
      key: other,
      subject: named("Other"),
      issuer: { subject: named("One"), key: one },
      extensions: PROFILES.authority(),
    });
    const tsa = tsaHolder(first, {});
    const make: Make = (signature) =>
      timestampToken({ tsa, certificates: [tsa.der, first.der, second.der], signature, at: SIGNED_AT });
    expect(outcomeOf(make)).toMatchObject({ kind: "refused", refusal: "trust-root-outdated" });
  });
});
