import { generateKeyPairSync } from "node:crypto";
import { readdirSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import type { Config } from "../../config/config.ts";
import { ConfigError, type Fault } from "../../config/fault.ts";
import { loadConfig } from "../../config/load.ts";
import { VENDORS_DIRECTORY } from "../../config/vendor-file.ts";
import { Secret } from "../../src/secret.ts";

export const MARKER_KEY = "0123456789abcdef".repeat(4);

/** A public key as `cosign generate-key-pair` writes one. */
export const PUBLIC_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({
  type: "spki",
  format: "pem",
});

/** The smallest configuration, by section. */
export const SMALLEST: Sections = {
  github: { token: { env: "TOKEN" }, repositories: ["acme/shop"] },
  marker: { key: { env: "MARKER_KEY" } },
};

export const ENVIRONMENT: NodeJS.ProcessEnv = { TOKEN: "the-token", MARKER_KEY };

export type Sections = Readonly<Record<string, unknown>>;

/** What is loaded: the smallest configuration with these sections in place of its own, or the text of a file. */
export interface Case {
  readonly sections?: Sections;
  readonly text?: string;
  readonly environment?: NodeJS.ProcessEnv;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly modes?: Readonly<Record<string, number>>;
}

/** A case, and the fault that it must have and no other. */
export interface Refusal extends Case {
  readonly title: string;
  readonly path: string;
  readonly reason: string;
}

/** Loads a configuration from a folder of its own. */
export async function load({ sections, text, environment, files, modes }: Case): Promise<Config> {
  const folder = await mkdtemp(join(tmpdir(), "hullkeeper-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const contents = {
    "hullkeeper.yaml": text ?? stringify({ ...SMALLEST, ...sections }),
    "key.pub": PUBLIC_KEY,
    ...files,
  };
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content, { mode: 0o600 });
    await chmod(join(folder, name), modes?.[name] ?? 0o600);
  }
  return loadConfig(join(folder, "hullkeeper.yaml"), { ...ENVIRONMENT, ...environment });
}

/** The faults of a configuration that must not load. */
export async function faultsOf(loaded: Case): Promise<readonly Fault[]> {
  try {
    await load(loaded);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error("it was loaded, and should have been refused");
}

/** Ids of the built-in profiles. */
export function builtInIds(): readonly string[] {
  return readdirSync(VENDORS_DIRECTORY).map((name) => basename(name, ".yaml"));
}

/** Profiles that are not built in, in their order. */
export function ownProfilesOf({ profiles }: Config): Config["profiles"] {
  const ids = new Set(builtInIds());
  return profiles.filter(({ id }) => !ids.has(id));
}

/** How a registry is logged in to, its secrets in clear. */
export function loginAt({ registries }: Config, host: string): unknown {
  return revealed(registries.get(host)?.login);
}

/** A value with its secrets in clear. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, revealed(inner)]));
}

/** The token that GitHub is spoken to with; a test fails where an App is configured. */
export function tokenOf({ github: { auth } }: Pick<Config, "github">): string {
  if (auth.kind === "token") return auth.token.reveal();
  throw new Error("an App is configured");
}
