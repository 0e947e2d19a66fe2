import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { POLICIES_FILE, renderPolicies } from "../../config/policy-table.ts";
import { POLICY_PRESETS } from "../../src/sla/presets.ts";

test("docs/policies.md is what config/policy-table.ts writes", async () => {
  expect(await readFile(POLICIES_FILE, "utf8")).toBe(renderPolicies());
});

test("has a row for every policy that ships, with source and day", () => {
  expect(POLICY_PRESETS.length).toBeGreaterThan(10);
  const rows = renderPolicies().split("\n");
  for (const { id, source, asOf } of POLICY_PRESETS) {
    const row = rows.find((line) => line.startsWith(`| \`${id}\` |`));
    expect(row).toContain(source);
    expect(row).toContain(asOf);
  }
});
