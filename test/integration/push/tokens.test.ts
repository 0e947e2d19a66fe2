import { Agent } from "undici";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { createTokenVerifier } from "../../../src/adapters/jwt/token-verifier.ts";
import type { Provider } from "../../../src/push/provider.ts";
import { SECOND_MS } from "../../../src/time.ts";
import {
  CERTIFICATE,
  type IssuerKey,
  makeKey,
  signedBy,
  startIssuer,
  type TestIssuer,
} from "../../adapters/jwt/issuer.ts";
import {
  callOf,
  hookOf,
  hooksOn,
  type HooksUnderTest,
  lineOf,
  NOW,
  pathOf,
} from "../../web/hooks-under-test.ts";

const AUDIENCE = "https://hullkeeper.acme.example/hooks";
const EMAIL = "push@acme.iam.gserviceaccount.com";
const SUBJECT = "webhook:45a0c61ea6fd977f050c5fb9ac06a69eed764595";
const LINES = {
  google: lineOf("europe-west3-docker.pkg.dev/acme/images/hardened-base", "3.23-musl"),
  chainguard: lineOf("cgr.dev/acme/hardened-base", "3.23"),
};

let key: IssuerKey;
let issuer: TestIssuer;
let receiving: HooksUnderTest;

beforeEach(async () => {
  key = await makeKey("one", "RS256");
  const started = await startIssuer([key]);
  const dispatcher = new Agent({ connect: { ca: CERTIFICATE } });
  onTestFinished(async () => {
    await Promise.all([started.close(), dispatcher.destroy()]);
  });
  issuer = started;
  const expected = { kind: "token", issuer: started.url, audience: AUDIENCE } as const;
  receiving = await hooksOn(Object.values(LINES), {
    hooks: [
      hookOf("google", { proof: { ...expected, email: EMAIL } }),
      hookOf("chainguard", { proof: { ...expected, subject: SUBJECT } }),
    ],
    verifier: createTokenVerifier({ dispatcher, nowMs: () => NOW }),
  });
});

/** Status of a push with a token that says this beside what is right. */
async function statusOf(provider: Provider, claims: Readonly<Record<string, unknown>>): Promise<number> {
  const token = await signedBy(key, {
    iss: issuer.url,
    aud: AUDIENCE,
    iat: NOW / SECOND_MS,
    exp: NOW / SECOND_MS + 600,
    ...claims,
  });
  const headers = { Authorization: `Bearer ${token}` };
  return (await receiving.app.request(pathOf(provider), callOf(provider, { headers }))).status;
}

const account = { email: EMAIL, email_verified: true };

test("tokens of the right account and subject are believed", async () => {
  expect(await statusOf("google", account)).toBe(202);
  expect(await statusOf("chainguard", { sub: SUBJECT })).toBe(202);
  for (const { repository } of Object.values(LINES)) expect(receiving.dueAt(repository)).toBe(NOW);
});

test.each<{ title: string; provider: "google" | "chainguard"; claims: Readonly<Record<string, unknown>> }>([
  {
    title: "of Google for another receiver",
    provider: "google",
    claims: { ...account, aud: "https://other.example" },
  },
  { title: "of another account", provider: "google", claims: { ...account, email: "x@acme.example" } },
  { title: "of Google with no account", provider: "google", claims: {} },
  { title: "of Google that expired", provider: "google", claims: { ...account, exp: NOW / SECOND_MS - 600 } },
  { title: "of another organization at Chainguard", provider: "chainguard", claims: { sub: "webhook:0" } },
  {
    title: "of Chainguard for something below the organization",
    provider: "chainguard",
    claims: { sub: `${SUBJECT}/1` },
  },
  { title: "of Chainguard with no subject", provider: "chainguard", claims: account },
])("a token $title is not", async ({ provider, claims }) => {
  expect(await statusOf(provider, claims)).toBe(401);
  expect(receiving.dueAt(LINES[provider].repository)).not.toBe(NOW);
});

test("no token is believed, or turned away for good, while its issuer cannot be asked", async () => {
  await issuer.close();
  expect(await statusOf("google", account)).toBe(503);
  expect(receiving.counted).toEqual(["google unavailable"]);
  expect(receiving.dueAt(LINES.google.repository)).not.toBe(NOW);
});
