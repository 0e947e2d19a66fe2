import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { sharedData } from "../shared-data.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";

const documents = sharedData("sbom/");

function read(name: string): unknown {
  const bytes = readFileSync(new URL(name, documents));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

describe.skipIf(!existsSync(documents))("published SBOMs (real data, skipped where not present)", () => {
  test.each([
    { name: "quay-builder-2025-02-24.amd64.cdx.json", type: CYCLONEDX, count: 321, tool: "syft" },
    { name: "quay-builder-2025-04-02.amd64.cdx.json", type: CYCLONEDX, count: 323, tool: "syft" },
    { name: "quay-builder-2025-04-02.index.cdx.json", type: CYCLONEDX, count: 0, tool: "SBOMer" },
    { name: "ubi9-micro.amd64.spdx.json", type: SPDX, count: 20, tool: "example SPDX document only" },
    { name: "ubi9-micro.index.spdx.json", type: SPDX, count: 0, tool: "example SPDX document only" },
  ])("$name has $count packages", ({ name, type, count, tool }) => {
    const list = readSbom(type, read(name));
    expect(list.tool).toBe(tool);
    expect(list.components).toHaveLength(count);
  });

  test.each([
    { id: "D5", name: "quay-builder-2025-04-02.index.cdx.json", type: CYCLONEDX },
    { id: "D5", name: "ubi9-micro.index.spdx.json", type: SPDX },
  ])("$id: $name lists images, so it says nothing of what changed", ({ name, type }) => {
    expect(readSbom(type, read(name)).scope).toBe("index");
  });

  test("an image's own SBOM is none of an index", () => {
    const list = readSbom(CYCLONEDX, read("quay-builder-2025-04-02.amd64.cdx.json"));
    expect(list.scope).toBeUndefined();
    expect(list.toolVersion).toBe("1.16.0");
    const licensed = list.components.filter(({ licence }) => licence !== undefined);
    expect(licensed.length).toBeGreaterThan(300);
  });

  test("the keys in the package database of the quay-builder image are no packages", () => {
    const list = readSbom(CYCLONEDX, read("quay-builder-2025-02-24.amd64.cdx.json"));
    expect(list.skipped).toStrictEqual([
      { reason: "not-a-package", count: 1 },
      { reason: "pseudo-package", count: 2 },
    ]);
  });

  test("circular dependencies end", () => {
    const list = readSbom(CYCLONEDX, read("circular.cdx.json"));
    expect(list.components.length).toBeGreaterThan(200);
  });

  test("SPDX 2.2 of syft", () => {
    const list = readSbom(SPDX, read("kube-proxy-1.25.1.spdx.json.gz"));
    expect(list).toMatchObject({ specVersion: "2.2", tool: "syft" });
    expect(list.components.length).toBeGreaterThan(70);
  });

  test("D20: a compressed bomb is refused and not expanded: nothing here unpacks anything", () => {
    const bytes = readFileSync(new URL("bomb.bz2", documents));
    const before = process.memoryUsage().rss;
    expect(() => readSbom(CYCLONEDX, bytes)).toThrow(InvalidInputError);
    expect(() => readSbom(CYCLONEDX, bytes.toString("latin1"))).toThrow("not JSON");
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});
