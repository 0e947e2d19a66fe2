import { constants, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { cbor, type CborValue, Raw, Tagged } from "../../fakes/notation/cbor.ts";
import {
  type CoseParts,
  coseHeader,
  coseParts,
  type EnvelopeContents,
  EXPIRY,
  jwsDocument,
  jwsOf,
  PAYLOAD_TYPE,
  SCHEME,
  SIGNING_TIME,
  taggedSign1,
  TIMESTAMP,
} from "../../fakes/notation/envelopes.ts";
import { contentsOf, IMAGE, judged, newNotaryWorld } from "../../fakes/notation/notary-world.ts";

const world = newNotaryWorld();
const signer = world.signer();
const JWS = contentsOf(signer, { form: "jws" });
const COSE = contentsOf(signer, { form: "cose" });

const MALFORMED = "candidate-malformed";

function jwsOutcome(text: string | Uint8Array): unknown {
  return judged(world, "jws", Buffer.from(text));
}

function coseOutcome(message: CborValue): unknown {
  return judged(world, "cose", cbor(message));
}

describe("the JWS envelope", () => {
  const good = jwsDocument(JWS);
  const text = JSON.stringify(good);

  test("is accepted as it is, with spaces, and with members in its unsigned header that say nothing", () => {
    expect(jwsOutcome(text)).toMatchObject({ kind: "signed" });
    expect(jwsOutcome(`\n ${JSON.stringify(good, undefined, 2)} \n`)).toMatchObject({ kind: "signed" });
    const header = { ...good.header, kid: "x", "io.cncf.notary.signingAgent": { any: ["thing"] } };
    expect(jwsOutcome(JSON.stringify({ ...good, header }))).toMatchObject({ kind: "signed" });
  });

  test.each([
    { title: "nothing", text: "" },
    { title: "no JSON", text: "eyJhbGciOiJFUzI1NiJ9" },
    { title: "the compact form", text: `${good.protected}.${good.payload}.${good.signature}` },
    { title: "a list", text: `[${text}]` },
    { title: "null", text: "null" },
    { title: "a second document", text: `${text}${text}` },
    { title: "a byte order mark", text: `\uFEFF${text}` },
    { title: "a member more", text: JSON.stringify({ ...good, extra: 1 }) },
    {
      title: "the general form",
      text: JSON.stringify({ payload: good.payload, signatures: [{ ...good, payload: undefined }] }),
    },
    { title: "no payload", text: JSON.stringify({ ...good, payload: undefined }) },
    { title: "no protected header", text: JSON.stringify({ ...good, protected: undefined }) },
    { title: "no header", text: JSON.stringify({ ...good, header: undefined }) },
    { title: "no signature", text: JSON.stringify({ ...good, signature: undefined }) },
    { title: "a payload that is an object", text: JSON.stringify({ ...good, payload: {} }) },
    { title: "a signature that is a list", text: JSON.stringify({ ...good, signature: [good.signature] }) },
    { title: "a header that is null", text: JSON.stringify({ ...good, header: null }) },
    { title: "a chain that is a text", text: JSON.stringify({ ...good, header: { x5c: "x" } }) },
    { title: "a chain of numbers", text: JSON.stringify({ ...good, header: { x5c: [1] } }) },
    { title: "no chain", text: JSON.stringify({ ...good, header: {} }) },
    {
      title: "a countersignature that is a number",
      text: JSON.stringify({ ...good, header: { ...good.header, [TIMESTAMP]: 1 } }),
    },
    {
      title: "a countersignature that is no base64",
      text: JSON.stringify({ ...good, header: { ...good.header, [TIMESTAMP]: "*" } }),
    },
    { title: "a payload twice", text: text.replace("{", `{"payload":"${good.payload}",`) },
    { title: "a payload in capitals beside it", text: text.replace("{", `{"PAYLOAD":"${good.payload}",`) },
    { title: "a payload in capitals instead", text: text.replace('"payload"', '"Payload"') },
    { title: "a signature with a long s", text: text.replace("{", `{"\u017fignature":"x",`) },
    { title: "a chain twice", text: text.replace('"x5c"', '"x5c":[],"x5c"') },
    { title: "a chain in capitals beside it", text: text.replace('"x5c"', '"X5C":[],"x5c"') },
    {
      title: "a signature with padding",
      text: JSON.stringify({ ...good, signature: `${good.signature}==` }),
    },
    {
      title: "a signature with a line break",
      text: JSON.stringify({ ...good, signature: `${good.signature}\n` }),
    },
    { title: "a payload with a space", text: JSON.stringify({ ...good, payload: ` ${good.payload}` }) },
    {
      title: "a certificate in another alphabet",
      text: JSON.stringify({
        ...good,
        header: { x5c: signer.chain.map((bytes) => bytes.toString("base64url")) },
      }),
    },
    { title: "a text that never ends", text: text.slice(0, -2) },
    { title: "nesting without end", text: `{"payload":${"[".repeat(100_000)}${"]".repeat(100_000)}}` },
    {
      title: "deep nesting",
      text: JSON.stringify({ ...good, header: { ...good.header, x: nestedList(40) } }),
    },
  ])("is refused with $title", ({ text: changed }) => {
    expect(jwsOutcome(changed)).toMatchObject({ kind: "refused", refusal: MALFORMED });
  });

  test("is refused with bytes that are no UTF-8", () => {
    const bytes = Buffer.concat([
      Buffer.from(`{"x":"`),
      Buffer.from([0xff]),
      Buffer.from(`",${text.slice(1)}`),
    ]);
    expect(jwsOutcome(bytes)).toMatchObject({ refusal: MALFORMED });
  });

  test("is refused without a signature", () => {
    const outcome = jwsOutcome(JSON.stringify({ ...good, signature: "" }));
    expect(outcome).toMatchObject({ refusal: "signature-missing" });
  });

  const header = {
    alg: "ES256",
    cty: PAYLOAD_TYPE,
    crit: [SCHEME],
    [SCHEME]: "notary.x509",
    [SIGNING_TIME]: "2026-10-01T08:30:00Z",
  };
  const signedHeader = (headerText: string, contents: EnvelopeContents = JWS): unknown =>
    jwsOutcome(
      JSON.stringify(jwsOf(contents, headerText, Buffer.from(contents.payload).toString("base64url"))),
    );

  test("is accepted with a protected header of any order", () => {
    expect(signedHeader(JSON.stringify(header))).toMatchObject({ kind: "signed" });
    const reversed = Object.fromEntries(Object.entries(header).toReversed());
    expect(signedHeader(JSON.stringify(reversed))).toMatchObject({ kind: "signed" });
  });

  test.each([
    { title: "no JSON", text: "x", refusal: MALFORMED },
    { title: "a list", text: "[]", refusal: MALFORMED },
    { title: "no algorithm", text: JSON.stringify({ ...header, alg: undefined }), refusal: MALFORMED },
    {
      title: "no algorithm at all",
      text: JSON.stringify({ ...header, alg: "none" }),
      refusal: "algorithm-unsupported",
    },
    {
      title: "an algorithm in small letters",
      text: JSON.stringify({ ...header, alg: "es256" }),
      refusal: "algorithm-unsupported",
    },
    {
      title: "an algorithm that is a number",
      text: JSON.stringify({ ...header, alg: 1 }),
      refusal: MALFORMED,
    },
    {
      title: "an algorithm twice",
      text: JSON.stringify(header).replace("{", '{"alg":"none",'),
      refusal: MALFORMED,
    },
    {
      title: "an algorithm in capitals beside it",
      text: JSON.stringify({ ...header, Alg: "none" }),
      refusal: MALFORMED,
    },
    {
      title: "a scheme in capitals beside it",
      text: JSON.stringify({ ...header, [SCHEME.toUpperCase()]: "x" }),
      refusal: MALFORMED,
    },
    {
      title: "a scheme with a long s beside it",
      text: JSON.stringify({ ...header, [SCHEME.replace("s", "\u017f")]: "x" }),
      refusal: MALFORMED,
    },
    {
      title: "an expiry in capitals",
      text: JSON.stringify({ ...header, [EXPIRY.toUpperCase()]: "2026-01-01T00:00:00Z" }),
      refusal: MALFORMED,
    },
    {
      title: "an expiry that is null",
      text: JSON.stringify({ ...header, [EXPIRY]: null }),
      refusal: MALFORMED,
    },
    {
      title: "an expiry that is a number",
      text: JSON.stringify({ ...header, [EXPIRY]: 1_900_000_000 }),
      refusal: MALFORMED,
    },
    {
      title: "a time without a zone",
      text: JSON.stringify({ ...header, [SIGNING_TIME]: "2026-10-01T08:30:00" }),
      refusal: MALFORMED,
    },
    {
      title: "the 30th of February",
      text: JSON.stringify({ ...header, [SIGNING_TIME]: "2026-02-30T08:30:00Z" }),
      refusal: MALFORMED,
    },
    {
      title: "a registered header marked critical",
      text: JSON.stringify({ ...header, crit: [SCHEME, "alg"] }),
      refusal: MALFORMED,
    },
    {
      title: "the payload's encoding marked critical",
      text: JSON.stringify({ ...header, b64: false, crit: [SCHEME, "b64"] }),
      refusal: "critical-unknown",
    },
    {
      title: "critical headers that are a text",
      text: JSON.stringify({ ...header, crit: SCHEME }),
      refusal: MALFORMED,
    },
    {
      title: "critical headers that are numbers",
      text: JSON.stringify({ ...header, crit: [1] }),
      refusal: MALFORMED,
    },
    {
      title: "critical headers without end",
      text: JSON.stringify({ ...header, crit: Array.from({ length: 65 }, () => SCHEME) }),
      refusal: MALFORMED,
    },
    {
      title: "a prototype marked critical",
      text: JSON.stringify({ ...header, crit: [SCHEME, "__proto__"] }),
      refusal: "critical-unknown",
    },
  ])("is refused with a protected header: $title", ({ text: headerText, refusal }) => {
    expect(signedHeader(headerText)).toMatchObject({ kind: "refused", refusal });
  });
});

describe("a signature with RSA", () => {
  const rsa = world.signer("rsa-2048");
  const contents = contentsOf(rsa, { form: "cose" });
  const parts = coseParts(contents);
  const signed = cbor(["Signature1", parts.header, Buffer.alloc(0), Buffer.from(contents.payload)]);
  const withSalt = (saltLength: number): unknown => {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const signature = sign("sha256", signed, { key: rsa.key, padding, saltLength });
    return coseOutcome(taggedSign1({ ...parts, signature }));
  };

  test("is accepted with a salt as long as the hash, and with no other", () => {
    expect(withSalt(32)).toMatchObject({ kind: "signed" });
    for (const saltLength of [0, 20, 31, 33, 64, 222]) {
      expect(withSalt(saltLength)).toMatchObject({ kind: "refused", refusal: "signature-invalid" });
    }
  });
});

describe("the COSE envelope", () => {
  const parts = coseParts(COSE);
  const withHeader = (change: (header: Map<number | string, CborValue>) => void): Tagged => {
    const header = coseHeader(COSE);
    change(header);
    return taggedSign1(coseParts(COSE, header));
  };
  const withParts = (change: Partial<CoseParts>): Tagged => taggedSign1({ ...parts, ...change });
  const withUnprotected = (label: number | string, value: CborValue): Tagged =>
    withParts({ unprotected: new Map([...parts.unprotected, [label, value]]) });

  test("is accepted as it is, and with the chain in its protected header", () => {
    expect(coseOutcome(taggedSign1(parts))).toMatchObject({ kind: "signed" });
    const header = coseHeader(COSE);
    header.set(33, signer.chain);
    expect(coseOutcome(taggedSign1({ ...coseParts(COSE, header), unprotected: new Map() }))).toMatchObject({
      kind: "signed",
    });
  });

  test.each([
    { title: "an empty payload", length: 0 },
    { title: "a payload of one byte", length: 1 },
    { title: "a payload of 23 bytes", length: 23 },
    { title: "a payload of 24 bytes", length: 24 },
    { title: "a payload of 255 bytes", length: 255 },
    { title: "a payload of 256 bytes", length: 256 },
    { title: "a payload of 65,535 bytes", length: 65_535 },
    { title: "a payload of 65,536 bytes", length: 65_536 },
  ])("says of $title that it is no JSON, not that its signature is wrong", ({ length }) => {
    const message = taggedSign1(coseParts({ ...COSE, payload: Buffer.alloc(length, "x") }));
    expect(coseOutcome(message)).toMatchObject({ kind: "refused", refusal: MALFORMED });
  });

  test.each([
    { title: "no tag", message: [parts.header, parts.unprotected, parts.payload, parts.signature] },
    { title: "another tag", message: new Tagged(98, taggedSign1(parts).item) },
    { title: "two tags", message: new Tagged(18, taggedSign1(parts)) },
    { title: "a tag of its own around it", message: new Tagged(55_799, taggedSign1(parts)) },
    { title: "three parts", message: new Tagged(18, [parts.header, parts.unprotected, parts.payload]) },
    {
      title: "five parts",
      message: new Tagged(18, [parts.header, parts.unprotected, parts.payload, parts.signature, null]),
    },
    { title: "a map for its parts", message: new Tagged(18, new Map([[0, parts.header]])) },
    {
      title: "a protected header that is no byte string",
      message: new Tagged(18, [coseHeader(COSE), parts.unprotected, parts.payload, parts.signature]),
    },
    { title: "an empty protected header", message: withParts({ header: Buffer.alloc(0) }) },
    { title: "a protected header without entries", message: withParts({ header: cbor(new Map()) }) },
    { title: "a protected header that is a list", message: withParts({ header: cbor([1, -7]) }) },
    {
      title: "bytes after the protected header",
      message: withParts({ header: Buffer.concat([parts.header, Buffer.alloc(1)]) }),
    },
    {
      title: "an unprotected header that is a list",
      message: new Tagged(18, [parts.header, [], parts.payload, parts.signature]),
    },
    { title: "a payload elsewhere", message: withParts({ payload: null }) },
    { title: "a payload that is a text", message: withParts({ payload: "x" }) },
    { title: "a signature that is a text", message: withParts({ signature: "x" }) },
    { title: "a chain that is one certificate", message: withUnprotected(33, signer.leaf.der) },
    { title: "a chain of texts", message: withUnprotected(33, ["x"]) },
    {
      title: "a chain of too many",
      message: withUnprotected(
        33,
        Array.from({ length: 11 }, () => signer.leaf.der),
      ),
    },
    { title: "a countersignature that is a text", message: withUnprotected(TIMESTAMP, "x") },
    { title: "a label in both headers", message: withUnprotected(1, -7) },
    { title: "an attribute in both headers", message: withUnprotected(SCHEME, "notary.x509") },
    { title: "no algorithm", message: withHeader((header) => header.delete(1)) },
    { title: "an algorithm that is a text", message: withHeader((header) => header.set(1, "ES256")) },
    { title: "a type of payload that is a number", message: withHeader((header) => header.set(3, 50)) },
    { title: "a scheme that is a number", message: withHeader((header) => header.set(SCHEME, 1)) },
    { title: "critical headers that are a text", message: withHeader((header) => header.set(2, SCHEME)) },
    {
      title: "critical headers that are bytes",
      message: withHeader((header) => header.set(2, [Buffer.from(SCHEME)])),
    },
    { title: "the algorithm marked critical", message: withHeader((header) => header.set(2, [SCHEME, 1])) },
    {
      title: "critical headers without end",
      message: withHeader((header) =>
        header.set(
          2,
          Array.from({ length: 65 }, () => SCHEME),
        ),
      ),
    },
    {
      title: "a time without a tag",
      message: withHeader((header) => header.set(SIGNING_TIME, 1_790_000_000)),
    },
    {
      title: "a time with the tag of a text",
      message: withHeader((header) => header.set(SIGNING_TIME, new Tagged(0, "2026-10-01T08:30:00Z"))),
    },
    {
      title: "a time that is a text",
      message: withHeader((header) => header.set(SIGNING_TIME, new Tagged(1, "2026"))),
    },
    {
      title: "a time that no calendar has",
      message: withHeader((header) => header.set(SIGNING_TIME, new Tagged(1, 9_000_000_000_000))),
    },
    {
      title: "a time with a fraction",
      message: withHeader((header) =>
        header.set(SIGNING_TIME, new Tagged(1, new Raw(Buffer.from("fb41daa9f2c8000000", "hex")))),
      ),
    },
  ])("is refused with $title", ({ message }) => {
    expect(coseOutcome(message)).toMatchObject({ kind: "refused", refusal: MALFORMED });
  });

  test.each([
    {
      title: "an algorithm that nobody knows",
      message: withHeader((header) => header.set(1, -8)),
      refusal: "algorithm-unsupported",
    },
    {
      title: "a shared secret",
      message: withHeader((header) => header.set(1, 5)),
      refusal: "algorithm-unsupported",
    },
    {
      title: "an unknown label marked critical",
      message: withHeader((header) => header.set(2, [SCHEME, 34]).set(34, 0)),
      refusal: "critical-unknown",
    },
    {
      title: "a negative label marked critical",
      message: withHeader((header) => header.set(2, [SCHEME, -1]).set(-1, 0)),
      refusal: "critical-unknown",
    },
    {
      title: "no signature",
      message: withParts({ signature: Buffer.alloc(0) }),
      refusal: "signature-missing",
    },
    { title: "no chain", message: withParts({ unprotected: new Map() }), refusal: "certificate-invalid" },
    {
      title: "another payload",
      message: withParts({ payload: Buffer.from(`{"targetArtifact":{"digest":"${IMAGE}"}}`) }),
      refusal: "signature-invalid",
    },
    {
      title: "a signature cut short",
      message: withParts({ signature: Buffer.alloc(63, 1) }),
      refusal: "signature-invalid",
    },
    {
      title: "a signature in DER",
      message: withParts({ signature: Buffer.from("3006020101020101", "hex") }),
      refusal: "signature-invalid",
    },
    {
      title: "a signature of zeros",
      message: withParts({ signature: Buffer.alloc(64) }),
      refusal: "signature-invalid",
    },
    {
      title: "the same entries in another order",
      message: withParts({ header: cbor(new Map([...coseHeader(COSE)].toReversed())) }),
      refusal: "signature-invalid",
    },
  ])("is refused with $title", ({ message, refusal }) => {
    expect(coseOutcome(message)).toMatchObject({ kind: "refused", refusal });
  });
});

function nestedList(levels: number): unknown {
  return levels === 0 ? [] : [nestedList(levels - 1)];
}
