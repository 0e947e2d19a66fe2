import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import type { LogMode, TrustedKey, TrustedSigner } from "../../src/trust/policy.ts";
import { type TrustRoot, parseTrustRoot } from "../../src/trust/trust-root.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { sharedData } from "../shared-data.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

/** Signatures that others published, see ORIGIN.md of the shared data: they keep us honest where our own fixtures share our errors. */
const FOLDER = sharedData("trust/containers-image/");
const ROOT_FILE = sharedData("trust/public-good-trusted-root.json");
const isPresent = existsSync(FOLDER) && existsSync(ROOT_FILE);

/** The data holds symbolic links as files with the target's path. */
function followed(name: string): Buffer {
  let url = new URL(name, FOLDER);
  for (let link = readFileSync(url); ; link = readFileSync(url)) {
    const target = link.toString();
    if (!/^\.\.\/[\w./-]+$/.test(target)) return link;
    url = new URL(target, url);
  }
}

const signatureSchema = z.object({
  mimeType: z.string(),
  payload: z.string(),
  annotations: z.record(z.string(), z.string()),
});

type Signature = Extract<Candidate, { kind: "cosign-signature" }>;

/** containers/image's `dir:` form: NUL, a line that names the form, JSON. */
function signatureIn(file: string): Signature {
  const bytes = followed(file);
  const { payload, annotations } = signatureSchema.parse(
    JSON.parse(bytes.subarray(bytes.indexOf("\n")).toString()),
  );
  const blob = Buffer.from(payload, "base64");
  const source = { place: "sig-tag", manifest: digestOf(bytes), layer: digestOf(blob) } as const;
  return { kind: "cosign-signature", source, payload: blob, annotations };
}

function keyOf(name: string): TrustedKey {
  return trustedKeyOf(followed(name).toString(), name);
}

function imageIn(folder: string): Digest {
  return digestOf(followed(`dir-img-cosign-${folder}/manifest.json`));
}

function verdictFor(image: Digest, candidates: readonly Candidate[], keys: readonly TrustedKey[]): Verdict {
  const evidence = { digest: image, candidates, skipped: [] };
  return verdictOn(image, evidence, rulesOf(keyPolicy(keys)), () => false).verdict;
}

describe.skipIf(!isPresent)("signatures of containers/image (real data not present: skipped)", () => {
  test.each([
    { folder: "valid", files: ["signature-1"], key: "cosign.pub" },
    { folder: "valid-with-tag", files: ["signature-1"], key: "cosign.pub" },
    { folder: "valid-2", files: ["signature-1", "signature-2"], key: "cosign.pub" },
    { folder: "mixed", files: ["signature-2"], key: "cosign.pub" },
    { folder: "key-rekor-valid", files: ["signature-1"], key: "cosign2.pub" },
  ])("$folder is verified with $key", ({ folder, files, key }) => {
    const candidates = files.map((file) => signatureIn(`dir-img-cosign-${folder}/${file}`));
    const verdict = verdictFor(imageIn(folder), candidates, [keyOf("cosign.pub"), keyOf("cosign2.pub")]);
    expect(verdict.kind === "verified" && verdict.signers.map(({ name }) => name)).toStrictEqual([key]);
  });

  test.each([
    { folder: "valid", key: "cosign2.pub", reason: "signature-key-unknown" },
    { folder: "key-rekor-valid", key: "cosign.pub", reason: "signature-key-unknown" },
    { folder: "modified-manifest", key: "cosign.pub", reason: "subject-mismatch" },
    { folder: "other-attachment", key: "cosign.pub", reason: "signature-key-unknown" },
    { folder: "fulcio-rekor-valid", key: "cosign.pub", reason: "certificate-unsupported" },
    { folder: "pki-valid", key: "cosign.pub", reason: "certificate-unsupported" },
  ])("$folder is rejected with $key: $reason", ({ folder, key, reason }) => {
    const verdict = verdictFor(
      imageIn(folder),
      [signatureIn(`dir-img-cosign-${folder}/signature-1`)],
      [keyOf(key)],
    );
    expect(verdict).toMatchObject({ kind: "rejected", reason });
  });
});

/** A root of its parts, as a policy of containers/image names them: an authority and a log, and no log of certificates. */
function rootOfParts(): TrustRoot {
  const document = JSON.parse(readFileSync(ROOT_FILE, "utf8"));
  const { mediaType, certificateAuthorities, tlogs } = document;
  return parseTrustRoot({
    name: "parts",
    kind: "sigstore",
    json: JSON.stringify({ mediaType, certificateAuthorities, tlogs }),
  });
}

function publicRoot(): TrustRoot {
  return parseTrustRoot({ name: "public", kind: "sigstore", json: readFileSync(ROOT_FILE, "utf8") });
}

/** The log's key alone, as those hold it who know a log by nothing else. */
function logKeyRoot(): TrustRoot {
  const [log] = publicRoot().sigstore.tlogs;
  if (log === undefined) throw new Error("the public root has no log");
  const pem = log.publicKey.export({ type: "spki", format: "pem" }).toString();
  return parseTrustRoot({ name: "rekor", kind: "log-key", pem });
}

const AUTHOR = {
  kind: "identity",
  name: "Author",
  issuer: "https://github.com/login/oauth",
  subject: { kind: "exact", text: "mitr@redhat.com" },
  root: "public",
} as const;

function judge(
  image: Digest,
  candidates: readonly Candidate[],
  signers: readonly TrustedSigner[],
  { roots = [], log = "require" }: { readonly roots?: readonly TrustRoot[]; readonly log?: LogMode } = {},
): Verdict {
  const policy = {
    ...keyPolicy([], { log, logRoots: roots.map(({ name }) => name) }),
    signers: { need: "any", groups: [{ name: "vendor", anyOf: signers }] },
  } as const;
  const rules = rulesOf(policy, { roots: new Map(roots.map((root) => [root.name, root])) });
  return verdictOn(image, { digest: image, candidates, skipped: [] }, rules, () => false).verdict;
}

describe.skipIf(!isPresent)("logged signatures of containers/image (real data not present: skipped)", () => {
  const folder = "fulcio-rekor-valid";
  const keyless = () => signatureIn(`dir-img-cosign-${folder}/signature-1`);

  test("an identity is verified with the public root", () => {
    const verdict = judge(imageIn(folder), [keyless()], [AUTHOR], { roots: [publicRoot()] });
    expect(verdict).toMatchObject({
      kind: "verified",
      signers: [{ kind: "identity", issuer: AUTHOR.issuer, subject: "mitr@redhat.com" }],
      trustedAt: Date.UTC(2023, 0, 20, 20, 51, 33),
    });
  });

  test("an identity is verified with an authority and a log alone", () => {
    const verdict = judge(imageIn(folder), [keyless()], [{ ...AUTHOR, root: "parts" }], {
      roots: [rootOfParts()],
    });
    expect(verdict).toMatchObject({ kind: "verified" });
  });

  test.each<{ title: string; signer: Partial<typeof AUTHOR> | object; reason: string }>([
    {
      title: "another issuer",
      signer: { issuer: "https://accounts.google.com" },
      reason: "identity-mismatch",
    },
    {
      title: "another subject",
      signer: { subject: { kind: "exact", text: "mitr@redhat" } },
      reason: "identity-mismatch",
    },
    {
      title: "half a pattern",
      signer: { subject: { kind: "pattern", source: "redhat" } },
      reason: "identity-mismatch",
    },
  ])("and not with $title", ({ signer, reason }) => {
    const verdict = judge(imageIn(folder), [keyless()], [{ ...AUTHOR, ...signer }], {
      roots: [publicRoot()],
    });
    expect(verdict).toMatchObject({ kind: "rejected", reason });
  });

  test("an entry that was changed is noticed", () => {
    const name = "dev.sigstore.cosign/bundle";
    const { annotations, ...rest } = keyless();
    const changed = (annotations[name] ?? "").replace(
      /"integratedTime":(\d+)/,
      '"integratedTime":1674247894',
    );
    expect(changed).not.toBe(annotations[name]);
    const candidate = { ...rest, annotations: { ...annotations, [name]: changed } };
    const verdict = judge(imageIn(folder), [candidate], [AUTHOR], { roots: [publicRoot()] });
    expect(verdict).toMatchObject({ kind: "rejected", reason: "log-entry-invalid" });
  });

  test.each([
    { title: "the public root", root: publicRoot },
    { title: "the log's key alone", root: logKeyRoot },
  ])("a key's signature is verified with its entry by $title", ({ root }) => {
    const candidate = signatureIn("dir-img-cosign-key-rekor-valid/signature-1");
    const roots = [root()];
    const verdict = judge(imageIn("key-rekor-valid"), [candidate], [keyOf("cosign2.pub")], { roots });
    expect(verdict).toMatchObject({ kind: "verified", trustedAt: expect.any(Number) });
    expect(verdict.kind === "verified" && verdict.results[0]?.outcome).toMatchObject({
      timeProof: "log-promise",
      log: { logId: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});

const ownSignature = () => signatureIn("dir-img-cosign-pki-valid/signature-1");
const authorities = () => ownSignature().annotations["dev.sigstore.cosign/chain"] ?? "";
const ownRoot = () => parseTrustRoot({ name: "own", kind: "certificates", authorities: authorities() });
const signerOf = (text: string) =>
  ({ kind: "certificate", name: "Team A", subject: { kind: "exact", text }, root: "own" }) as const;

describe.skipIf(!isPresent)("an own authority of containers/image (real data not present: skipped)", () => {
  test.each(["qiwan@redhat.com", "myhost.example.com"])("vouches for %s", (subject) => {
    const verdict = judge(imageIn("pki-valid"), [ownSignature()], [signerOf(subject)], {
      roots: [ownRoot()],
      log: "ignore",
    });
    expect(verdict).toMatchObject({
      kind: "verified",
      signers: [{ kind: "certificate", subject, root: "own" }],
    });
    expect(verdict).not.toHaveProperty("trustedAt");
  });

  test("and for nobody else", () => {
    const verdict = judge(imageIn("pki-valid"), [ownSignature()], [signerOf("example.com")], {
      roots: [ownRoot()],
      log: "ignore",
    });
    expect(verdict).toMatchObject({ kind: "rejected", reason: "identity-mismatch" });
  });

  test("a log is still demanded where the policy says so", () => {
    const verdict = judge(imageIn("pki-valid"), [ownSignature()], [signerOf("qiwan@redhat.com")], {
      roots: [ownRoot()],
    });
    expect(verdict).toMatchObject({ kind: "rejected", reason: "log-entry-missing" });
  });
});
