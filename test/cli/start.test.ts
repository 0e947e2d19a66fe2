import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../../src/cli/hullkeeper.mjs", import.meta.url));
/** What takes the types off TypeScript, as Node calls it. */
const STRIPPER = /\binternal\/deps\/amaro\b/;
const folder = mkdtempSync(join(tmpdir(), "hk-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts the command line; returns the modules of Node that it loaded. */
async function started(): Promise<string> {
  const listing = `process.on("exit", () => console.error(process.moduleLoadList.join("\\n")));`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(listing)}`, CLI, "--version"];
  // The folder for temporary files is where Node keeps what it compiled.
  const env = { TMPDIR: folder };
  return (await promisify(execFile)(process.execPath, args, { env })).stderr;
}

test("a second start loads nothing to read TypeScript with, which is memory for the life of the process", async () => {
  expect(await started()).toMatch(STRIPPER);
  const second = await started();
  expect(second).toContain("NativeModule");
  expect(second).not.toMatch(STRIPPER);
});
