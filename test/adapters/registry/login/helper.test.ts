import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hk-helper-"));
});
afterEach(async () => {
  await closeAll();
  await rm(folder, { recursive: true, force: true });
});

/** Puts a helper on the PATH; it notes how it was called. */
async function install(name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`);
  const note = `printf '%s ' "$@" >> ${folder}/calls; cat >> ${folder}/calls`;
  await writeFile(file, `#!/bin/sh\n${note}\n${script}\n`);
  await chmod(file, 0o755);
}

async function callsOfHelper(): Promise<readonly string[]> {
  const text = await readFile(join(folder, "calls"), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

async function startWithImage(): Promise<FakeRegistry> {
  const fake = await startFake({ login: { kind: "basic", username: "robot", password: "canary-secret" } });
  fake.putImage(PATH, { tag: "latest" });
  return fake;
}

function clientWith(
  fake: FakeRegistry,
  document: object,
  options: {
    readonly helpers?: "run" | "ignored";
    readonly elapsedMs?: () => number;
    readonly requestMs?: number;
  } = {},
): TestClient {
  const { helpers = "run", elapsedMs, requestMs } = options;
  return clientFor([fake], {
    dockerConfig: {
      inline: new Secret(JSON.stringify(document)),
      files: [],
      helpers,
      helperEnvironment: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder },
    },
    ...(elapsedMs === undefined ? {} : { elapsedMs }),
    ...(requestMs === undefined ? {} : { timeouts: { requestMs } }),
  });
}

const ANSWER = `echo '{"ServerURL":"x","Username":"robot","Secret":"canary-secret"}'`;

describe("a credential helper", () => {
  test("is asked as docker asks it, once for many questions", async () => {
    const fake = await startWithImage();
    await install("own", ANSWER);
    const client = clientWith(fake, { credHelpers: { [fake.host]: "own" }, credsStore: "other" });
    const states = await Promise.all(Array.from({ length: 5 }, () => client.resolve(lineAt(fake), signal)));
    expect(states.map(({ kind }) => kind)).toEqual(["found", "found", "found", "found", "found"]);
    expect(await callsOfHelper()).toEqual([`get ${fake.host}`]);
  });

  test("for all registries is asked where there is none of its own", async () => {
    const fake = await startWithImage();
    await install("all", ANSWER);
    const client = clientWith(fake, { credHelpers: { "other.example": "own" }, credsStore: "all" });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("stands before what is written in the file", async () => {
    const fake = await startWithImage();
    await install("all", ANSWER);
    const auths = { [fake.host]: { username: "robot", password: "wrong" } };
    const client = clientWith(fake, { credsStore: "all", auths });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("that has nothing leaves us anonymous", async () => {
    const fake = await startFake();
    fake.putImage(PATH, { tag: "latest" });
    await install("all", "echo 'credentials not found in native keychain'; exit 1");
    const client = clientWith(fake, { credsStore: "all" });
    await client.resolve(lineAt(fake), signal);
    await client.resolve(lineAt(fake), signal);
    expect(await client.logins.reportOn(repositoryAt(fake), NOW, signal)).toMatchObject({
      credentialId: "anonymous",
    });
    expect(await callsOfHelper()).toHaveLength(1);
  });

  test("hands out identity tokens under the user <token>", async () => {
    const fake = await startFake({ login: { kind: "token", identityToken: "canary-identity" } });
    fake.putImage(PATH, { tag: "latest" });
    await install("all", `echo '{"Username":"<token>","Secret":"canary-identity"}'`);
    const client = clientWith(fake, { credsStore: "all" });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(fake.requests.map(({ method }) => method)).toContain("POST");
  });

  test("sees nothing of our environment", async () => {
    const fake = await startWithImage();
    await install("all", `env >> ${folder}/env; ${ANSWER}`);
    process.env["HULLKEEPER_TEST_CANARY"] = "canary-environment";
    await clientWith(fake, { credsStore: "all" }).resolve(lineAt(fake), signal);
    delete process.env["HULLKEEPER_TEST_CANARY"];
    const seen = await readFile(join(folder, "env"), "utf8");
    expect(seen).toContain(`HOME=${folder}`);
    expect(seen).not.toContain("canary-environment");
  });

  test("is asked again when its answer is old, and when it is refused a minute later", async () => {
    const fake = await startWithImage();
    await install("all", ANSWER);
    let nowMs = 0;
    const client = clientWith(fake, { credsStore: "all" }, { elapsedMs: () => nowMs });
    await client.resolve(lineAt(fake), signal);
    nowMs = 5 * 60_000 + 1;
    await client.resolve(lineAt(fake), signal);
    expect(await callsOfHelper()).toHaveLength(2);
    await install("all", ANSWER.replace("canary-secret", "canary-new"));
    fake.login.change({ kind: "basic", username: "robot", password: "canary-new" });
    nowMs += 61_000;
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(await callsOfHelper()).toHaveLength(3);
  });

  test.each([
    { title: "that is not there", script: undefined, says: "no such program" },
    { title: "that fails", script: "echo canary-secret; echo canary-secret >&2; exit 3", says: "status 3" },
    { title: "that prints no JSON", script: "echo canary-secret", says: "not an answer" },
    { title: "that prints nothing", script: "true", says: "not an answer" },
    { title: "whose answer has no secret", script: `echo '{"Username":"canary"}'`, says: "not an answer" },
    {
      title: "whose secret is empty",
      script: `echo '{"Username":"canary","Secret":""}'`,
      says: "not an answer",
    },
    {
      title: "whose answer has no user",
      script: `echo '{"Username":"","Secret":"canary-secret"}'`,
      says: "no usable user",
    },
    {
      title: "whose user has a colon",
      script: `echo '{"Username":"can:ary","Secret":"canary-secret"}'`,
      says: "no usable user",
    },
    {
      title: "that prints 100 KB",
      script: "head -c 100000 /dev/zero | tr '\\0' c",
      says: "more than 65536 bytes",
    },
    { title: "that never ends", script: "exec sleep 60", says: "did not end within", requestMs: 600 },
    { title: "whose child never ends", script: "sleep 60", says: "did not end within", requestMs: 600 },
  ])("$title: registry-login-failed, without what it printed", async ({ script, says, requestMs }) => {
    const fake = await startWithImage();
    if (script !== undefined) await install("all", script);
    const client = clientWith(fake, { credsStore: "all" }, requestMs === undefined ? {} : { requestMs });
    const error = await errorOf(client.resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain(says);
    expect(error.message).toContain(fake.host);
    expect(error.message).toContain(`echo ${fake.host} | docker-credential-all get`);
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });

  test.each([
    { title: "a path", name: "../../bin/sh" },
    { title: "a command", name: "all;touch x" },
    { title: "a blank", name: "all get" },
    { title: "a line break", name: "all\nx" },
    { title: "a letter beyond ASCII", name: "äll" },
    { title: "65 characters", name: "a".repeat(65) },
  ])("whose name is $title is not run", async ({ name }) => {
    const fake = await startWithImage();
    await install("all", ANSWER);
    const error = await errorOf(clientWith(fake, { credsStore: name }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(error.message).toContain("no helper has such a name");
    expect(await callsOfHelper()).toEqual([]);
  });

  test("is not run when helpers are switched off, which the report says", async () => {
    const fake = await startWithImage();
    await install("all", ANSWER);
    const auths = { [fake.host]: { username: "robot", password: "canary-secret" } };
    const client = clientWith(fake, { credsStore: "all", auths }, { helpers: "ignored" });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(await callsOfHelper()).toEqual([]);
    expect((await client.logins.reportOn(repositoryAt(fake), NOW, signal)).warnings).toEqual([
      'DOCKER_AUTH_CONFIG names the helper "all", which is not run: helpers are switched off',
    ]);
  });
});
