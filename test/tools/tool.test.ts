import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toolOf } from "./tool.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-tool-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const listOf = async (content: string) => {
  const file = join(directory, "tools.json");
  await writeFile(file, content);
  return file;
};

test("finds a tool that is there", async () => {
  const entry = { path: process.execPath, env: { LD_LIBRARY_PATH: "/lib" }, version: "1.0", from: "PATH" };
  const file = await listOf(JSON.stringify({ cosign: entry }));
  expect(toolOf("cosign", file)).toMatchObject({ kind: "found", path: process.execPath, env: entry.env });
});

test.each([
  {
    title: "recorded as missing",
    content: '{"cosign":{"missing":"is not installed"}}',
    reason: "cosign is not installed",
  },
  { title: "not recorded", content: "{}", reason: "cosign is not in the list of tools" },
  {
    title: "recorded, then removed",
    content: '{"cosign":{"path":"/nowhere/cosign","env":{},"version":"1.0"}}',
    reason: "cosign is gone: run node scripts/bootstrap.mjs setup",
  },
])("says why when it is $title", async ({ content, reason }) => {
  expect(toolOf("cosign", await listOf(content))).toEqual({ kind: "missing", reason });
});

test("says what to run when nothing was set up", () => {
  expect(toolOf("cosign", join(directory, "none.json"))).toMatchObject({
    kind: "missing",
    reason: expect.stringContaining("bootstrap.mjs setup"),
  });
});

test.each([
  { content: "not JSON", says: "not valid JSON" },
  { content: "[]", says: "expected record" },
  { content: '{"cosign":{"path":1}}', says: "Invalid input" },
])("does not take $content for a list", async ({ content, says }) => {
  const file = await listOf(content);
  expect(() => toolOf("cosign", file)).toThrow(says);
});
