import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError } from "../../config/fault.ts";
import {
  type Case,
  faultsOf,
  load,
  MARKER_KEY,
  PUBLIC_KEY,
  type Refusal,
  type Sections,
  tokenOf,
} from "./folder.ts";

const GITHUB = { token: { env: "TOKEN" }, repositories: ["acme/shop"] };

const marker = (key: unknown): Sections => ({ marker: { key } });
const bellsoft = (key: unknown): Sections => ({ vendors: { bellsoft: { keys: [key] } } });

describe("secrets and keys", () => {
  const at = "vendors.bellsoft.keys[0]";

  test.each<Refusal>([
    {
      title: "a variable that is not set",
      sections: marker({ env: "NOWHERE" }),
      path: "marker.key.env",
      reason: "environment variable NOWHERE is not set",
    },
    {
      title: "a variable that is empty",
      sections: marker({ env: "EMPTY" }),
      environment: { EMPTY: "" },
      path: "marker.key.env",
      reason: "environment variable EMPTY is empty",
    },
    {
      title: "a variable of blanks",
      sections: marker({ env: "EMPTY" }),
      environment: { EMPTY: " \n" },
      path: "marker.key.env",
      reason: "is empty",
    },
    {
      title: "what is not a variable's name",
      sections: marker({ env: "A-B" }),
      path: "marker.key.env",
      reason: "not the name of an environment variable",
    },
    {
      title: "a file that is not there",
      sections: marker({ file: "nowhere" }),
      path: "marker.key.file",
      reason: "cannot be read: ENOENT",
    },
    {
      title: "a folder as a file",
      sections: marker({ file: "." }),
      path: "marker.key.file",
      reason: "is not a regular file",
    },
    {
      title: "a device that never ends",
      sections: marker({ file: "/dev/zero" }),
      path: "marker.key.file",
      reason: "is not a regular file",
    },
    {
      title: "an empty file",
      sections: marker({ file: "key" }),
      files: { key: "\n" },
      path: "marker.key.file",
      reason: "is empty",
    },
    {
      title: "a file that is not text",
      sections: marker({ file: "key" }),
      files: { key: new Uint8Array([0xff, 0xfe]) },
      path: "marker.key.file",
      reason: "is not UTF-8 text",
    },
    {
      title: "a file larger than any secret",
      sections: marker({ file: "key" }),
      files: { key: "x".repeat(300_000) },
      path: "marker.key.file",
      reason: "is larger than",
    },
    {
      title: "a short marker key",
      sections: marker({ env: "SHORT" }),
      environment: { SHORT: "x".repeat(31) },
      path: "marker.key.env",
      reason: "openssl rand -hex 32",
    },
    {
      title: "a token of two lines",
      sections: { github: { ...GITHUB, token: { file: "token" } } },
      files: { token: "one\ntwo\n" },
      path: "github.token.file",
      reason: "more than one line",
    },
    {
      title: "env and file at once",
      sections: marker({ env: "MARKER_KEY", file: "x" }),
      path: "marker.key",
      reason: "exactly one of env and file",
    },
    {
      title: "neither env nor file",
      sections: marker({}),
      path: "marker.key",
      reason: "exactly one of env and file",
    },
    { title: "no secret at all", sections: { marker: {} }, path: "marker.key", reason: "is missing" },
    {
      title: "a key file that is not there",
      sections: bellsoft({ file: "nowhere.pub" }),
      path: `${at}.file`,
      reason: "cannot be read: ENOENT",
    },
    {
      title: "a key that is no PEM",
      sections: bellsoft({ file: "bad.pub" }),
      files: { "bad.pub": "MFkw" },
      path: `${at}.file`,
      reason: 'key "bad.pub"',
    },
    {
      title: "a broken PEM",
      sections: bellsoft({ pem: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" }),
      path: `${at}.pem`,
      reason: "cannot be decoded",
    },
    {
      title: "file and pem at once",
      sections: bellsoft({ file: "key.pub", pem: PUBLIC_KEY }),
      path: at,
      reason: "exactly one of file and pem",
    },
    {
      title: "a key by a name alone",
      sections: bellsoft({ name: "BellSoft" }),
      path: at,
      reason: "exactly one of file and pem",
    },
    {
      title: "a key as a text",
      sections: bellsoft("key.pub"),
      path: at,
      reason: "must be a mapping of fields, is a text",
    },
  ])("refuses $title", async ({ path, reason, ...loaded }) => {
    expect(await faultsOf(loaded)).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });

  test.each<Case & { title: string }>([
    { title: "a token written as a value", sections: { github: { ...GITHUB, token: "hunter2" } } },
    {
      title: "a password in the address of Redis",
      sections: { redis: { url: "redis://:hunter2@redis:6379" } },
    },
    { title: "a password in a wrong REDIS_URL", environment: { REDIS_URL: "http://:hunter2@redis" } },
    { title: "a value where YAML breaks", text: 'github: { token: hunter2: "x" }\n' },
    {
      title: "a short key",
      sections: { marker: { key: { env: "SHORT" } } },
      environment: { SHORT: "hunter2" },
    },
  ])("refuses $title without showing it", async (loaded) => {
    const faults = await faultsOf(loaded);
    expect(faults.length).toBeGreaterThan(0);
    expect(new ConfigError("x.yaml", faults).message).not.toContain("hunter2");
  });

  test("refuses a pipe at once instead of waiting for somebody to write into it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hullkeeper-pipe-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe")]);
    expect(await faultsOf({ sections: marker({ file: join(folder, "pipe") }) })).toEqual([
      { path: "marker.key.file", reason: expect.stringContaining("is not a regular file") },
    ]);
  });

  test("trims line breaks at the end of a file and shows the secret nowhere", async () => {
    const config = await load({
      sections: { github: { ...GITHUB, token: { file: "secrets/token" } } },
      files: { "secrets/token": "hunter2\r\n" },
    });
    expect(tokenOf(config)).toBe("hunter2");
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain("hunter2");
    expect(inspect(config, { depth: 9 })).not.toContain(MARKER_KEY);
  });

  test.each([
    {
      title: "readable by everybody",
      mode: 0o604,
      warnings: [expect.stringContaining('"token" holds a secret')],
    },
    { title: "readable by its group", mode: 0o640, warnings: [] },
  ])("warns only of a secret's file $title", async ({ mode, warnings }) => {
    const config = await load({
      sections: { github: { ...GITHUB, token: { file: "token" } } },
      files: { token: "x" },
      modes: { token: mode },
    });
    expect(config.warnings).toEqual(warnings);
  });

  test.each([
    {
      title: "everybody may write",
      mode: 0o606,
      warnings: [expect.stringContaining('"key.pub" decides whom to trust')],
    },
    { title: "everybody may read", mode: 0o644, warnings: [] },
  ])("warns only of a key's file that $title", async ({ mode, warnings }) => {
    const config = await load({
      sections: bellsoft({ file: "key.pub" }),
      modes: { "key.pub": mode },
    });
    expect(config.warnings).toEqual(warnings);
  });
});
