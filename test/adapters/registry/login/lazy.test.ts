import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const CLIENT = new URL("../../../../src/adapters/registry/client.ts", import.meta.url).href;

/** Packages of clouds that are loaded once these modules are. */
async function loadedBy(modules: readonly string[]): Promise<readonly string[]> {
  const script = `
    import { createRequire } from "node:module";
    for (const name of ${JSON.stringify(modules)}) await import(name);
    const loaded = Object.keys(createRequire(${JSON.stringify(import.meta.url)}).cache);
    const packages = loaded.map((file) => /node_modules.(@aws-sdk.client-ecr[^/]*|google-auth-library)./.exec(file)?.[1]);
    console.log(JSON.stringify([...new Set(packages.filter(Boolean))].sort()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout);
}

test("a client of registries loads the libraries of no cloud before it needs them", async () => {
  expect(await loadedBy([CLIENT])).toEqual([]);
});

test("what is loaded would be seen", async () => {
  const packages = ["@aws-sdk/client-ecr", "google-auth-library"];
  const urls = packages.map((name) => import.meta.resolve(name));
  expect(await loadedBy([CLIENT, ...urls])).toEqual(packages);
});
