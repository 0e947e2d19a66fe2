import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isAtLeast, versionIn } from "../../scripts/lib/program.mjs";
import { TOOLS, ensureTools, skipsOf, toolsDirectoryOf } from "../../scripts/tools.mjs";

test.each([
  { text: "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", version: "7.0.15" },
  { text: "Valkey server v=8.1.1 sha=00000000:1 malloc=jemalloc-5.3.0 bits=64", version: "8.1.1" },
  { text: "docker-registry github.com/docker/distribution 2.8.2+ds1", version: "2.8.2" },
  { text: "GitVersion:    v2.5.0\nGoVersion: go1.24.4", version: "2.5.0" },
  { text: "Version:        1.2.0+unknown\nGo version:     go1.24.4", version: "1.2.0" },
  { text: "2.26.1\n", version: "2.26.1" },
  { text: "Chromium 156.0.8078.79 built on Debian", version: "156.0.8078.79" },
  { text: "GitVersion:    devel\nGoVersion:     go1.24.4", version: undefined },
  { text: "", version: undefined },
])("the version in $text", ({ text, version }) => {
  expect(versionIn(text)).toBe(version);
});

test.each([
  { version: "2.20.0", enough: true },
  { version: "2.20-1~deb12u1", enough: true },
  { version: "3.0", enough: true },
  { version: "2.19.9", enough: false },
  { version: "1.29.2", enough: false },
  { version: "", enough: false },
])("$version against 2.20: $enough", ({ version, enough }) => {
  expect(isAtLeast(version, [2, 20])).toBe(enough);
});

async function program(path, prints, code = 0) {
  await writeFile(path, `#!/bin/sh\necho "${prints}"\nexit ${code}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("the list of tools", () => {
  const elsewhere = { id: "plan9", codename: "glenda" };
  const tool = {
    name: "gadget",
    commands: ["gadget", "gizmo"],
    versionArgs: ["--version"],
    minimum: [2, 0],
    packages: ["gadget"],
    binary: "usr/bin/gadget",
    purpose: "tests with a gadget",
  };
  let root;
  let bin;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "hk-tools-"));
    bin = join(root, "bin");
    await mkdir(bin);
    vi.stubEnv("PATH", bin);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true });
  });

  const ensure = async (more = {}) => {
    const manifest = await ensureTools({ root, tools: [tool], os: elsewhere, ...more });
    const written = JSON.parse(await readFile(join(toolsDirectoryOf(root), "tools.json"), "utf8"));
    expect(written).toEqual(manifest);
    return manifest.gadget;
  };
  const remember = async (entry) => {
    await mkdir(toolsDirectoryOf(root), { recursive: true });
    await writeFile(join(toolsDirectoryOf(root), "tools.json"), JSON.stringify({ gadget: entry }));
  };

  test.each([
    { title: "its first name", command: "gadget", prints: "gadget v2.1.0", version: "2.1.0" },
    { title: "its other name", command: "gizmo", prints: "gizmo 3.0", version: "3.0" },
    { title: "no version of its own", command: "gadget", prints: "devel", version: "unknown version" },
  ])("has a program found by $title", async ({ command, prints, version }) => {
    const path = await program(join(bin, command), prints);
    expect(await ensure()).toEqual({ path, env: {}, version, from: "PATH" });
  });

  test.each([
    { title: "is too old", prints: "gadget 1.9", code: 0 },
    { title: "does not run", prints: "gadget 2.1", code: 1 },
  ])("has no program that $title", async ({ prints, code }) => {
    await program(join(bin, "gadget"), prints, code);
    expect(await ensure()).toMatchObject({
      missing: expect.stringContaining("fetched on Debian only (this is plan9)"),
    });
  });

  test("keeps what was fetched, as long as it is there", async () => {
    const path = join(toolsDirectoryOf(root), "gadget", "gadget");
    const entry = { path, env: { LD_LIBRARY_PATH: "/x" }, version: "2.0", from: "trixie" };
    await remember(entry);
    expect(await ensure()).toHaveProperty("missing");
    await remember(entry);
    await mkdir(join(path, ".."));
    await program(path, "gadget 2.0");
    expect(await ensure()).toEqual(entry);
  });

  test("forgets a program that has gone from PATH", async () => {
    await remember({
      path: await program(join(root, "gadget"), "2.0"),
      env: {},
      version: "2.0",
      from: "PATH",
    });
    expect(await ensure()).toHaveProperty("missing");
  });

  test("asks again for what was missing after an hour, or when told to", async () => {
    const entry = { missing: "no network", checkedAt: new Date().toISOString() };
    await remember(entry);
    expect(await ensure()).toEqual(entry);
    expect(await ensure({ retry: true })).not.toEqual(entry);
    const old = { ...entry, checkedAt: "2026-01-01T00:00:00.000Z" };
    await remember(old);
    expect(await ensure()).not.toEqual(old);
  });

  test.each(["not JSON", "null", "[]"])("starts anew from %s", async (text) => {
    await mkdir(toolsDirectoryOf(root), { recursive: true });
    await writeFile(join(toolsDirectoryOf(root), "tools.json"), text);
    expect(await ensure()).toHaveProperty("missing");
  });

  test("says on Debian what it takes to fetch, and how to install what is too large", async () => {
    const os = { id: "debian", codename: "bookworm" };
    expect(await ensure({ os })).toMatchObject({ missing: expect.stringContaining("without apt-get") });
    const large = { ...tool, packages: [] };
    expect(await ensure({ os, tools: [large], retry: true })).toMatchObject({
      missing: expect.stringContaining("apt-get install chromium"),
    });
  });
});

test("every missing tool is a line that says what is skipped and why", () => {
  const [first, ...others] = TOOLS;
  expect(others.length).toBeGreaterThan(0);
  const found = Object.fromEntries(
    others.map(({ name }) => [name, { path: "/x", env: {}, version: "1", from: "PATH" }]),
  );
  const manifest = { ...found, [first.name]: { missing: "is not installed", checkedAt: "" } };
  expect(skipsOf(manifest)).toEqual([`Skipping: ${first.purpose}: ${first.name} is not installed`]);
});
