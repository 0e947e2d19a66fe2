import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { parseRepository } from "../../src/image/reference.ts";
import {
  type AcceptedResult,
  type Recheck,
  type RecheckNeed,
  fileNameOf,
  recheckOf,
} from "../../src/trust/recheck.ts";
import type { CertificateSigner, IdentitySigner, KeySigner, Signer } from "../../src/trust/signer.ts";
import type { Accepted } from "../../src/trust/verdict.ts";
import { instantOf } from "../../src/time.ts";

const about = {
  repository: parseRepository("docker.io/bellsoft/hardened-base"),
  digest: digestOf(Buffer.from("image")),
};
const reference = `docker.io/bellsoft/hardened-base@${about.digest}`;
const manifest = digestOf(Buffer.from("manifest"));
const SBOM = "https://cyclonedx.org/bom";
const PUBLIC = { logId: "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d", index: "7" };
const PRIVATE = { logId: "ab".repeat(32), index: "7" };
const key: KeySigner = { kind: "key", fingerprint: "12".repeat(32), name: "BellSoft" };
const publicIdentity: IdentitySigner = {
  kind: "identity",
  issuer: "https://issuer.example",
  subject: "https://ci.example/release@main",
  root: "public-good",
  name: "Vendor",
};
const ownIdentity = { ...publicIdentity, root: "acme" };
const certificate: CertificateSigner = {
  kind: "certificate",
  subject: "signer@acme.example",
  root: "acme-pki",
  name: "Acme",
};
const WHO =
  "--certificate-identity https://ci.example/release@main --certificate-oidc-issuer https://issuer.example";

interface Found {
  readonly kind?: AcceptedResult["kind"];
  readonly place?: AcceptedResult["source"]["place"];
  readonly predicateType?: string;
  readonly outcome?: Partial<Accepted>;
}

/** A result that counts, found so. */
function accepted(
  signer: Signer,
  { kind = "cosign-signature", place, predicateType, outcome }: Found = {},
): AcceptedResult {
  const isStatement = predicateType !== undefined && kind !== "cosign-signature";
  return {
    kind,
    source: {
      place:
        place ??
        (kind === "cosign-attestation" ? "att-tag" : kind === "cosign-signature" ? "sig-tag" : "referrer"),
      manifest,
      layer: digestOf(Buffer.from("layer")),
    },
    outcome: {
      kind: "accepted",
      signer,
      groups: [],
      proves: isStatement ? "statement" : "image",
      ...outcome,
    },
    ...(predicateType === undefined ? {} : { predicateType }),
  };
}

const again = (result: AcceptedResult): Recheck =>
  recheckOf(result, about, ({ name }) => `${fileNameOf(name, "vendor")}.pub`);
const countersigned = { timeProof: "countersignature", signedAt: instantOf(0) } as const;
const attested = { kind: "cosign-attestation", predicateType: SBOM } as const;
const bundled = { kind: "sigstore-bundle", predicateType: SBOM } as const;

describe("the command that checks what was accepted", () => {
  test.each<{ title: string; result: AcceptedResult; line: string; needs: readonly RecheckNeed["kind"][] }>([
    {
      title: "a key's signature, without a log",
      result: accepted(key),
      line: `cosign verify --key bellsoft.pub --insecure-ignore-tlog ${reference}`,
      needs: ["key"],
    },
    {
      title: "a key's signature in the public log",
      result: accepted(key, { outcome: { log: PUBLIC } }),
      line: `cosign verify --key bellsoft.pub --offline ${reference}`,
      needs: ["key"],
    },
    {
      title: "a key's signature in a private log",
      result: accepted(key, { outcome: { log: PRIVATE } }),
      line: `SIGSTORE_REKOR_PUBLIC_KEY=log-abababab.pub cosign verify --key bellsoft.pub --offline ${reference}`,
      needs: ["key", "log-of-id"],
    },
    {
      title: "a key's signature that refers to the image",
      result: accepted(key, { place: "referrer" }),
      line: `cosign verify --key bellsoft.pub --insecure-ignore-tlog --experimental-oci11 ${reference}`,
      needs: ["key"],
    },
    {
      title: "a key's attestation",
      result: accepted(key, attested),
      line: `cosign verify-attestation --key bellsoft.pub --insecure-ignore-tlog --type ${SBOM} ${reference}`,
      needs: ["key"],
    },
    {
      title: "a key's bundle",
      result: accepted(key, bundled),
      line: `cosign verify-attestation --key bellsoft.pub --insecure-ignore-tlog --new-bundle-format --type ${SBOM} ${reference}`,
      needs: ["key"],
    },
    {
      title: "a key's bundle in a private log",
      result: accepted(key, { ...bundled, outcome: { log: PRIVATE } }),
      line: `cosign verify-attestation --key bellsoft.pub --new-bundle-format --trusted-root log-abababab.trusted-root.json --type ${SBOM} ${reference}`,
      needs: ["key", "log-of-id"],
    },
    {
      title: "a bundle that signs the image",
      result: accepted(key, { kind: "sigstore-bundle" }),
      line: `cosign verify --key bellsoft.pub --insecure-ignore-tlog --new-bundle-format ${reference}`,
      needs: ["key", "cosign-3"],
    },
    {
      title: "an identity's signature in the public log",
      result: accepted(publicIdentity, { outcome: { log: PUBLIC } }),
      line: `cosign verify ${WHO} --offline ${reference}`,
      needs: [],
    },
    {
      title: "an identity's countersigned signature",
      result: accepted(publicIdentity, { outcome: countersigned }),
      line: `cosign verify ${WHO} --insecure-ignore-tlog --use-signed-timestamps ${reference}`,
      needs: [],
    },
    {
      title: "an identity of a private root, in its log",
      result: accepted(ownIdentity, { outcome: { log: PRIVATE } }),
      line: `SIGSTORE_ROOT_FILE=acme.authorities.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=acme.certificate-log.pub SIGSTORE_REKOR_PUBLIC_KEY=acme.log.pub cosign verify ${WHO} --offline ${reference}`,
      needs: ["authorities", "certificate-log-key", "log-key"],
    },
    {
      title: "an identity of a private root, countersigned",
      result: accepted(ownIdentity, { ...attested, outcome: countersigned }),
      line: `SIGSTORE_ROOT_FILE=acme.authorities.pem SIGSTORE_CT_LOG_PUBLIC_KEY_FILE=acme.certificate-log.pub cosign verify-attestation ${WHO} --insecure-ignore-tlog --use-signed-timestamps --timestamp-certificate-chain acme.timestamp-authorities.pem --type ${SBOM} ${reference}`,
      needs: ["authorities", "certificate-log-key", "timestamp-authorities"],
    },
    {
      title: "an identity's bundle",
      result: accepted(publicIdentity, { ...bundled, outcome: { log: PUBLIC } }),
      line: `cosign verify-attestation ${WHO} --new-bundle-format --type ${SBOM} ${reference}`,
      needs: [],
    },
    {
      title: "an identity's bundle of a private root, countersigned",
      result: accepted(ownIdentity, { ...bundled, outcome: countersigned }),
      line: `cosign verify-attestation ${WHO} --insecure-ignore-tlog --new-bundle-format --use-signed-timestamps --trusted-root acme.trusted-root.json --type ${SBOM} ${reference}`,
      needs: ["trusted-root"],
    },
    {
      title: "a certificate of an own authority",
      result: accepted(certificate),
      line: `cosign verify --ca-roots acme-pki.authorities.pem --insecure-ignore-sct --certificate-identity signer@acme.example --certificate-oidc-issuer-regexp '^$' --insecure-ignore-tlog ${reference}`,
      needs: ["authorities"],
    },
    {
      title: "a statement in a signed manifest: who signed the manifest",
      result: accepted(key, { kind: "signed-manifest", predicateType: SBOM }),
      line: `cosign verify --key bellsoft.pub --insecure-ignore-tlog --experimental-oci11 docker.io/bellsoft/hardened-base@${manifest}`,
      needs: ["key"],
    },
    {
      title: "a Notation signature",
      result: accepted(certificate, { kind: "notation-signature" }),
      line: `notation verify ${reference}`,
      needs: ["notation"],
    },
  ])("$title", ({ result, line, needs }) => {
    const recheck = again(result);
    expect(recheck).toMatchObject({ kind: "command", line });
    expect(recheck.kind === "command" ? recheck.needs.map(({ kind }) => kind) : []).toStrictEqual(needs);
  });

  test("what hangs elsewhere is looked for there", () => {
    const found = accepted(key);
    const elsewhere = parseRepository("registry.scout.docker.com/acme/base");
    const recheck = again({ ...found, source: { ...found.source, repository: elsewhere } });
    expect(recheck).toMatchObject({
      line: expect.stringContaining(` registry.scout.docker.com/acme/base@${about.digest}`),
    });
  });

  test.each<{ title: string; result: AcceptedResult }>([
    { title: "a bundle of an own authority", result: accepted(certificate, bundled) },
    {
      title: "a Notation signature by no certificate",
      result: accepted(key, { kind: "notation-signature" }),
    },
    { title: "a subject over two lines", result: accepted({ ...publicIdentity, subject: "a\nb" }) },
    {
      title: "a subject that turns text around",
      result: accepted({ ...publicIdentity, subject: "\u202egnp" }),
    },
    { title: "a subject in another alphabet", result: accepted({ ...publicIdentity, subject: "аcme" }) },
    {
      title: "an issuer that would be cut",
      result: accepted({ ...publicIdentity, issuer: "x".repeat(513) }),
    },
    {
      title: "a type with a control character",
      result: accepted(key, { ...attested, predicateType: "a\u0007" }),
    },
  ])("there is none for $title", ({ result }) => {
    expect(again(result)).toStrictEqual({ kind: "none", reason: expect.stringMatching(/./) });
  });

  test.each([
    "a b",
    "it's",
    "$(touch x)",
    "a;b|c&d>e<f",
    "`id`",
    '"quoted"',
    "back\\slash",
    "*",
    "~/key",
    "#comment",
    "!history",
    "-rf",
    "'".repeat(100),
    "",
  ])("a shell reads %j back as it is", (text) => {
    const identity = { ...ownIdentity, subject: text, issuer: text };
    for (const found of [{ outcome: { log: PRIVATE } }, { ...attested, predicateType: text }]) {
      const recheck = again(accepted(identity, found));
      if (recheck.kind !== "command") throw new Error(recheck.reason);
      const script = `cosign() { printf '%s\\n' "$@"; }; ${recheck.line}`;
      const words = execFileSync("/bin/sh", ["-c", script]).toString().split("\n");
      expect(words[words.indexOf("--certificate-identity") + 1]).toBe(text);
      expect(words[words.indexOf("--certificate-oidc-issuer") + 1]).toBe(text);
      expect(words.at(-2)).toBe(reference);
    }
  });
});

describe("names of files", () => {
  test.each([
    ["BellSoft", "bellsoft"],
    ["../../etc/passwd", "etc-passwd"],
    ["$(touch x)", "touch-x"],
    ["漢字", "otherwise"],
    ["", "otherwise"],
    ["x".repeat(500), "x".repeat(40)],
  ])("%j becomes %j", (words, name) => {
    expect(fileNameOf(words, "otherwise")).toBe(name);
  });
});
