import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { capture } from "./process.mjs";

/**
 * The version in what a program prints about itself.
 *
 * @param {string} text
 * @returns {string | undefined}
 */
export function versionIn(text) {
  return /(?:^|[\s=v])v?(\d+\.\d+(?:\.\d+)*)/m.exec(text)?.[1];
}

/** Whether a version is at least major.minor. */
export function isAtLeast(
  /** @type {string} */ version,
  /** @type {readonly [number, number]} */ [major, minor],
) {
  const [ownMajor = 0, ownMinor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/** Where PATH finds a command. */
export async function pathOf(/** @type {string} */ command) {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, command);
    if (directory !== "" && (await isExecutable(path))) return path;
  }
  return undefined;
}

/** Whether a file is there that we may run. */
export function isExecutable(/** @type {string} */ path) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * The version a program says it has.
 *
 * @param {{ path: string, args: readonly string[], env?: Record<string, string>, otherwise: string }} question
 *   `otherwise` is the answer when it names none: Debian's cosign calls itself `devel`
 * @returns {Promise<string | undefined>} undefined when it does not run
 */
export async function askVersion({ path, args, env = {}, otherwise }) {
  const options = { env: { ...process.env, ...env }, timeoutMs: 30_000 };
  const { code, stdout, stderr } = await capture(path, args, options);
  return code === 0 ? (versionIn(stdout) ?? versionIn(stderr) ?? otherwise) : undefined;
}
