import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  OWN_EXAMPLE,
  OWN_PAGE_FILE,
  OWN_SCHEMA_FILE,
  ownFields,
  renderOwnPage,
  renderOwnSchema,
} from "../../config/own-document.ts";
import { ownFileReader } from "../../config/own-file.ts";
import { BASE_BRANCH_PATTERN, GLOB_PATTERN, IMAGE_PATTERN, LINE_PATTERN } from "../../config/own-patterns.ts";
import { parseMatcher } from "../../src/edit/custom.ts";
import { faultsOf as operatorFaultsOf, load } from "./folder.ts";
import { parseImagePattern } from "../../src/vendor/pattern.ts";
import { OWN_FIELDS, type OwnFault } from "../../src/vendor/own-settings.ts";

const reader = ownFileReader([]);

function faultsIn(text: string, forbidden: Parameters<typeof ownFileReader>[0] = []): readonly OwnFault[] {
  const reading = ownFileReader(forbidden).parse(text);
  return reading.kind === "faulty" ? reading.faults : [];
}

/** What both the parser and the published schema take. */
const ACCEPTED: readonly { readonly title: string; readonly value: unknown }[] = [
  { title: "no pull requests", value: { enabled: false } },
  { title: "pull requests", value: { enabled: true } },
  { title: "globs", value: { ignorePaths: ["examples/**", "**/Dockerfile.old", "a b/[x]?.yml"] } },
  { title: "no globs", value: { ignorePaths: [] } },
  { title: "8 stars", value: { ignorePaths: ["*".repeat(8)] } },
  { title: "a glob of 200 characters", value: { ignorePaths: ["x".repeat(200)] } },
  { title: "200 characters beyond the basic plane", value: { ignorePaths: ["🚢".repeat(200)] } },
  { title: "images of a short name", value: { images: { allow: ["redis", "bellsoft/*"] } } },
  {
    title: "images of a registry with a port",
    value: { images: { deny: ["registry.acme.example:5000/a/b-*"] } },
  },
  { title: "a local registry", value: { images: { deny: ["localhost/a", "localhost:5000/a"] } } },
  { title: "neither of images", value: { images: {} } },
  { title: "every grouping", value: { group: "all" } },
  { title: "first pins", value: { pin: "propose" } },
  { title: "labels of the world", value: { labels: ["security", "área: imágenes", "🚢 x"] } },
  { title: "a label that only begins like ours", value: { labels: ["hullkeepers", "slate"] } },
  {
    title: "people and teams",
    value: { assignees: ["alex"], reviewers: ["acme/platform"], codeowners: true },
  },
  { title: "a milestone", value: { milestone: "Q4 #1 @all" } },
  { title: "branches", value: { baseBranches: ["$default", "release/1.x", "release/*", "**"] } },
  {
    title: "matchers",
    value: {
      files: {
        shell: true,
        matchers: [
          { files: ["*.conf"], line: 'RUNTIME_IMAGE = "{reference}"' },
          { files: ["a", "b"], line: "{name}={tag} # {digest}" },
          { files: ["a"], line: "* image: {name}@{digest}" },
          { files: ["a"], line: "  {name}:{tag}  " },
          { files: ["a"], line: "{X} {reference} {a-b} {" },
        ],
      },
    },
  },
];

const line = (text: string) => ({ files: { matchers: [{ files: ["*"], line: text }] } });

/** What both refuse. */
const REFUSED: readonly {
  readonly title: string;
  readonly value: unknown;
  readonly path: string;
  readonly reason: string;
}[] = [
  { title: "nothing", value: null, path: "", reason: "must be a mapping of fields, is empty" },
  { title: "a list", value: ["enabled"], path: "", reason: "is a list" },
  { title: "a text", value: "enabled", path: "", reason: "is a text" },
  { title: "an unknown key", value: { enable: true }, path: "enable", reason: "known here: enabled, " },
  { title: "automerge", value: { automerge: true }, path: "automerge", reason: "unknown key" },
  { title: "a deadline", value: { sla: { critical: "90d" } }, path: "sla", reason: "unknown key" },
  { title: "a signer", value: { keys: ["x"] }, path: "keys", reason: "unknown key" },
  { title: "a policy", value: { policy: {} }, path: "policy", reason: "unknown key" },
  {
    title: "yes in place of true",
    value: { enabled: "yes" },
    path: "enabled",
    reason: "must be true or false",
  },
  { title: "a field without a value", value: { enabled: null }, path: "enabled", reason: "is empty" },
  { title: "one glob, not a list", value: { ignorePaths: "a" }, path: "ignorePaths", reason: "a list" },
  { title: "21 globs", value: { ignorePaths: Array(21).fill("a") }, path: "ignorePaths", reason: "20" },
  { title: "an absolute path", value: { ignorePaths: ["/a"] }, path: "ignorePaths[0]", reason: "within" },
  { title: "no path", value: { ignorePaths: [""] }, path: "ignorePaths[0]", reason: 'is ""' },
  { title: "a path of a blank", value: { ignorePaths: [" a"] }, path: "ignorePaths[0]", reason: "within" },
  { title: "two lines", value: { ignorePaths: ["a\nb"] }, path: "ignorePaths[0]", reason: "within" },
  { title: "9 stars", value: { ignorePaths: ["*".repeat(9)] }, path: "ignorePaths[0]", reason: "8 *" },
  {
    title: "201 characters",
    value: { ignorePaths: ["x".repeat(201)] },
    path: "ignorePaths[0]",
    reason: "200",
  },
  {
    title: "a path of Windows",
    value: { ignorePaths: [String.raw`a\b`] },
    path: "ignorePaths[0]",
    reason: "path",
  },
  {
    title: "a mark of direction",
    value: { ignorePaths: ["a\u202eb"] },
    path: "ignorePaths[0]",
    reason: "path",
  },
  { title: "a number as a path", value: { ignorePaths: [1] }, path: "ignorePaths[0]", reason: "a text" },
  {
    title: "an image with a tag",
    value: { images: { deny: ["redis:7"] } },
    path: "images.deny[0]",
    reason: "without tag",
  },
  {
    title: "an image with a digest",
    value: { images: { deny: ["redis@sha256:00"] } },
    path: "images.deny[0]",
    reason: "without tag",
  },
  {
    title: "a * in the host",
    value: { images: { deny: ["*.acme.example/a"] } },
    path: "images.deny[0]",
    reason: "must name",
  },
  { title: "two stars", value: { images: { deny: ["a/**"] } }, path: "images.deny[0]", reason: "three *" },
  {
    title: "four stars",
    value: { images: { deny: ["a/*b*c*d*"] } },
    path: "images.deny[0]",
    reason: "three *",
  },
  {
    title: "upper case",
    value: { images: { allow: ["Acme/x"] } },
    path: "images.allow[0]",
    reason: "must name",
  },
  {
    title: "an empty list of images",
    value: { images: { allow: [] } },
    path: "images.allow",
    reason: "1 or more",
  },
  {
    title: "an unknown key within",
    value: { images: { only: ["a"] } },
    path: "images.only",
    reason: "allow, deny",
  },
  { title: "a grouping that is none", value: { group: "file" }, path: "group", reason: "vendor, line" },
  {
    title: "a way of pinning that is none",
    value: { pin: "always" },
    path: "pin",
    reason: "propose, follow",
  },
  { title: "a label with a comma", value: { labels: ["a,b"] }, path: "labels[0]", reason: "comma" },
  { title: "a label of ours", value: { labels: ["SLA:critical"] }, path: "labels[0]", reason: "sets itself" },
  {
    title: "our name as a label",
    value: { labels: ["ok", "HullKeeper"] },
    path: "labels[1]",
    reason: "sets itself",
  },
  { title: "a label with a blank end", value: { labels: ["a "] }, path: "labels[0]", reason: "label" },
  { title: "a label of 51 characters", value: { labels: ["x".repeat(51)] }, path: "labels[0]", reason: "50" },
  { title: "21 labels", value: { labels: Array(21).fill("a") }, path: "labels", reason: "20" },
  { title: "a login with @", value: { assignees: ["@alex"] }, path: "assignees[0]", reason: "without @" },
  {
    title: "a team of a team",
    value: { reviewers: ["a/b/c"] },
    path: "reviewers[0]",
    reason: "organisation/team",
  },
  { title: "a milestone of two lines", value: { milestone: "a\nb" }, path: "milestone", reason: "one line" },
  { title: "an empty milestone", value: { milestone: "" }, path: "milestone", reason: "title" },
  ...[
    { title: "a branch that means another ref", branch: "main..x" },
    { title: "a branch that looks like an option", branch: "-f" },
    { title: "a branch that ends in a slash", branch: "release/" },
    { title: "a branch with a space", branch: "a b" },
    { title: "a branch of ours", branch: "hullkeeper/*" },
    { title: "9 stars in a branch", branch: "*a".repeat(9) },
    { title: "an empty branch", branch: "" },
    { title: "a lock of Git's", branch: "main.lock" },
    { title: "an endless branch", branch: "a".repeat(256) },
  ].map(({ title, branch }) => ({
    title,
    value: { baseBranches: ["main", branch] },
    path: "baseBranches[1]",
    reason: "name of a branch",
  })),
  { title: "21 branches", value: { baseBranches: Array(21).fill("a") }, path: "baseBranches", reason: "20" },
  {
    title: "6 matchers",
    value: { files: { matchers: Array.from({ length: 6 }, () => ({ files: ["a"], line: "{reference}" })) } },
    path: "files.matchers",
    reason: "5",
  },
  {
    title: "a matcher without files",
    value: { files: { matchers: [{ line: "{reference}" }] } },
    path: "files.matchers[0].files",
    reason: "missing",
  },
  {
    title: "a matcher with no file",
    value: { files: { matchers: [{ files: [], line: "{reference}" }] } },
    path: "files.matchers[0].files",
    reason: "1 or more",
  },
  ...[
    { title: "no placeholder", text: "IMAGE=x" },
    { title: "a name alone", text: "{name}" },
    { title: "a tag alone", text: "{tag}" },
    { title: "a reference with a tag", text: "{reference} {tag}" },
    { title: "a reference and a name", text: "{reference} {name} {tag}" },
    { title: "a placeholder twice", text: "{reference} {reference}" },
    { title: "two placeholders side by side", text: "{name}{tag}" },
    { title: "a placeholder behind a *", text: "*{reference}" },
    { title: "two stars in a line", text: "** {reference}" },
    { title: "a placeholder that there is none", text: "{image} {reference}" },
    { title: "a reference that goes on", text: "{reference}x" },
    { title: "a name that goes on", text: "{name}/x {tag}" },
    { title: "a tag that goes on", text: "{name} {tag}-x" },
    { title: "401 characters", text: `${"x".repeat(389)} {reference}` },
    { title: "two lines in a matcher", text: "{reference}\n" },
  ].map(({ title, text }) => ({
    title,
    value: line(text),
    path: "files.matchers[0].line",
    reason: "must be a line",
  })),
];

describe("accepts", () => {
  test.each(ACCEPTED)("$title", ({ value }) => {
    expect(reader.parse(stringify(value))).toEqual({ kind: "read", settings: value });
  });
});

describe("refuses", () => {
  test.each(REFUSED)("$title", ({ value, path, reason }) => {
    const faults = faultsIn(stringify(value));
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    expect(faults[0]?.reason).toContain(reason);
  });

  test.each([
    { title: "a key twice", text: "enabled: true\nenabled: false\n", says: "unique" },
    { title: "broken YAML", text: "labels: [a\nenabled: true\n", says: "" },
    { title: "two documents", text: "enabled: true\n---\nenabled: false\n", says: "" },
    { title: "a tag", text: "enabled: !env X\n", says: "tag" },
    { title: "an alias of nothing", text: "labels: *a\n", says: "alias" },
    { title: "a prototype", text: "__proto__: { enabled: true }\n", says: "__proto__" },
    { title: "nothing at all", text: "", says: "is empty" },
    { title: "a comment alone", text: "# nothing\n", says: "is empty" },
    { title: "64 KiB and a byte", text: `# ${"x".repeat(65_534)}\n`, says: "65536 bytes" },
    { title: "deep lists", text: "[".repeat(30_000), says: "nested too deeply" },
    { title: "deep mappings", text: "{a: ".repeat(10_000), says: "nested too deeply" },
    {
      title: "aliases that grow",
      text: ["a", "b", "c", "d"]
        .map((name, index) => {
          const inner = index === 0 ? "x" : `*${"abcd"[index - 1] ?? ""}`;
          return `${name}: &${name} [${Array(9).fill(inner).join(",")}]\n`;
        })
        .join(""),
      says: "alias",
    },
  ])("$title", ({ text, says }) => {
    const faults = faultsIn(text);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.map(({ reason }) => reason).join("\n")).toContain(says);
  });

  test("says where each fault is", () => {
    const text = [
      "# ours",
      "enabled: maybe",
      "labels:",
      "  - fine",
      "  - 'a,b'",
      "images: { deny: [ok/x, 'B:1'] }",
      "wrong: 1",
      "",
    ].join("\r\n");
    expect(faultsIn(text).map(({ path, line: at, column }) => [path, at, column])).toEqual([
      ["enabled", 2, 1],
      ["images.deny[1]", 6, 24],
      ["labels[1]", 5, 5],
      ["wrong", 7, 1],
    ]);
  });

  test("a fault of the text says where it is as well", () => {
    expect(faultsIn("enabled: true\nlabels: a: b\n")).toMatchObject([{ line: 2, column: 9 }]);
  });

  test("shows 20 faults at most, none of them long", () => {
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`k${index}${"x".repeat(90)}`, index]),
    );
    const faults = faultsIn(stringify(many));
    expect(faults).toHaveLength(20);
    for (const { path, reason } of faults) {
      expect(path.length).toBeLessThanOrEqual(200);
      expect(reason.length).toBeLessThanOrEqual(400);
    }
  });

  test.each(OWN_FIELDS)("%s where the operator forbids it", (field) => {
    const [value] = ACCEPTED.map((row) => row.value).filter(
      (each) => typeof each === "object" && each !== null && field in each,
    );
    expect(value).toBeDefined();
    const faults = faultsIn(stringify(value), [field]);
    expect(faults).toMatchObject([{ path: field, line: expect.any(Number) }]);
    expect(faults[0]?.reason).toContain("remove it");
  });

  test("what is forbidden is told beside other faults", () => {
    const faults = faultsIn("enabled: false\nwrong: 1\n", ["enabled"]);
    expect(faults.map(({ path }) => path)).toEqual(["wrong", "enabled"]);
  });
});

describe("the operator", () => {
  const github = { token: { env: "TOKEN" }, repositories: ["acme/shop"] };
  const readerFor = async (repositoryFile?: unknown) =>
    (
      await load({
        sections: { github: { ...github, ...(repositoryFile === undefined ? {} : { repositoryFile }) } },
      })
    ).ownFiles;

  test("says nothing: all of it is read", async () => {
    expect((await readerFor())?.forbidden).toEqual([]);
  });

  test("has it ignored", async () => {
    expect(await readerFor({ use: "ignore" })).toBeUndefined();
  });

  test("forbids fields", async () => {
    const own = await readerFor({ forbid: ["files", "enabled"] });
    expect(own?.forbidden).toEqual(["files", "enabled"]);
    expect(own?.parse("enabled: false\n").kind).toBe("faulty");
    expect(own?.parse("group: line\n").kind).toBe("read");
  });

  test.each([
    {
      title: "a field that there is none",
      repositoryFile: { forbid: ["sla"] },
      path: "github.repositoryFile.forbid[0]",
    },
    { title: "another use", repositoryFile: { use: "write" }, path: "github.repositoryFile.use" },
    { title: "an unknown key", repositoryFile: { path: "x" }, path: "github.repositoryFile.path" },
  ])("is refused $title", async ({ repositoryFile, path }) => {
    const faults = await operatorFaultsOf({ sections: { github: { ...github, repositoryFile } } });
    expect(faults.map((fault) => fault.path)).toEqual([path]);
  });
});

test("a byte-order mark and line ends of Windows are no fault", () => {
  expect(reader.parse("\uFEFFenabled: false\r\nlabels: [a]\r\n")).toEqual({
    kind: "read",
    settings: { enabled: false, labels: ["a"] },
  });
});

test("any text of any size ends, and is read or refused", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
      expect(["read", "faulty"]).toContain(reader.parse(text).kind);
    }),
  );
});

function isRead(value: unknown): boolean {
  return reader.parse(stringify(value)).kind === "read";
}

describe("the published schema", () => {
  const isValid = new Ajv({ strict: false }).compile(JSON.parse(renderOwnSchema()));

  test("is in docs as it is made (if not: node config/document.ts)", async () => {
    expect(await readFile(OWN_SCHEMA_FILE, "utf8")).toBe(renderOwnSchema());
    expect(await readFile(OWN_PAGE_FILE, "utf8")).toBe(renderOwnPage());
  });

  test("tells of every field what it is", () => {
    const fields = ownFields();
    expect(fields.length).toBeGreaterThan(OWN_FIELDS.length);
    expect(fields.filter(({ description, example }) => description === "" || example === "")).toEqual([]);
  });

  test("its example is right", () => {
    expect(reader.parse(OWN_EXAMPLE).kind).toBe("read");
  });

  test.each(ACCEPTED)("takes $title", ({ value }) => {
    expect(isValid(value)).toBe(true);
  });

  test.each(REFUSED)("refuses $title", ({ value }) => {
    expect(isValid(value)).toBe(false);
  });

  const piece = fc.constantFrom(
    "{reference}",
    "{name}",
    "{tag}",
    "{digest}",
    "{other}",
    "*",
    " ",
    ":",
    "@",
    "=",
    "x",
    '"',
    "{",
    "é",
    "-",
    "/",
  );

  test("refuses of lines what the parser refuses, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const value = line(pieces.join(""));
        expect(isRead(value)).toBe(isValid(value));
      }),
      { numRuns: 3_000 },
    );
  });

  const part = fc.constantFrom(
    "a",
    "acme",
    ".",
    "-",
    "_",
    "__",
    "/",
    ":",
    "5000",
    "*",
    "localhost",
    "127",
    ".0.0.1",
    "65536",
    "xn--a",
    "A",
    "@",
    "x.example",
  );

  test("refuses of images what the parser refuses, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const value = { images: { deny: [parts.join("")] } };
        expect(isRead(value)).toBe(isValid(value));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    { title: "images", pattern: IMAGE_PATTERN, read: (text: string) => void parseImagePattern(text) },
    {
      title: "lines",
      pattern: LINE_PATTERN,
      read: (text: string) => void parseMatcher({ files: ["*"], line: text }),
    },
  ])("what it takes for $title is read by what uses it", ({ pattern, read, title }) => {
    const texts = fc
      .array(title === "images" ? part : piece, { maxLength: 12 })
      .map((parts) => parts.join(""));
    let taken = 0;
    fc.assert(
      fc.property(texts, (text) => {
        if (!new RegExp(pattern, "u").test(text)) return;
        taken += 1;
        expect(() => read(text)).not.toThrow();
      }),
      { numRuns: 20_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});

test.each([
  { title: "an image", pattern: IMAGE_PATTERN, text: "a-".repeat(100) },
  { title: "a host", pattern: IMAGE_PATTERN, text: "a.".repeat(100) },
  { title: "an endless image", pattern: IMAGE_PATTERN, text: "a".repeat(60_000) },
  { title: "a glob", pattern: GLOB_PATTERN, text: `${"*a".repeat(8)}${"b".repeat(180)}\\` },
  { title: "a branch", pattern: BASE_BRANCH_PATTERN, text: `${"*a".repeat(8)}${".a".repeat(110)}.lock` },
  { title: "an endless branch", pattern: BASE_BRANCH_PATTERN, text: "a/".repeat(60_000) },
  { title: "a line", pattern: LINE_PATTERN, text: "{reference}".repeat(36) },
  { title: "an endless line", pattern: LINE_PATTERN, text: "{tag} ".repeat(10_000) },
])("$title that is nearly right is refused at once", ({ pattern, text }) => {
  const from = performance.now();
  expect(new RegExp(pattern, "u").test(text)).toBe(false);
  expect(performance.now() - from).toBeLessThan(500);
});
