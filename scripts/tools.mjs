import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchTool, refusalOf, withApts } from "./lib/fetch-tool.mjs";
import { capture, faultLineOf } from "./lib/process.mjs";
import { askVersion, isAtLeast, isExecutable, pathOf } from "./lib/program.mjs";
import { SetupError } from "./lib/step.mjs";

/**
 * A program the tests or the demo start.
 *
 * @typedef {{
 *   name: string,
 *   commands: readonly string[],
 *   versionArgs: readonly string[],
 *   minimum: readonly [number, number],
 *   packages: readonly string[],
 *   binary: string,
 *   purpose: string,
 * }} Tool `commands`: names in PATH, the first found is taken; `minimum`: oldest version that will do; `packages`: what to unpack
 *   from Debian, empty for a program too large to be fetched unasked; `binary`: its path in there
 *
 * @typedef {{ path: string, env: Record<string, string>, version: string, from: string }} Found
 * @typedef {{ missing: string, checkedAt: string }} Missing
 * @typedef {Record<string, Found | Missing>} Manifest by the name of the tool
 */

/** @type {readonly Tool[]} */
export const TOOLS = [
  {
    name: "redis-server",
    commands: ["redis-server", "valkey-server"],
    versionArgs: ["--version"],
    minimum: [6, 2],
    packages: ["redis-server", "redis-tools"],
    binary: "usr/bin/redis-server",
    purpose: "tests on a real Redis, and the demo unless REDIS_URL is set",
  },
  {
    name: "docker-registry",
    commands: ["docker-registry"],
    versionArgs: ["--version"],
    minimum: [2, 8],
    packages: ["docker-registry"],
    binary: "usr/bin/docker-registry",
    purpose: "tests on a real registry, and the demo",
  },
  {
    name: "cosign",
    commands: ["cosign"],
    versionArgs: ["version"],
    minimum: [2, 2],
    packages: ["cosign"],
    binary: "usr/bin/cosign",
    purpose: "tests on fresh signatures, and the demo",
  },
  {
    name: "oras",
    commands: ["oras"],
    versionArgs: ["version"],
    minimum: [1, 1],
    packages: ["oras"],
    binary: "usr/bin/oras",
    purpose: "tests on referrers written by oras",
  },
  {
    name: "docker-compose",
    commands: ["docker-compose"],
    versionArgs: ["version", "--short"],
    minimum: [2, 20],
    packages: ["docker-compose"],
    binary: "usr/libexec/docker/cli-plugins/docker-compose",
    purpose: "the check of docker-compose.yml by Compose itself",
  },
  {
    name: "chromium",
    commands: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"],
    versionArgs: ["--version"],
    minimum: [100, 0],
    packages: [],
    binary: "",
    purpose: "tests in a browser",
  },
];

const RETRY_AFTER_MS = 3_600_000;
const UNKNOWN_VERSION = "unknown version";

/** Where the tools and their manifest lie. */
export function toolsDirectoryOf(/** @type {string} */ root) {
  return join(root, ".cache", "tools");
}

/**
 * Finds every tool in PATH or fetches it, and writes `tools.json`. A tool that cannot be had is recorded with the reason;
 * it is asked for again an hour later, or at once with `retry`.
 *
 * @param {{ root: string, retry?: boolean, tools?: readonly Tool[], os?: { id: string, codename: string } }} request
 * @returns {Promise<Manifest>}
 */
export async function ensureTools({ root, retry = false, tools = TOOLS, os }) {
  const directory = toolsDirectoryOf(root);
  await mkdir(directory, { recursive: true });
  const before = await readManifest(directory);
  const { id, codename } = os ?? (await readOs());
  const after = await withApts(codename, async (apts) => {
    /** @type {Manifest} */
    const manifest = {};
    for (const tool of tools) {
      const known = before[tool.name];
      const usable = (await foundInPath(tool, known)) ?? (await stillGood(known, { directory, retry }));
      const refusal = usable === undefined ? await refusalOf(tool, id) : undefined;
      const into = join(directory, tool.name);
      const entry = usable ?? refusal ?? (await fetchTool(tool, { codename, into, ...apts }));
      manifest[tool.name] =
        typeof entry === "string" ? { missing: entry, checkedAt: new Date().toISOString() } : entry;
    }
    return manifest;
  });
  await writeManifest(directory, after);
  return after;
}

/** What will be skipped: a line for each tool that is missing. */
export function skipsOf(/** @type {Manifest} */ manifest, tools = TOOLS) {
  return tools.flatMap(({ name, purpose }) => {
    const entry = manifest[name];
    return entry !== undefined && "missing" in entry
      ? [`Skipping: ${purpose}: ${name} ${entry.missing}`]
      : [];
  });
}

/** Installs the browser for the whole machine. */
export async function installChromium() {
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      "a browser is installed by root only",
      "run this as root, or install chromium yourself",
    );
  }
  if ((await capture("apt-get", ["--version"])).code !== 0) {
    throw new SetupError(
      "apt-get was not found",
      "install chromium with the package manager of this machine",
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await capture("apt-get", ["-q", "update"], { env });
  const packages = ["chromium", "fonts-dejavu-core"];
  const args = ["-q", "install", "-y", "--no-install-recommends", ...packages];
  const { code, stderr } = await capture("apt-get", args, { env, timeoutMs: 1_800_000 });
  if (code !== 0) throw new SetupError(`apt-get: ${faultLineOf(stderr)}`, `run: apt-get ${args.join(" ")}`);
}

/** @returns {Promise<Found | undefined>} */
async function foundInPath(/** @type {Tool} */ tool, /** @type {Found | Missing | undefined} */ known) {
  for (const command of tool.commands) {
    const path = await pathOf(command);
    if (path === undefined) continue;
    if (known !== undefined && "path" in known && known.path === path) return known;
    const version = await askVersion({ path, args: tool.versionArgs, otherwise: UNKNOWN_VERSION });
    if (version === undefined) continue;
    if (version !== UNKNOWN_VERSION && !isAtLeast(version, tool.minimum)) continue;
    return { path, env: {}, version, from: "PATH" };
  }
  return undefined;
}

/**
 * @param {Found | Missing | undefined} known
 * @param {{ directory: string, retry: boolean }} options
 * @returns {Promise<Found | Missing | undefined>}
 */
async function stillGood(known, { directory, retry }) {
  if (known === undefined) return undefined;
  if ("missing" in known) {
    const ageMs = Date.now() - Date.parse(known.checkedAt);
    return retry || !(ageMs < RETRY_AFTER_MS) ? undefined : known;
  }
  return known.path.startsWith(directory) && (await isExecutable(known.path)) ? known : undefined;
}

async function readOs() {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const valueOf = (/** @type {string} */ key) =>
    new RegExp(`^${key}="?([^"\\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return { id: valueOf("ID") || process.platform, codename: valueOf("VERSION_CODENAME") || "sid" };
}

/** @returns {Promise<Manifest>} */
async function readManifest(/** @type {string} */ directory) {
  try {
    const manifest = JSON.parse(await readFile(join(directory, "tools.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : {};
  } catch {
    return {};
  }
}

/** Replaced in one go: a test that reads it meanwhile sees the old or the new one. */
async function writeManifest(/** @type {string} */ directory, /** @type {Manifest} */ manifest) {
  const fresh = join(directory, `tools.json.${process.pid}`);
  await writeFile(fresh, `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rename(fresh, join(directory, "tools.json"));
}
