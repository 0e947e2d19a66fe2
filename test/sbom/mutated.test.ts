import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { COMPONENTS_MAX, type ComponentList } from "../../src/sbom/component.ts";
import { isUnprintable, TEXT_LENGTH_MAX } from "../../src/sbom/texts.ts";
import { readSbom } from "../../src/sbom/read.ts";

const file = new URL("../fixtures/sbom/liberica-jre-25.release-1.cdx.json", import.meta.url);
const CYCLONEDX = readFileSync(file, "utf8");
const SPDX = JSON.stringify({
  spdxVersion: "SPDX-2.3",
  creationInfo: { creators: ["Tool: apko (v0.30.1)"] },
  documentDescribes: ["SPDXRef-image"],
  packages: [
    { SPDXID: "SPDXRef-image", name: "image", primaryPackagePurpose: "CONTAINER" },
    { SPDXID: "SPDXRef-os", name: "wolfi", versionInfo: "1", primaryPackagePurpose: "OPERATING_SYSTEM" },
    { SPDXID: "SPDXRef-yaml", name: "openssl.yaml" },
    ...["libcrypto3", "libssl3"].map((name) => ({
      SPDXID: `SPDXRef-${name}`,
      name,
      versionInfo: "3.5.4-r0",
      licenseDeclared: "Apache-2.0",
      externalRefs: [
        { referenceType: "purl", referenceLocator: `pkg:apk/wolfi/${name}@3.5.4-r0?arch=x86_64` },
      ],
    })),
  ],
  relationships: [
    {
      spdxElementId: "SPDXRef-libssl3",
      relationshipType: "DESCRIBED_BY",
      relatedSpdxElement: "SPDXRef-yaml",
    },
  ],
});

/** What takes the place of something in a document. */
const replacement = fc.oneof(
  fc.constantFrom(
    null,
    undefined,
    0,
    -1,
    true,
    "",
    " ",
    [],
    {},
    [[]],
    [null],
    { components: [{}] },
    "\u0000\u202e",
  ),
  fc.constantFrom(
    "pkg:",
    "pkg:a/b@%",
    "pkg:apk/a/b@1?arch=\u202e",
    "x".repeat(10_000),
    "pkg:npm/a@" + "1".repeat(10_000),
  ),
  fc.constantFrom(
    "OPERATING_SYSTEM",
    "CONTAINER",
    "DESCRIBED_BY",
    "BUILD_TOOL_OF",
    "NOASSERTION",
    "(devel)",
    "1".repeat(299),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.jsonValue({ maxDepth: 3 }),
);

type Step = readonly [position: number, value: unknown];

/** The document with the value at some place of it replaced; which place, the number decides. */
function mutated(document: unknown, [position, value]: Step): unknown {
  if (typeof document !== "object" || document === null) return value;
  const entries = Object.entries(document);
  const chosen = entries[position % (entries.length + 1)];
  if (chosen === undefined) return value;
  const [key, inner] = chosen;
  const replaced = mutated(inner, [Math.floor(position / (entries.length + 1)), value]);
  if (Array.isArray(document)) return document.map((each, at) => (String(at) === key ? replaced : each));
  return { ...document, [key]: replaced };
}

function textsIn({ components, distribution, tool, toolVersion }: ComponentList): readonly string[] {
  const own = components.flatMap(({ key, version, source, architecture, distribution: release }) => [
    key,
    version,
    source.name,
    source.version ?? "",
    architecture ?? "",
    release ?? "",
  ]);
  return [...own, distribution ?? "", tool ?? "", toolVersion ?? ""];
}

test.each([
  { title: "CycloneDX", type: "https://cyclonedx.org/bom", text: CYCLONEDX },
  { title: "SPDX", type: "https://spdx.dev/Document", text: SPDX },
])(
  "$title with anything in any place is read or refused, and what is read can be shown",
  ({ type, text }) => {
    const original: unknown = JSON.parse(text);
    let read = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), replacement), { minLength: 1, maxLength: 4 }), (steps) => {
        let list: ComponentList | undefined;
        try {
          list = readSbom(type, steps.reduce(mutated, original));
        } catch (thrown) {
          if (!(thrown instanceof InvalidInputError)) throw thrown;
        }
        if (list === undefined) return;
        read += 1;
        expect(list.components.length).toBeLessThanOrEqual(COMPONENTS_MAX);
        for (const shown of textsIn(list)) {
          expect(isUnprintable(shown)).toBe(false);
          expect(shown.length).toBeLessThanOrEqual(2 * TEXT_LENGTH_MAX);
        }
      }),
      { numRuns: 600 },
    );
    expect(read).toBeGreaterThan(100);
  },
);

test("a document that ends early is refused", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: CYCLONEDX.trimEnd().length - 1 }), (length) => {
      expect(() => readSbom("https://cyclonedx.org/bom", CYCLONEDX.slice(0, length))).toThrow(
        InvalidInputError,
      );
    }),
    { numRuns: 200 },
  );
});
