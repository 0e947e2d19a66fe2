import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { HELP } from "../../src/cli/arguments.ts";
import { VERSION } from "../../src/version.ts";

const CLI = fileURLToPath(new URL("../../src/cli/hullkeeper.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hk-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a person starts it, with nothing in its environment. */
function hullkeeper(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { HOME: folder, PATH: "", ...environment };
    execFile(process.execPath, [CLI, ...args], { env, timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

function configFile(text: string): string {
  const path = join(folder, "hullkeeper.yaml");
  writeFileSync(path, text);
  return path;
}

const WHOLE = `
github: { token: { env: TOKEN }, repositories: [acme/shop] }
marker: { key: { env: MARKER } }
`;
const SECRETS = { TOKEN: "ghp_0123456789abcdef", MARKER: "m".repeat(32) };

describe("the exit code, and where it is said", () => {
  test("0: --help, on standard output", async () => {
    expect(await hullkeeper(["--help"])).toEqual({ code: 0, stdout: HELP, stderr: "" });
  });

  test("0: --version", async () => {
    expect(await hullkeeper(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  test.each([
    { args: [] },
    { args: ["start"] },
    { args: ["serve"] },
    { args: ["worker", "nothing", "-c", "x"] },
  ])("64: $args, on standard error", async ({ args }) => {
    const { code, stdout, stderr } = await hullkeeper(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toMatch(/^hullkeeper: .*\(see hullkeeper --help\)\n$/);
  });

  test.each([{ args: ["serve"] }, { args: ["worker", "all"] }, { args: ["run", "--once"] }])(
    "1: $args with a configuration that is not there",
    async ({ args }) => {
      const { code, stdout, stderr } = await hullkeeper([...args, "--config", join(folder, "gone.yaml")]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("gone.yaml");
      expect(stderr).not.toMatch(/\n\s+at /);
    },
  );

  test("1: all faults of a configuration at once, without a stack", async () => {
    const path = configFile("github: { token: { env: NOT_SET }, repositories: [], colour: red }\n");
    const { code, stderr } = await hullkeeper(["serve", "--config", path]);
    expect(code).toBe(1);
    for (const fault of ["NOT_SET", "github.repositories", "colour", "marker"])
      expect(stderr).toContain(fault);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("1: a worker without a Redis that it could share", async () => {
    const path = configFile(WHOLE);
    const { code, stderr } = await hullkeeper(["worker", "all", "--config", path], SECRETS);
    expect(code).toBe(1);
    expect(stderr).toMatch(/REDIS_URL or redis\.url/);
  });

  test("1: a Redis that is not there, within seconds, and no secret is said", async () => {
    const path = configFile(WHOLE);
    const startedAt = performance.now();
    const environment = { ...SECRETS, REDIS_URL: "redis://:hunter2@127.0.0.1:1" };
    const { code, stderr } = await hullkeeper(["worker", "all", "--config", path], environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(/asking Redis for its state failed: .*ECONNREFUSED/);
    expect(stderr).not.toContain("hunter2");
    expect(stderr).not.toContain(SECRETS.TOKEN);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});
