import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findRedisProgram } from "../../../src/adapters/redis/server.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hk-path-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program of that name in a folder of its own. */
function program(name: string, { mode = 0o755, into = name } = {}): string {
  mkdirSync(join(folder, into), { recursive: true });
  writeFileSync(join(folder, into, name), "#!/bin/sh\n");
  chmodSync(join(folder, into, name), mode);
  return join(folder, into);
}

function toolsFile(tools: unknown): string {
  const file = join(folder, "tools.json");
  writeFileSync(file, typeof tools === "string" ? tools : JSON.stringify(tools));
  return file;
}

const NONE = "/nowhere/tools.json";

describe("on the search path", () => {
  test.each(["redis-server", "valkey-server"])("%s", (name) => {
    const where = program(name);
    expect(findRedisProgram(`/nowhere${delimiter}${where}`, NONE)).toEqual({
      command: join(where, name),
      environment: {},
    });
  });

  test("Redis before Valkey, wherever they are", () => {
    const path = [program("valkey-server"), program("redis-server")].join(delimiter);
    expect(findRedisProgram(path, NONE)?.command).toMatch(/redis-server$/);
  });

  test("what comes first", () => {
    const path = [program("redis-server", { into: "a" }), program("redis-server", { into: "b" })];
    expect(findRedisProgram(path.join(delimiter), NONE)?.command).toBe(join(folder, "a", "redis-server"));
  });

  test.each([
    { title: "nothing there", path: "/nowhere" },
    { title: "an empty path", path: "" },
    { title: "an empty entry, which would mean where we stand", path: delimiter },
  ])("none: $title", ({ path }) => {
    expect(findRedisProgram(path, NONE)).toBeUndefined();
  });

  test("none: a file that nobody may run", () => {
    const where = program("redis-server", { mode: 0o644 });
    expect(findRedisProgram(where, NONE)).toBeUndefined();
  });
});

describe("among the tools that were set up", () => {
  test("with what its environment needs", () => {
    const file = toolsFile({
      "redis-server": { path: "/tools/redis-server", env: { LD_LIBRARY_PATH: "/tools" } },
    });
    expect(findRedisProgram("/nowhere", file)).toEqual({
      command: "/tools/redis-server",
      environment: { LD_LIBRARY_PATH: "/tools" },
    });
  });

  test("only where there is none on the path", () => {
    const file = toolsFile({ "redis-server": { path: "/tools/redis-server" } });
    expect(findRedisProgram(program("valkey-server"), file)?.command).toMatch(/valkey-server$/);
  });

  test.each([
    { title: "it could not be had", tools: { "redis-server": { missing: "is not installed" } } },
    { title: "it is not in the list", tools: { cosign: { path: "/tools/cosign" } } },
  ])("none: $title", ({ tools }) => {
    expect(findRedisProgram("/nowhere", toolsFile(tools))).toBeUndefined();
  });
});
