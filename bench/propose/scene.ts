import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../src/image/digest.ts";
import type { GitHubDouble } from "../../test/fakes/github/start-github-double.ts";
import type { CosignKey } from "../../test/tools/cosign.ts";
import { attestImage, pushImage, signImage } from "../../test/tools/publish.ts";
import { sbomFile } from "../../test/tools/world.ts";

/** Images that code pins, each a repository of its own with one tag that moves. */
const POOL_SIZE = 20;
const TAG = "1.9";
export const OWNER = "acme";

/** The name of an image of the pool: `pool/image-07`. */
function imagePath(index: number): string {
  return `pool/image-${String(index % POOL_SIZE).padStart(2, "0")}`;
}

/** `same`: the second revision of every image fixes something critical. `mixed`: that of every other one only something that can wait. */
export type Urgency = "same" | "mixed";

/** Pushes a revision of every image, signed and with its SBOM attested by real cosign. Returns the digests, by index. */
export async function publishPool(
  { host, key }: { readonly host: string; readonly key: CosignKey },
  revision: 1 | 2,
  urgency: Urgency,
): Promise<readonly Digest[]> {
  const digests: Digest[] = [];
  for (let index = 0; index < POOL_SIZE; index += 1) {
    const place = { host, repository: imagePath(index) };
    const release = {
      version: `1.9.${revision}`,
      createdAt: `2026-11-${String(8 + 6 * revision).padStart(2, "0")}T09:58:00Z`,
      user: "10001:10001",
      env: { IMAGE: String(index), REVISION: String(revision) },
      entrypoint: ["serve"],
    };
    const { digest } = await pushImage({ ...place, tag: TAG, release });
    await signImage({ ...place, digest, key });
    const canWait = urgency === "mixed" && index % 2 === 1;
    const predicateFile = sbomFile(revision === 1 ? (canWait ? 2 : 1) : canWait ? 3 : 2);
    await attestImage({ ...place, digest, key, predicateFile, type: "cyclonedx" });
    digests.push(digest);
  }
  return digests;
}

/** How much code there is. */
export interface Workload {
  readonly repositories: number;
  /** Images that one code repository pins, all in one Dockerfile. */
  readonly images: number;
  /** Other files in each. */
  readonly files: number;
}

/** Images of a code repository, by their index in the pool. */
function imagesOf(repository: number, { images }: Workload): readonly number[] {
  return Array.from({ length: images }, (_, index) => (repository * images + index) % POOL_SIZE);
}

/** The Dockerfile of a code repository that pins its images to these digests. */
export function dockerfileOf(
  host: string,
  repository: number,
  { workload, digests }: { readonly workload: Workload; readonly digests: readonly Digest[] },
): string {
  const lines = imagesOf(repository, workload).map(
    (index, stage) => `FROM ${host}/${imagePath(index)}:${TAG}@${digests[index] ?? ""} AS stage-${stage}`,
  );
  return `${lines.join("\n")}\nRUN true\n`;
}

/** The name of a code repository. */
export function codeName(repository: number): string {
  return `code-${String(repository).padStart(4, "0")}`;
}

/** Makes all code repositories. */
export async function createCode(
  codeHost: GitHubDouble,
  {
    host,
    workload,
    digests,
  }: {
    readonly host: string;
    readonly workload: Workload;
    readonly digests: readonly Digest[];
  },
): Promise<void> {
  const others = Object.fromEntries(
    Array.from({ length: workload.files }, (_, index) => [
      `src/part-${index % 50}/file-${index}.txt`,
      `${index}\n`,
    ]),
  );
  for (let repository = 0; repository < workload.repositories; repository += 1) {
    const dockerfile = dockerfileOf(host, repository, { workload, digests });
    await codeHost.createRepository(OWNER, codeName(repository), { ...others, Dockerfile: dockerfile });
  }
}

/** Writes a configuration; returns its path. */
export async function writeConfig(
  directory: string,
  {
    host,
    key,
    codeHost,
    workload,
    webPort,
    limits,
  }: {
    readonly host: string;
    readonly key: CosignKey;
    readonly codeHost: GitHubDouble;
    readonly workload: Workload;
    readonly webPort: number;
    /** Lines under `github`. */
    readonly limits: string;
  },
): Promise<string> {
  const repositories = Array.from(
    { length: workload.repositories },
    (_, index) => `${OWNER}/${codeName(index)}`,
  );
  const advisories = join(import.meta.dirname, "..", "..", "test", "fixtures", "osv", "records");
  const path = join(directory, "hullkeeper.yaml");
  await writeFile(
    path,
    `github:
  url: ${codeHost.url}
  token: { env: HULLKEEPER_TOKEN }
  repositories: ${JSON.stringify(repositories)}
${limits}vendors:
  bellsoft:
    plan: commercial
    keys: [{ file: ${JSON.stringify(key.publicPath)} }]
    images: ["${host}/pool/*"]
registries:
  "${host}": { plainHttp: true, allowPrivate: true }
advisories: { directory: ${JSON.stringify(advisories)} }
marker: { key: { env: HULLKEEPER_MARKER_KEY } }
trustUpdates: { mode: off }
web: { host: 127.0.0.1, port: ${webPort} }
intervals: { poll: 6h, maxStaleness: 6h, discover: 24h, proposals: 24h, sla: 24h }
log: { level: warn }
`,
  );
  return path;
}
