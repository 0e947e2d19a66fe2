import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import type { TestContext } from "vitest";
import { type Digest, hexOf } from "../../src/image/digest.ts";
import { MIRROR } from "../../src/queues.ts";
import { later } from "../../src/time.ts";
import { type FeedRoute, type FeedServer, startFeedServer } from "../fakes/feed-server.ts";
import type { ImageRelease } from "../tools/images.ts";
import { attestImage, pushImage, signImage } from "../tools/publish.ts";
import { REPOSITORY, TAG } from "../tools/world.ts";
import { type Installation, startInstallation } from "./installation.ts";

/** Name of the only feed. */
export const FEED = "vendor";
const PATH = "/vendor/archive.tar.gz";
const RELEASE = "25";
const NAMESPACE = "bellsoft-hardened-containers";
const ECOSYSTEM = `BellSoft Hardened Containers:${RELEASE}`;
/** CVSS vectors of one severity each. */
const VECTORS = {
  critical: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
  high: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
} as const;

/** A vulnerability as the vendor publishes it. */
export interface Advisory {
  readonly cve: string;
  readonly severity: keyof typeof VECTORS;
  readonly packageName: string;
  readonly fixedIn: string;
  /** All versions before the fix by default. */
  readonly introducedIn?: string;
  readonly isWithdrawn?: boolean;
}

/** Packages by name → version, all of them their own source. */
export type Packages = Readonly<Record<string, string>>;

/** A release that is published with an SBOM for each platform. */
export interface AssessedRelease extends ImageRelease {
  /** That of the world by default. */
  readonly tag?: string;
  readonly packages: Packages;
  /** Packages of one platform alone. */
  readonly own?: Readonly<Record<string, Packages>>;
  /** Vulnerabilities that the vendor says need no new version, because the package is protected otherwise. */
  readonly mitigated?: readonly { readonly cve: string; readonly purl: string }[];
}

/** A feed on loopback as its publisher has it. */
export interface VendorFeed {
  readonly server: FeedServer;
  /** Of the archive at the server. */
  readonly path: string;
  /** What the archive holds from now on. */
  publish(advisories: readonly Advisory[]): Promise<void>;
  /** Nothing but errors from now on. */
  fail(): void;
  /** What was published last is there again, as it was. */
  recover(): void;
}

/** An installation with the feed that it asks. */
export interface Assessed {
  readonly installation: Installation;
  readonly feed: VendorFeed;
}

/** An installation whose only advisories are those of a vendor's archive; it looks for nothing by itself within a test. */
export async function startAssessed(context: TestContext): Promise<Assessed> {
  const server = await startFeedServer();
  context.onTestFinished(() => server.close());
  const installation = await startInstallation(context, {
    timing: `intervals: { tryingOut: true, poll: 1h, maxStaleness: 6h, discover: 1h, proposals: 1h, sla: 1h }
evidence: { wait: 1m, retry: [1s], sbomWait: 6s }
`,
    feeds: {
      [FEED]: {
        kind: "archive",
        url: `${server.url}${PATH}`,
        name: "The vendor's archive",
        every: "1h",
        staleAfter: "2h",
      },
    },
  });
  return { installation, feed: feedOn(server) };
}

function feedOn(server: FeedServer): VendorFeed {
  let version = 0;
  let published: FeedRoute | undefined;
  return {
    server,
    path: PATH,
    async publish(advisories) {
      version += 1;
      const body = gzipSync(await archiveOf(advisories));
      published = { body, etag: `"${version}"` };
      server.routes.set(PATH, published);
    },
    fail() {
      server.routes.set(PATH, (_request, response) => void response.writeHead(503).end());
    },
    recover() {
      if (published !== undefined) server.routes.set(PATH, published);
    },
  };
}

/** Has the feed mirrored now, as the schedule does when it is due. */
export async function mirrorNow({ queues }: Installation): Promise<void> {
  await queues.enqueue(MIRROR, { feed: FEED });
}

/** Lets so much time have gone by since the feed was last seen. */
export async function age({ store }: Installation, byMs: number): Promise<void> {
  for (const feed of await store.feeds()) {
    await store.noteFeed({ ...feed, checkedAt: later(feed.checkedAt, -byMs) });
  }
}

/** Pushes a release with two platforms; signs the index, and attests an SBOM for each platform. */
export async function publishAssessed(
  { world }: Installation,
  { packages, own = {}, mitigated = [], tag = TAG, ...release }: AssessedRelease,
): Promise<Digest> {
  const place = { host: world.registry.host, repository: REPOSITORY };
  const { digest, children } = await pushImage({ ...place, tag, release });
  for (const child of children) {
    const list = { ...packages, ...own[child.platform] };
    const predicateFile = await fileOf(world.directory, child.digest, sbomOf(list, child.platform));
    await attestImage({ ...place, digest: child.digest, key: world.key, predicateFile, type: "cyclonedx" });
  }
  if (mitigated.length > 0) {
    const predicateFile = await fileOf(world.directory, digest, vexOf(mitigated));
    await attestImage({ ...place, digest, key: world.key, predicateFile, type: "openvex" });
  }
  await signImage({ ...place, digest, key: world.key });
  return digest;
}

async function fileOf(directory: string, digest: Digest, content: unknown): Promise<string> {
  const path = join(directory, `${hexOf(digest)}.json`);
  await writeFile(path, JSON.stringify(content));
  return path;
}

/** What a package is called in SBOMs and statements. */
export function purlOf(name: string, version: string): string {
  return `pkg:apk/${NAMESPACE}/${name}@${version}`;
}

function sbomOf(packages: Packages, platform: string): unknown {
  const architecture = platform === "linux/arm64" ? "aarch64" : "x86_64";
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { tools: { components: [{ type: "application", name: "syft", version: "1.38.0" }] } },
    components: Object.entries(packages).map(([name, version]) => ({
      "bom-ref": name,
      type: "library",
      name,
      version,
      licenses: [{ license: { id: "MIT" } }],
      purl: `${purlOf(name, version)}?arch=${architecture}&distro=${NAMESPACE}-${RELEASE}`,
      properties: [{ name: "syft:metadata:originPackage", value: name }],
    })),
  };
}

function vexOf(mitigated: NonNullable<AssessedRelease["mitigated"]>): unknown {
  return {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.com/vex/1",
    author: "BellSoft",
    timestamp: "2026-11-20T00:00:00Z",
    version: 1,
    statements: mitigated.map(({ cve, purl }) => ({
      vulnerability: { name: cve },
      products: [{ "@id": purl }],
      status: "not_affected",
      justification: "inline_mitigations_already_exist",
    })),
  };
}

async function archiveOf(advisories: readonly Advisory[]): Promise<Buffer> {
  const archive = pack();
  for (const advisory of advisories) {
    archive.entry({ name: `osv-1/records/BELL-${advisory.cve}.json` }, JSON.stringify(recordOf(advisory)));
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function recordOf({
  cve,
  severity,
  packageName,
  fixedIn,
  introducedIn = "0",
  isWithdrawn = false,
}: Advisory): unknown {
  return {
    schema_version: "1.7.4",
    id: `BELL-${cve}`,
    published: "2026-11-18T08:00:00Z",
    modified: isWithdrawn ? "2026-11-22T12:00:00Z" : "2026-11-20T10:00:00Z",
    ...(isWithdrawn ? { withdrawn: "2026-11-22T12:00:00Z" } : {}),
    upstream: [cve],
    severity: [{ type: "CVSS_V3", score: VECTORS[severity] }],
    affected: [
      {
        package: { ecosystem: ECOSYSTEM, name: packageName },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: introducedIn }, { fixed: fixedIn }] }],
      },
    ],
  };
}
