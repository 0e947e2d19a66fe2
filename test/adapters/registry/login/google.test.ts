import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { GoogleKeyLogin, GoogleLogin } from "../../../../src/adapters/registry/login/google.ts";
import type { CredentialSource } from "../../../../src/adapters/registry/login/credentials.ts";
import { endpointOf } from "../../../../src/adapters/registry/settings.ts";
import { parseRepository } from "../../../../src/image/reference.ts";
import { Secret } from "../../../../src/secret.ts";
import {
  type GoogleBehaviour,
  type GoogleDouble,
  startGoogleDouble,
  SUBJECT_TOKEN,
} from "../../../fakes/token-services/google.ts";
import { clientFor, closeAll, errorOf, everythingIn, lineAt, PATH, startFake } from "../stage.ts";

const REGISTRY = "europe-docker.pkg.dev";
const MINUTE_MS = 60_000;
const { signal } = new AbortController();
let google: GoogleDouble;
let folder = "";
let nowMs = 0;

beforeEach(async () => {
  nowMs = 0;
  google = await startGoogleDouble();
  folder = await mkdtemp(join(tmpdir(), "hk-google-"));
  await useFederation();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await closeAll();
  await google.close();
  await rm(folder, { recursive: true, force: true });
});

/** Workload identity, as the environment says it: a token of another cloud, in a file, exchanged at Google's service. */
async function useFederation(): Promise<void> {
  const file = join(folder, "token");
  await writeFile(file, SUBJECT_TOKEN);
  const credentials = join(folder, "credentials.json");
  await writeFile(
    credentials,
    JSON.stringify({
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${google.url}/v1/token`,
      credential_source: { file },
    }),
  );
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", credentials);
}

function adc(deadlineMs = 5_000): CredentialSource {
  return new GoogleLogin({ elapsedMs: () => nowMs, deadlineMs, closed: signal });
}

async function passwordOf(source: CredentialSource): Promise<string | undefined> {
  const place = {
    endpoint: endpointOf(REGISTRY, undefined),
    repository: parseRepository(`${REGISTRY}/a/b/c`),
  };
  const credentials = await source.credentialsFor(place, { signal });
  return credentials?.kind === "basic"
    ? `${credentials.username}:${credentials.password.reveal()}`
    : undefined;
}

describe("Google's application default credentials", () => {
  test("are the access token of another cloud's identity", async () => {
    expect(await passwordOf(adc())).toBe("oauth2accesstoken:canary-google-token-1");
  });

  test("are the access token of the machine's account", async () => {
    vi.stubEnv("GCE_METADATA_HOST", google.host);
    vi.stubEnv("METADATA_SERVER_DETECTION", "assume-present");
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", "");
    vi.stubEnv("HOME", folder);
    expect(await passwordOf(adc())).toBe("oauth2accesstoken:canary-google-token-1");
  });

  test("are asked for once for many questions", async () => {
    const source = adc();
    await Promise.all(Array.from({ length: 20 }, () => passwordOf(source)));
    expect(google.tokens).toHaveLength(1);
  });

  test("are renewed before they end, and kept meanwhile when they cannot be", async () => {
    const source = adc();
    await passwordOf(source);
    nowMs = 29 * MINUTE_MS;
    expect(await passwordOf(source)).toBe("oauth2accesstoken:canary-google-token-1");
    nowMs = 31 * MINUTE_MS;
    expect(await passwordOf(source)).toBe("oauth2accesstoken:canary-google-token-2");
    google.behave({ kind: "answer", status: 401, body: "{}" });
    nowMs = 80 * MINUTE_MS;
    expect(await passwordOf(source)).toBe("oauth2accesstoken:canary-google-token-2");
    nowMs = 92 * MINUTE_MS;
    expect(await errorOf(passwordOf(source))).toMatchObject({ code: "registry-login-failed" });
  });

  test("log in to a registry's token service", async () => {
    const user = { username: "oauth2accesstoken", password: "canary-google-token-1" };
    const fake = await startFake({ login: { kind: "token", user } });
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], {
      settings: { login: { kind: "google" } },
    });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("that a token service refuses a minute later are asked for anew, once", async () => {
    const user = { username: "oauth2accesstoken", password: "canary-google-token-1" };
    const fake = await startFake({ login: { kind: "token", user, expiresInSeconds: 60 } });
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], {
      settings: { login: { kind: "google" } },
      elapsedMs: () => nowMs,
    });
    await client.resolve(lineAt(fake), signal);
    fake.login.change({ kind: "token", user: { ...user, password: "canary-google-token-2" } });
    nowMs = 61_000;
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    fake.login.change({ kind: "token", user: { ...user, password: "another" } });
    nowMs = 400_000;
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(google.tokens).toHaveLength(3);
  });

  test.each<{ readonly title: string; readonly behaviour: GoogleBehaviour }>([
    { title: "refuses", behaviour: { kind: "answer", status: 401, body: '{"error":"canary"}' } },
    { title: "answers no token", behaviour: { kind: "answer", status: 200, body: '{"canary":1}' } },
    { title: "answers a page", behaviour: { kind: "answer", status: 200, body: "<canary>" } },
    {
      title: "answers a token with a line break",
      behaviour: { kind: "answer", status: 200, body: '{"access_token":"can\\nary","expires_in":1}' },
    },
  ])("are an error when Google $title, without Google's words", async ({ behaviour }) => {
    google.behave(behaviour);
    const error = await errorOf(passwordOf(adc()));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain(REGISTRY);
    expect(error.message).toContain("application default credentials");
    expect(everythingIn(error)).not.toContain("canary");
  });

  test("are an error when Google does not answer", async () => {
    google.behave({ kind: "silence" });
    const error = await errorOf(passwordOf(adc(300)));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(error.message).toContain("no complete answer within 300 ms");
  });

  test("are an error when there are none", async () => {
    await rm(join(folder, "token"));
    const error = await errorOf(passwordOf(adc()));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(google.tokens).toEqual([]);
  });
});

describe("the key of a service account", () => {
  const key = JSON.stringify({
    type: "service_account",
    client_email: "robot@acme.example",
    private_key: "canary-private-key",
  });

  test("is the password, as JSON", async () => {
    expect(await passwordOf(new GoogleKeyLogin(REGISTRY, new Secret(`${key}\n`)))).toBe(`_json_key:${key}`);
  });

  test("is the password, as base64", async () => {
    const text = Buffer.from(key).toString("base64");
    expect(await passwordOf(new GoogleKeyLogin(REGISTRY, new Secret(text)))).toBe(`_json_key_base64:${text}`);
  });

  test("logs in without asking Google", async () => {
    const fake = await startFake({ login: { kind: "basic", username: "_json_key", password: key } });
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], { settings: { login: { kind: "google", key: new Secret(key) } } });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test.each([
    { title: "that is empty", text: "" },
    { title: "that is no JSON", text: "{canary" },
    { title: "that is no base64 of JSON", text: "canary" },
    { title: "of a user", text: '{"type":"authorized_user","client_email":"canary"}' },
    { title: "without an account", text: '{"type":"service_account","private_key":"canary"}' },
    { title: "that is a list", text: '["canary"]' },
  ])("$title is an error that repeats nothing of it", async ({ text }) => {
    const fake = await startFake();
    const client = clientFor([fake], { settings: { login: { kind: "google", key: new Secret(text) } } });
    const error = await errorOf(client.resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });
});
