import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { digestOf, hexOf } from "../../src/image/digest.ts";
import { parseEnvelope, payloadOf } from "../../src/trust/sigstore/envelope.ts";
import { isAbout, parseStatement, peekPredicateType } from "../../src/trust/statement.ts";
import { bytesOf, statementPayload } from "../fakes/signer.ts";
import { fileOf, readCosignFixture } from "./cosign-fixture.ts";

const image = digestOf(Buffer.from("image"));
const good: Record<string, unknown> = JSON.parse(statementPayload(image).toString());

describe("a statement", () => {
  test("by real cosign", () => {
    const statement = parseStatement(payloadOf(parseEnvelope(fileOf("signed.att-cyclonedx"))));
    expect(statement).toMatchObject({
      type: "https://in-toto.io/Statement/v0.1",
      predicateType: "https://cyclonedx.org/bom",
      predicate: { bomFormat: "CycloneDX", specVersion: "1.6" },
    });
    const { signed, foreign } = readCosignFixture();
    expect(isAbout(statement, signed.image)).toBe(true);
    expect(isAbout(statement, foreign.image)).toBe(false);
  });

  test.each<{ title: string; document: unknown; subjects: readonly unknown[] }>([
    {
      title: "version 1",
      document: { ...good, _type: "https://in-toto.io/Statement/v1" },
      subjects: [{ sha256: hexOf(image) }],
    },
    {
      title: "no predicate",
      document: { ...good, predicate: undefined },
      subjects: [{ sha256: hexOf(image) }],
    },
    { title: "members nobody knows", document: { ...good, more: 1 }, subjects: [{ sha256: hexOf(image) }] },
    { title: "Go's empty list", document: { ...good, subject: null }, subjects: [] },
    { title: "a subject without digest", document: { ...good, subject: [{ name: "x" }] }, subjects: [{}] },
  ])("with $title is read", ({ document, subjects }) => {
    expect(parseStatement(bytesOf(document)).subjects).toStrictEqual(subjects);
  });

  test.each<{ title: string; bytes: Uint8Array }>([
    { title: "nothing", bytes: Buffer.alloc(0) },
    { title: "no JSON", bytes: Buffer.from("statement") },
    { title: "a byte order mark", bytes: Buffer.from(`\ufeff${JSON.stringify(good)}`) },
    { title: "no UTF-8", bytes: Buffer.from([0x22, 0xff, 0x22]) },
    { title: "null", bytes: Buffer.from("null") },
    { title: "a list", bytes: bytesOf([good]) },
    { title: "no type", bytes: bytesOf({ ...good, _type: undefined }) },
    { title: "another type", bytes: bytesOf({ ...good, _type: "https://in-toto.io/Statement/v0.2" }) },
    { title: "no subject", bytes: bytesOf({ ...good, subject: undefined }) },
    { title: "a subject that is no list", bytes: bytesOf({ ...good, subject: { digest: {} } }) },
    { title: "a digest that is no text", bytes: bytesOf({ ...good, subject: [{ digest: { sha256: 7 } }] }) },
    {
      title: "too many subjects",
      bytes: bytesOf({ ...good, subject: Array.from({ length: 10_001 }, () => ({})) }),
    },
    { title: "no predicate type", bytes: bytesOf({ ...good, predicateType: undefined }) },
    { title: "an empty predicate type", bytes: bytesOf({ ...good, predicateType: "" }) },
    { title: "a predicate type with spaces", bytes: bytesOf({ ...good, predicateType: "https://x y" }) },
    { title: "a predicate type without end", bytes: bytesOf({ ...good, predicateType: "x".repeat(513) }) },
    {
      title: "a member in another case",
      bytes: bytesOf({ ...good, PredicateType: "https://spdx.dev/Document" }),
    },
    { title: "a member with the long s, which Go folds", bytes: bytesOf({ ...good, "\u017fubject": [] }) },
  ])("is refused: $title", ({ bytes }) => {
    const read = () => parseStatement(bytes);
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(expect.objectContaining({ code: "statement-invalid" }));
  });
});

describe("what a payload claims as its type", () => {
  test.each<{ title: string; bytes: Uint8Array; claimed: string | undefined }>([
    { title: "of a statement", bytes: bytesOf(good), claimed: "https://cyclonedx.org/bom" },
    { title: "of something else", bytes: bytesOf({ predicateType: "x" }), claimed: "x" },
    { title: "that is no text", bytes: bytesOf({ predicateType: 7 }), claimed: undefined },
    { title: "that is no URI", bytes: bytesOf({ predicateType: "a\nb" }), claimed: undefined },
    { title: "of no JSON", bytes: Buffer.from("{"), claimed: undefined },
    { title: "of null", bytes: Buffer.from("null"), claimed: undefined },
  ])("$title", ({ bytes, claimed }) => {
    expect(peekPredicateType(bytes)).toBe(claimed);
  });
});
