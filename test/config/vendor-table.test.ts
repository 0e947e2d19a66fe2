import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { renderVendors, VENDORS_FILE } from "../../config/vendor-table.ts";
import { builtInIds } from "./folder.ts";

describe("docs/vendors.md", () => {
  test("is what the profiles say now (if not: node config/vendor-table.ts)", async () => {
    expect(await readFile(VENDORS_FILE, "utf8")).toBe(await renderVendors());
  });

  test("tells of each profile in a row and in a hint", async () => {
    const lines = (await renderVendors()).split("\n");
    const rows = lines.filter((line) => line.startsWith("| **"));
    const hints = lines.filter((line) => line.startsWith("- `") && line.includes("`: "));
    const ids = builtInIds();
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) {
      expect(rows.filter((row) => row.includes(`** \`${id}\` |`))).toHaveLength(1);
      expect(hints.filter((hint) => hint.startsWith(`- \`${id}\`: `))).toHaveLength(1);
    }
    expect(rows.filter((row) => row.split(" | ").length !== 8)).toEqual([]);
  });
});
