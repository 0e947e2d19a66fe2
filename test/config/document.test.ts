import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { DOCUMENT_FILE, documentedSections, renderDocument } from "../../config/document.ts";

describe("docs/configuration.md", () => {
  test("is what the schema says now (if not: node config/document.ts)", async () => {
    expect(await readFile(DOCUMENT_FILE, "utf8")).toBe(await renderDocument());
  });

  test("tells of every field what it is and gives an example", async () => {
    const sections = await documentedSections();
    const fields = sections.flatMap((section) => section.fields);
    expect(fields.length).toBeGreaterThan(40);
    expect(sections.filter(({ description }) => description === "")).toEqual([]);
    expect(fields.filter(({ description, example }) => description === "" || example === "")).toEqual([]);
  });

  test("gives every span its unit by its kind, and every field kind a name", async () => {
    const fields = (await documentedSections()).flatMap((section) => section.fields);
    expect(fields.filter(({ values }) => values === "span" || values === "period").length).toBeGreaterThan(
      10,
    );
    expect(fields.map(({ values }) => values)).not.toContain("undefined");
  });
});
