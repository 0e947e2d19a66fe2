import { base64url, type JWTPayload, SignJWT, exportSPKI, importJWK } from "jose";
import { Agent } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createTokenVerifier, type OidcTokenVerifier } from "../../../src/adapters/jwt/token-verifier.ts";
import type { TokenExpectation } from "../../../src/push/proof.ts";
import {
  CERTIFICATE,
  CONFIGURATION_PATH,
  type IssuerKey,
  KEYS_PATH,
  makeKey,
  sending,
  signedBy,
  startIssuer,
  type TestIssuer,
} from "./issuer.ts";

const NOW_S = Date.UTC(2026, 10, 28, 12) / 1_000;
const AUDIENCE = "https://hullkeeper.acme.example/hooks";
const EMAIL = "push@acme.iam.gserviceaccount.com";

let key: IssuerKey;
let rsaKey: IssuerKey;
let strangers: IssuerKey;
let dispatcher: Agent;
let issuer: TestIssuer;
let nowMs: number;
let verifier: OidcTokenVerifier;

beforeAll(async () => {
  [key, rsaKey, strangers] = await Promise.all([makeKey("one"), makeKey("rsa", "RS256"), makeKey("one")]);
  dispatcher = new Agent({ connect: { ca: CERTIFICATE } });
});

afterAll(() => dispatcher.destroy());

beforeEach(async () => {
  nowMs = NOW_S * 1_000;
  issuer = await startIssuer([key, rsaKey]);
  verifier = createTokenVerifier({ dispatcher, nowMs: () => nowMs });
  const started = issuer;
  onTestFinished(() => started.close());
});

const claims = (more: Readonly<Record<string, unknown>> = {}): JWTPayload => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: "1122334455",
  email: EMAIL,
  email_verified: true,
  iat: NOW_S - 10,
  exp: NOW_S + 3_600,
  ...more,
});

const verdictOf = async (token: string, expected: Partial<TokenExpectation> = {}): Promise<string> => {
  const verdict = await verifier.verify(token, {
    issuer: issuer.url,
    audience: AUDIENCE,
    email: EMAIL,
    ...expected,
  });
  return verdict.kind === "valid" ? "valid" : verdict.reason;
};

/** A token put together by hand. */
const forged = (header: object, payload: object, signature = ""): string =>
  [JSON.stringify(header), JSON.stringify(payload)].map((part) => base64url.encode(part)).join(".") +
  `.${signature}`;

describe("a token of the issuer", () => {
  it("is valid, signed with either of its keys, however often it is asked about", async () => {
    for (const signer of [key, rsaKey, key]) {
      expect(await verdictOf(await signedBy(signer, claims()))).toBe("valid");
    }
    expect(issuer.asked).toEqual([CONFIGURATION_PATH, KEYS_PATH]);
  });

  it("is valid for one of several audiences, and about a subject", async () => {
    const subject = "webhook:45a0c61e/c5fb9ac0";
    const token = await signedBy(key, claims({ aud: ["other", AUDIENCE], sub: subject }));
    expect(await verifier.verify(token, { issuer: issuer.url, audience: AUDIENCE, subject })).toEqual({
      kind: "valid",
    });
  });

  it.each([
    { title: "issued a little in the future", more: { iat: NOW_S + 30 } },
    { title: "expired a little ago", more: { exp: NOW_S - 30 } },
  ])("$title is valid: clocks differ", async ({ more }) => {
    expect(await verdictOf(await signedBy(key, claims(more)))).toBe("valid");
  });
});

describe("refuses", () => {
  it.each([
    { title: "an expired one", more: { exp: NOW_S - 120 }, reason: "token-expired" },
    { title: "one that is not valid yet", more: { nbf: NOW_S + 3_600 }, reason: "claim-mismatch" },
    { title: "one without an end", more: { exp: undefined }, reason: "claim-mismatch" },
    { title: "one without a beginning", more: { iat: undefined }, reason: "claim-mismatch" },
    { title: "one of another issuer", more: { iss: "https://evil.example" }, reason: "claim-mismatch" },
    { title: "one without an issuer", more: { iss: undefined }, reason: "claim-mismatch" },
    {
      title: "one for another audience",
      more: { aud: "https://other.acme.example" },
      reason: "claim-mismatch",
    },
    {
      title: "one for an audience that begins the same",
      more: { aud: `${AUDIENCE}/x` },
      reason: "claim-mismatch",
    },
    { title: "one for nobody", more: { aud: undefined }, reason: "claim-mismatch" },
    { title: "one of another account", more: { email: "other@acme.example" }, reason: "claim-mismatch" },
    { title: "one of an account nobody verified", more: { email_verified: false }, reason: "claim-mismatch" },
    {
      title: "one of an account verified by a word",
      more: { email_verified: "true" },
      reason: "claim-mismatch",
    },
    { title: "one of no account", more: { email: undefined }, reason: "claim-mismatch" },
  ])("$title", async ({ more, reason }) => {
    expect(await verdictOf(await signedBy(key, claims(more)))).toBe(reason);
  });

  it("one about another subject", async () => {
    const token = await signedBy(key, claims({ sub: "webhook:45a0c61e" }));
    const verdict = await verifier.verify(token, {
      issuer: issuer.url,
      audience: AUDIENCE,
      subject: "webhook:0",
    });
    expect(verdict).toEqual({ kind: "refused", reason: "claim-mismatch" });
  });

  it("one that a stranger signed under the name of a key", async () => {
    expect(await verdictOf(await signedBy(strangers, claims()))).toBe("signature-invalid");
  });

  it("one whose claims were changed", async () => {
    const [header = "", , signature = ""] = (await signedBy(key, claims({ email: "x@y" }))).split(".");
    const payload = base64url.encode(JSON.stringify(claims()));
    expect(await verdictOf(`${header}.${payload}.${signature}`)).toBe("signature-invalid");
  });

  it.each(["none", "None", "NONE", ""])("one that says its algorithm is %j", async (alg) => {
    for (const kid of ["one", undefined]) {
      expect(await verdictOf(forged({ alg, kid, typ: "JWT" }, claims()))).not.toBe("valid");
    }
  });

  it("one signed with the public key as if it were a shared secret", async () => {
    const publicKey = await importJWK(rsaKey.jwk, "RS256");
    const pem = publicKey instanceof Uint8Array ? "" : await exportSPKI(publicKey);
    for (const secret of [pem, pem.trim(), JSON.stringify(rsaKey.jwk)]) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: "HS256", kid: "rsa" })
        .sign(new TextEncoder().encode(secret));
      expect(await verdictOf(token)).toBe("algorithm-not-allowed");
    }
  });

  it("one signed in a way that we do not take, although the issuer has such a key", async () => {
    const other = await makeKey("other", "ES512");
    issuer.publish(key, other);
    expect(await verdictOf(await signedBy(other, claims()))).toBe("algorithm-not-allowed");
  });

  it("one that brings its own key", async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: "ES256", kid: "one", jwk: strangers.jwk, jku: "https://127.0.0.1:1/keys" })
      .sign(strangers.privateKey);
    expect(await verdictOf(token)).toBe("signature-invalid");
  });

  it("one that demands an extension we do not know", async () => {
    expect(
      await verdictOf(forged({ alg: "ES256", kid: "one", crit: ["x"], x: 1 }, claims(), "AAAA")),
    ).not.toBe("valid");
  });

  it.each(["", "a", "a.b", "..", "a.b.c", "e30.e30.e30", `${"a".repeat(5_000)}.b.c`])(
    "what is no token: %j",
    async (token) => {
      expect(await verdictOf(token)).not.toBe("valid");
    },
  );
});

describe("keys", () => {
  it("that are new are found, not sooner than half a minute after the last answer", async () => {
    const fresh = await makeKey("two");
    const token = await signedBy(fresh, claims());
    expect(await verdictOf(token)).toBe("key-unknown");
    issuer.publish(key, fresh);
    for (let tries = 0; tries < 100; tries += 1) expect(await verdictOf(token)).toBe("key-unknown");
    expect(issuer.asked.filter((path) => path === KEYS_PATH)).toHaveLength(1);

    nowMs += 31_000;
    expect(await verdictOf(token)).toBe("valid");
    expect(issuer.asked.filter((path) => path === KEYS_PATH)).toHaveLength(2);
  });

  it("that were taken back are not used for longer than ten minutes", async () => {
    const token = await signedBy(key, claims());
    expect(await verdictOf(token)).toBe("valid");
    issuer.publish(rsaKey);
    nowMs += 601_000;
    expect(await verdictOf(token)).toBe("key-unknown");
  });

  it("are fetched once for many tokens at once", async () => {
    const token = await signedBy(key, claims());
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verdictOf(token)));
    expect(new Set(verdicts)).toEqual(new Set(["valid"]));
    expect(issuer.asked).toEqual([CONFIGURATION_PATH, KEYS_PATH]);
  });

  it("of a kind we do not take verify nothing", async () => {
    issuer.answers[KEYS_PATH] = sending({
      keys: [
        { kty: "oct", kid: "one", k: "AAAA" },
        { kty: "x", kid: "one" },
      ],
    });
    expect(await verdictOf(await signedBy(key, claims()))).not.toBe("valid");
  });
});

describe("an issuer that cannot be asked is no yes and no no", () => {
  it.each([
    { title: "answers 500", path: KEYS_PATH, answer: sending({}, 500) },
    { title: "has no configuration", path: CONFIGURATION_PATH, answer: sending({}, 404) },
    { title: "sends somebody on", path: KEYS_PATH, answer: redirecting },
    { title: "gives keys that are none", path: KEYS_PATH, answer: sending({ keys: "all of them" }) },
    { title: "gives keys without a kind", path: KEYS_PATH, answer: sending({ keys: [{}] }) },
    {
      title: "gives a broken key",
      path: KEYS_PATH,
      answer: sending({ keys: [{ kty: "EC", kid: "one", crv: "P-256", x: "AA", y: "*" }] }),
    },
    {
      title: "gives a key without its numbers",
      path: KEYS_PATH,
      answer: sending({ keys: [{ kty: "EC", kid: "one", crv: "P-256" }] }),
    },
    { title: "gives its private key", path: KEYS_PATH, answer: privateKeys },
    { title: "gives a page", path: KEYS_PATH, answer: sendingText("<html>") },
    {
      title: "gives more than anybody has keys",
      path: KEYS_PATH,
      answer: sendingText(`{"keys":[],"x":"${"a".repeat(300_000)}"}`),
    },
    { title: "breaks off", path: KEYS_PATH, answer: breakingOff },
    { title: "is somebody else", path: CONFIGURATION_PATH, answer: somebodyElse },
    { title: "keeps its keys where anybody can change them", path: CONFIGURATION_PATH, answer: keysInClear },
    { title: "keeps its keys in a file", path: CONFIGURATION_PATH, answer: keysInFile },
  ])("when it $title", async ({ path, answer }) => {
    const token = await signedBy(key, claims());
    issuer.answers[path] = answer;
    await expect(verdictOf(token)).rejects.toMatchObject({ code: "issuer-unavailable", transient: true });
    await expect(verdictOf(token)).rejects.not.toThrow(token);
  });

  it("when nobody listens", async () => {
    const token = await signedBy(key, claims());
    await issuer.close();
    await expect(verdictOf(token)).rejects.toMatchObject({ code: "issuer-unavailable" });
  });

  it("when it never answers", async () => {
    issuer.answers[CONFIGURATION_PATH] = () => {};
    verifier = createTokenVerifier({ dispatcher, timeoutMs: 50, nowMs: () => nowMs });
    await expect(verdictOf(await signedBy(key, claims()))).rejects.toMatchObject({
      code: "issuer-unavailable",
    });
  });

  it("when its certificate proves nothing", async () => {
    verifier = createTokenVerifier({ nowMs: () => nowMs });
    onTestFinished(() => verifier.close());
    await expect(verdictOf(await signedBy(key, claims()))).rejects.toMatchObject({
      code: "issuer-unavailable",
    });
    expect(issuer.asked).toEqual([]);
  });

  it("when it speaks http", async () => {
    const plain = await startIssuer([key], { tls: false });
    onTestFinished(() => plain.close());
    const token = await signedBy(key, claims({ iss: plain.url }));
    await expect(verdictOf(token, { issuer: plain.url })).rejects.toMatchObject({
      code: "issuer-unavailable",
    });
    expect(plain.asked).toEqual([]);
  });

  it("and when its keys have become too old meanwhile", async () => {
    const token = await signedBy(key, claims());
    expect(await verdictOf(token)).toBe("valid");
    issuer.answers[KEYS_PATH] = sending({}, 503);
    nowMs += 601_000;
    await expect(verdictOf(token)).rejects.toMatchObject({ code: "issuer-unavailable" });
  });

  it("until it can be asked again", async () => {
    const token = await signedBy(key, claims());
    issuer.answers[KEYS_PATH] = sending({}, 503);
    await expect(verdictOf(token)).rejects.toMatchObject({ code: "issuer-unavailable" });
    issuer.publish(key);
    expect(await verdictOf(token)).toBe("valid");
  });
});

type Answer = TestIssuer["answers"][string];

function sendingText(text: string): Answer {
  return (response) => {
    response.end(text);
  };
}

function redirecting(response: Parameters<Answer>[0]): void {
  response.writeHead(302, { Location: "/elsewhere" }).end();
}

function breakingOff(response: Parameters<Answer>[0]): void {
  response.writeHead(200, { "Content-Length": "1000" }).write("{");
  setImmediate(() => response.destroy());
}

function keysInClear(response: Parameters<Answer>[0]): void {
  sending({ issuer: issuer.url, jwks_uri: issuer.url.replace("https:", "http:") })(response);
}

function privateKeys(response: Parameters<Answer>[0]): void {
  sending({ keys: [{ ...key.jwk, d: "AA".repeat(21) + "A" }] })(response);
}

function somebodyElse(response: Parameters<Answer>[0]): void {
  sending({ issuer: "https://evil.example", jwks_uri: `${issuer.url}${KEYS_PATH}` })(response);
}

function keysInFile(response: Parameters<Answer>[0]): void {
  sending({ issuer: issuer.url, jwks_uri: "file:///etc/passwd" })(response);
}
