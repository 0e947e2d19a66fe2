import { describe, expect, test } from "vitest";
import type { NotationOutcome } from "../../../src/trust/notation/verify.ts";
import { cbor } from "../../fakes/notation/cbor.ts";
import { coseParts, jwsDocument, TIMESTAMP, taggedSign1 } from "../../fakes/notation/envelopes.ts";
import { contentsOf, judged, newNotaryWorld, SIGNED_AT } from "../../fakes/notation/notary-world.ts";

/** Changes of every part of good envelopes, one byte at a time: what is signed is refused, and what is not says nothing else. */
const world = newNotaryWorld();
const signer = world.signer();
const timestamps: Buffer[] = [];
const timestamp = (signature: Buffer): Buffer => {
  const token = world.timestamp(signature);
  timestamps.push(token);
  return token;
};
const parts = coseParts(contentsOf(signer, { form: "cose", timestamp }));
const COSE = cbor(taggedSign1(parts));
const [COSE_TOKEN = Buffer.alloc(0)] = timestamps;
const document = jwsDocument(contentsOf(signer, { form: "jws", timestamp }));
const JWS = Buffer.from(JSON.stringify(document));

const GOOD: NotationOutcome = {
  kind: "signed",
  signer: {
    kind: "certificate",
    subject: "CN=Acme Signing, O=Acme, L=Redmond, ST=WA, C=US",
    root: "acme",
    name: "Acme",
  },
  trusted: world.notary,
  signedAt: SIGNED_AT,
  unchecked: ["whether the certificate was revoked"],
};

/** Every so manyth byte of a part, each changed in a way that depends on where it is. */
function changedAt(envelope: Buffer, part: Uint8Array, step: number): readonly Buffer[] {
  const start = envelope.indexOf(part);
  expect(start).toBeGreaterThan(0);
  const changed: Buffer[] = [];
  for (let at = 0; at < part.byteLength; at += step) {
    const bytes = Buffer.from(envelope);
    bytes[start + at] = (bytes[start + at] ?? 0) ^ (1 << (at % 8));
    changed.push(bytes);
  }
  return changed;
}

/** The same of a text in JSON, each time to another letter of its alphabet. */
function retyped(text: string, step: number): readonly Buffer[] {
  const start = JWS.indexOf(Buffer.from(text));
  expect(start).toBeGreaterThan(0);
  const changed: Buffer[] = [];
  for (let at = 0; at < text.length; at += step) {
    const bytes = Buffer.from(JWS);
    bytes.write(text[at] === "Q" ? "R" : "Q", start + at);
    changed.push(bytes);
  }
  return changed;
}

function kindsOf(form: "jws" | "cose", envelopes: readonly Buffer[]): ReadonlySet<string> {
  return new Set(envelopes.map((envelope) => judged(world, form, envelope).kind));
}

describe("one changed byte", () => {
  test("of nothing leaves it good", () => {
    expect(judged(world, "cose", COSE)).toEqual(GOOD);
    expect(judged(world, "jws", JWS)).toEqual(GOOD);
  });

  test.each([
    { part: "protected header", bytes: parts.header, step: 1 },
    { part: "payload", bytes: coseBytes(parts.payload), step: 1 },
    { part: "signature", bytes: coseBytes(parts.signature), step: 1 },
    { part: "leaf", bytes: signer.leaf.der, step: 5 },
    { part: "authority", bytes: world.intermediate.der, step: 7 },
    { part: "root", bytes: world.root.der, step: 7 },
  ])("of the $part is refused in COSE", ({ bytes, step }) => {
    const envelopes = changedAt(COSE, bytes, step);
    expect(envelopes.length).toBeGreaterThan(50);
    expect(kindsOf("cose", envelopes)).toEqual(new Set(["refused"]));
  });

  test.each([
    { part: "protected header", text: document.protected, step: 2 },
    { part: "payload", text: document.payload, step: 2 },
    { part: "signature", text: document.signature, step: 1 },
    { part: "leaf", text: signer.leaf.der.toString("base64"), step: 11 },
    { part: "authority", text: world.intermediate.der.toString("base64"), step: 13 },
    { part: "root", text: world.root.der.toString("base64"), step: 13 },
  ])("of the $part is refused in JWS", ({ text, step }) => {
    const envelopes = retyped(text, step).filter((envelope) => !envelope.equals(JWS));
    expect(envelopes.length).toBeGreaterThan(40);
    expect(kindsOf("jws", envelopes)).toEqual(new Set(["refused"]));
  });

  test("of the countersignature is refused, or is of what nobody needs", () => {
    const envelopes = changedAt(COSE, COSE_TOKEN, 7);
    const outcomes = envelopes.map((envelope) => judged(world, "cose", envelope));
    const signed = outcomes.filter(({ kind }) => kind === "signed");
    for (const outcome of signed) expect(outcome).toEqual(GOOD);
    // What says how it was hashed, beside where it is signed, and a root that everybody has.
    expect(signed.length).toBeLessThan(outcomes.length / 4);
    expect(outcomes.length).toBeGreaterThan(200);
  });

  test("of what it was signed with, its time and its imprint is refused", () => {
    const token = COSE_TOKEN;
    const start = token.indexOf(Buffer.from("20261001083000Z"));
    expect(start).toBeGreaterThan(0);
    const imprint = token.subarray(start - 40, start + 15);
    const attributes = token.subarray(token.byteLength - 250);
    for (const part of [imprint, attributes]) {
      expect(kindsOf("cose", changedAt(COSE, part, 1))).toEqual(new Set(["refused"]));
    }
  });

  test("of everything between them changes who signed what when in no case", () => {
    const changed: Buffer[] = [];
    for (let at = 3; at < COSE.byteLength; at += 23) {
      const bytes = Buffer.from(COSE);
      bytes[at] = (bytes[at] ?? 0) ^ 0x80;
      changed.push(bytes);
    }
    for (const envelope of changed)
      expect([GOOD.kind, "refused"]).toContain(judged(world, "cose", envelope).kind);
    const signed = changed
      .map((envelope) => judged(world, "cose", envelope))
      .filter(({ kind }) => kind === "signed");
    for (const outcome of signed) expect(outcome).toEqual(GOOD);
  });
});

describe("parts of two good envelopes", () => {
  const other = coseParts(contentsOf(world.signer("p-256"), { form: "cose", timestamp }));

  test.each([
    { title: "another's signature", mixed: { ...parts, signature: other.signature } },
    { title: "another's countersignature", mixed: { ...parts, unprotected: other.unprotected } },
    { title: "another's certificate with the same key", mixed: { ...parts, unprotected: mixedChain() } },
  ])("make none: $title", ({ mixed }) => {
    expect(judged(world, "cose", cbor(taggedSign1(mixed)))).toMatchObject({ kind: "refused" });
  });

  test("make none in JWS: another's countersignature", () => {
    const second = jwsDocument(contentsOf(signer, { form: "jws", timestamp }));
    const header = { ...document.header, [TIMESTAMP]: second.header[TIMESTAMP] };
    expect(judged(world, "jws", Buffer.from(JSON.stringify({ ...document, header })))).toMatchObject({
      kind: "refused",
      refusal: "timestamp-invalid",
    });
  });

  function mixedChain(): typeof parts.unprotected {
    const foreign = newNotaryWorld();
    const twin = foreign.signer("p-256", { key: signer.key });
    return new Map([...parts.unprotected, [33, [twin.leaf.der, world.intermediate.der, world.root.der]]]);
  }
});

function coseBytes(value: typeof parts.payload): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError("a part of the envelope is no byte string");
}
