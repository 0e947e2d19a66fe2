import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import type { Digest } from "../../../src/image/digest.ts";
import { type ImageId, parseRepository } from "../../../src/image/reference.ts";
import type { VerificationPolicy } from "../../../src/trust/policy.ts";
import type { AcceptedResult } from "../../../src/trust/recheck.ts";
import { type TrustRootSource, parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { Verdict } from "../../../src/trust/verdict.ts";
import { verdictOn } from "../../../src/trust/verify.ts";
import { instantOf } from "../../../src/time.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import type { OciArtifact } from "../../fakes/signer.ts";
import { newCertificate, newPublicKey, newRootDocument } from "../../fakes/trust-root.ts";
import { startDockerRegistry } from "../../tools/docker-registry.ts";
import { type ImageInPlace, pushBlob, pushImage, pushManifest } from "../../tools/publish.ts";
import { runRecheck } from "../../tools/recheck.ts";

export const CYCLONEDX = "https://cyclonedx.org/bom";

/** An image at the registry, in a repository of its own. */
export interface StagedImage extends ImageInPlace {
  /** Bytes of the manifest. */
  readonly size: number;
}

/** A real registry, our own way from there to a verdict, and a reader who checks it again with real cosign. */
export interface Stage {
  /** Where the reader's files are. */
  readonly directory: string;
  newImage(): Promise<StagedImage>;
  push(image: StagedImage, artifacts: readonly OciArtifact[]): Promise<void>;
  /** What we say, by the way that the worker goes. */
  judge(image: StagedImage, policy: VerificationPolicy): Promise<Verdict>;
  /** What a reader finds who runs the command that is printed for a result, on an image. */
  recheck(image: StagedImage, result: AcceptedResult): Promise<"passes" | "fails">;
  close(): Promise<void>;
}

/** Starts a stage. @param roots those that policies name, besides the files that readers have */
export async function openStage(
  rootsIn: (directory: string) => Promise<readonly TrustRootSource[]>,
): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "hk-trust-"));
  const roots = new Map((await rootsIn(directory)).map((source) => [source.name, parseTrustRoot(source)]));
  const server = await startDockerRegistry();
  const client = createRegistry({
    hosts: new Map([[server.host, { plainHttp: true, allowPrivate: true }]]),
    gate: new OpenGate(),
    userAgent: "hullkeeper-test",
    metrics: UNCOUNTED,
  });
  const environment = await publicSigstore(directory);
  await writeFile(
    join(directory, "sbom.cdx"),
    '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}',
  );
  const signal = AbortSignal.timeout(300_000);
  let pushes = 0;
  return {
    directory,
    async newImage() {
      pushes += 1;
      const place = { host: server.host, repository: `vendor/base-${pushes}`, signal };
      const release = { version: String(pushes), createdAt: "2026-11-20T10:00:00Z" };
      const { digest, size } = await pushImage({ ...place, tag: "1", release, platforms: ["linux/amd64"] });
      return { ...place, digest, size };
    },
    async push(image, artifacts) {
      for (const { manifest, mediaType, blobs, tag, digest } of artifacts) {
        for (const blob of blobs) await pushBlob(image, blob.digest, blob.bytes);
        await pushManifest(image, { bytes: manifest, mediaType }, tag ?? digest);
      }
    },
    async judge(image, policy) {
      const evidence = await client.evidenceOf(idOf(image), signal);
      const rules = { policy, roots, now: instantOf(Date.now()) };
      return verdictOn(image.digest, evidence, rules, (type) => type === CYCLONEDX).verdict;
    },
    recheck: (image, result) =>
      runRecheck(result, idOf(image), { directory, environment, flags: knownRoot, signal }),
    async close() {
      await client.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function idOf({ host, repository, digest }: StagedImage): ImageId {
  return { repository: parseRepository(`${host}/${repository}`), digest };
}

/** A bundle that a key signed needs no trust root, and cosign 2.5 fetches one all the same. */
function knownRoot(line: string): string {
  const isWithout = line.includes("--new-bundle-format") && !line.includes("--trusted-root");
  return isWithout ? " --trusted-root public.trusted-root.json" : "";
}

/**
 * What stands for the public Sigstore in the environment of readers, which cosign 2.5 asks for even where it is told a trust root: one that
 * nobody has anything from.
 */
async function publicSigstore(directory: string): Promise<Readonly<Record<string, string>>> {
  const authorities = join(directory, "public.authorities.pem");
  const logKey = join(directory, "public.log.pub");
  await writeFile(authorities, (await newCertificate()).pem);
  await writeFile(logKey, newPublicKey());
  await writeFile(join(directory, "public.trusted-root.json"), JSON.stringify(await newRootDocument()));
  return {
    SIGSTORE_ROOT_FILE: authorities,
    SIGSTORE_REKOR_PUBLIC_KEY: logKey,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: logKey,
  };
}

/** What counts, of a verdict that must be good. */
export function acceptedIn(verdict: Verdict): readonly AcceptedResult[] {
  if (verdict.kind !== "verified") throw new Error(`not verified: ${JSON.stringify(verdict)}`);
  return verdict.results.filter((result): result is AcceptedResult => result.outcome.kind === "accepted");
}

/** The manifest's digest as a subject of referrers. */
export function subjectOf({ digest, size }: StagedImage): { readonly digest: Digest; readonly size: number } {
  return { digest, size };
}
