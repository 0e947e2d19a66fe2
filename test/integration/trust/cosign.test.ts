import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import { type Digest, dashedOf } from "../../../src/image/digest.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { Registry } from "../../../src/ports/registry.ts";
import { trustedKeyOf } from "../../../src/trust/key.ts";
import { signersOf, type VerificationPolicy } from "../../../src/trust/policy.ts";
import type { Verdict } from "../../../src/trust/verdict.ts";
import { sbomOn, verdictOn, withPlatformSbom } from "../../../src/trust/verify.ts";
import {
  type KeyKind,
  type OciArtifact,
  type SigningOptions,
  attestationArtifact,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureArtifact,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
} from "../../fakes/signer.ts";
import { type CosignKey, generateKeyPair } from "../../tools/cosign.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { type DockerRegistry, startDockerRegistry } from "../../tools/docker-registry.ts";
import { attestImage, pushBlob, pushImage, pushManifest, signImage } from "../../tools/publish.ts";
import { type SupposedResult, runRecheck, supposedResult } from "../../tools/recheck.ts";
import { missingTools } from "../../tools/tool.ts";
import { keyPolicy, rulesOf } from "../../fakes/policy.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";
const missing = missingTools("docker-registry", "cosign");
const signal = AbortSignal.timeout(240_000);

function isSbom(predicateType: string): boolean {
  return predicateType === CYCLONEDX || predicateType === SPDX;
}

async function policyOf(publicPath: string): Promise<VerificationPolicy> {
  const key = trustedKeyOf(await readFile(publicPath, "utf8"), "Vendor");
  return keyPolicy([key]);
}

/** The test has no network to fetch a trust root from. */
function offlineFlags(line: string): string {
  return line.includes("--new-bundle-format") ? " --trusted-root root.json" : "";
}

/** Where a reader would be told that signature and attestation are. */
interface Layouts {
  readonly signatureIn?: Partial<SupposedResult>;
  readonly attestationIn?: Partial<SupposedResult>;
  readonly predicateType?: string;
  readonly keyFile?: string;
  readonly attested?: Digest;
}

describe.skipIf(missing !== undefined)(`real cosign and docker-registry (${missing ?? "present"})`, () => {
  let work: string;
  let server: DockerRegistry;
  let registry: Registry & { close(): Promise<void> };
  let vendor: CosignKey;
  let stranger: CosignKey;
  let policy: VerificationPolicy;
  let pushes = 0;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "hk-trust-"));
    server = await startDockerRegistry();
    registry = createRegistry({
      hosts: new Map([[server.host, { plainHttp: true, allowPrivate: true }]]),
      gate: new OpenGate(),
      userAgent: "hullkeeper-test",
      metrics: UNCOUNTED,
    });
    vendor = await generateKeyPair(work, "vendor");
    stranger = await generateKeyPair(work, "stranger");
    policy = await policyOf(vendor.publicPath);
    await writeFile(join(work, "sbom.cdx"), '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}');
    await writeFile(join(work, "sbom.spdx"), '{"spdxVersion":"SPDX-2.3","packages":[]}');
    // Without logs and authorities: with a key and no log, cosign needs a trust root only to read bundles at all.
    await writeFile(
      join(work, "root.json"),
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":[],"certificateAuthorities":[],"ctlogs":[],"timestampAuthorities":[]}',
    );
  });

  afterAll(async () => {
    await registry.close();
    await server.close();
    await rm(work, { recursive: true, force: true });
  });

  /** A new image in a repository of its own. */
  async function newImage(platforms: readonly string[] = ["linux/amd64"]) {
    pushes += 1;
    const place = { host: server.host, repository: `bellsoft/base-${pushes}`, signal };
    const release = { version: String(pushes), createdAt: "2026-11-20T10:00:00Z" };
    const pushed = await pushImage({ ...place, tag: "1", release, platforms });
    return { ...place, ...pushed };
  }
  type NewImage = Awaited<ReturnType<typeof newImage>>;

  async function evidenceOf({ host, repository }: NewImage, digest: Digest) {
    return registry.evidenceOf({ repository: parseRepository(`${host}/${repository}`), digest }, signal);
  }

  async function judge(image: NewImage, of = policy): Promise<Verdict> {
    return verdictOn(image.digest, await evidenceOf(image, image.digest), rulesOf(of), isSbom).verdict;
  }

  /** Runs the commands that would be printed, as a reader would, and says which of them succeed. */
  async function recheck(
    image: NewImage,
    { signatureIn, attestationIn, predicateType = CYCLONEDX, keyFile = "vendor.pub", attested }: Layouts = {},
  ): Promise<readonly boolean[]> {
    const trusted = trustedKeyOf(await readFile(join(work, keyFile), "utf8"), "Vendor");
    const { signer } = trusted;
    const repository = parseRepository(`${image.host}/${image.repository}`);
    const checks = [
      [supposedResult({ signer, ...signatureIn }), image.digest],
      [supposedResult({ signer, predicateType, ...attestationIn }), attested ?? image.digest],
    ] as const;
    const reader = { directory: work, keyFile, flags: offlineFlags, signal };
    return Promise.all(
      checks.map(
        async ([result, digest]) => (await runRecheck(result, { repository, digest }, reader)) === "passes",
      ),
    );
  }

  const attest = (image: NewImage, options: Partial<Parameters<typeof attestImage>[0]> = {}) =>
    attestImage({
      ...image,
      key: vendor,
      predicateFile: join(work, "sbom.cdx"),
      type: "cyclonedx",
      ...options,
    });

  async function push(
    image: NewImage,
    { manifest, mediaType, blobs, tag, digest }: OciArtifact,
  ): Promise<void> {
    for (const blob of blobs) await pushBlob(image, blob.digest, blob.bytes);
    await pushManifest(image, { bytes: manifest, mediaType }, tag ?? digest);
  }

  test("an image that the vendor signed and described is verified, and the printed commands agree", async () => {
    const image = await newImage();
    await signImage({ ...image, key: vendor });
    await attest(image);
    expect(await judge(image)).toMatchObject({
      kind: "verified",
      signers: signersOf(policy).flatMap((trusted) => (trusted.kind === "key" ? [trusted.signer] : [])),
      sbom: { kind: "verified", predicateType: CYCLONEDX, source: { place: "att-tag" } },
      skipped: [],
    });
    expect(await recheck(image)).toStrictEqual([true, true]);
    expect(await recheck(image, { keyFile: "stranger.pub" })).toStrictEqual([false, false]);
    expect(await recheck(image, { predicateType: SPDX })).toStrictEqual([true, false]);
  });

  test("an SPDX document is found under its type, as an object and as a string", async () => {
    const image = await newImage();
    await signImage({ ...image, key: vendor });
    for (const type of ["spdxjson", "spdx"] as const) {
      await attest(image, { type, predicateFile: join(work, "sbom.spdx") });
    }
    const { verdict, statements } = verdictOn(
      image.digest,
      await evidenceOf(image, image.digest),
      rulesOf(policy),
      isSbom,
    );
    expect(verdict).toMatchObject({ kind: "verified", sbom: { predicateType: SPDX } });
    expect(statements.map(({ predicate }) => typeof predicate)).toStrictEqual(["string", "object"]);
    expect(await recheck(image, { predicateType: SPDX })).toStrictEqual([true, true]);
  });

  test("a bundle is found through the fallback tag of referrers", async () => {
    const image = await newImage();
    await signImage({ ...image, key: vendor });
    await attest(image, { layout: "referrers" });
    expect(await judge(image)).toMatchObject({
      kind: "verified",
      sbom: { kind: "verified", source: { place: "referrer", subject: image.digest } },
    });
    expect(await recheck(image, { attestationIn: { kind: "sigstore-bundle" } })).toStrictEqual([true, true]);
  });

  test("a legacy signature that refers to the image is found as well", async () => {
    const image = await newImage();
    await signImage({ ...image, key: vendor, layout: "referrers" });
    await attest(image);
    expect(await judge(image)).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
    expect(await recheck(image, { signatureIn: { place: "referrer" } })).toStrictEqual([true, true]);
  });

  test("a stranger's signature beside the vendor's changes nothing", async () => {
    const image = await newImage();
    await signImage({ ...image, key: stranger });
    await signImage({ ...image, key: vendor });
    await attest(image, { key: stranger });
    await attest(image);
    expect(await judge(image)).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
    expect(await recheck(image)).toStrictEqual([true, true]);
  });

  test("a platform's SBOM counts for the index that the vendor signed", async () => {
    const image = await newImage(["linux/amd64", "linux/arm64"]);
    const [child] = image.children;
    if (child === undefined) throw new Error("the index has no platform");
    await signImage({ ...image, key: vendor });
    await attest({ ...image, digest: child.digest });
    const own = await judge(image);
    expect(own).toMatchObject({ kind: "verified", sbom: { kind: "missing" } });

    const found = sbomOn(child.digest, await evidenceOf(image, child.digest), rulesOf(policy), {
      isSbom,
      signedBy: ["vendor"],
    });
    expect(withPlatformSbom(own, found)).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
    expect(await recheck(image)).toStrictEqual([true, false]);
    expect(await recheck(image, { attested: child.digest })).toStrictEqual([true, true]);
  });

  test("an unsigned image is waited for, and the printed commands fail", async () => {
    const image = await newImage();
    expect(await judge(image)).toStrictEqual({
      kind: "awaiting-evidence",
      missing: "signature",
      results: [],
      skipped: [],
    });
    expect(await recheck(image)).toStrictEqual([false, false]);
  });

  test("a stranger's signature alone is rejected, and the printed commands fail", async () => {
    const image = await newImage();
    await signImage({ ...image, key: stranger });
    await attest(image, { key: stranger });
    expect(await judge(image)).toMatchObject({ kind: "rejected", reason: "signature-key-unknown" });
    expect(await recheck(image)).toStrictEqual([false, false]);
  });

  test("a stranger's SBOM alone is rejected, and its printed command fails", async () => {
    const image = await newImage();
    await signImage({ ...image, key: vendor });
    await attest(image, { key: stranger });
    expect(await judge(image)).toMatchObject({ kind: "rejected", reason: "sbom-refused" });
    expect(await recheck(image)).toStrictEqual([true, false]);
  });

  test("a signature moved from another digest is rejected, and the printed commands fail", async () => {
    const signed = await newImage();
    await signImage({ ...signed, key: vendor });
    const source = { ...signed, tag: `${dashedOf(signed.digest)}.sig` };
    const other = await pushImage({
      ...source,
      tag: "2",
      release: { version: "other", createdAt: "2026-11-21T10:00:00Z" },
      platforms: ["linux/amd64"],
    });
    const answer = await fetch(`http://${source.host}/v2/${source.repository}/manifests/${source.tag}`, {
      headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
      signal,
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const mediaType = answer.headers.get("content-type") ?? "";
    await pushManifest(source, { bytes, mediaType }, `${dashedOf(other.digest)}.sig`);

    const moved = { ...signed, ...other };
    expect(await judge(signed)).toMatchObject({ kind: "verified" });
    expect(await judge(moved)).toMatchObject({ kind: "rejected", reason: "subject-mismatch" });
    expect(await recheck(moved)).toStrictEqual([false, false]);
  });

  /** The fake signer against real cosign: what we accept, cosign accepts, but for the hashes it wants named by a flag. */
  test.each<{ kind: KeyKind; options: SigningOptions; ours: boolean; cosigns: boolean }>([
    { kind: "p-256", options: { hash: "sha256" }, ours: true, cosigns: true },
    { kind: "p-384", options: { hash: "sha256" }, ours: true, cosigns: true },
    { kind: "p-521", options: { hash: "sha256" }, ours: true, cosigns: true },
    { kind: "rsa-2048", options: { hash: "sha256" }, ours: true, cosigns: true },
    { kind: "ed25519", options: {}, ours: true, cosigns: true },
    { kind: "p-384", options: { hash: "sha384" }, ours: true, cosigns: false },
    { kind: "p-521", options: { hash: "sha512" }, ours: true, cosigns: false },
    { kind: "p-256", options: { hash: "sha512" }, ours: false, cosigns: false },
    { kind: "rsa-2048", options: { hash: "sha512" }, ours: false, cosigns: false },
  ])(
    "a key of type $kind with $options.hash: ours $ours, cosign $cosigns",
    async ({ kind, options, ours, cosigns }) => {
      const image = await newImage();
      const key = newSigningKey(kind);
      const keyFile = `${kind}-${pushes}.pub`;
      await writeFile(join(work, keyFile), key.publicPem);
      const payload = simpleSigningPayload(image.digest);
      const envelope = envelopeDocument(statementPayload(image.digest), [key], options);
      await push(image, signatureArtifact(image.digest, [signatureLayer(payload, key, options)]));
      await push(image, attestationArtifact(image.digest, [attestationLayer(envelope, CYCLONEDX)]));

      const verdict = await judge(image, await policyOf(join(work, keyFile)));
      expect(verdict.kind).toBe(ours ? "verified" : "rejected");
      expect(await recheck(image, { keyFile })).toStrictEqual([cosigns, cosigns]);
    },
  );
});
