import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDer } from "../../../src/trust/notation/asn1.ts";
import { parseCose } from "../../../src/trust/notation/cose.ts";
import { parseJws } from "../../../src/trust/notation/jws.ts";
import { RefusedError } from "../../../src/trust/notation/refused-error.ts";
import { trustedTimeOf } from "../../../src/trust/notation/timestamp.ts";
import { parseCertificate } from "../../../src/trust/notation/certificate.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { REFUSALS } from "../../../src/trust/verdict.ts";
import { cbor, head, Tagged } from "../../fakes/notation/cbor.ts";
import { der, octets, sequence } from "../../fakes/notation/der.ts";
import { notationEnvelope } from "../../fakes/notation/envelopes.ts";
import { contentsOf, judged, newNotaryWorld } from "../../fakes/notation/notary-world.ts";

const world = newNotaryWorld();
const signer = world.signer();
const timestamp = (signature: Buffer): Buffer => world.timestamp(signature);
const JWS = notationEnvelope(contentsOf(signer, { form: "jws", timestamp }));
const COSE = notationEnvelope(contentsOf(signer, { form: "cose", timestamp }));
const TOKEN = world.timestamp(Buffer.from("signature"));

/** Cuts, repeats, inserts and overwrites, somewhere. */
const edit = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 40 }),
  kind: fc.constantFrom("cut", "repeat", "insert", "overwrite"),
  bytes: fc.uint8Array({ maxLength: 12 }),
});
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never;

function edited(good: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduce((bytes, { at, length, kind, bytes: inserted }) => {
    const start = bytes.byteLength === 0 ? 0 : at % bytes.byteLength;
    const before = bytes.subarray(0, start);
    const part = bytes.subarray(start, start + length);
    const after = bytes.subarray(start + length);
    switch (kind) {
      case "cut":
        return Buffer.concat([before, after]);
      case "repeat":
        return Buffer.concat([before, part, part, after]);
      case "insert":
        return Buffer.concat([before, inserted, part, after]);
      default:
        return Buffer.concat([before, inserted, bytes.subarray(start + inserted.byteLength)]);
    }
  }, good);
}

/** Whether reading gives something or the typed error of its kind, never another. */
function isTyped(read: () => unknown, type: abstract new (...from: never) => Error = RefusedError): boolean {
  try {
    read();
    return true;
  } catch (thrown) {
    return thrown instanceof type;
  }
}

const READERS = [
  { name: "JWS", good: JWS, isSafe: (bytes: Buffer) => isTyped(() => parseJws(bytes)) },
  { name: "COSE", good: COSE, isSafe: (bytes: Buffer) => isTyped(() => parseCose(bytes)) },
  { name: "DER", good: TOKEN, isSafe: (bytes: Buffer) => isTyped(() => parseDer(bytes), InvalidInputError) },
  {
    name: "certificate",
    good: signer.leaf.der,
    isSafe: (bytes: Buffer) => isTyped(() => parseCertificate(bytes), InvalidInputError),
  },
  {
    name: "countersignature",
    good: TOKEN,
    isSafe: (bytes: Buffer) =>
      isTyped(() => trustedTimeOf(bytes, Buffer.from("signature"), world.trustRoot.timestampAuthorities)),
  },
] as const;

describe.each(READERS)("the reader of $name", ({ good, isSafe }) => {
  test("takes what is good", () => {
    expect(isSafe(good)).toBe(true);
  });

  test("never throws but what it says, whatever the bytes", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => isSafe(Buffer.from(bytes)));
    expect(fc.check(property, { seed: 1, numRuns: 2_000 })).toMatchObject({ failed: false });
  });

  test("never throws but what it says, whatever is done to good bytes", () => {
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) =>
      isSafe(edited(good, edits)),
    );
    expect(fc.check(property, { seed: 2, numRuns: 600 })).toMatchObject({ failed: false });
  });

  test("never throws but what it says where good bytes end too early", () => {
    const ends = Array.from({ length: good.byteLength }, (_, end) => end).filter((end) => end % 9 === 0);
    expect(ends.filter((end) => !isSafe(good.subarray(0, end)))).toEqual([]);
  });
});

describe("the judgement", () => {
  const forms = [
    { form: "jws", good: JWS },
    { form: "cose", good: COSE },
  ] as const;

  test.each(forms)("of edited $form is a refusal of the list, or what it was", ({ form, good }) => {
    const before = judged(world, form, good);
    const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const outcome = judged(world, form, edited(good, edits));
      return outcome.kind === "refused"
        ? REFUSALS.includes(outcome.refusal)
        : JSON.stringify(outcome) === JSON.stringify(before);
    });
    expect(before).toMatchObject({ kind: "signed" });
    expect(fc.check(property, { seed: 3, numRuns: 300 })).toMatchObject({ failed: false });
  });

  test.each(forms)("of any bytes as $form is a refusal", ({ form }) => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 300 }),
      (bytes) => judged(world, form, bytes).kind === "refused",
    );
    expect(fc.check(property, { seed: 4, numRuns: 1_000 })).toMatchObject({ failed: false });
  });

  const MANY = 1024 * 1024 - 64;

  test.each([
    { title: "brackets", form: "jws", bytes: Buffer.alloc(MANY, "[") },
    { title: "quotation marks", form: "jws", bytes: Buffer.alloc(MANY, '"') },
    { title: "backslashes in a text", form: "jws", bytes: Buffer.from(`"${"\\".repeat(MANY)}"`) },
    { title: "members", form: "jws", bytes: Buffer.from(`{${members(70_000)}}`) },
    {
      title: "members of its header",
      form: "jws",
      bytes: Buffer.from(`{"header":{${members(70_000)}}}`),
    },
    { title: "a payload", form: "jws", bytes: Buffer.from(`{"payload":"${"A".repeat(MANY - 100)}"}`) },
    { title: "tags", form: "cose", bytes: Buffer.alloc(MANY, 0xd2) },
    { title: "lists", form: "cose", bytes: Buffer.alloc(MANY, 0x81) },
    {
      title: "empty lists",
      form: "cose",
      bytes: Buffer.concat([head(4, 900_000), Buffer.alloc(900_000, 0x80)]),
    },
    {
      title: "a protected header",
      form: "cose",
      bytes: cbor(new Tagged(18, [Buffer.alloc(MANY - 100), new Map(), Buffer.alloc(1), Buffer.alloc(1)])),
    },
    { title: "more bytes than it may have", form: "cose", bytes: Buffer.alloc(64 * 1024 * 1024) },
  ] as const)("of nothing but $title ends soon", ({ form, bytes }) => {
    expect(judged(world, form, bytes)).toMatchObject({ kind: "refused", refusal: "candidate-malformed" });
  });

  test.each([
    { title: "octet strings in octet strings", token: nested((inner) => octets(inner), 20_000) },
    { title: "sequences in sequences", token: nested((inner) => sequence(inner), 20_000) },
    { title: "empty sequences", token: sequence(...Array.from({ length: 25_000 }, () => sequence())) },
    {
      title: "broken octet strings",
      token: sequence(...Array.from({ length: 20_000 }, () => der(0x04, Buffer.from([0])))),
    },
  ])("of a countersignature of nothing but $title ends soon", ({ token }) => {
    const contents = contentsOf(signer, { form: "cose", timestamp: () => token });
    expect(judged(world, "cose", notationEnvelope(contents))).toMatchObject({ refusal: "timestamp-invalid" });
  });
});

function members(count: number): string {
  return Array.from({ length: count }, (_, index) => `"m${index}":0`).join(",");
}

function nested(wrap: (inner: Buffer) => Buffer, levels: number): Buffer {
  let bytes: Buffer = Buffer.from([5, 0]);
  for (let level = 0; level < levels && bytes.byteLength < 60_000; level += 1) bytes = wrap(bytes);
  return bytes;
}
