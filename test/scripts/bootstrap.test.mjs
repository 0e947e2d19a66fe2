import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TOOLS } from "../../scripts/tools.mjs";

/** A clone with only the scripts, whose npm, vitest and demo are stand-ins; nothing is installed or fetched. */
let root;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "hk-bootstrap-"));
  await cp(fileURLToPath(new URL("../../scripts", import.meta.url)), join(root, "scripts"), {
    recursive: true,
  });
  const lock = JSON.stringify({ packages: { "": {} } });
  await write("package.json", "{}");
  await write("package-lock.json", lock);
  await write("node_modules/.package-lock.json", lock);
  await write("node_modules/vitest/vitest.mjs", stand("vitest"));
  await write("demo/main.ts", `const words: string[] = []; ${stand("demo")}`);
  const missing = {
    missing: "is not installed (ask your administrator)",
    checkedAt: new Date().toISOString(),
  };
  const tools = Object.fromEntries(TOOLS.map(({ name }) => [name, missing]));
  await write(".cache/tools/tools.json", JSON.stringify(tools));
  await mkdir(join(root, "bin"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A program that prints its name and arguments. */
function stand(name) {
  return `console.log(JSON.stringify(["${name}", ...process.argv.slice(2)])); process.exitCode = 3;`;
}

async function write(path, text, mode = 0o644) {
  await mkdir(join(root, path, ".."), { recursive: true });
  await writeFile(join(root, path), text, { mode });
}

function start(...args) {
  return spawn(process.execPath, [join(root, "scripts", "bootstrap.mjs"), ...args], {
    env: { PATH: join(root, "bin") },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function bootstrap(...args) {
  const child = start(...args);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

test("the demo gets its arguments, and its code comes back", async () => {
  const { code, stdout } = await bootstrap("demo", "--once", "a b");
  expect(JSON.parse(stdout)).toEqual(["demo", "--once", "a b"]);
  expect(code).toBe(3);
});

test("the tests get their arguments after one line for each tool that is missing", async () => {
  const { code, stdout, stderr } = await bootstrap("test", "--project", "unit");
  expect(JSON.parse(stdout)).toEqual(["vitest", "run", "--project", "unit"]);
  expect(code).toBe(3);
  const skips = stderr.split("\n").filter((line) => line.startsWith("Skipping: "));
  expect(skips).toHaveLength(TOOLS.length);
  expect(skips.every((line) => line.endsWith("(ask your administrator)"))).toBe(true);
});

test("a signal reaches the child, and its answer comes back", async () => {
  await write(
    "demo/main.ts",
    'process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1000); console.log("ready");',
  );
  const child = start("demo");
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect(await once(child, "close")).toEqual([9, null]);
});

describe("packages that are not installed", () => {
  const ENTRY = { a: { version: "1.0.0", integrity: "sha512-a" } };

  test("are installed by npm ci, once", async () => {
    const lock = JSON.stringify({ packages: ENTRY });
    await write("package-lock.json", lock);
    const npm = `#!${process.execPath}
      const { appendFileSync, writeFileSync } = require("node:fs");
      appendFileSync("npm.log", process.argv.slice(2, 3) + "\\n");
      writeFileSync("node_modules/.package-lock.json", ${JSON.stringify(lock)});`;
    await write("bin/npm", npm, 0o755);
    expect((await bootstrap("demo")).stderr).toMatch(
      /^Installing packages \(a is not installed\) … \d+\.\d s$/m,
    );
    expect((await bootstrap("demo")).stderr).not.toContain("Installing");
  });

  test.each([
    { title: "npm is not there", npm: undefined, says: "npm was not found" },
    {
      title: "npm fails",
      npm: "#!/bin/sh\necho 'npm error code E404' >&2\nexit 1\n",
      says: "npm ci failed: code E404",
    },
  ])("stop everything when $title", async ({ npm, says }) => {
    await write("package-lock.json", JSON.stringify({ packages: ENTRY }));
    if (npm !== undefined) await write("bin/npm", npm, 0o755);
    const { code, stdout, stderr } = await bootstrap("demo");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`Error: ${says}`);
  });
});

test.each([
  { title: "no command", args: [], says: "no command given" },
  { title: "an unknown command", args: ["tset"], says: "unknown command tset" },
  { title: "an unknown flag", args: ["setup", "--ful"], says: "unknown argument --ful" },
])("refuses $title and shows what there is", async ({ args, says }) => {
  const { code, stderr } = await bootstrap(...args);
  expect(code).toBe(1);
  expect(stderr).toContain(`Error: ${says}`);
  expect(stderr).toContain("usage: ");
});
