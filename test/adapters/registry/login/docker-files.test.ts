import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DockerConfigSource } from "../../../../src/adapters/registry/settings.ts";
import { parseTag } from "../../../../src/image/reference.ts";
import { Secret } from "../../../../src/secret.ts";
import { instantOf } from "../../../../src/time.ts";
import type { FakeRegistry } from "../../../fakes/registry/server.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  lineAt,
  PATH,
  repositoryAt,
  startFake,
  type TestClient,
} from "../stage.ts";

const { signal } = new AbortController();
const NOW = instantOf(Date.UTC(2026, 10, 28));
const authOf = (name: string) => ({ auth: Buffer.from(`${name}:canary`).toString("base64") });
const tokensFor = (username: string) =>
  ({ kind: "token", user: { username, password: "canary" }, expiresInSeconds: 300 }) as const;
const user = (password: string) => ({ kind: "basic", username: "robot", password }) as const;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hk-docker-"));
});
afterEach(async () => {
  await closeAll();
  await rm(folder, { recursive: true, force: true });
});

function authsOf(key: string, password: string, username = "robot"): string {
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  return JSON.stringify({ auths: { [key]: { auth } } });
}

async function startWithImage(password: string): Promise<FakeRegistry> {
  const fake = await startFake({ login: user(password) });
  fake.putImage(PATH, { tag: "latest" });
  return fake;
}

function clientWith(
  fakes: readonly FakeRegistry[],
  config: Partial<DockerConfigSource>,
  elapsedMs?: () => number,
): TestClient {
  return clientFor(fakes, {
    dockerConfig: { files: [], helpers: "ignored", ...config },
    ...(elapsedMs === undefined ? {} : { elapsedMs }),
  });
}

describe("docker's files", () => {
  test("log in to the registry that they name", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "canary"));
    const client = clientWith([fake], { files: [file] });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("log in to no other one", async () => {
    const [ours, theirs] = [await startWithImage("canary"), await startWithImage("canary")];
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(ours.host, "canary"));
    const client = clientWith([ours, theirs], { files: [file] });
    await client.resolve(lineAt(ours), signal);
    expect(await errorOf(client.resolve(lineAt(theirs), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(theirs.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });

  test("are looked at in order: the document of the environment, then each file", async () => {
    const fake = await startWithImage("second");
    const [first, second] = [join(folder, "first.json"), join(folder, "second.json")];
    await writeFile(first, authsOf("other.example", "first"));
    await writeFile(second, authsOf(fake.host, "second"));
    const files = [join(folder, "absent.json"), join(folder, "absent", "x.json"), first, second];
    const client = clientWith([fake], { files });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });

    const inline = new Secret(authsOf(fake.host, "inline"));
    const other = clientWith([fake], { inline, files });
    expect(await errorOf(other.resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    fake.login.change(user("inline"));
    expect(await other.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("pass over an entry that says nothing", async () => {
    const fake = await startWithImage("canary");
    const [first, second] = [join(folder, "first.json"), join(folder, "second.json")];
    await writeFile(first, JSON.stringify({ auths: { [fake.host]: {} } }));
    await writeFile(second, authsOf(fake.host, "canary"));
    const client = clientWith([fake], { files: [first, second] });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("are not read when the settings have a log-in", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, "{broken");
    const client = clientFor([fake], {
      settings: { login: { kind: "basic", username: "robot", password: new Secret("canary") } },
      dockerConfig: { files: [file], helpers: "ignored" },
    });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("are not read when the settings say to come as nobody", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "canary"));
    const client = clientFor([fake], {
      settings: { login: { kind: "anonymous" } },
      dockerConfig: { files: [file], helpers: "ignored" },
    });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(fake.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });

  test("give each path its own user", async () => {
    const fake = await startFake({
      login: { kind: "token", user: { username: "team", password: "canary" } },
    });
    const file = join(folder, "auth.json");
    const auths = { [fake.host]: authOf("host"), [`${fake.host}/acme`]: authOf("team") };
    await writeFile(file, JSON.stringify({ auths }));
    const client = clientWith([fake], { files: [file] });
    for (const path of ["acme/base", "other/base"]) fake.putImage(path, { tag: "latest" });
    const line = (path: string) => ({ repository: repositoryAt(fake, path), tag: parseTag("latest") });
    expect(await client.resolve(line("acme/base"), signal)).toMatchObject({ kind: "found" });
    expect(await errorOf(client.resolve(line("other/base"), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    const now = (await client.logins.reportOn(repositoryAt(fake, "acme/base"), NOW, signal)).credentialId;
    expect(
      (await client.logins.reportOn(repositoryAt(fake, "other/base"), NOW, signal)).credentialId,
    ).not.toBe(now);
  });
});

describe("a password that changes", () => {
  test("is read from the file again, without a restart", async () => {
    const fake = await startWithImage("old");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "old"));
    let nowMs = 0;
    const client = clientWith([fake], { files: [file] }, () => nowMs);
    await client.resolve(lineAt(fake), signal);
    fake.login.change(user("new!"));
    await writeFile(file, authsOf(fake.host, "new!"));
    await utimes(file, 1_000, 1_000);
    nowMs = 2_000;
    const before = fake.requests.length;
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(fake.requests.slice(before)).toHaveLength(1);
  });

  test("is looked for at once when the old one is refused", async () => {
    const fake = await startWithImage("old");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "old"));
    const client = clientWith([fake], { files: [file] }, () => 0);
    await client.resolve(lineAt(fake), signal);
    fake.login.change(user("new!"));
    await writeFile(file, authsOf(fake.host, "new!"));
    await utimes(file, 1_000, 1_000);
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("is looked for at once when a token service refuses the old one", async () => {
    const old = {
      kind: "token",
      user: { username: "robot", password: "old" },
      expiresInSeconds: 60,
    } as const;
    const fake = await startFake({ login: old });
    fake.putImage(PATH, { tag: "latest" });
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "old"));
    const client = clientWith([fake], { files: [file] }, () => 0);
    await client.resolve(lineAt(fake), signal);
    fake.login.revoke();
    fake.login.change({ kind: "token", user: { username: "robot", password: "new!" } });
    await writeFile(file, authsOf(fake.host, "new!"));
    await utimes(file, 1_000, 1_000);
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("with its user gets tokens of its own: those of the old user are used no more", async () => {
    const fake = await startFake({ login: tokensFor("robot") });
    fake.putImage(PATH, { tag: "latest" });
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "canary"));
    let nowMs = 0;
    const client = clientWith([fake], { files: [file] }, () => nowMs);
    await client.resolve(lineAt(fake), signal);
    fake.login.change(tokensFor("other"));
    await writeFile(file, authsOf(fake.host, "canary", "other"));
    nowMs = 2_000;
    await client.resolve(lineAt(fake), signal);
    const accounts = fake.requests
      .filter(({ url }) => url.startsWith("/token"))
      .map(({ url }) => new URL(url, fake.url).searchParams.get("account"));
    expect(accounts).toEqual(["robot", "other"]);
  });

  test("and is refused again is not asked for for ever", async () => {
    const fake = await startWithImage("right");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "wrong"));
    const client = clientWith([fake], { files: [file] });
    await errorOf(client.resolve(lineAt(fake), signal));
    expect(fake.requests).toHaveLength(2);
  });

  test("in a file that vanishes is used no more", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "canary"));
    let nowMs = 0;
    const client = clientWith([fake], { files: [file] }, () => nowMs);
    await client.resolve(lineAt(fake), signal);
    await rm(file);
    nowMs = 2_000;
    await errorOf(client.resolve(lineAt(fake), signal));
    expect(fake.requests.at(-1)?.headers).not.toHaveProperty("authorization");
  });
});

describe("a file that cannot be used is an error with its name and nothing of its contents", () => {
  test.each([
    { title: "that is no JSON", text: "canary" },
    { title: "of another form", text: '{"auths":"canary"}' },
    { title: "that is too long", text: `{"canary":"${"x".repeat(1024 * 1024)}"}` },
  ])("$title", async ({ text }) => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, text);
    const error = await errorOf(clientWith([fake], { files: [file] }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain(file);
    expect(error.message).toContain(fake.host);
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });

  test("whose entry is broken", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify({ auths: { [fake.host]: { auth: "canary!" } } }));
    const error = await errorOf(clientWith([fake], { files: [file] }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(everythingIn(error)).not.toContain("canary");
  });

  test("whose broken entry is another registry's is no error", async () => {
    const fake = await startFake();
    fake.putImage(PATH, { tag: "latest" });
    const file = join(folder, "config.json");
    await writeFile(file, JSON.stringify({ auths: { "other.example": { auth: "canary!" } } }));
    const client = clientWith([fake], { files: [file] });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("that is a folder", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await mkdir(file);
    const error = await errorOf(clientWith([fake], { files: [file] }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(error.message).toContain("it is not a file");
  });

  test.skipIf(process.getuid?.() === 0)("that may not be read", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, authsOf(fake.host, "canary"));
    await chmod(file, 0);
    const error = await errorOf(clientWith([fake], { files: [file] }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(error.message).toContain("EACCES");
  });

  test("and was mended is used again", async () => {
    const fake = await startWithImage("canary");
    const file = join(folder, "config.json");
    await writeFile(file, "{");
    let nowMs = 0;
    const client = clientWith([fake], { files: [file] }, () => nowMs);
    await errorOf(client.resolve(lineAt(fake), signal));
    await writeFile(file, authsOf(fake.host, "canary"));
    nowMs = 2_000;
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });
});
