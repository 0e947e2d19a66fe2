import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EcrLogin, EcrPublicLogin } from "../../../../src/adapters/registry/login/amazon.ts";
import type { CredentialSource } from "../../../../src/adapters/registry/login/credentials.ts";
import { endpointOf } from "../../../../src/adapters/registry/settings.ts";
import { parseRepository, parseTag } from "../../../../src/image/reference.ts";
import { instantOf } from "../../../../src/time.ts";
import {
  AMAZON_KEYS,
  type AmazonBehaviour,
  type AmazonDouble,
  startAmazonDouble,
} from "../../../fakes/token-services/amazon.ts";
import { clientFor, closeAll, errorOf, everythingIn, PATH, startFake } from "../stage.ts";

const REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();
let amazon: AmazonDouble;
let nowMs = 0;

beforeEach(async () => {
  nowMs = 0;
  amazon = await startAmazonDouble();
});
afterEach(async () => {
  await closeAll();
  await amazon.close();
});

function settings(keys: { readonly accessKeyId: string; readonly secretAccessKey: string } = AMAZON_KEYS) {
  return { endpoint: amazon.url, credentials: keys };
}

function ecr(deadlineMs = 5_000): CredentialSource {
  return new EcrLogin(settings(), { elapsedMs: () => nowMs, deadlineMs, closed: signal });
}

function ecrPublic(): CredentialSource {
  return new EcrPublicLogin(settings(), { elapsedMs: () => nowMs, deadlineMs: 5_000, closed: signal });
}

async function passwordOf(source: CredentialSource, registry = REGISTRY): Promise<string | undefined> {
  const place = {
    endpoint: endpointOf(registry, undefined),
    repository: parseRepository(`${registry}/${PATH}`),
  };
  const credentials = await source.credentialsFor(place, { signal });
  return credentials?.kind === "basic"
    ? `${credentials.username}:${credentials.password.reveal()}`
    : undefined;
}

describe("Amazon's private registry", () => {
  test("gets the user and the password that Amazon hands out", async () => {
    expect(await passwordOf(ecr())).toBe("AWS:canary-amazon-password-1");
    expect(String(amazon.calls[0]?.headers["authorization"])).toContain("/eu-central-1/ecr/aws4_request");
  });

  test("gets one for many questions at once", async () => {
    const source = ecr();
    const passwords = await Promise.all(Array.from({ length: 20 }, () => passwordOf(source)));
    expect(new Set(passwords).size).toBe(1);
    expect(amazon.calls).toHaveLength(1);
  });

  test("gets one per account and region", async () => {
    const source = ecr();
    await passwordOf(source);
    await passwordOf(source, REGISTRY.replace("ecr.", "ecr-fips."));
    expect(amazon.calls).toHaveLength(1);
    await passwordOf(source, REGISTRY.replace("eu-central-1", "us-east-1"));
    await passwordOf(source, REGISTRY.replace("123456789012", "210987654321"));
    expect(amazon.calls).toHaveLength(3);
  });

  test("gets a new one at half its life", async () => {
    const source = ecr();
    await passwordOf(source);
    nowMs = 6 * HOUR_MS - 10_000;
    expect(await passwordOf(source)).toBe("AWS:canary-amazon-password-1");
    nowMs = 6 * HOUR_MS + 10_000;
    expect(await passwordOf(source)).toBe("AWS:canary-amazon-password-2");
  });

  test("keeps the old one while it lasts when Amazon gives no new one", async () => {
    const source = ecr();
    await passwordOf(source);
    amazon.behave({ kind: "error", status: 400, type: "AccessDeniedException", message: "no" });
    nowMs = 7 * HOUR_MS;
    expect(await passwordOf(source)).toBe("AWS:canary-amazon-password-1");
    const asked = amazon.calls.length;
    expect(await passwordOf(source)).toBe("AWS:canary-amazon-password-1");
    expect(amazon.calls).toHaveLength(asked);
    nowMs = 12 * HOUR_MS + 1;
    expect(await errorOf(passwordOf(source))).toMatchObject({ code: "registry-login-failed" });
    amazon.behave({ kind: "token", lifetimeSeconds: 43_200 });
    expect(await passwordOf(source)).toBe("AWS:canary-amazon-password-2");
  });

  test.each<{ readonly title: string; readonly behaviour: AmazonBehaviour; readonly says: string }>([
    {
      title: "refuses",
      behaviour: { kind: "error", status: 400, type: "AccessDeniedException", message: "canary" },
      says: "AccessDeniedException",
    },
    {
      title: "repeats the request with its session token",
      behaviour: {
        kind: "error",
        status: 403,
        type: "InvalidSignatureException",
        message: "x-amz-security-token:canary",
      },
      says: "InvalidSignatureException",
    },
    { title: "answers nothing", behaviour: { kind: "body", body: "{}" }, says: "no usable token" },
    {
      title: "answers no base64 of a pair",
      behaviour: { kind: "body", body: '{"authorizationData":[{"authorizationToken":"canary"}]}' },
      says: "no usable token",
    },
    {
      title: "answers a user alone",
      behaviour: {
        kind: "body",
        body: `{"authorizationData":[{"authorizationToken":"${Buffer.from("canary:").toString("base64")}"}]}`,
      },
      says: "no usable token",
    },
    { title: "answers no JSON", behaviour: { kind: "body", body: "<canary>" }, says: "answered" },
  ])("is an error when Amazon $title, without Amazon's words", async ({ behaviour, says }) => {
    amazon.behave(behaviour);
    const error = await errorOf(passwordOf(ecr()));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain(REGISTRY);
    expect(error.message).toContain(says);
    expect(everythingIn(error)).not.toContain("canary");
  });

  test("is an error when Amazon does not answer", async () => {
    amazon.behave({ kind: "silence" });
    const error = await errorOf(passwordOf(ecr(200)));
    expect(error.message).toContain("no complete answer within 200 ms");
  });

  test("is an error when Amazon's client finds no credentials, which says what to give", async () => {
    const source = new EcrLogin(
      {
        endpoint: amazon.url,
        credentials: () =>
          Promise.reject(Object.assign(new Error("canary"), { name: "CredentialsProviderError" })),
      },
      { elapsedMs: () => nowMs, deadlineMs: 5_000, closed: signal },
    );
    const error = await errorOf(passwordOf(source));
    expect(error.message).toContain("finds no credentials");
    expect(error.message).toContain("ecr:GetAuthorizationToken");
    expect(everythingIn(error)).not.toContain("canary");
    expect(amazon.calls).toEqual([]);
  });

  test.each(["ghcr.io", "public.ecr.aws", `${REGISTRY}.evil.example`, `evil.example`])(
    "is not %s: nothing is asked",
    async (registry) => {
      expect(await errorOf(passwordOf(ecr(), registry))).toMatchObject({ code: "registry-login-failed" });
      expect(amazon.calls).toEqual([]);
    },
  );
});

describe("Amazon's public registry", () => {
  test("gets a user and a password for its token service, from the one region that has them", async () => {
    expect(await passwordOf(ecrPublic(), "public.ecr.aws")).toBe("AWS:canary-amazon-password-1");
    expect(String(amazon.calls[0]?.headers["authorization"])).toContain("/us-east-1/ecr-public/aws4_request");
  });

  test("is an error when Amazon refuses", async () => {
    amazon.behave({ kind: "error", status: 400, type: "AccessDeniedException", message: "canary" });
    const error = await errorOf(passwordOf(ecrPublic(), "public.ecr.aws"));
    expect(error.message).toContain("ecr-public:GetAuthorizationToken");
    expect(everythingIn(error)).not.toContain("canary");
  });

  test.each([REGISTRY, "ecr.aws", "public.ecr.aws.evil.example"])(
    "is not %s: nothing is asked",
    async (registry) => {
      expect(await errorOf(passwordOf(ecrPublic(), registry))).toMatchObject({
        code: "registry-login-failed",
      });
      expect(amazon.calls).toEqual([]);
    },
  );
});

test("a client of registries asks Amazon where the settings say so", async () => {
  const client = clientFor([], {
    hosts: new Map([
      [`*.${REGISTRY.split(".").slice(1).join(".")}`, { login: { kind: "ecr" } }],
      ["public.ecr.aws", { login: { kind: "ecr-public" } }],
    ]),
    amazon: settings(),
  });
  const report = async (registry: string): Promise<string> =>
    (await client.logins.reportOn({ registry, path: PATH }, instantOf(Date.now()), signal)).source;
  expect(await report(REGISTRY)).toBe("Amazon ECR");
  expect(await report("public.ecr.aws")).toBe("Amazon ECR Public");
  expect(await report("ghcr.io")).toBe("anonymous");
  expect(amazon.passwords).toHaveLength(2);
});

test("Amazon's password does not go to another port of the same name", async () => {
  const fake = await startFake({ login: { kind: "basic", username: "AWS", password: "x" } });
  const registry = `${REGISTRY}:${fake.host.split(":")[1] ?? ""}`;
  const client = clientFor([], {
    hosts: new Map([[registry, { plainHttp: true, allowPrivate: true, login: { kind: "ecr" } }]]),
    lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    amazon: settings(),
  });
  const line = { repository: { registry, path: PATH }, tag: parseTag("latest") };
  expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-login-failed" });
  expect(fake.requests).toEqual([]);
  expect(amazon.calls).toEqual([]);
});
