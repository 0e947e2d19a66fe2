import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isSupportedNode, missingPackagesOf } from "../../scripts/lib/packages.mjs";

describe("Node", () => {
  test.each(["v24.15.0", "v24.21.0", "v26.0.0", "27.1.0"])("%s will do", (version) => {
    expect(isSupportedNode(version)).toBe(true);
  });
  test.each(["v20.20.2", "v22.22.2", "v24.14.9", "v25.9.0", "", "v", "none"])("%s will not do", (version) => {
    expect(isSupportedNode(version)).toBe(false);
  });
  test("the range is that of package.json", async () => {
    const { engines } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(engines.node).toBe("^24.15.0 || >=26");
  });
});

describe("installed packages", () => {
  let root;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "hk-packages-"));
    await mkdir(join(root, "node_modules"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const entry = { version: "1.0.0", integrity: "sha512-a" };
  const write = async (wanted, installed) => {
    await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: { "": {}, ...wanted } }));
    if (installed === undefined) return;
    const file = join(root, "node_modules", ".package-lock.json");
    await writeFile(
      file,
      typeof installed === "string" ? installed : JSON.stringify({ packages: installed }),
    );
  };

  test.each([
    { title: "what is locked", wanted: { a: entry }, installed: { a: entry } },
    {
      title: "less, where it is for another platform",
      wanted: { a: entry, b: { ...entry, optional: true } },
      installed: { a: entry },
    },
    {
      title: "less, where others may want it",
      wanted: { b: { ...entry, devOptional: true } },
      installed: {},
    },
  ])("are complete when they are $title", async ({ wanted, installed }) => {
    await write(wanted, installed);
    expect(await missingPackagesOf(root)).toBeUndefined();
  });

  test.each([
    { title: "absent", wanted: {}, installed: undefined },
    { title: "half written", wanted: {}, installed: '{"packages":' },
    { title: "fewer", wanted: { a: entry }, installed: {} },
    { title: "of another version", wanted: { a: entry }, installed: { a: { ...entry, version: "1.0.1" } } },
    {
      title: "of other content",
      wanted: { a: entry },
      installed: { a: { ...entry, integrity: "sha512-b" } },
    },
    {
      title: "of another version, though optional",
      wanted: { a: { ...entry, optional: true } },
      installed: { a: { ...entry, version: "2.0.0" } },
    },
  ])("are incomplete when they are $title", async ({ wanted, installed }) => {
    await write(wanted, installed);
    expect(await missingPackagesOf(root)).toEqual(expect.any(String));
  });

  test("cannot be judged without a lock", async () => {
    await expect(missingPackagesOf(root)).rejects.toThrow("package-lock.json cannot be read");
  });
});
