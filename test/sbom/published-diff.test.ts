import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { CHANGE_KINDS } from "../../src/sbom/change.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { listOf } from "../fixtures/lists.ts";
import { textOfFile } from "../conformance/read-file.ts";
import { sharedData } from "../shared-data.ts";
import { changesOf, written } from "./written.ts";

const documents = sharedData("sbom/");

async function read(name: string): Promise<ComponentList> {
  const type = name.includes(".spdx.") ? "https://spdx.dev/Document" : "https://cyclonedx.org/bom";
  return readSbom(type, await textOf(name));
}

function textOf(name: string): Promise<string> {
  return textOfFile(fileURLToPath(new URL(name, documents)));
}

function countsOf(before: ComponentList, after: ComponentList): Readonly<Record<string, number>> {
  const { changes } = diffOf(before, after);
  const counts = CHANGE_KINDS.map(
    (kind) => [kind, changes.filter((change) => change.kind === kind).length] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

describe.skipIf(!existsSync(documents))("published SBOMs (real data, skipped where not present)", () => {
  test("D1: two releases of one image: 19 upgraded, 2 added, none downgraded, none relicensed", async () => {
    const before = await read("quay-builder-2025-02-24.amd64.cdx.json");
    const after = await read("quay-builder-2025-04-02.amd64.cdx.json");
    expect(countsOf(before, after)).toStrictEqual({ upgraded: 19, added: 2 });
    const { quality, changes, isBaseReplaced } = diffOf(before, after);
    expect({ quality, isBaseReplaced }).toStrictEqual({ quality: "exact", isBaseReplaced: false });
    expect(changes.filter(({ kind }) => kind === "added").map(written)).toStrictEqual([
      "added rpm/redhat/glibc-gconv-extra 2.28-251.el8_10.14",
      "added rpm/redhat/glibc-langpack-en 2.28-251.el8_10.14",
    ]);
    expect(countsOf(after, before)).toStrictEqual({ downgraded: 19, removed: 2 });
  });

  test("D2: one image on two platforms: no difference", async () => {
    const amd64 = await read("example.amd64.cdx.json");
    expect(amd64.components.length).toBeGreaterThan(300);
    expect(diffOf(amd64, await read("example.arm64.cdx.json"))).toMatchObject({
      quality: "exact",
      changes: [],
      equalCount: amd64.components.length,
    });
  });

  test("D4: two SBOMs with 8,289 files: no difference, in less than 200 ms", async () => {
    const [one, other] = [await textOf("syft-ubi.v1.spdx.json.xz"), await textOf("syft-ubi.v2.spdx.json.xz")];
    const type = "https://spdx.dev/Document";
    const before = readSbom(type, one);
    const start = process.cpuUsage();
    const after = readSbom(type, other);
    const diff = diffOf(before, after);
    const { user, system } = process.cpuUsage(start);
    expect(diff).toMatchObject({ quality: "exact", changes: [] });
    expect(diff.equalCount).toBeGreaterThan(190);
    expect((user + system) / 1_000).toBeLessThan(200);
  });

  test("D22: another base: 92 removed, 76 added, 2 upgraded", async () => {
    const before = await read("kube-proxy-1.24.6.spdx.json.gz");
    const after = await read("kube-proxy-1.25.1.spdx.json.gz");
    expect(countsOf(before, after)).toStrictEqual({ upgraded: 2, added: 76, removed: 92 });
    expect(diffOf(before, after).isBaseReplaced).toBe(true);
  });
});

const release = (at: number, patch: number): string => `pkg:rpm/redhat/q${at}@8.0.${patch}-${at}.el9`;

describe("pairs like published ones that cannot be kept", () => {
  const same = Array.from({ length: 113 }, (_, at) => `pkg:rpm/redhat/p${at}@1.${at}-1.el9?arch=x86_64`);

  test("D3: one image on two platforms, one of which has three libraries more", () => {
    const libraries = ["libasan", "libatomic", "libubsan"].map(
      (name) => `pkg:rpm/redhat/${name}@11.4.1-3.el9?arch=aarch64`,
    );
    const arm = same.map((purl) => purl.replace("x86_64", "aarch64"));
    expect(changesOf(listOf(...same), listOf(...arm, ...libraries))).toStrictEqual([
      "added rpm/redhat/libasan 11.4.1-3.el9",
      "added rpm/redhat/libatomic 11.4.1-3.el9",
      "added rpm/redhat/libubsan 11.4.1-3.el9",
    ]);
  });

  test("D25: 26 of 139 packages with the newest first are 26 downgraded", () => {
    const older = Array.from({ length: 26 }, (_, at) => release(at, 9));
    const newer = Array.from({ length: 26 }, (_, at) => release(at, 10));
    expect(countsOf(listOf(...same, ...newer), listOf(...same, ...older))).toStrictEqual({ downgraded: 26 });
    expect(countsOf(listOf(...same, ...older), listOf(...same, ...newer))).toStrictEqual({ upgraded: 26 });
  });
});
