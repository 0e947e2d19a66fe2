import { expect, test } from "vitest";
import { canonicalIdsOf, knownNamesOf } from "../../src/advisory/canonical-id.ts";
import type { OsvRecord } from "../../src/advisory/osv.ts";

function recordOf(id: string, more: Partial<OsvRecord> = {}): OsvRecord {
  return { id, modified: "2026-11-20T00:00:00Z", ...more };
}

function idsOf(record: OsvRecord, ...others: readonly OsvRecord[]): readonly string[] {
  return canonicalIdsOf(record, knownNamesOf(others));
}

test.each([
  {
    title: "a CVE is itself",
    record: recordOf("CVE-2026-0001", { aliases: ["CVE-2026-0002"] }),
    ids: ["CVE-2026-0001"],
  },
  {
    title: "BellSoft's: upstream",
    record: recordOf("BELL-CVE-2026-0001", { upstream: ["CVE-2026-0001"] }),
    ids: ["CVE-2026-0001"],
  },
  {
    title: "alias",
    record: recordOf("GHSA-x", { aliases: ["GO-1", "CVE-2026-0001"] }),
    ids: ["CVE-2026-0001"],
  },
  {
    title: "an advisory about three",
    record: recordOf("DSA-1", { upstream: ["CVE-2026-0003", "CVE-2026-0001", "CVE-2026-0002"] }),
    ids: ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"],
  },
  { title: "none named", record: recordOf("GHSA-x", { aliases: ["GO-1"] }), ids: ["GHSA-x"] },
  {
    title: "what only looks like one",
    record: recordOf("X", { aliases: ["CVE-1", "cve-2026-0001", "CVE-2026-0001-x", "BELL-CVE-2026-0001"] }),
    ids: ["X"],
  },
])("$title", ({ record, ids }) => {
  expect(idsOf(record)).toStrictEqual(ids);
});

test("through the record it names", () => {
  const ghsa = recordOf("GHSA-x", { aliases: ["CVE-2026-0001"] });
  expect(idsOf(recordOf("CGA-1", { upstream: ["GHSA-x"] }), ghsa)).toStrictEqual(["CVE-2026-0001"]);
});

test("records that name each other end", () => {
  const a = recordOf("A", { aliases: ["B"] });
  const b = recordOf("B", { aliases: ["A"] });
  expect(idsOf(a, a, b)).toStrictEqual(["A"]);
});

test("through a record that gives it as alias, where it says nothing itself", () => {
  const ghsa = recordOf("GHSA-x", { aliases: ["CVE-2026-0001", "GO-1"] });
  expect(idsOf(recordOf("GO-1"), ghsa)).toStrictEqual(["CVE-2026-0001"]);
  expect(idsOf(recordOf("GO-1", { aliases: ["CVE-2026-0009"] }), ghsa)).toStrictEqual(["CVE-2026-0009"]);
});

test("not through an advisory that has it upstream: that may be about more", () => {
  const advisory = recordOf("DSA-1", { upstream: ["GHSA-x", "CVE-2026-0002"] });
  expect(idsOf(recordOf("GHSA-x"), advisory)).toStrictEqual(["GHSA-x"]);
});

test("names without end are followed so far only", () => {
  const chain = Array.from({ length: 5_000 }, (_, position) =>
    recordOf(`X-${position}`, { aliases: [`X-${position + 1}`] }),
  );
  expect(idsOf(recordOf("X-0", { aliases: ["X-1"] }), ...chain)).toStrictEqual(["X-0"]);
});
