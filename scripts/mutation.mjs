import { spawnSync } from "node:child_process";

/**
 * Changes the code of folders or files under src piece by piece and counts which changes the tests of the same folder do not notice:
 *
 *     npm run mutation -- src/versions src/sbom/diff.ts
 *
 * Takes minutes to an hour and is no part of the checks. The report of each change is in .cache/mutation.
 */
const targets = process.argv.slice(2);
const folders = targets.map((target) => /^src\/([^/]+)/.exec(target)?.[1]);
if (targets.length === 0 || folders.includes(undefined)) {
  console.error("usage: npm run mutation -- src/FOLDER_OR_FILE…");
  process.exit(2);
}
const patterns = targets.map((target) =>
  target.endsWith(".ts") ? target : `${target.replace(/\/$/, "")}/**/*.ts`,
);
const { status } = spawnSync("npx", ["stryker", "run", "--mutate", patterns.join(",")], {
  stdio: "inherit",
  env: { ...process.env, MUTATION_TESTS: [...new Set(folders)].join(",") },
});
process.exitCode = status ?? 1;
