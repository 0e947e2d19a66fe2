import { existsSync, readFileSync } from "node:fs";
import { bundleFromJSON, type SerializedBundle } from "@sigstore/bundle";
import { X509Certificate, crypto } from "@sigstore/core";
import { type TrustMaterial, Verifier, toSignedEntity } from "@sigstore/verify";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Digest, digestOf, parseDigest } from "../../src/image/digest.ts";
import { attestationBundlesOf, signatureBundleOf } from "../../src/trust/sigstore/cosign.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import type { TrustedKey } from "../../src/trust/policy.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { sharedData } from "../shared-data.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

/** Signatures that others published, see ORIGIN.md of the shared data: they keep us honest where our own fixtures share our errors. */
const FOLDER = sharedData("trust/containers-image/");
const ROOT_FILE = sharedData("trust/public-good-trusted-root.json");
const LAYOUT = sharedData("trust/slsa-verifier/v2.1.0/container_workflow_dispatch/");
const isPresent = existsSync(FOLDER) && existsSync(ROOT_FILE) && existsSync(LAYOUT);

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

const authoritySchema = z.object({
  publicKey: z.object({ rawBytes: z.string(), validFor: z.object({ start: z.string() }) }),
  logId: z.object({ keyId: z.string() }),
});
const rootSchema = z.object({
  tlogs: z.array(authoritySchema).min(1),
  ctlogs: z.array(authoritySchema).min(1),
  certificateAuthorities: z
    .array(z.object({ certChain: z.object({ certificates: z.array(z.object({ rawBytes: z.string() })) }) }))
    .min(1),
});

/** The public-good instance, read by hand: what the conversion makes must satisfy the library with all its checks on. */
function publicRoot(key?: TrustedKey): TrustMaterial {
  const root = rootSchema.parse(JSON.parse(readFileSync(ROOT_FILE, "utf8")));
  const end = new Date(8_640_000_000_000_000);
  const authorityOf = ({ publicKey, logId }: z.infer<typeof authoritySchema>) => ({
    baseURL: "",
    logID: Buffer.from(logId.keyId, "base64"),
    publicKey: crypto.createPublicKey(publicKey.rawBytes),
    validFor: { start: new Date(publicKey.validFor.start), end },
  });
  return {
    tlogs: root.tlogs.map(authorityOf),
    ctlogs: root.ctlogs.map(authorityOf),
    timestampAuthorities: [],
    certificateAuthorities: root.certificateAuthorities.map(({ certChain }) => ({
      certChain: certChain.certificates.map(({ rawBytes }) =>
        X509Certificate.parse(Buffer.from(rawBytes, "base64")),
      ),
      validFor: { start: new Date(0), end },
    })),
    publicKey: () => {
      if (key === undefined) throw new Error("no key is trusted");
      return { publicKey: key.publicKey, validFor: () => true };
    },
  };
}

function identityOf(
  bundle: SerializedBundle | undefined,
  artifact?: Uint8Array,
  key?: TrustedKey,
): string | undefined {
  const entity = toSignedEntity(
    bundleFromJSON(bundle),
    artifact === undefined ? undefined : Buffer.from(artifact),
  );
  return new Verifier(publicRoot(key)).verify(entity).identity?.subjectAlternativeName;
}

describe.skipIf(!isPresent)("conversion of logged signatures (real data not present: skipped)", () => {
  test("a key signature with its log entry", () => {
    const { payload, annotations } = signatureIn("dir-img-cosign-key-rekor-valid/signature-1");
    const key = keyOf("cosign2.pub");
    expect(identityOf(signatureBundleOf(payload, annotations), payload, key)).toBeUndefined();
  });

  test("a keyless signature with certificate and log entry", () => {
    const { payload, annotations } = signatureIn("dir-img-cosign-fulcio-rekor-valid/signature-1");
    expect(identityOf(signatureBundleOf(payload, annotations), payload)).toContain("@");
  });

  test("a log entry that was changed is noticed", () => {
    const { payload, annotations } = signatureIn("dir-img-cosign-fulcio-rekor-valid/signature-1");
    const name = "dev.sigstore.cosign/bundle";
    const changed = (annotations[name] ?? "").replace(
      /"integratedTime":(\d+)/,
      '"integratedTime":1674247894',
    );
    expect(changed).not.toBe(annotations[name]);
    const bundle = signatureBundleOf(payload, { ...annotations, [name]: changed });
    expect(() => identityOf(bundle, payload)).toThrow(/inclusion promise/);
  });

  test("a keyless attestation with certificate and log entry", () => {
    const blobOf = (digest: string) =>
      readFileSync(new URL(`blobs/sha256/${parseDigest(digest).slice("sha256:".length)}`, LAYOUT));
    const index = z
      .object({ manifests: z.array(z.object({ digest: z.string() })) })
      .parse(JSON.parse(readFileSync(new URL("index.json", LAYOUT), "utf8")));
    const { layers } = z
      .object({
        layers: z
          .array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()) }))
          .min(1),
      })
      .parse(JSON.parse(blobOf(index.manifests.at(-1)?.digest ?? "").toString()));
    for (const { digest, annotations } of layers) {
      const [bundle] = attestationBundlesOf(blobOf(digest), annotations);
      expect(identityOf(bundle)).toContain("https://github.com/slsa-framework/");
    }
  });
});
