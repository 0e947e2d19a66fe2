import { describe, expect, test } from "vitest";
import { type Digest, digestOf, parseDigest } from "../../src/image/digest.ts";
import { listedOn, type ListedStatement } from "../../src/trust/listed.ts";
import { statementPayload, type StatementOptions } from "../fakes/signer.ts";

const PLATFORM = parseDigest(`sha256:${"a".repeat(64)}`);
const OTHER = parseDigest(`sha256:${"b".repeat(64)}`);
const BY = { signer: { kind: "key", fingerprint: "f", name: "Vendor" }, groups: ["vendor"] } as const;

function listed(bytes: Uint8Array): ListedStatement {
  return { source: { place: "index", manifest: OTHER, layer: digestOf(bytes) }, statement: bytes };
}

function about(digest: Digest, options: StatementOptions = {}): ListedStatement {
  return listed(statementPayload(digest, options));
}

function on(...statements: readonly ListedStatement[]): ReturnType<typeof listedOn> {
  return listedOn(PLATFORM, { statements, skipped: [] }, BY);
}

describe("what a verified index lists about a platform", () => {
  test("is a statement of who signed the index, the last one first", () => {
    const first = about(PLATFORM, { predicateType: "https://spdx.dev/Document", predicate: { a: 1 } });
    const { statements, skipped } = on(first, about(PLATFORM));
    expect(statements).toHaveLength(2);
    expect(statements[1]).toStrictEqual({
      predicateType: "https://spdx.dev/Document",
      predicate: { a: 1 },
      size: first.statement.byteLength,
      source: first.source,
      ...BY,
    });
    expect(skipped).toStrictEqual([]);
  });

  test("is about it by its digest, whatever name it has", () => {
    const subjects = [{ name: "_", digest: { sha256: "a".repeat(64) } }];
    expect(on(about(OTHER, { subjects })).statements).toHaveLength(1);
  });

  test.each([
    { title: "D19: another digest", statement: about(OTHER), reason: "other-subject" },
    { title: "no digest", statement: about(PLATFORM, { subjects: [] }), reason: "other-subject" },
    {
      title: "the name alone",
      statement: about(PLATFORM, { subjects: [{ name: PLATFORM, digest: {} }] }),
      reason: "other-subject",
    },
    {
      title: "its digest by another algorithm",
      statement: about(PLATFORM, { subjects: [{ digest: { sha512: "a".repeat(64) } }] }),
      reason: "other-subject",
    },
    { title: "no statement", statement: listed(Buffer.from("{}")), reason: "unknown-type" },
    { title: "no JSON", statement: listed(Buffer.from("SPDXVersion: SPDX-2.3")), reason: "unknown-type" },
    { title: "nothing", statement: listed(Buffer.from("")), reason: "unknown-type" },
    {
      title: "a statement of another version",
      statement: about(PLATFORM, { type: "https://in-toto.io/Statement/v9" }),
      reason: "unknown-type",
    },
  ])("is none when it is about $title, and that is told", ({ statement, reason }) => {
    const { statements, skipped } = on(statement);
    expect(statements).toStrictEqual([]);
    expect(skipped).toMatchObject([{ place: "index", reason }]);
  });

  test("what was skipped before is told as well", () => {
    const skipped = [{ place: "index", reason: "too-large", detail: "x" }] as const;
    expect(listedOn(PLATFORM, { statements: [], skipped }, BY).skipped).toStrictEqual(skipped);
  });
});
