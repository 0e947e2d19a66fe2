import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { chosenOf, type ReadSbom } from "../../src/sbom/choice.ts";
import type { SbomOrigin } from "../../src/sbom/component.ts";
import { componentListSchema } from "../../src/adapters/redis/component-records.ts";
import { parseDigest } from "../../src/image/digest.ts";
import type { VerifiedStatement } from "../../src/trust/verdict.ts";

const DIGEST = parseDigest(`sha256:${"a".repeat(64)}`);

interface Document {
  readonly format: "cyclonedx" | "spdx";
  readonly tool?: string;
  readonly name?: string;
  readonly kind?: "packages" | "index" | "unreadable";
}

function statement({ format, tool = "syft", name = "a", kind = "packages" }: Document): VerifiedStatement {
  const purl = kind === "index" ? "pkg:oci/x@1" : `pkg:npm/${name}@1`;
  const spdx = {
    spdxVersion: "SPDX-2.3",
    creationInfo: { creators: [`Tool: ${tool}`] },
    packages: [{ SPDXID: "x", externalRefs: [{ referenceType: "purl", referenceLocator: purl }] }],
  };
  const cyclonedx = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { tools: { components: [{ name: tool }] } },
    components: [{ type: "library", purl }],
  };
  return {
    predicateType: format === "spdx" ? "https://spdx.dev/Document" : "https://cyclonedx.org/bom",
    predicate: kind === "unreadable" ? "<bom/>" : format === "spdx" ? spdx : cyclonedx,
    source: { place: "att-tag", manifest: DIGEST, layer: DIGEST },
    signer: { kind: "key", fingerprint: "f", name: "Vendor" },
    groups: [],
  };
}

function keysIn(read: ReadSbom | undefined): readonly string[] | undefined {
  if (read?.kind !== "read") return undefined;
  const list: unknown = JSON.parse(inflateSync(read.components.deflated).toString("utf8"));
  return componentListSchema.parse(list).components.map(({ key }) => key);
}

describe("of several SBOMs of one digest", () => {
  const rows: readonly {
    readonly title: string;
    readonly documents: readonly Document[];
    readonly preferred?: SbomOrigin;
    readonly chosen: number;
  }[] = [
    { title: "CycloneDX", documents: [{ format: "spdx" }, { format: "cyclonedx" }], chosen: 1 },
    {
      title: "the first of one format",
      documents: [
        { format: "cyclonedx", name: "a" },
        { format: "cyclonedx", name: "b" },
      ],
      chosen: 0,
    },
    {
      title: "the format of what it is compared with",
      documents: [{ format: "cyclonedx" }, { format: "spdx" }],
      preferred: { format: "spdx", tool: "syft" },
      chosen: 1,
    },
    {
      title: "its tool as well",
      documents: [
        { format: "spdx", tool: "trivy" },
        { format: "cyclonedx", tool: "syft" },
        { format: "spdx", tool: "syft" },
      ],
      preferred: { format: "spdx", tool: "syft" },
      chosen: 2,
    },
    {
      title: "its format by another tool, where its own wrote none",
      documents: [
        { format: "cyclonedx", tool: "syft" },
        { format: "spdx", tool: "trivy" },
      ],
      preferred: { format: "spdx", tool: "syft" },
      chosen: 1,
    },
    {
      title: "another format, where there is none of its own",
      documents: [{ format: "spdx" }],
      preferred: { format: "cyclonedx", tool: "syft" },
      chosen: 0,
    },
    {
      title: "one with packages before one of the index",
      documents: [{ format: "cyclonedx", kind: "index" }, { format: "spdx" }],
      chosen: 1,
    },
    {
      title: "one with packages before the same format without",
      documents: [{ format: "cyclonedx", kind: "index" }, { format: "spdx" }],
      preferred: { format: "cyclonedx", tool: "syft" },
      chosen: 1,
    },
    {
      title: "one that can be read",
      documents: [{ format: "cyclonedx", kind: "unreadable" }, { format: "spdx" }],
      chosen: 1,
    },
    {
      title: "one of the index before one that cannot be read",
      documents: [
        { format: "cyclonedx", kind: "unreadable" },
        { format: "spdx", kind: "index" },
      ],
      chosen: 1,
    },
    { title: "the only one", documents: [{ format: "spdx", kind: "unreadable" }], chosen: 0 },
  ];
  test.each(rows)("$title", ({ documents, preferred, chosen }) => {
    const statements = documents.map(statement);
    const choice = chosenOf(statements, preferred === undefined ? {} : { preferred });
    expect(choice?.statement).toBe(statements[chosen]);
  });

  test("none of none", () => {
    expect(chosenOf([], {})).toBeUndefined();
  });

  test("it is told where the list comes from, and what it says", () => {
    const read = chosenOf([statement({ format: "spdx", tool: "trivy" })], {})?.read;
    expect(read).toMatchObject({
      kind: "read",
      origin: { format: "spdx", tool: "trivy" },
      says: "packages",
      platforms: [],
    });
    expect(keysIn(read)).toStrictEqual(["npm/a"]);
    const index = chosenOf([statement({ format: "spdx", kind: "index" })], {})?.read;
    expect(index).toMatchObject({ says: "nothing" });
  });

  test("D20: one of 41 MiB is not read, and the next is", () => {
    const large = { ...statement({ format: "cyclonedx" }), size: 41 * 1024 * 1024 };
    expect(chosenOf([large], {})?.read).toStrictEqual({
      kind: "unreadable",
      reason: "the SBOM has more than 41943040 bytes",
    });
    const small = statement({ format: "spdx" });
    expect(chosenOf([large, small], {})?.statement).toBe(small);
  });

  test("why it cannot be read is told", () => {
    const read = chosenOf([statement({ format: "cyclonedx", kind: "unreadable" })], {})?.read;
    expect(read).toStrictEqual({ kind: "unreadable", reason: "SBOMs written as XML are not read" });
  });
});
