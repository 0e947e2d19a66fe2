import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { missingTools } from "../tools/tool.ts";

const DEMO = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));
const missing = missingTools("docker-registry", "cosign", "redis-server");
const run = promisify(execFile);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-demo-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe.skipIf(missing !== undefined)(`the demo${missing === undefined ? "" : ` (${missing})`}`, () => {
  it("ends after the first pull request and prints it", async () => {
    const { stdout } = await run(process.execPath, [DEMO, "--once", "--directory", directory]);
    expect(stdout).toMatch(/Pull request after \d+\.\d s: http:\/\/127\.0\.0\.1:\d+\/acme\/shop\/pull\/1/);
    expect(stdout).toContain("Fixes **3 vulnerabilities**");
    expect(stdout).toContain("Source: The vendor's advisories, 6 records, newest of ");
    expect(stdout).toContain("Packages: 9 upgraded, 0 added, 0 removed");
    expect(stdout).toContain("### Not checked");
  });

  it.each([
    { title: "an unknown command", args: ["destroy"], says: /unknown: destroy/ },
    { title: "publishing when no demo runs", args: ["publish", "3"], says: /no demo is running/ },
    { title: "advising when no demo runs", args: ["advise"], says: /no demo is running/ },
    {
      title: "advising what it does not know",
      args: ["advise", "more"],
      says: /withdraw or nothing, not more/,
    },
  ])("refuses $title", async ({ args, says }) => {
    const failed = await run(process.execPath, [DEMO, ...args, "--directory", directory]).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ stdout: expect.stringMatching(says) });
  });
});
