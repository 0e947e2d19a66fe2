import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createRegistry } from "../../src/adapters/registry/client.ts";
import { createVerifier } from "../../src/adapters/verifier/verifier.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import { OpenGate } from "../../test/fakes/host-gate.ts";
import { UNCOUNTED } from "../../test/fakes/metrics.ts";
import { cosign, type CosignKey, generateKeyPair } from "../../test/tools/cosign.ts";
import { startDockerRegistry } from "../../test/tools/docker-registry.ts";
import { attestImage, type ImageInPlace, pushImage, signImage } from "../../test/tools/publish.ts";
import { medianOf } from "../table.ts";
import { questionOf } from "./case.ts";
import { longestDelayOf } from "./delay.ts";
import { cyclonedxOf } from "./sbom.ts";

const NEVER = new AbortController().signal;
const MEGABYTE = 1_000_000;
const HUGE_BYTES = 39 * MEGABYTE;
const OUR_ROUNDS = 30;
const COSIGN_ROUNDS = 5;

/** Wall time of a whole image in milliseconds: everything that is asked, the signature and the SBOM. */
export interface Compared {
  readonly oursMs: number;
  /** `cosign verify` and `cosign verify-attestation`, one after the other. */
  readonly cosignMs: number;
}

export interface WholeImage {
  /** With a megabyte of SBOM. */
  readonly large: Compared;
  /** With 20 kB of SBOM. */
  readonly small: Compared;
  /** The longest time that anything else waited in this process while an SBOM of 39 MB was fetched and judged. */
  readonly hugeDelayMs: number;
  readonly hugeMs: number;
}

/** Signs with real cosign on a real registry, and has both check it. */
export async function measureWholeImage(): Promise<WholeImage> {
  const work = await mkdtemp(join(tmpdir(), "hk-bench-verify-"));
  const server = await startDockerRegistry();
  const registry = createRegistry({
    hosts: new Map([[server.host, { plainHttp: true, allowPrivate: true }]]),
    gate: new OpenGate(),
    userAgent: "hullkeeper-bench",
    metrics: UNCOUNTED,
    limits: { evidenceBytes: 256 * MEGABYTE },
  });
  const verifier = createVerifier();
  try {
    const key = await generateKeyPair(work, "vendor");
    const trusted = trustedKeyOf(await readFile(key.publicPath, "utf8"), "Vendor");
    const ours = async ({ host, repository, digest }: ImageInPlace): Promise<void> => {
      const image = { repository: parseRepository(`${host}/${repository}`), digest };
      const evidence = await registry.evidenceOf(image, NEVER);
      const question = questionOf(evidence.candidates, [trusted], { image: digest });
      const { verdict, sbom } = await verifier.judge(question, NEVER);
      if (verdict?.kind !== "verified" || sbom?.kind !== "read") throw new Error(JSON.stringify(verdict));
    };
    const place = { host: server.host, repository: "bench/base", work, key };
    const compared = async (image: ImageInPlace): Promise<Compared> => {
      await ours(image);
      const oursMs = await medianMs(OUR_ROUNDS, () => ours(image));
      return { oursMs, cosignMs: await medianMs(COSIGN_ROUNDS, () => checkWithCosign(image, key)) };
    };
    const small = await compared(await publish({ ...place, repository: "bench/small", sbomBytes: 20_000 }));
    const large = await compared(await publish({ ...place, sbomBytes: MEGABYTE }));

    const huge = await publish({ ...place, repository: "bench/huge", sbomBytes: HUGE_BYTES });
    let hugeMs = Number.NaN;
    const hugeDelayMs = await longestDelayOf(async () => {
      hugeMs = await elapsedMs(() => ours(huge));
    });
    return { large, small, hugeDelayMs, hugeMs };
  } finally {
    await verifier.close();
    await registry.close();
    await server.close();
    await rm(work, { recursive: true, force: true });
  }
}

async function publish({
  host,
  repository,
  work,
  key,
  sbomBytes,
}: {
  readonly host: string;
  readonly repository: string;
  readonly work: string;
  readonly key: CosignKey;
  readonly sbomBytes: number;
}): Promise<ImageInPlace> {
  const release = { version: "1", createdAt: "2026-11-20T10:00:00Z" };
  const place = { host, repository };
  const { digest } = await pushImage({ ...place, tag: "1", release });
  const predicateFile = join(work, "sbom.json");
  await writeFile(predicateFile, JSON.stringify(cyclonedxOf(sbomBytes)));
  await signImage({ ...place, digest, key });
  await attestImage({ ...place, digest, key, predicateFile, type: "cyclonedx" });
  return { ...place, digest };
}

async function checkWithCosign({ host, repository, digest }: ImageInPlace, key: CosignKey): Promise<void> {
  const flags = ["--key", key.publicPath, "--insecure-ignore-tlog", "--allow-http-registry"];
  const reference = `${host}/${repository}@${digest}`;
  await cosign(["verify", ...flags, reference]);
  await cosign(["verify-attestation", ...flags, "--type", "cyclonedx", reference], {
    outputBytesMax: 16 * MEGABYTE,
  });
}

async function medianMs(rounds: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await elapsedMs(work));
  return medianOf(times);
}

async function elapsedMs(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
