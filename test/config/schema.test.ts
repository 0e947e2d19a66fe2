import { array, assert, asyncProperty, constantFrom, dictionary, jsonValue, oneof } from "fast-check";
import { expect, test } from "vitest";
import { describeIssue, faultsOf } from "../../config/fault.ts";
import { documentedSections } from "../../config/document.ts";
import { readerOf } from "../../config/reader.ts";
import { sectionsOf } from "../../config/schema.ts";

const schemas = sectionsOf({
  reader: readerOf("/nowhere", {}, () => undefined),
  vendorIds: ["bellsoft"],
  rootNames: ["public-good"],
  calendarNames: ["us"],
});

/** Anything, made of names that mean something here, so that it gets past the first check. */
function anything(names: readonly string[]) {
  const leaf = oneof(
    jsonValue({ maxDepth: 1 }),
    constantFrom("7d", "ghcr.io/acme/base", "acme/shop", "", -1),
  );
  const mapping = dictionary(constantFrom(...names), leaf, { maxKeys: 4 });
  return oneof(leaf, mapping, array(mapping, { maxLength: 2 }), dictionary(constantFrom(...names), mapping));
}

test("says in its own words what is wrong with anything, and throws at nothing", async () => {
  const fields = (await documentedSections()).flatMap((section) => section.fields);
  const names = new Set(fields.map(({ path }) => path.replace(/\[\]$/, "").split(".").at(-1) ?? ""));
  const values = anything([...names, "bellsoft", "docker.io", "constructor", "__proto__"]);

  let refused = 0;
  for (const [name, schema] of Object.entries(schemas)) {
    await assert(
      asyncProperty(values, async (value) => {
        const result = await schema.safeParseAsync(value, { error: describeIssue });
        const faults = result.success ? [] : faultsOf(result.error.issues, [name]);
        if (!result.success) refused += 1;
        expect(result.success).toBe(faults.length === 0);
        for (const { reason } of faults)
          expect(reason).not.toMatch(/^Invalid|^Too|^Unrecognized|^Expected|undefined/);
      }),
      { numRuns: 60, seed: 1 },
    );
  }
  expect(refused).toBeGreaterThan(100);
});
