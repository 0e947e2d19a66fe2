import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/**
 * Who may import whom. Folders stand as prefixes of paths; a package stands by its name. ARCHITECTURE.md tells the reasons.
 */
const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The pure core, in order: a folder may import those before it. */
const CORE = [
  "image",
  "trust",
  "versions",
  "sbom",
  "advisory",
  "sla",
  "assess",
  "edit",
  "vendor",
  "proposal",
  "watch",
  "push",
  "code-events",
] as const;
const GROUND = ["src/errors.ts", "src/time.ts", "src/secret.ts", "src/deadline.ts"];
const CORE_PACKAGES = [
  "node:crypto",
  "node:zlib",
  "zod",
  "jsonc-parser",
  "packageurl-js",
  "spdx-expression-parse",
  "ae-cvss-calculator",
  "@renovatebot/pep440",
  "@sigstore/bundle",
  "@sigstore/core",
  "@sigstore/protobuf-specs",
  "@sigstore/verify",
  "yaml",
  "saxes",
  "toml-eslint-parser",
];
const ALL_CORE = CORE.map((folder) => `src/${folder}/`);

interface Rule {
  readonly title: string;
  /** Files the rule is about, as a prefix of their path. */
  readonly from: string;
  /** Files under `from` that another rule is about. */
  readonly except?: readonly string[];
  /** Prefixes of paths and names of packages it may import; `node:` stands for every Node module. */
  readonly may: readonly string[];
}

const adapter = (folder: string, packages: readonly string[], more: readonly string[] = []): Rule => ({
  title: `adapters/${folder} wraps its outside party and knows no other adapter`,
  from: `src/adapters/${folder}/`,
  may: [
    `src/adapters/${folder}/`,
    ...ALL_CORE,
    "src/ports/",
    ...GROUND,
    "node:",
    "zod",
    ...packages,
    ...more,
  ],
});

const RULES: readonly Rule[] = [
  ...CORE.map((folder, position) => ({
    title: `${folder} is pure and imports only what stands before it`,
    from: `src/${folder}/`,
    may: [...CORE.slice(0, position + 1).map((earlier) => `src/${earlier}/`), ...GROUND, ...CORE_PACKAGES],
  })),
  {
    title: "ports hold interfaces over core types",
    from: "src/ports/",
    may: ["src/ports/", ...ALL_CORE, ...GROUND],
  },
  adapter("registry", [
    "undici",
    "tar-stream",
    "@aws-sdk/client-ecr",
    "@aws-sdk/client-ecr-public",
    "google-auth-library",
  ]),
  adapter("github", ["octokit", "undici"]),
  adapter("advisories", ["undici", "tar-stream", "yauzl"]),
  adapter("redis", ["ioredis"]),
  adapter("queue", ["bullmq", "ioredis"], ["src/queues.ts", "src/context.ts", "src/worker.ts"]),
  adapter("metrics", ["prom-client"]),
  adapter("log", ["pino"]),
  adapter("jwt", ["jose", "undici"]),
  adapter("verifier", []),
  adapter("trust-roots", ["@sigstore/tuf", "tuf-js", "undici"]),
  {
    title: "workers know context, queues and core, and no outside party",
    from: "workers/",
    may: [
      "src/context.ts",
      "src/queues.ts",
      "src/worker.ts",
      "src/steps/",
      "src/ports/",
      ...ALL_CORE,
      ...GROUND,
    ],
  },
  {
    title: "queues name core",
    from: "src/queues.ts",
    may: [...ALL_CORE, "zod"],
  },
  {
    title: "context names ports and core",
    from: "src/context.ts",
    may: ["src/queues.ts", "src/ports/", ...ALL_CORE, ...GROUND],
  },
  {
    title: "worker ties a context to a queue",
    from: "src/worker.ts",
    may: ["src/context.ts", "src/queues.ts"],
  },
  {
    title: "steps that workers share know what workers know",
    from: "src/steps/",
    may: ["src/steps/", "src/context.ts", "src/queues.ts", "src/ports/", ...ALL_CORE, ...GROUND],
  },
  {
    title: "web reads ports and shows core",
    from: "src/web/",
    may: [
      "src/web/",
      "src/ports/",
      "src/steps/affected.ts",
      "src/steps/clocks/timers.ts",
      "src/steps/distrust.ts",
      "src/steps/obligations.ts",
      "src/steps/repository-choice.ts",
      ...ALL_CORE,
      ...GROUND,
      "node:",
      "hono",
      "@hono/node-server",
    ],
  },
  {
    title: "config reads files into core types",
    from: "config/",
    may: ["config/", ...ALL_CORE, ...GROUND, "node:", "zod", "yaml", "date-holidays"],
  },
];

/** Only these put everything together; nothing but each other and the demo imports them. */
const ROOTS = ["src/main.ts", "src/process.ts", "src/cli/"];
const STANDALONE = ["src/errors.ts", "src/time.ts", "src/secret.ts", "src/deadline.ts", "src/version.ts"];

interface Import {
  readonly file: string;
  /** A path from the root, or a package. */
  readonly target: string;
}

const FILES = globSync(["src/**/*.ts", "workers/**/*.ts", "config/**/*.ts"], { cwd: ROOT }).toSorted();
const IMPORTS = FILES.flatMap(importsOf);

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const pattern =
    /^(?:import|export)\b[^"]*?\bfrom\s+"([^"\n]+)"|^import\s+"([^"\n]+)"|\bimport\(\s*"([^"\n]+)"/gm;
  return [...text.matchAll(pattern)].map(([, named, bare, lazy]) =>
    importOf(file, named ?? bare ?? lazy ?? ""),
  );
}

function importOf(file: string, specifier: string): Import {
  return {
    file,
    target: specifier.startsWith(".")
      ? relative(ROOT, normalize(join(ROOT, dirname(file), specifier)))
      : packageOf(specifier),
  };
}

function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function allows({ may }: Rule, target: string): boolean {
  return may.some((entry) =>
    entry.endsWith("/") || entry === "node:" ? target.startsWith(entry) : target === entry,
  );
}

function isRuled(file: string): boolean {
  const isUnder = (prefix: string): boolean => file.startsWith(prefix);
  return RULES.some(({ from }) => isUnder(from)) || ROOTS.some(isUnder) || STANDALONE.includes(file);
}

function ruleOf(from: string): Rule {
  const found = RULES.find((rule) => rule.from === from);
  if (found === undefined) throw new Error(`no rule for ${from}`);
  return found;
}

describe("the import table", () => {
  test("looked at the code: files, imports, and every file under some rule", () => {
    expect(FILES.length).toBeGreaterThan(60);
    expect(IMPORTS.length).toBeGreaterThan(200);
    expect(FILES.filter((file) => !isRuled(file))).toEqual([]);
  });

  test.each(RULES)("$title", (rule) => {
    const own = IMPORTS.filter(({ file }) => file.startsWith(rule.from));
    expect(FILES.some((file) => file.startsWith(rule.from))).toBe(true);
    expect(own.filter(({ target }) => !allows(rule, target))).toEqual([]);
  });

  test("no worker imports another", () => {
    expect(
      IMPORTS.filter(({ file, target }) => file.startsWith("workers/") && target.startsWith("workers/")),
    ).toEqual([]);
  });

  test("the composition root is imported by the command line alone", () => {
    const importers = IMPORTS.filter(({ target }) => ROOTS.some((root) => target.startsWith(root))).map(
      ({ file }) => file,
    );
    expect(importers.length).toBeGreaterThan(0);
    expect(importers.filter((file) => !file.startsWith("src/cli/") && file !== "src/main.ts")).toEqual([]);
  });

  test("only config reads the environment, and only the command line hands it over", () => {
    const readers = FILES.filter((file) => /\bprocess\.env\b/.test(readFileSync(join(ROOT, file), "utf8")));
    expect(readers.filter((file) => !file.startsWith("src/cli/"))).toEqual([]);
  });

  test("refuses what it should: a worker with bullmq, a core folder with node:fs or a later folder", () => {
    expect(allows(ruleOf("workers/"), "bullmq")).toBe(false);
    expect(allows(ruleOf("src/image/"), "node:fs")).toBe(false);
    expect(allows(ruleOf("src/trust/"), "src/sbom/component.ts")).toBe(false);
    expect(allows(ruleOf("src/adapters/redis/"), "src/adapters/registry/client.ts")).toBe(false);
  });
});
