import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseOsvRecord } from "../../src/advisory/osv.ts";
import { InvalidInputError } from "../../src/errors.ts";

const minimal = { id: "BELL-CVE-2026-99101", modified: "2026-11-20T10:14:52.318204Z" };

test("what decides nothing is left out", () => {
  expect(parseOsvRecord({ ...minimal, details: "x", references: [], schema_version: "1.7.4" })).toStrictEqual(
    minimal,
  );
});

test("a rating in words and a summary are kept, cut to a length, and no fault where they have another form", () => {
  const said = { summary: "why", database_specific: { severity: "HIGH" } };
  expect(parseOsvRecord({ ...minimal, ...said, database_specific: { severity: "HIGH", x: [1] } })).toEqual({
    ...minimal,
    ...said,
  });
  expect(parseOsvRecord({ ...minimal, summary: "x".repeat(5_000) }).summary).toHaveLength(300);
  expect(parseOsvRecord({ ...minimal, summary: 1, database_specific: [{}] })).toEqual(minimal);
  expect(parseOsvRecord({ ...minimal, database_specific: { severity: { score: 1 } } })).toEqual({
    ...minimal,
    database_specific: {},
  });
});

test("every record of the fixtures is one", () => {
  const folder = new URL("../fixtures/osv/records/", import.meta.url);
  const names = readdirSync(folder);
  expect(names).toHaveLength(7);
  for (const name of names) {
    expect(parseOsvRecord(JSON.parse(readFileSync(new URL(name, folder), "utf8"))).id).toBe(
      name.replace(".json", ""),
    );
  }
});

test.each([
  { title: "null", value: null },
  { title: "a list", value: [minimal] },
  { title: "no id", value: { modified: minimal.modified } },
  { title: "an empty id", value: { ...minimal, id: "" } },
  { title: "an id longer than any", value: { ...minimal, id: "x".repeat(201) } },
  { title: "no date", value: { id: "x" } },
  { title: "a date without time", value: { ...minimal, modified: "2026-11-20" } },
  { title: "a date of no calendar", value: { ...minimal, published: "2026-99-20T00:00:00Z" } },
  { title: "withdrawn without date", value: { ...minimal, withdrawn: true } },
  { title: "aliases that are no list", value: { ...minimal, aliases: "CVE-2026-1" } },
  { title: "affected without ecosystem", value: { ...minimal, affected: [{ package: { name: "x" } }] } },
  {
    title: "an event that is no text",
    value: { ...minimal, affected: [{ ranges: [{ type: "ECOSYSTEM", events: [{ introduced: 0 }] }] }] },
  },
  {
    title: "more events than are read",
    value: {
      ...minimal,
      affected: [{ ranges: [{ type: "ECOSYSTEM", events: Array.from({ length: 10_001 }, () => ({})) }] }],
    },
  },
])("refuses $title", ({ value }) => {
  expect(() => parseOsvRecord(value)).toThrow(InvalidInputError);
  expect(() => parseOsvRecord(value)).toThrow(expect.objectContaining({ code: "advisory-invalid" }));
});
