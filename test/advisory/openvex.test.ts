import { anything, array, assert, property } from "fast-check";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type OpenVex, parseOpenVex } from "../../src/advisory/openvex.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { sharedData } from "../shared-data.ts";

const statement = {
  vulnerability: { name: "CVE-2026-0001" },
  products: [{ "@id": "pkg:oci/base" }],
  status: "not_affected",
  justification: "vulnerable_code_not_present",
};

function documentOf(...statements: readonly unknown[]): Record<string, unknown> {
  return {
    "@context": "https://openvex.dev/ns/v0.2.0",
    author: "Acme",
    timestamp: "2026-11-20T00:00:00Z",
    statements,
  };
}

function read(...statements: readonly unknown[]): OpenVex {
  return parseOpenVex(documentOf(...statements), "attestation");
}

test("a statement with all that counts", () => {
  const digest = "a".repeat(64);
  const product = {
    "@id": "https://acme.example/base",
    identifiers: { purl: "pkg:oci/base" },
    hashes: { "sha-256": digest, md5: "x" },
    subcomponents: [{ "@id": "pkg:apk/wolfi/zlib" }, "pkg:apk/wolfi/expat"],
  };
  const vulnerability = { name: "CVE-2026-0001", "@id": "https://nvd.example/1", aliases: ["GHSA-x"] };
  expect(
    read({ ...statement, vulnerability, products: [product], impact_statement: "not built in" }),
  ).toStrictEqual({
    statements: [
      {
        vulnerabilities: ["CVE-2026-0001", "GHSA-x"],
        status: "not_affected",
        justification: "vulnerable_code_not_present",
        impact: "not built in",
        at: Date.UTC(2026, 10, 20),
        author: "Acme",
        products: [
          {
            purl: "pkg:oci/base",
            digests: [`sha256:${digest}`],
            subcomponents: ["pkg:apk/wolfi/zlib", "pkg:apk/wolfi/expat"],
          },
        ],
        from: "attestation",
      },
    ],
    skippedCount: 0,
  });
});

describe("its time", () => {
  const days = { timestamp: "2026-11-21T00:00:00Z", last_updated: "2026-11-22T00:00:00Z" };
  test.each([
    { title: "the document's", own: {}, of: {}, day: 20 },
    { title: "the document's last change", own: {}, of: { last_updated: "2026-11-23T00:00:00Z" }, day: 23 },
    { title: "its own", own: { timestamp: days.timestamp }, of: {}, day: 21 },
    { title: "its own last change", own: days, of: { last_updated: "2026-11-23T00:00:00Z" }, day: 22 },
  ])("$title", ({ own, of, day }) => {
    const { statements } = parseOpenVex({ ...documentOf({ ...statement, ...own }), ...of }, "feed");
    expect(statements).toMatchObject([{ at: Date.UTC(2026, 10, day), from: "feed" }]);
  });
});

test("older documents, which name everything by texts", () => {
  const old = {
    ...statement,
    vulnerability: "CVE-2026-0001",
    products: ["pkg:oci/base"],
    subcomponents: ["pkg:apk/wolfi/zlib"],
  };
  expect(
    parseOpenVex({ ...documentOf(old), "@context": "https://openvex.dev/ns" }, "feed").statements,
  ).toMatchObject([
    {
      vulnerabilities: ["CVE-2026-0001"],
      products: [{ purl: "pkg:oci/base", subcomponents: ["pkg:apk/wolfi/zlib"] }],
    },
  ]);
});

test("a part that names no purl does not turn into the whole product", () => {
  const product = { "@id": "pkg:oci/base", subcomponents: [{ identifiers: { cpe23: "cpe:2.3:a:x" } }] };
  expect(read({ ...statement, products: [product] }).statements[0]?.products[0]?.subcomponents).toStrictEqual(
    [""],
  );
});

describe("statements that are left out and counted", () => {
  test.each([
    { title: "no statement", raw: "x" },
    { title: "null", raw: null },
    { title: "an unknown status", raw: { ...statement, status: "fine" } },
    { title: "no vulnerability", raw: { ...statement, vulnerability: undefined } },
    { title: "a vulnerability without name", raw: { ...statement, vulnerability: { name: "" } } },
    { title: "no product", raw: { ...statement, products: [] } },
    { title: "products that are no list", raw: { ...statement, products: "pkg:oci/base" } },
    { title: "not affected without a reason", raw: { ...statement, justification: undefined } },
    { title: "not affected for an empty reason", raw: { ...statement, justification: "" } },
    { title: "a date of no calendar", raw: { ...statement, timestamp: "2026-02-30T00:00:00Z" } },
    {
      title: "more products than are read",
      raw: { ...statement, products: Array.from({ length: 20_001 }, () => "pkg:oci/x") },
    },
  ])("$title", ({ raw }) => {
    const { statements, skippedCount } = read(statement, raw);
    expect([statements.length, skippedCount]).toStrictEqual([1, 1]);
  });

  test("none that has a date, in a document without", () => {
    const { timestamp: _, ...undated } = documentOf(statement);
    expect(parseOpenVex(undated, "feed")).toStrictEqual({ statements: [], skippedCount: 1 });
  });
});

describe("refuses", () => {
  test.each([
    { title: "null", value: null },
    { title: "a list", value: [] },
    { title: "another format", value: { ...documentOf(), "@context": "https://spdx.dev/ns" } },
    { title: "no context", value: { statements: [] } },
    {
      title: "a context that only begins like it",
      value: { ...documentOf(), "@context": "https://openvex.dev/nsx" },
    },
    { title: "statements that are no list", value: { ...documentOf(), statements: {} } },
    { title: "a date of no calendar", value: { ...documentOf(), timestamp: "yesterday" } },
    {
      title: "more statements than are read",
      value: documentOf(...Array.from({ length: 100_001 }, () => 0)),
    },
  ])("$title", ({ value }) => {
    expect(() => parseOpenVex(value, "feed")).toThrow(expect.objectContaining({ code: "advisory-invalid" }));
  });
});

/** What came of reading it: how many statements, or what was thrown. */
function outcomeOf(value: unknown): unknown {
  try {
    return parseOpenVex(value, "feed").statements.length;
  } catch (thrown) {
    return thrown instanceof InvalidInputError ? thrown.code : thrown;
  }
}

test("whatever is read, it is statements or a typed error", () => {
  assert(
    property(anything(), array(anything()), (value, statements) => {
      expect(outcomeOf(value)).toSatisfy((outcome) => outcome === "advisory-invalid" || outcome === 0);
      expect(outcomeOf(documentOf(...statements))).toSatisfy(
        (outcome) => typeof outcome === "number" && outcome <= statements.length,
      );
    }),
  );
});

const airflow = sharedData("vex/dhi-airflow.vex.json");

test.skipIf(!existsSync(airflow))("Docker's (real data, skipped where not present)", () => {
  const { statements, skippedCount } = parseOpenVex(JSON.parse(readFileSync(airflow, "utf8")), "feed");
  expect([statements.length, skippedCount]).toStrictEqual([50, 0]);
  expect(statements.filter(({ status }) => status === "not_affected")).toHaveLength(45);
});
