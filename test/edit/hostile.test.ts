import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EditOptions } from "../../src/edit/format.ts";
import { editFiles, formatOf, occurrencesOf } from "../../src/edit/formats.ts";
import { parseDigest } from "../../src/image/digest.ts";

const A = `sha256:${"a".repeat(64)}`;
const SET = parseDigest(`sha256:${"c".repeat(64)}`);
const OPTIONS: EditOptions = {
  shell: true,
  matchers: [{ files: ["*.conf"], line: "*base = {reference}*" }],
};

const FILES = [
  {
    path: "Dockerfile",
    words: ["FROM ", "ARG B=", "$B", "COPY --from=", "RUN --mount=from=", "<<E", "\\\n", "# syntax="],
  },
  { path: "Earthfile", words: ["FROM ", "+x", "ARG B=", "$B", "\\\n"] },
  {
    path: "MODULE.bazel",
    words: ["oci.pull(", "image = ", "tag = ", "digest = ", '"', "'", '"""', ")", ",", "#"],
  },
  {
    path: "build.gradle",
    words: ["jib {", "from {", "image = ", '"', "'''", "}", "//", "/*", "*/", "(", "$x"],
  },
  {
    path: "main.tf",
    words: ["image = ", '"', "${", "}", "<<E\n", "\nE\n", "/*", "*/", "#", "variable ", "source = "],
  },
  { path: "x.container", words: ["[Container]\n", "Image=", "%i", ".image", "#"] },
  {
    path: "project.toml",
    words: ["[a]\n", "builder = ", "uri = ", '"', "'", "{", "}", "docker://", "[", "]", ","],
  },
  {
    path: "pom.xml",
    words: [
      "<image>",
      "</image>",
      "<builder>",
      "</builder>",
      "<a/>",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "&x;",
    ],
  },
  { path: "Makefile", words: ["X = ", "X:=", "#", "${X:-", "}", "\t"] },
  { path: "x.sh", words: ["X=", "export ", "${X:-", "${X:=", "}", '"', "'"] },
  { path: "images.go", words: ["const x = ", '"', "`", "'", "//", "/*", "*/"] },
  { path: "x.conf", words: ["base = ", "#", "base"] },
] as const;

/** Characters of a large file: time that grows faster than the text ends in the limit of the test. */
const SIZE = 262_144;

const COMMON = [
  "a/b:1",
  `a/b:1@${A}`,
  "ghcr.io/a/b:1",
  `@${A}`,
  "\n",
  "\r\n",
  "\r",
  " ",
  "\t",
  "\ufeff",
  "\0",
  "😀",
  "\ud800",
];

describe.each(FILES)("$path", ({ path, words }) => {
  test("any text is read, and edits twice are edits once", () => {
    const noise = fc.array(fc.constantFrom(...words, ...COMMON), { maxLength: 60 });
    fc.assert(
      fc.property(noise, (parts) => {
        const files = [{ path, text: parts.join("") }];
        const setAll = (from: typeof files): typeof files => {
          const edits = occurrencesOf(from, OPTIONS)
            .filter(({ occurrence }) => occurrence.handling.kind !== "reported")
            .map((found) => ({ found, to: { digest: SET } }));
          const [edited] = editFiles(from, edits, OPTIONS);
          return edited === undefined ? from : [{ path, text: edited.text }];
        };
        const once = setAll(files);
        expect(setAll(once)).toEqual(once);
      }),
      { numRuns: 300, seed: 6 },
    );
  });

  test.each(words)("much of %j is read to its end", (word) => {
    for (const text of [word.repeat(SIZE / word.length), `a/b:1@${A}${word}`.repeat(SIZE / 90)]) {
      const files = [{ path, text: path.endsWith(".container") ? `[Container]\n${text}` : text }];
      expect(formatOf({ path, text: files[0]?.text ?? "" }, OPTIONS)).toBeDefined();
      expect(occurrencesOf(files, OPTIONS).every(({ occurrence }) => occurrence.raw.length <= 512)).toBe(
        true,
      );
    }
  });
});

const MIB = 1_048_576;
const MANY = [
  { title: "lines of a script", path: "x.sh", text: "a\n".repeat(MIB / 2) },
  { title: "heredocs", path: "Dockerfile", text: "RUN <<E\nE\n".repeat(MIB / 10) },
  {
    title: "images that one long property names",
    path: "pom.xml",
    text: `<p><properties><v>${"a".repeat(MIB / 2)}</v></properties><configuration><from>${"<image>${v}</image>".repeat(25_000)}</from></configuration></p>`,
  },
  {
    title: "services that one Dockerfile is for",
    path: "compose.yaml",
    text: `x: &x |\n${"  FROM a/b:1\n".repeat(9_000)}services:\n${Array.from({ length: 9_000 }, (_, number) => `  a${number}: {build: {dockerfile_inline: *x}}\n`).join("")}`,
  },
];

test.each(MANY)("many $title are read in time", ({ path, text }) => {
  const started = performance.now();
  expect(occurrencesOf([{ path, text }], OPTIONS).length).toBeLessThanOrEqual(25_000);
  expect(performance.now() - started).toBeLessThan(5_000);
});
