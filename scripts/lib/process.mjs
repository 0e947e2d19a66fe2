import { spawn } from "node:child_process";
import { constants } from "node:os";
import { SetupError } from "./step.mjs";

const OUTPUT_CHARACTERS_MAX = 1_000_000;
const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a command and keeps what it printed. A command that cannot be started ends with code 127, as in a shell;
 * one that exceeds its time with code 124. A signal to us ends the command too, so that nothing goes on unseen.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>}
 * @throws {SetupError} when a signal ended it
 */
export function capture(command, args, { cwd, env, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr, timedOut] = ["", "", false];
    /** @type {string | undefined} */
    let interruptedBy;
    const stopListening = onSignals((signal) => {
      interruptedBy = signal;
      child.kill(signal);
    });
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout = append(stdout, text)));
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr = append(stderr, text)));
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      stopListening();
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      stopListening();
      if (interruptedBy !== undefined) reject(new SetupError(`ended by ${interruptedBy}`, "start it again"));
      else if (timedOut)
        resolve({ code: 124, stdout, stderr: `${stderr}\nno end after ${timeoutMs / 1000} s` });
      else resolve({ code: code ?? codeOf(signal), stdout, stderr });
    });
  });
}

/**
 * Runs a command on our own terminal until it ends, and hands signals on to it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<number>} its exit code; 128 + the number of the signal that ended it
 */
export function runThrough(command, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: "inherit" });
    const stopListening = onSignals((signal) => {
      // The terminal sends Ctrl-C to the whole foreground group; a second one would end the child at once, unclean.
      if (signal === "SIGINT" && process.stdin.isTTY) return;
      child.kill(signal);
    });
    child.on("error", (error) => {
      stopListening();
      reject(error);
    });
    child.on("close", (code, signal) => {
      stopListening();
      resolve(code ?? codeOf(signal));
    });
  });
}

/** The part of an output that most likely says what went wrong, on one line, without credentials in addresses. */
export function faultLineOf(/** @type {string} */ text) {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^(W|N):|^npm (warn|notice)/i.test(line));
  const ofNpm = lines
    .filter((each) => /^npm error\b/i.test(each))
    .map((each) => each.slice("npm error ".length));
  // npm says a code first, and in words what it means below.
  const line =
    lines.find((each) => each.startsWith("E:")) ??
    (ofNpm.length > 0 ? ofNpm.slice(0, 3).join("; ") : (lines.at(-1) ?? "no output"));
  return withoutCredentials(line.replace(/^E: /, "").replaceAll(/\s+/g, " ")).slice(0, 200);
}

/** `//user:secret@host` → `//host` */
export function withoutCredentials(/** @type {string} */ text) {
  return text.replaceAll(/\/\/[^\s/@]+@/g, "//");
}

/** Calls `listener` for each signal that asks us to end; the answer stops that. */
function onSignals(/** @type {(signal: NodeJS.Signals) => void} */ listener) {
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}

function append(/** @type {string} */ kept, /** @type {string} */ text) {
  return (kept + text).slice(-OUTPUT_CHARACTERS_MAX);
}

function codeOf(/** @type {keyof typeof constants.signals | null} */ signal) {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}
