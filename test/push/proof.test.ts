import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bearerOf, carriesSecret, isSameSecret, isSigned } from "../../src/push/proof.ts";
import { Secret } from "../../src/secret.ts";

const KEY = "the key of the hook";
const BODY = Buffer.from('{"action":"published"}');
const hmac = (body: Uint8Array = BODY, key = KEY, algorithm = "sha256"): string =>
  createHmac(algorithm, key).update(body).digest("hex");

describe("signatures", () => {
  const proof = {
    kind: "hmac",
    headers: ["X-Hub-Signature-256", "X-Gitea-Signature"],
    key: new Secret(KEY),
  } as const;
  const signed = (headers: Readonly<Record<string, string>>, body: Uint8Array = BODY): boolean =>
    isSigned(proof, new Headers(headers), body);

  test.each([
    { title: "as GitHub writes it", headers: { "X-Hub-Signature-256": `sha256=${hmac()}` } },
    { title: "as Gitea writes it", headers: { "X-Gitea-Signature": hmac() } },
    {
      title: "both, of which the first is right",
      headers: { "X-Hub-Signature-256": `sha256=${hmac()}`, "X-Gitea-Signature": "x" },
    },
  ])("takes $title", ({ headers }) => {
    expect(signed(headers)).toBe(true);
  });

  test.each([
    { title: "none", headers: {} },
    { title: "an empty one", headers: { "X-Hub-Signature-256": "" } },
    {
      title: "one with another key",
      headers: { "X-Hub-Signature-256": `sha256=${hmac(BODY, "another key")}` },
    },
    { title: "one with an empty key", headers: { "X-Hub-Signature-256": `sha256=${hmac(BODY, "")}` } },
    {
      title: "one of the same JSON in other bytes",
      headers: { "X-Hub-Signature-256": `sha256=${hmac(Buffer.from('{"action": "published"}'))}` },
    },
    { title: "SHA-1 in its place", headers: { "X-Hub-Signature-256": `sha1=${hmac(BODY, KEY, "sha1")}` } },
    { title: "SHA-1 in its own header", headers: { "X-Hub-Signature": `sha1=${hmac(BODY, KEY, "sha1")}` } },
    { title: "half of it", headers: { "X-Hub-Signature-256": `sha256=${hmac().slice(32)}` } },
    { title: "more than it", headers: { "X-Hub-Signature-256": `sha256=${hmac()}00` } },
    { title: "it twice", headers: { "X-Hub-Signature-256": `sha256=${hmac()}, sha256=${hmac()}` } },
    { title: "letters that are no hex", headers: { "X-Hub-Signature-256": `sha256=${"z".repeat(64)}` } },
    { title: "the key itself", headers: { "X-Hub-Signature-256": KEY } },
    {
      title: "a wrong first and a right second",
      headers: { "X-Hub-Signature-256": `sha256=${"0".repeat(64)}`, "X-Gitea-Signature": hmac() },
    },
    { title: "a header of another provider", headers: { "X-JFrog-Event-Auth": hmac() } },
  ])("refuses $title", ({ headers }) => {
    expect(signed(headers)).toBe(false);
  });

  test("refuses a right one of another body", () => {
    expect(
      signed({ "X-Hub-Signature-256": `sha256=${hmac()}` }, Buffer.concat([BODY, Buffer.from(" ")])),
    ).toBe(false);
  });
});

describe("headers with a secret", () => {
  const proof = { kind: "header", name: "X-Acme-Hook", value: new Secret("a long secret value") } as const;

  test("takes the value, whatever the case of the name", () => {
    expect(carriesSecret(proof, new Headers({ "x-acme-hook": "a long secret value" }))).toBe(true);
  });

  test.each([
    { title: "none", headers: {} },
    { title: "an empty one", headers: { "X-Acme-Hook": "" } },
    { title: "the beginning of it", headers: { "X-Acme-Hook": "a long secret valu" } },
    { title: "more than it", headers: { "X-Acme-Hook": "a long secret value!" } },
    { title: "it in capitals", headers: { "X-Acme-Hook": "A LONG SECRET VALUE" } },
    { title: "it in another header", headers: { "X-Other-Hook": "a long secret value" } },
    { title: "how secrets print", headers: { "X-Acme-Hook": "[secret]" } },
  ])("refuses $title", ({ headers }) => {
    expect(carriesSecret(proof, new Headers(headers))).toBe(false);
  });
});

describe("bearer tokens", () => {
  test.each(["Bearer aa.bb.cc", "bearer aa.bb.cc"])("finds the one in %s", (authorization) => {
    expect(bearerOf(new Headers({ authorization }))).toBe("aa.bb.cc");
  });

  test.each([
    { title: "no header", headers: {} },
    { title: "another scheme", headers: { authorization: "Basic YTpi" } },
    { title: "no token", headers: { authorization: "Bearer" } },
    { title: "two parts", headers: { authorization: "Bearer aa.bb" } },
    { title: "an encrypted one, of five parts", headers: { authorization: "Bearer aa.bb.cc.dd.ee" } },
    { title: "two tokens", headers: { authorization: "Bearer aa.bb.cc, Bearer aa.bb.cc" } },
    { title: "other letters", headers: { authorization: "Bearer aa.b+b.cc" } },
    { title: "one that never ends", headers: { authorization: `Bearer aa.bb.${"c".repeat(10_000)}` } },
  ])("finds none in $title", ({ headers }) => {
    expect(bearerOf(new Headers(headers))).toBeUndefined();
  });
});

test.each([
  { one: "", other: "", same: true },
  { one: "ä", other: "ä", same: true },
  { one: "a", other: "", same: false },
  { one: "a", other: "aa", same: false },
  { one: "ä", other: "a\u0308", same: false },
])("$one and $other", ({ one, other, same }) => {
  expect(isSameSecret(one, other)).toBe(same);
});
