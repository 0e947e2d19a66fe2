import { mkdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SetupError } from "./step.mjs";

const UNNAMED_MAX_MS = 10_000;

/**
 * Does `work` while nobody else on this machine holds the lock directory. The lock of a process that no longer
 * lives is taken over.
 *
 * @template Result
 * @param {string} directory made for the lock, removed with it; its parent must exist
 * @param {() => Promise<Result>} work
 * @param {{ waitMs?: number, pollMs?: number, onWait?: (holder: string) => void }} [options]
 * @returns {Promise<Result>}
 */
export async function withLock(directory, work, { waitMs = 900_000, pollMs = 200, onWait = () => {} } = {}) {
  const until = Date.now() + waitMs;
  let said = false;
  while (!(await take(directory))) {
    if (await isStale(directory)) {
      await takeAway(directory);
    } else if (Date.now() > until) {
      throw new SetupError(
        `another set-up (process ${await holderOf(directory)}) has held ${directory} for ${waitMs / 1000} s`,
        `wait for it, or end it and remove that directory`,
      );
    } else if (!said) {
      onWait(await holderOf(directory));
      said = true;
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function take(/** @type {string} */ directory) {
  try {
    await mkdir(directory);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
  await writeFile(join(directory, "pid"), String(process.pid));
  return true;
}

/** Two that find the same stale lock must not both remove it: the later one would remove the lock the earlier one took. */
async function takeAway(/** @type {string} */ directory) {
  const guard = `${directory}.takeover`;
  try {
    await mkdir(guard);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    if ((await ageOf(guard)) > UNNAMED_MAX_MS) await rm(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (await isStale(directory)) await rm(directory, { recursive: true, force: true });
  } finally {
    await rmdir(guard).catch(() => {});
  }
}

async function isStale(/** @type {string} */ directory) {
  const pid = Number(await holderOf(directory));
  if (Number.isInteger(pid) && pid > 0) return !isAlive(pid);
  return (await ageOf(directory)) > UNNAMED_MAX_MS;
}

async function holderOf(/** @type {string} */ directory) {
  return readFile(join(directory, "pid"), "utf8").catch(() => "unknown");
}

/** Age in milliseconds; 0 when it is gone by now. */
async function ageOf(/** @type {string} */ path) {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function codeOf(/** @type {unknown} */ error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
