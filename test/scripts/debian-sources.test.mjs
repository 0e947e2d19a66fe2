import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  debianArchivesOf,
  parseSourceList,
  parseSourceStanzas,
  readSources,
} from "../../scripts/lib/debian-sources.mjs";

const ARCHIVE = "http://archive.example/debian";
const SECURITY = "http://archive.example/debian-security";

describe("a sources.list", () => {
  test.each([
    { title: "plain", line: `deb ${ARCHIVE} bookworm main contrib`, components: ["main", "contrib"] },
    {
      title: "with options",
      line: `deb [arch=amd64 signed-by=/k.gpg] ${ARCHIVE} bookworm main`,
      components: ["main"],
    },
    {
      title: "indented, with tabs and a comment",
      line: `  deb\t${ARCHIVE}\tbookworm  main # home`,
      components: ["main"],
    },
  ])("is read when $title", ({ line, components }) => {
    expect(parseSourceList(`${line}\n`)).toEqual([{ uri: ARCHIVE, suite: "bookworm", components }]);
  });

  test.each([
    { title: "empty", text: "" },
    { title: "a comment", text: `# deb ${ARCHIVE} bookworm main` },
    { title: "sources", text: `deb-src ${ARCHIVE} bookworm main` },
    { title: "cut short", text: `deb ${ARCHIVE}` },
  ])("holds nothing when $title", ({ text }) => {
    expect(parseSourceList(text)).toEqual([]);
  });
});

describe("a .sources file", () => {
  test("is read with several suites, folded fields and comments", () => {
    const text = [
      "# the archive",
      "Types: deb deb-src",
      `URIs: ${ARCHIVE}`,
      "# a comment inside",
      "Suites: bookworm",
      " bookworm-updates",
      "components: main contrib",
      "Signed-By:",
      " -----BEGIN PGP PUBLIC KEY BLOCK-----",
      " .",
      " -----END PGP PUBLIC KEY BLOCK-----",
      "",
      "Types: deb",
      `URIs: ${SECURITY}`,
      "Suites: bookworm-security",
      "Components: main",
      "",
    ].join("\n");
    expect(parseSourceStanzas(text)).toEqual([
      { uri: ARCHIVE, suite: "bookworm", components: ["main", "contrib"] },
      { uri: ARCHIVE, suite: "bookworm-updates", components: ["main", "contrib"] },
      { uri: SECURITY, suite: "bookworm-security", components: ["main"] },
    ]);
  });

  const stanza = `URIs: ${ARCHIVE}\nSuites: bookworm\nComponents: main\n`;
  test.each([
    { title: "empty", text: "" },
    { title: "disabled", text: `Types: deb\nEnabled: no\n${stanza}` },
    { title: "for sources only", text: `Types: deb-src\n${stanza}` },
    { title: "without types", text: stanza },
    { title: "commented out", text: `Types: deb\n${stanza}`.replaceAll(/^/gm, "#") },
  ])("holds nothing when $title", ({ text }) => {
    expect(parseSourceStanzas(text)).toEqual([]);
  });
});

function source(suite, components = ["main"]) {
  return { uri: ARCHIVE, suite, components };
}

describe("Debian's archives", () => {
  test.each([
    { title: "codename", suite: "bookworm", part: "" },
    { title: "alias", suite: "oldstable", part: "" },
    { title: "updates", suite: "bookworm-updates", part: "-updates" },
    { title: "security", suite: "stable-security", part: "-security" },
  ])("are known by $title", ({ suite, part }) => {
    expect(debianArchivesOf([source(suite)], "bookworm")).toEqual([{ uri: ARCHIVE, part }]);
  });

  test.each([
    { title: "of another release", given: source("trixie") },
    { title: "with a made-up suite", given: source("nodistro") },
    { title: "for backports", given: source("bookworm-backports") },
    { title: "without main", given: source("bookworm", ["stable"]) },
  ])("are not those $title", ({ given }) => {
    expect(debianArchivesOf([given], "bookworm")).toEqual([]);
  });

  test("are named once", () => {
    expect(debianArchivesOf([source("bookworm"), source("stable")], "bookworm")).toHaveLength(1);
  });
});

test("all of apt's files are read, in both forms", async () => {
  const etc = await mkdtemp(join(tmpdir(), "hk-apt-"));
  try {
    expect(await readSources(etc)).toEqual([]);
    const parts = join(etc, "sources.list.d");
    await mkdir(parts);
    await writeFile(join(etc, "sources.list"), `deb ${ARCHIVE} bookworm main\n`);
    await writeFile(join(parts, "a.list"), `deb ${ARCHIVE} bookworm-updates main\n`);
    await writeFile(
      join(parts, "b.sources"),
      `Types: deb\nURIs: ${SECURITY}\nSuites: bookworm-security\nComponents: main\n`,
    );
    await writeFile(join(parts, "c.list.disabled"), `deb ${ARCHIVE} trixie main\n`);
    expect((await readSources(etc)).map(({ suite }) => suite)).toEqual([
      "bookworm",
      "bookworm-updates",
      "bookworm-security",
    ]);
  } finally {
    await rm(etc, { recursive: true, force: true });
  }
});
