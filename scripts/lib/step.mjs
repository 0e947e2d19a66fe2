/** A step that cannot be done here, with what the reader can do about it. */
export class SetupError extends Error {
  constructor(/** @type {string} */ message, /** @type {string} */ mend) {
    super(message);
    this.name = "SetupError";
    this.mend = mend;
  }
}

/**
 * Does one step and prints one line about it on standard error: title, what came out, duration.
 *
 * @template Result
 * @param {string} title
 * @param {() => Promise<Result>} work
 * @param {(result: Result) => string} [describe]
 * @returns {Promise<Result>}
 */
export async function step(title, work, describe = () => "") {
  const startedAt = performance.now();
  process.stderr.write(`${title} … `);
  try {
    const result = await work();
    const detail = describe(result);
    process.stderr.write(`${detail}${detail === "" ? "" : ", "}${secondsSince(startedAt)}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`failed after ${secondsSince(startedAt)}\n`);
    throw error;
  }
}

/** Prints one line on standard error; standard output belongs to the program that is started. */
export function say(/** @type {string} */ line) {
  process.stderr.write(`${line}\n`);
}

/** `1.2 s`, from a time of performance.now(). */
export function secondsSince(/** @type {number} */ startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
