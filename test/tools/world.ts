import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Digest } from "../../src/image/digest.ts";
import type { OpenApiValidator } from "../fakes/github/openapi-validator.ts";
import { type GitHubDouble, startGitHubDouble } from "../fakes/github/start-github-double.ts";
import { type CosignKey, generateKeyPair } from "./cosign.ts";
import { startDockerRegistry } from "./docker-registry.ts";
import type { ImageRelease } from "./images.ts";
import { attestImage, pushImage, signImage } from "./publish.ts";

/** The image line of the world, named as its vendor names it. */
export const REPOSITORY = "bellsoft/hardened-liberica-runtime-container";
export const TAG = "jre-25-nonroot-musl";

export const WEBHOOK_SECRET = "e2e-webhook-secret-0123456789";
const APP_ID = 4_711;

const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));

/** Releases whose SBOMs are among the fixtures. Each fixes something that the one before has. */
export type ReleaseNumber = 1 | 2 | 3;

/** How a release is published. */
export interface Publishing {
  readonly release: ReleaseNumber;
  readonly tag?: string;
  /** What hangs on the image: everything, the signature alone, or nothing. */
  readonly evidence?: "signed-with-sbom" | "signed" | "none";
  /** The vendor's key by default. */
  readonly key?: CosignKey;
  /** Makes an image with other bytes out of the same release. */
  readonly build?: string;
}

/** A registry on loopback, spoken to by plain HTTP. */
export interface WorldRegistry {
  /** `127.0.0.1:20123`, as it stands in references. */
  readonly host: string;
  close(): Promise<void>;
}

/** Everything Hullkeeper meets, on loopback: a registry, a code host, a vendor's key. */
export interface World {
  readonly directory: string;
  readonly registry: WorldRegistry;
  readonly codeHost: GitHubDouble;
  readonly key: CosignKey;
  /** Of the App at `acme`, where it is spoken as. */
  readonly installation?: number;
  /** Pushes a release, then signs and attests it with real cosign, as vendors do. */
  publish(publishing: Publishing): Promise<Digest>;
  /** A line of a Dockerfile that pins the image line to a digest. */
  pin(digest: Digest, tag?: string): string;
  /** Writes a configuration for this world; returns its path. */
  writeConfig(options: ConfigOptions): Promise<string>;
  /** What the configuration expects in the environment. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface ConfigOptions {
  readonly repositories: readonly string[];
  readonly webPort?: number;
  /** Whether webhooks of the code host are taken, signed with {@link WEBHOOK_SECRET}. */
  readonly webhooks?: "taken";
  readonly registryHost?: string;
  /** A folder of invented records by default, unless there are feeds. */
  readonly advisoriesDirectory?: string;
  /** Feeds by name, as `advisories.feeds` has them. */
  readonly feeds?: Readonly<Record<string, unknown>>;
  /** Hosts, spoken to by plain HTTP, that are mirrors of the world's registry. */
  readonly mirrors?: readonly string[];
  /** Replaces the intervals and the evidence settings, and may add sections; YAML, given the registry's host. */
  readonly timing?: string | ((registryHost: string) => string);
}

/** Looks often enough to watch it happen. */
const QUICK_TIMING = `intervals: { tryingOut: true, poll: 1s, discover: 1h, proposals: 2s, sla: 2s }
evidence: { wait: 1m, retry: [1s, 2s, 3s], sbomWait: 6s }
`;

export interface WorldOptions {
  /** Debian's docker-registry by default. */
  readonly startRegistry?: () => Promise<WorldRegistry>;
  /** For those who start many worlds. */
  readonly validator?: OpenApiValidator;
  /** As whom the code host is spoken to. An App is installed for `acme`. Default: by a token. */
  readonly speaker?: "token" | "app";
}

/**
 * Starts a world.
 *
 * @param directory what it keeps is put there, and left there
 * @throws {Error} when a tool is missing
 */
export async function startWorld(
  directory: string,
  { startRegistry = startDockerRegistry, speaker = "token", ...doubleOptions }: WorldOptions = {},
): Promise<World> {
  await mkdir(directory, { recursive: true });
  const key = await generateKeyPair(directory, "vendor");
  const registry = await startRegistry();
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const app = speaker === "app" ? { app: { id: APP_ID, key: publicKey } } : {};
  const codeHost = await startGitHubDouble({ ...doubleOptions, ...app });
  const installed = speaker === "app" ? { installation: await codeHost.install("acme") } : {};
  const markerKey = randomBytes(32).toString("hex");
  return {
    directory,
    registry,
    codeHost,
    key,
    ...installed,
    environment: {
      HULLKEEPER_TOKEN: codeHost.token,
      HULLKEEPER_APP_KEY: privateKey,
      HULLKEEPER_WEBHOOK_SECRET: WEBHOOK_SECRET,
      HULLKEEPER_MARKER_KEY: markerKey,
    },
    publish: (publishing) => publishRelease(registry.host, { key, ...publishing }),
    pin: (digest, tag = TAG) => `FROM ${registry.host}/${REPOSITORY}:${tag}@${digest}`,
    async writeConfig(options) {
      const path = join(directory, "hullkeeper.yaml");
      await writeFile(path, configOf({ registry, codeHost, key, speaker }, options));
      return path;
    },
    async close() {
      await registry.close();
      await codeHost.close();
    },
  };
}

/** Publishes a release in a registry on loopback. */
export async function publishRelease(
  host: string,
  { release, tag = TAG, evidence = "signed-with-sbom", key, build }: Publishing & { readonly key: CosignKey },
): Promise<Digest> {
  const place = { host, repository: REPOSITORY };
  const { digest } = await pushImage({ ...place, tag, release: imageOf(release, build) });
  if (evidence === "none") return digest;
  await signImage({ ...place, digest, key });
  if (evidence === "signed-with-sbom") {
    await attestImage({ ...place, digest, key, predicateFile: sbomFile(release), type: "cyclonedx" });
  }
  return digest;
}

function imageOf(release: ReleaseNumber, build = "1"): ImageRelease {
  return {
    version: `25.0.${3 + release}`,
    createdAt: `2026-11-${String(8 + 6 * release).padStart(2, "0")}T09:58:00Z`,
    user: "10001:10001",
    env: { JAVA_HOME: "/usr/lib/jvm/jre", JAVA_VERSION: `25.0.${3 + release}`, BUILD: build },
    entrypoint: ["java"],
  };
}

/** The SBOM of a release. */
export function sbomFile(release: ReleaseNumber): string {
  return join(FIXTURES, "sbom", `liberica-jre-25.release-${release}.cdx.json`);
}

function advisoriesOf({ feeds, advisoriesDirectory }: ConfigOptions): unknown {
  if (feeds !== undefined) return { feeds };
  return { directory: advisoriesDirectory ?? join(FIXTURES, "osv", "records") };
}

function configOf(
  {
    registry,
    codeHost,
    key,
    speaker,
  }: Pick<World, "registry" | "codeHost" | "key"> & Required<Pick<WorldOptions, "speaker">>,
  options: ConfigOptions,
): string {
  const { repositories, webPort = 0, registryHost = registry.host, timing = QUICK_TIMING } = options;
  const mirrors = (options.mirrors ?? []).map(
    (host) => `\n  "${host}": { plainHttp: true, allowPrivate: true, mirrorOf: "${registryHost}" }`,
  );
  return `github:
  url: ${codeHost.url}
  ${speaker === "app" ? `app: { id: ${APP_ID}, privateKey: { env: HULLKEEPER_APP_KEY } }` : "token: { env: HULLKEEPER_TOKEN }"}${options.webhooks === "taken" ? "\n  webhookSecret: { env: HULLKEEPER_WEBHOOK_SECRET }" : ""}
  repositories: ${JSON.stringify(repositories)}
vendors:
  bellsoft:
    plan: commercial
    keys: [{ file: ${JSON.stringify(key.publicPath)} }]
    images: ["${registryHost}/${REPOSITORY}"]
registries:
  "${registryHost}": { plainHttp: true, allowPrivate: true }${mirrors.join("")}
advisories: ${JSON.stringify(advisoriesOf(options))}
marker: { key: { env: HULLKEEPER_MARKER_KEY } }
trustUpdates: { mode: off }
web: { host: 127.0.0.1, port: ${webPort} }
${typeof timing === "string" ? timing : timing(registry.host)}`;
}
