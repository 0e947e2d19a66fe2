import { describe, expect, test } from "vitest";
import { readSbom } from "../../src/sbom/read.ts";
import { listOf } from "../fixtures/lists.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";

function cyclonedx(components: readonly unknown[], more: object = {}): object {
  return { bomFormat: "CycloneDX", specVersion: "1.6", components, ...more };
}

function system(name: string, version: string): object {
  return { type: "operating-system", name, version };
}

const zlib = { type: "library", name: "zlib", purl: "pkg:apk/alpine/zlib@1.3-r0" };

function keysOf(predicateType: string, predicate: unknown): readonly string[] {
  return readSbom(predicateType, predicate).components.map(({ key }) => key);
}

describe("CycloneDX", () => {
  test.each(["1.2", "1.3", "1.4", "1.5", "1.6"])("%s is read", (specVersion) => {
    expect(readSbom(CYCLONEDX, cyclonedx([zlib], { specVersion })).specVersion).toBe(specVersion);
  });

  test.each([
    "file",
    "operating-system",
    "container",
    "platform",
    "data",
    "device",
    "machine-learning-model",
    "cryptographic-asset",
  ])("a %s is no package, but what is inside it may be", (type) => {
    const list = readSbom(
      CYCLONEDX,
      cyclonedx([{ type, name: "x", purl: "pkg:generic/x@1", components: [zlib] }]),
    );
    expect(list.components.map(({ key }) => key)).toStrictEqual(["apk/alpine/zlib"]);
    expect(list.skipped).toStrictEqual([{ reason: "not-a-package", count: 1 }]);
  });

  test("what the SBOM is about is not in it", () => {
    const component = { type: "container", name: "image", purl: "pkg:oci/image@sha256%3Aabc" };
    expect(keysOf(CYCLONEDX, cyclonedx([zlib], { metadata: { component } }))).toStrictEqual([
      "apk/alpine/zlib",
    ]);
  });

  test("entries that are no packages are counted by reason", () => {
    const list = readSbom(
      CYCLONEDX,
      cyclonedx([zlib, 1, null, "x", [], {}, { purl: 7 }, { purl: "" }, { name: "\u202ebare" }]),
    );
    expect(list.components).toHaveLength(1);
    expect(list.skipped).toStrictEqual([
      { reason: "entry-invalid", count: 4 },
      { reason: "no-purl", count: 3 },
      { reason: "purl-invalid", count: 1 },
    ]);
  });

  test.each([
    { title: "syft's property names the source package of apk", name: "syft:metadata:originPackage" },
    { title: "syft's property names the source package of deb", name: "syft:metadata:source" },
  ])("$title", ({ name }) => {
    const properties = [
      { name: "other", value: "x" },
      { name, value: "openssl" },
    ];
    const entry = { type: "library", purl: "pkg:apk/alpine/libssl3@3", properties };
    const upstream = { ...entry, purl: "pkg:apk/alpine/libssl3@3?upstream=openssl-fips" };
    expect(readSbom(CYCLONEDX, cyclonedx([entry])).components[0]?.source).toStrictEqual({
      name: "openssl",
      how: "property",
    });
    expect(readSbom(CYCLONEDX, cyclonedx([upstream])).components[0]?.source).toStrictEqual({
      name: "openssl-fips",
      how: "upstream",
    });
  });

  test("a version field with a character that cannot be shown is no version", () => {
    const entry = { type: "library", purl: "pkg:apk/alpine/a", version: "1.2\n-r0" };
    expect(readSbom(CYCLONEDX, cyclonedx([entry]))).toMatchObject({
      components: [],
      skipped: [{ reason: "entry-invalid", count: 1 }],
    });
  });

  test("the version field serves a purl without one", () => {
    const entry = { type: "library", purl: "pkg:apk/alpine/a", version: "1.2-r0" };
    expect(readSbom(CYCLONEDX, cyclonedx([entry])).components[0]?.version).toBe("1.2-r0");
  });

  test.each([
    {
      title: "a list",
      tools: [{ vendor: "anchore", name: "syft", version: "1" }],
      tool: "syft",
      toolVersion: "1",
    },
    { title: "an object", tools: { components: [{ name: "trivy" }] }, tool: "trivy" },
    {
      title: "an object with a version",
      tools: { components: [{ name: "syft", version: "1.16.0" }] },
      tool: "syft",
      toolVersion: "1.16.0",
    },
    { title: "nothing", tools: undefined, tool: undefined },
    { title: "nonsense", tools: "syft", tool: undefined },
    { title: "a version alone", tools: [{ version: "1" }], tool: undefined },
  ])("the tool from $title", ({ tools, tool, toolVersion }) => {
    const list = readSbom(CYCLONEDX, cyclonedx([], { metadata: { tools } }));
    expect(list.tool).toBe(tool);
    expect(list.toolVersion).toBe(toolVersion);
  });

  describe("the distribution of a package that names none", () => {
    test.each([
      { title: "the image's", systems: [system("alpine", "3.22.1")], distribution: "alpine-3.22.1" },
      {
        title: "none if the image has another's",
        systems: [system("wolfi", "20230201")],
        distribution: undefined,
      },
      {
        title: "none if the image has two",
        systems: [system("alpine", "3.21.0"), system("alpine", "3.22.1")],
        distribution: undefined,
      },
      {
        title: "none without a version",
        systems: [{ type: "operating-system", name: "alpine" }],
        distribution: undefined,
      },
    ])("$title", ({ systems, distribution }) => {
      const list = readSbom(CYCLONEDX, cyclonedx([zlib, ...systems]));
      expect(list.components[0]?.distribution).toBe(distribution);
    });
  });

  test("one entry per package and version, sorted, the one that says most, in whatever order they came", () => {
    const purls = [
      "pkg:apk/alpine/b@1",
      "pkg:apk/alpine/a@2?arch=x86_64",
      "pkg:apk/alpine/a@2?arch=x86_64&upstream=aa",
      "pkg:apk/alpine/a@10",
      "pkg:apk/alpine/a@2?arch=x86_64&distro=alpine-3.22.1&upstream=aa",
    ];
    const list = listOf(...purls);
    expect(list.components.map(({ name, version }) => `${name} ${version}`)).toStrictEqual([
      "a 10",
      "a 2",
      "b 1",
    ]);
    expect(list.components[1]).toMatchObject({
      source: { name: "aa", how: "upstream" },
      distribution: "alpine-3.22.1",
      copies: 3,
    });
    expect(listOf(...purls.toReversed())).toStrictEqual(list);
  });

  test("one package on two architectures is two entries", () => {
    const list = listOf("pkg:apk/alpine/a@2?arch=x86_64", "pkg:apk/alpine/a@2?arch=aarch64");
    expect(list.components.map(({ architecture }) => architecture)).toStrictEqual(["aarch64", "x86_64"]);
  });
});
