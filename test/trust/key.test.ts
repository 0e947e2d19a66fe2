import { createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import { instantOf } from "../../src/time.ts";
import { newAuthority, pemOf } from "../fakes/sigstore/certificate.ts";
import { renderFingerprint } from "../../src/trust/signer.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import {
  type KeyKind,
  type SigningKey,
  type SigningOptions,
  attestationCandidate,
  attestationLayer,
  bundleCandidate,
  bytesOf,
  envelopeDocument,
  keyedBundleDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { fileOf } from "./cosign-fixture.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

const image = digestOf(Buffer.from("image"));
const FINGERPRINT = "e04e3079bbef0015d242ae3edee1ea93e07b0b074013abdc82c991081e44ffef";

const keys = new Map<KeyKind, SigningKey>();
function keyOf(kind: KeyKind): SigningKey {
  const key = keys.get(kind) ?? newSigningKey(kind);
  keys.set(kind, key);
  return key;
}

describe("a key that may sign", () => {
  test("has a fingerprint over its DER form and the name it was given", () => {
    const pem = fileOf("vendor.pub").toString();
    const { signer, publicKey } = trustedKeyOf(pem, "BellSoft");
    // openssl pkey -pubin -in vendor.pub -outform DER | sha256sum
    expect(signer).toStrictEqual({ kind: "key", fingerprint: FINGERPRINT, name: "BellSoft" });
    expect(renderFingerprint(signer)).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(publicKey.type).toBe("public");
  });

  test.each([
    { title: "white space around", rewrite: (pem: string) => `\n  ${pem}\n\n` },
    { title: "CRLF", rewrite: (pem: string) => pem.replaceAll("\n", "\r\n") },
    { title: "a comment before", rewrite: (pem: string) => `# release key 2026\n${pem}` },
  ])("is read with $title", ({ rewrite }) => {
    const pem = fileOf("vendor.pub").toString();
    expect(trustedKeyOf(rewrite(pem), "Vendor").signer.fingerprint).toBe(FINGERPRINT);
  });

  test("is read from PKCS#1 as well, with the same fingerprint", () => {
    const { privateKey, publicPem } = keyOf("rsa-2048");
    const pkcs1 = createPublicKey(privateKey).export({ type: "pkcs1", format: "pem" }).toString();
    expect(trustedKeyOf(pkcs1, "Vendor").signer).toStrictEqual(trustedKeyOf(publicPem, "Vendor").signer);
  });
});

describe("a certificate", () => {
  const at = instantOf(Date.UTC(2020, 0, 1));

  test("stands for its key, however long ago it ended", async () => {
    const authority = await newAuthority("iron", at);
    const pem = pemOf(await authority.issue(keyOf("p-256"), { validFrom: at }));
    expect(trustedKeyOf(pem, "Vendor").signer).toStrictEqual(trustedHalfOf(keyOf("p-256")).signer);
  });

  test.each<{ kind: KeyKind; says: RegExp }>([
    { kind: "secp256k1", says: /secp256k1/ },
    { kind: "rsa-1024", says: /1024 bits/ },
  ])("of a key that may not sign is none: $kind", async ({ kind, says }) => {
    const authority = await newAuthority("iron", at);
    const pem = pemOf(await authority.issue(keyOf(kind), { validFrom: at }));
    expect(() => trustedKeyOf(pem, "Vendor")).toThrow(says);
  });

  test("is one, not a chain", async () => {
    const { chain } = await newAuthority("iron", at);
    expect(() => trustedKeyOf(pemOf(...chain), "Vendor")).toThrow(/2 PEM blocks/);
  });
});

describe("a key that may not", () => {
  test.each<{ title: string; pem: () => string; says: RegExp }>([
    { title: "nothing", pem: () => " \n", says: /empty/ },
    { title: "text", pem: () => "BellSoft", says: /no PEM block/ },
    {
      title: "DER in base64",
      pem: () => fileOf("vendor.pub").toString().split("\n")[1] ?? "",
      says: /no PEM/,
    },
    {
      title: "two keys",
      pem: () => `${fileOf("vendor.pub").toString()}${fileOf("stranger.pub").toString()}`,
      says: /2 PEM blocks/,
    },
    {
      title: "a private key",
      pem: () => keyOf("p-256").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      says: /private key; give the public one/,
    },
    {
      title: "cosign's encrypted private key",
      pem: () =>
        "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----",
      says: /private key/,
    },
    {
      title: "a certificate that is none",
      pem: () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
      says: /cannot be decoded/,
    },
    {
      title: "an OpenPGP key",
      pem: () => "-----BEGIN PGP PUBLIC KEY BLOCK-----\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----",
      says: /PGP PUBLIC KEY BLOCK/,
    },
    {
      title: "a broken block",
      pem: () => fileOf("vendor.pub").toString().replace("MFkw", "MFkx"),
      says: /cannot be decoded/,
    },
    { title: "too much text", pem: () => "#".repeat(20_000), says: /longer than/ },
    {
      title: "secp256k1, which the library accepts",
      pem: () => keyOf("secp256k1").publicPem,
      says: /secp256k1/,
    },
    { title: "RSA of 1024 bits", pem: () => keyOf("rsa-1024").publicPem, says: /1024 bits/ },
    { title: "RSA-PSS", pem: () => keyOf("rsa-pss").publicPem, says: /rsa-pss/ },
    {
      title: "X25519",
      pem: () =>
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEAmUpSnNIDnvoVEfHr+FXkcHuIG+P0hy0kChvHwfcNlVM=\n-----END PUBLIC KEY-----",
      says: /x25519/,
    },
  ])("is $title", ({ pem, says }) => {
    const read = () => trustedKeyOf(pem(), "BellSoft");
    expect(read).toThrow(InvalidInputError);
    expect(read).toThrow(expect.objectContaining({ code: "key-invalid" }));
    expect(read).toThrow(says);
    expect(read).toThrow(/BellSoft/);
  });

  test("is not printed when it is private", () => {
    const pem = keyOf("p-256").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const secret = pem.split("\n")[1] ?? "";
    expect(secret.length).toBeGreaterThan(40);
    expect(() => trustedKeyOf(pem, "BellSoft")).not.toThrow(secret);
  });
});

/** What cosign 2.5.0 verifies by default is accepted, and SHA-384 and SHA-512 with the curves that go with them. */
describe.each<{ kind: KeyKind; options: SigningOptions }>([
  { kind: "p-256", options: { hash: "sha256" } },
  { kind: "p-384", options: { hash: "sha256" } },
  { kind: "p-384", options: { hash: "sha384" } },
  { kind: "p-521", options: { hash: "sha256" } },
  { kind: "p-521", options: { hash: "sha512" } },
  { kind: "rsa-2048", options: { hash: "sha256" } },
  { kind: "rsa-4096", options: { hash: "sha256" } },
  { kind: "ed25519", options: {} },
])("$kind $options.hash", ({ kind, options }) => {
  test.each(["signature", "attestation", "bundle"] as const)("is accepted as %s", (form) => {
    expect(outcomeOf(form, keyOf(kind), options)).toBe("accepted");
  });
});

describe.each<{ kind: KeyKind; options: SigningOptions }>([
  { kind: "p-256", options: { hash: "sha384" } },
  { kind: "p-256", options: { hash: "sha512" } },
  { kind: "p-384", options: { hash: "sha512" } },
  { kind: "p-521", options: { hash: "sha384" } },
  { kind: "rsa-2048", options: { hash: "sha512" } },
])("$kind $options.hash", ({ kind, options }) => {
  test.each(["signature", "attestation", "bundle"] as const)("is refused as %s", (form) => {
    expect(outcomeOf(form, keyOf(kind), options)).toBe("signature-key-unknown");
  });
});

function outcomeOf(
  form: "signature" | "attestation" | "bundle",
  key: SigningKey,
  options: SigningOptions,
): string {
  const envelope = envelopeDocument(statementPayload(image), [key], options);
  const candidate = {
    signature: () => signatureCandidate(signatureLayer(simpleSigningPayload(image), key, options)),
    attestation: () => attestationCandidate(attestationLayer(envelope)),
    bundle: () => bundleCandidate(image, bytesOf(keyedBundleDocument(envelope, key))),
  }[form]();
  const { verdict } = verdictOn(
    image,
    { digest: image, candidates: [candidate], skipped: [] },
    rulesOf(keyPolicy([trustedHalfOf(keyOf("ed25519")), trustedHalfOf(key)])),
    () => false,
  );
  const [result] = verdict.kind === "unverifiable" ? [] : verdict.results;
  return result?.outcome.kind === "refused" ? result.outcome.refusal : (result?.outcome.kind ?? "nothing");
}
