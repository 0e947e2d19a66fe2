#!/usr/bin/env node
/*
 * Sets up what a fresh machine lacks, then starts the demo or the tests under Node 24. It is plain JavaScript without
 * dependencies, because it runs before anything is installed.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lib/lock.mjs";
import { environmentFor, findNode, installPackages, missingPackagesOf } from "./lib/packages.mjs";
import { runThrough } from "./lib/process.mjs";
import { SetupError, say, secondsSince, step } from "./lib/step.mjs";
import { ensureTools, installChromium, skipsOf } from "./tools.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

const USAGE = `usage: node scripts/bootstrap.mjs demo [arguments of the demo]
       node scripts/bootstrap.mjs test [arguments of vitest]
       node scripts/bootstrap.mjs setup [--full]     --full: a browser too (as root, 700 MB)`;

const OLDEST_NODE = 20;

async function main(/** @type {string | undefined} */ command, /** @type {readonly string[]} */ args) {
  switch (command) {
    case "demo": {
      const { node, env } = await setUp({});
      return runThrough(node, [join(ROOT, "demo", "main.ts"), ...args], { env });
    }
    case "test": {
      const { node, env, manifest } = await setUp({});
      for (const line of skipsOf(manifest)) say(line);
      const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
      return runThrough(node, [vitest, "run", ...args], { cwd: ROOT, env });
    }
    case "setup": {
      const unknown = args.find((arg) => arg !== "--full");
      if (unknown !== undefined) throw new SetupError(`unknown argument ${unknown}`, USAGE);
      const { manifest } = await setUp({ retry: true, browser: args.includes("--full") });
      for (const [name, entry] of Object.entries(manifest)) {
        say(
          "missing" in entry ? `${name}: ${entry.missing}` : `${name}: ${entry.version} from ${entry.from}`,
        );
      }
      return 0;
    }
    default:
      throw new SetupError(command === undefined ? "no command given" : `unknown command ${command}`, USAGE);
  }
}

/** @param {{ retry?: boolean, browser?: boolean }} request */
async function setUp({ retry = false, browser = false }) {
  checkPlatform();
  const cache = join(ROOT, ".cache");
  await mkdir(cache, { recursive: true }).catch((error) => {
    throw new SetupError(
      `${cache} cannot be made: ${error.message}`,
      "run this as the user who owns the clone",
    );
  });
  const startedAt = performance.now();
  const { node, manifest } = await withLock(
    join(cache, "setup.lock"),
    async () => {
      const lack = await missingPackagesOf(ROOT);
      if (lack !== undefined) await step(`Installing packages (${lack})`, () => installPackages(ROOT));
      if (browser) await step("Installing chromium", installChromium);
      return { node: await findNode(ROOT), manifest: await ensureTools({ root: ROOT, retry }) };
    },
    { onWait: (holder) => say(`Waiting for another set-up of this clone (process ${holder}) …`) },
  );
  say(`Set up with Node ${node.version} in ${secondsSince(startedAt)}`);
  return { node: node.path, env: environmentFor(ROOT, node.path), manifest };
}

function checkPlatform() {
  const [major = 0] = process.versions.node.split(".").map(Number);
  if (major < OLDEST_NODE) {
    throw new SetupError(
      `this is Node ${process.version}`,
      `install Node ${OLDEST_NODE} or later and try again`,
    );
  }
  if (process.platform === "win32") {
    throw new SetupError("Windows is not supported", "run this inside WSL or a Linux machine");
  }
}

try {
  const [command, ...args] = process.argv.slice(2);
  process.exitCode = await main(command, args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(`Error: ${error.message}\n${error.mend}`);
  process.exitCode = 1;
}
