import { readFileSync } from "node:fs";
import { DockerfileParser } from "dockerfile-ast";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDockerfile, occurrencesIn } from "../../src/edit/dockerfile.ts";
import { applyEdits, editsFor } from "../../src/edit/edit.ts";
import type { EditOptions, FormatFile } from "../../src/edit/format.ts";
import { editFiles, occurrencesOf } from "../../src/edit/formats.ts";
import type { Occurrence } from "../../src/edit/occurrence.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { parseTag, renderReference } from "../../src/image/reference.ts";

const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);
const C = parseDigest(`sha256:${"c".repeat(64)}`);

/** `2 editable docker.io/a/b:1@aaaaaa`: what a test row says about an occurrence. */
function summaryOf({ line, handling }: Occurrence): string {
  const how = handling.kind === "reported" ? handling.reason : handling.kind;
  const name = handling.reference === undefined ? "-" : renderReference(handling.reference);
  return `${line} ${how} ${name.replace(/@sha256:(.{6}).*$/, "@$1")}`;
}

function summariesOf(text: string): readonly string[] {
  return occurrencesIn(text).map(summaryOf);
}

describe("which files are Dockerfiles", () => {
  test.each([
    "Dockerfile",
    "dockerfile",
    "deploy/Dockerfile",
    "Dockerfile.ubi",
    "Dockerfile.prod.arm64",
    "tilt.debug.dockerfile",
    "app.Dockerfile",
    "Dockerfile-dev",
    "Dockerfile_dev",
    "Containerfile",
    "Containerfile.build",
    "base.containerfile",
    "vendored/Dockerfile",
    "pkg/testdata/Dockerfile",
    "MyDockerfile",
    "Dockerfiles",
  ])("%s", (path) => {
    expect(isDockerfile(path)).toBe(true);
  });

  test.each([
    "",
    "Dockerfile/README",
    "Containerfiles",
    "MyContainerfile",
    "Dockerfile.dockerignore",
    "Dockerfile.md",
    "src/edit/dockerfile.ts",
    "lib/dockerfile.py",
    "test/dockerfile.test.ts",
    "docker-compose.yml",
    "node_modules/x/Dockerfile",
    "a/vendor/github.com/x/Dockerfile",
    `${"a".repeat(300)}.dockerfile`,
  ])("not %s", (path) => {
    expect(isDockerfile(path)).toBe(false);
  });
});

/** The reference most rows name, alone and editable, at this line. */
function one(line: number): readonly string[] {
  return [`${line} editable docker.io/a/b:1@aaaaaa`];
}

describe("places that can be edited", () => {
  test.each([
    { title: "tag and digest", text: `FROM a/b:1@${A}\n`, found: one(1) },
    { title: "no line end", text: `FROM a/b:1@${A}`, found: one(1) },
    { title: "a stage name", text: `FROM a/b:1@${A} AS x\n`, found: one(1) },
    { title: "lower case", text: `from a/b:1@${A} as x\n`, found: one(1) },
    {
      title: "a platform, and flags nobody knows",
      text: `FROM --platform=$BUILDPLATFORM --new=1 a/b:1@${A} AS x\n`,
      found: one(1),
    },
    { title: "tabs", text: `\tFROM\ta/b:1@${A}\tAS\tx\n`, found: one(1) },
    { title: "a port", text: `FROM h:5000/a/b:1@${A}\n`, found: ["1 editable h:5000/a/b:1@aaaaaa"] },
    { title: "CRLF", text: `# x\r\nFROM a/b:1@${A}\r\n`, found: one(2) },
    { title: "a byte-order mark", text: `\ufeffFROM a/b:1@${A}\n`, found: one(1) },
    { title: "characters outside the basic plane above", text: `# 😀😀\nFROM a/b:1@${A}\n`, found: one(2) },
    {
      title: "continuation lines with a comment, an empty line and trailing blanks",
      text: `FROM \\\n  --platform=x \\ \t\n # c \\\n\n a/b:1@${A} \\\n AS x\n`,
      found: one(5),
    },
    { title: "a continuation right after the keyword", text: `FROM\\\n a/b:1@${A}`, found: one(2) },
    { title: "a name broken over lines before its digest", text: `FROM a/\\\nb:1@${A}\n`, found: one(2) },
    { title: "quotes", text: `FROM "a/b:1@${A}"\n`, found: one(1) },
    {
      title: "an ARG that holds the whole reference",
      text: `ARG BASE=a/b:1@${A}\n\nFROM \${BASE}\nFROM $BASE AS again\n`,
      found: one(1),
    },
    {
      title: "an ARG in double quotes over two lines",
      text: `ARG X=1 \\\n    BASE="a/b:\${X}@${A}"\nFROM $BASE\n`,
      found: one(2),
    },
    {
      title: "an ARG in single quotes, where nothing is expanded",
      text: `ARG BASE='a/b:1@${A}'\nFROM $BASE\n`,
      found: one(1),
    },
    { title: "an ARG with only the digest", text: `ARG D=${A}\nFROM a/b:1@$D\n`, found: one(1) },
    {
      title: "a variable in the name, the digest beside it",
      text: `ARG ARCH=amd64\nFROM a/static-\${ARCH}:1@${A}\n`,
      found: ["2 editable docker.io/a/static-amd64:1@aaaaaa"],
    },
    {
      title: "a default in the FROM",
      text: `ARG BASE\nFROM \${BASE:-a/b:1@${A}}\nFROM \${OTHER-a/c:1@${B}}\n`,
      found: [...one(2), "3 editable docker.io/a/c:1@bbbbbb"],
    },
    {
      title: "a default that is not needed, whatever it says",
      text: `ARG BASE=a/b:1@${A}\nFROM \${BASE:-\${NOBODY?knows}}\n`,
      found: one(1),
    },
    {
      title: "an alternative",
      text: `ARG X=1\nFROM a/b\${X:+:1@${A}}\nFROM a/c:1@${B}\${Y:+nothing}\n`,
      found: [...one(2), "3 editable docker.io/a/c:1@bbbbbb"],
    },
    {
      title: "the last of two ARGs of one name",
      text: `ARG B=a/b:1@${A}\nARG B=a/b:2@${B}\nFROM $B\n`,
      found: ["2 editable docker.io/a/b:2@bbbbbb"],
    },
    {
      title: "after a backslash that is no continuation, because another stands before it",
      text: `RUN echo \\\\\nFROM a/b:1@${A}\n`,
      found: one(2),
    },
    {
      title: "after the escape directive",
      text: `# syntax=x\n# Escape = \`\nRUN dir c:\\\nFROM \`\n a/b:1@${A}\n`,
      found: ["1 not-pinned docker.io/library/x", ...one(5)],
    },
    {
      title: "after a heredoc's mark in quotes, and a shift",
      text: `RUN echo "<<EOF" $((1<<2)) [ 1 << 2 ]\nFROM a/b:1@${A}\n`,
      found: one(2),
    },
    {
      title: "after an exec form that holds a heredoc's mark",
      text: `RUN ["sh", "-c", "cat <<EOF"]\nFROM a/b:1@${A}\n`,
      found: one(2),
    },
    { title: "after an instruction without heredocs", text: `ENV X <<EOF\nFROM a/b:1@${A}\n`, found: one(2) },
    {
      title: "a stage of the same name that comes later",
      text: `FROM later:1@${A} AS x\nFROM a/b:1@${A} AS later\n`,
      found: ["1 editable docker.io/library/later:1@aaaaaa", ...one(2)],
    },
  ])("$title", ({ text, found }) => {
    expect(summariesOf(text)).toEqual(found);
    expect(wrongRangesOf(text)).toEqual([]);
  });
});

/** What the ranges of a place hold, and what they should. */
function rangesOf(text: string, { handling }: Occurrence): readonly (readonly [string, string])[] {
  if (handling.kind === "reported") return [];
  const { reference, tagRange } = handling;
  const range = handling.kind === "editable" ? handling.digestRange : handling.pin.range;
  const held = handling.kind === "editable" ? reference.digest : "";
  const tag = tagRange === undefined ? reference.tag : text.slice(tagRange.start, tagRange.end);
  return [
    [text.slice(range.start, range.end), held ?? ""],
    [tag, reference.tag],
  ];
}

function wrongRangesOf(text: string): readonly (readonly [string, string])[] {
  return occurrencesIn(text)
    .flatMap((place) => rangesOf(text, place))
    .filter(([actual, wanted]) => actual !== wanted);
}

describe("sources of copies and mounts", () => {
  const found = ["2 editable docker.io/a/b:1@aaaaaa"];
  test.each([
    { title: "COPY", text: `FROM scratch\nCOPY --from=a/b:1@${A} /x /y\n`, found },
    { title: "ADD, in lower case", text: `FROM scratch\nadd --from=a/b:1@${A} /x /y\n`, found },
    {
      title: "other flags before and behind",
      text: `FROM scratch\nCOPY --chown=a:b --link --from=a/b:1@${A} --chmod=1 /x /y\n`,
      found,
    },
    { title: "quotes", text: `FROM scratch\nCOPY --from="a/b:1@${A}" /x /y\n`, found },
    { title: "ONBUILD", text: `FROM scratch\nONBUILD COPY --from=a/b:1@${A} /x /y\n`, found },
    {
      title: "lines",
      text: `FROM scratch\nCOPY \\\n --chown=1 \\\n# c\n --from=a/b:1@${A} \\\n /x /y\n`,
      found: ["5 editable docker.io/a/b:1@aaaaaa"],
    },
    {
      title: "a mount, its fields in any order",
      text: `FROM scratch\nRUN --mount=type=bind,from=a/b:1@${A},target=$HOME/x ls\n`,
      found,
    },
    {
      title: "a mount's first field",
      text: `FROM scratch\nRUN --mount=from=a/b:1@${A},target=/x ls\n`,
      found,
    },
    {
      title: "a mount in quotes, after another",
      text: `FROM scratch\nRUN --mount=type=cache,target=/c --mount="type=bind,from=a/b:1@${A}" ls\n`,
      found,
    },
    {
      title: "no digest",
      text: "FROM scratch\nCOPY --from=a/b:1 / /\n",
      found: ["2 pinnable docker.io/a/b:1"],
    },
    {
      title: "no tag",
      text: `FROM scratch\nCOPY --from=a/b@${A} / /\n`,
      found: ["2 tag-unknown docker.io/a/b@aaaaaa"],
    },
    {
      title: "neither, which may be a build context",
      text: "FROM scratch\nCOPY --from=assets / /\n",
      found: ["2 not-pinned -"],
    },
    {
      title: "a variable",
      text: `ARG X=a/b:1@${A}\nFROM scratch\nCOPY --from=$X / /\n`,
      found: ["3 variable-unresolved -"],
    },
    {
      title: "a stage",
      text: "FROM scratch AS One\nCOPY --from=one / /\nRUN --mount=from=ONE,target=/x ls\n",
      found: [],
    },
    { title: "a later stage", text: "FROM scratch\nCOPY --from=two / /\nFROM scratch AS two\n", found: [] },
    {
      title: "a stage by its number",
      text: "FROM scratch\nCOPY --from=0 / /\nRUN --mount=from=1 ls\n",
      found: [],
    },
    { title: "nothing", text: "FROM scratch\nCOPY --from= / /\nCOPY --from=scratch / /\n", found: [] },
    {
      title: "what is no flag of the instruction",
      text: `FROM scratch\nRUN tool --from=a/b:1@${A} --mount=from=a/b:1@${A}\nCOPY x --from=a/b:1@${A} /y\n`,
      found: [],
    },
    {
      title: "a mount of COPY and a source of RUN",
      text: `FROM scratch\nCOPY --mount=from=a/b:1@${A} /x\nRUN --from=a/b:1@${A} ls\n`,
      found: [],
    },
    {
      title: "a flag in another case, which no builder knows",
      text: `FROM scratch\nCOPY --FROM=a/b:1@${A} /x /y\n`,
      found: [],
    },
  ])("$title", ({ text, found: expected }) => {
    expect(summariesOf(text)).toEqual(expected);
    expect(wrongRangesOf(text)).toEqual([]);
  });
});

describe("the image that reads the file", () => {
  test.each([
    {
      title: "pinned",
      text: `# syntax=docker/dockerfile:1@${A}\nFROM scratch\n`,
      found: ["1 editable docker.io/docker/dockerfile:1@aaaaaa"],
    },
    {
      title: "without blanks",
      text: `#syntax=docker/dockerfile:1@${A}`,
      found: ["1 editable docker.io/docker/dockerfile:1@aaaaaa"],
    },
    {
      title: "after another directive, with blanks",
      text: `# check=skip=all\n#  SYNTAX = docker/dockerfile:1 \r\n`,
      found: ["2 pinnable docker.io/docker/dockerfile:1"],
    },
    {
      title: "after a byte-order mark",
      text: `\ufeff# syntax=docker/dockerfile:1@${A}\n`,
      found: ["1 editable docker.io/docker/dockerfile:1@aaaaaa"],
    },
    {
      title: "a comment below the directives",
      text: `# hello\n# syntax=docker/dockerfile:1@${A}\n`,
      found: [],
    },
    {
      title: "a comment below an instruction",
      text: `ARG X\n# syntax=docker/dockerfile:1@${A}\n`,
      found: [],
    },
    {
      title: "said twice, where the first counts",
      text: `# syntax=docker/dockerfile:1\n# syntax=docker/dockerfile:2\n`,
      found: ["1 pinnable docker.io/docker/dockerfile:1"],
    },
  ])("$title", ({ text, found }) => {
    expect(summariesOf(text)).toEqual(found);
  });
});

describe("places for a first digest", () => {
  test.each([
    { title: "a FROM", text: "FROM a/b:1 AS x\n", edited: `FROM a/b:1@${C} AS x\n` },
    { title: "the end of the file", text: "FROM a/b:1", edited: `FROM a/b:1@${C}` },
    { title: "CRLF", text: "FROM a/b:1\r\n", edited: `FROM a/b:1@${C}\r\n` },
    { title: "quotes", text: 'FROM "a/b:1"\n', edited: `FROM "a/b:1@${C}"\n` },
    {
      title: "an ARG with the whole reference",
      text: "ARG B=a/b:1\nFROM $B\nFROM $B AS x\n",
      edited: `ARG B=a/b:1@${C}\nFROM $B\nFROM $B AS x\n`,
    },
    {
      title: "a default in the FROM",
      text: "ARG B\nFROM ${B:-a/b:1}\n",
      edited: `ARG B\nFROM \${B:-a/b:1@${C}}\n`,
    },
  ])("$title", ({ text, edited }) => {
    const [place, ...others] = occurrencesIn(text);
    if (place === undefined) throw new Error("must be found");
    expect(others).toEqual([]);
    expect(place.handling.kind).toBe("pinnable");
    expect(applyEdits(text, editsFor(place, { digest: C }))).toBe(edited);
  });

  test.each([
    {
      title: "a name and a tag in two ARGs",
      text: "ARG I=a/b\nARG T=1\nFROM $I:$T\n",
      found: ["3 reference-assembled docker.io/a/b:1"],
    },
    {
      title: "a tag in an ARG",
      text: "ARG T=1\nFROM a/b:$T\n",
      found: ["2 reference-assembled docker.io/a/b:1"],
    },
    {
      title: "a name in an ARG",
      text: "ARG I=b\nFROM a/$I:1\n",
      found: ["2 reference-assembled docker.io/a/b:1"],
    },
    {
      title: "an ARG to which a FROM adds something",
      text: "ARG B=a/b:1\nFROM $B\nFROM $B-slim\n",
      found: ["2 reference-assembled docker.io/a/b:1", "3 reference-assembled docker.io/a/b:1-slim"],
    },
    {
      title: "an ARG that another turns into no reference",
      text: "ARG B=a/b:1\nFROM $B\nFROM $B/x\n",
      found: ["2 reference-assembled docker.io/a/b:1", "3 reference-assembled docker.io/library/a/b:1/x"],
    },
  ])("none for $title", ({ text, found }) => {
    expect(summariesOf(text).slice(0, 1)).toEqual(found.slice(0, 1));
    expect(occurrencesIn(text).every(({ handling }) => handling.kind === "reported")).toBe(true);
  });
});

describe("places that are reported and never edited", () => {
  test.each([
    { title: "a name alone", text: "FROM redis AS x\n", found: ["1 not-pinned docker.io/library/redis"] },
    { title: "a digest alone", text: `FROM a/b@${A}\n`, found: ["1 tag-unknown docker.io/a/b@aaaaaa"] },
    { title: "an ARG without default", text: "ARG B\nFROM $B\n", found: ["2 variable-unresolved -"] },
    { title: "an ARG with an empty default", text: "ARG B=\nFROM $B\n", found: ["2 variable-unresolved -"] },
    {
      title: "a variable that nobody declared",
      text: `FROM a/\${X}:1@${A}\n`,
      found: ["1 variable-unresolved -"],
    },
    {
      title: "a variable that only the builder knows",
      text: `FROM a/b-$TARGETARCH:1@${A}\n`,
      found: ["1 variable-unresolved -"],
    },
    {
      title: "an ARG of a stage, which no FROM sees",
      text: `FROM scratch\nARG B=a/b:1@${A}\nFROM $B\n`,
      found: ["3 variable-unresolved -"],
    },
    {
      title: "an ARG declared again without its default",
      text: `ARG B=a/b:1@${A}\nARG B\nFROM $B\n`,
      found: ["3 variable-unresolved -"],
    },
    {
      title: "an ARG from an ARG without default",
      text: `ARG A\nARG B=a/b:$A\nFROM $B\n`,
      found: ["3 variable-unresolved -"],
    },
    {
      title: "an operator nobody can foresee",
      text: "ARG B=x\nFROM ${B#x}\n",
      found: ["2 variable-unresolved -"],
    },
    {
      title: "braces that never close",
      text: `ARG B=x\nFROM \${B:-a/b:1@${A}\n`,
      found: ["2 variable-unresolved -"],
    },
    { title: "a quote that never closes", text: `FROM "a/b:1@${A}\n`, found: ["1 variable-unresolved -"] },
    {
      title: "a digest put together from two variables",
      text: `ARG X=${A.slice(0, 20)} Y=${A.slice(20)}\nFROM a/b:1@$X$Y\n`,
      found: ["2 reference-assembled docker.io/a/b:1@aaaaaa"],
    },
    {
      title: "a digest broken over two lines",
      text: `FROM a/b:1@${A.slice(0, 20)}\\\n${A.slice(20)}\n`,
      found: ["1 reference-assembled docker.io/a/b:1@aaaaaa"],
    },
    {
      title: "one digest for several references",
      text: `ARG D=${A}\nFROM a/b:1@$D\nFROM a/c:1@$D\nFROM a/b@$D\n`,
      found: [
        "2 reference-assembled docker.io/a/b:1@aaaaaa",
        "3 reference-assembled docker.io/a/c:1@aaaaaa",
        "4 tag-unknown docker.io/a/b@aaaaaa",
      ],
    },
    { title: "a template", text: "FROM {{base}}\n", found: ["1 embedded -"] },
    {
      title: "a digest one digit short",
      text: `FROM a/b:1@${A.slice(0, -1)}\n`,
      found: ["1 reference-invalid -"],
    },
    {
      title: "another algorithm",
      text: `FROM a/b:1@sha512:${"a".repeat(128)}\n`,
      found: ["1 reference-invalid -"],
    },
    { title: "words after the image", text: `FROM a/b:1@${A} x\n`, found: ["1 reference-invalid -"] },
    { title: "AS without a name", text: `FROM a/b:1@${A} AS\n`, found: ["1 reference-invalid -"] },
    { title: "a comment behind", text: `FROM a/b:1@${A} # x y\n`, found: ["1 reference-invalid -"] },
    {
      title: "variables that double each other",
      text: [
        `ARG A0=${"x".repeat(60)}`,
        ...Array.from({ length: 40 }, (_, number) => `ARG A${number + 1}=$A${number}$A${number}`),
        "FROM $A40",
      ].join("\n"),
      found: ["42 variable-unresolved -"],
    },
    {
      title: "braces in braces without end",
      text: `FROM ${"${A:-".repeat(800)}\nFROM ${"${A:-".repeat(50_000)}\n`,
      found: ["1 variable-unresolved -", "2 variable-unresolved -"],
    },
  ])("$title", ({ text, found }) => {
    expect(summariesOf(text)).toEqual(found);
  });

  test("what was written is cut at 512 characters", () => {
    expect(occurrencesIn(`FROM ${"a".repeat(100_000)}\n`).map(({ raw }) => raw.length)).toEqual([512]);
  });
});

describe("text in a heredoc is reported and never edited", () => {
  test.each([
    { title: "a heredoc", text: `RUN <<EOF\nFROM a/b:1@${A}\nEOF\n` },
    { title: "a heredoc that is quoted", text: `RUN cat <<'E F' > /x\nFROM a/b:1@${A}\nE F\n` },
    { title: "a heredoc with CRLF", text: `RUN <<EOF\r\nFROM a/b:1@${A}\r\nEOF\r\n` },
    { title: "a heredoc whose end is indented by tabs", text: `COPY <<-E /x\n\tFROM a/b:1@${A}\n\tE\n` },
    { title: "two heredocs", text: `COPY <<A <<"B" /d/\nFROM a/b:1@${A}\nA\nFROM a/b:1@${A}\nB\n` },
    { title: "a heredoc of a file descriptor", text: `RUN x 3<<E\nFROM a/b:1@${A}\nE\n` },
    { title: "a heredoc after a continuation", text: `RUN true && \\\n cat <<E\nFROM a/b:1@${A}\nE\n` },
    { title: "a heredoc of ONBUILD", text: `ONBUILD RUN <<E\nFROM a/b:1@${A}\nE\n` },
    { title: "a heredoc nobody ends", text: `RUN <<E\nFROM a/b:1@${A}\n E\n` },
  ])("$title", ({ text }) => {
    const occurrences = occurrencesIn(text);
    expect(occurrences.length).toBe(text.split(A).length - 1);
    expect(occurrences.map(({ handling }) => handling)).toEqual(
      occurrences.map(() => ({
        kind: "reported",
        reason: "embedded",
        reference: { repository: { registry: "docker.io", path: "a/b" }, tag: "1", digest: A },
      })),
    );
  });
});

describe("text that names no image", () => {
  test.each([
    { title: "nothing", text: "" },
    { title: "scratch", text: "FROM scratch\n" },
    { title: "FROM without an image", text: "FROM\nFROM --platform=linux/amd64\n" },
    { title: "a comment", text: `# FROM a/b:1@${A}\n  # FROM a/b:1@${A}\n` },
    { title: "a word that starts with FROM", text: `FROMAGE a/b:1@${A}\n` },
    { title: "a no-break space after the keyword", text: `FROM\u00a0a/b:1@${A}\n` },
    { title: "a line that another continues on", text: `RUN echo \\\nFROM a/b:1@${A}\n` },
    {
      title: "a continuation over a comment and an empty line",
      text: `RUN echo \\\n# x\n\nFROM a/b:1@${A}\n`,
    },
    { title: "a lone carriage return before it", text: `RUN echo\rFROM a/b:1@${A}\n` },
    {
      title: "a continuation, as the escape directive below an empty line is none",
      text: `\n# escape=\`\nRUN dir c:\\\nFROM a/b:1@${A}\n`,
    },
    { title: "ONBUILD FROM", text: `ONBUILD FROM a/b:1@${A}\n` },
  ])("$title", ({ text }) => {
    expect(occurrencesIn(text)).toEqual([]);
  });

  test("a stage, in whatever case and through a variable", () => {
    const text = `ARG T=Build\nFROM a/b:1@${A} AS build\nFROM BUILD\nFROM $T\n`;
    expect(summariesOf(text)).toEqual(["2 editable docker.io/a/b:1@aaaaaa"]);
  });
});

describe("real shapes", () => {
  const folder = new URL("../fixtures/dockerfile/", import.meta.url);
  const java = "docker.io/bellsoft/hardened-liberica-runtime-container";

  test.each([
    {
      name: "builder-and-runtime.Dockerfile",
      found: [
        "1 pinnable docker.io/docker/dockerfile:1",
        `2 editable ${java}:jdk-25-musl@3f9c1e`,
        `7 embedded ${java}:not-an-image@c0ffee`,
        `11 editable ${java}:jre-25-nonroot-musl@b1004e`,
      ],
    },
    {
      name: "arguments.Containerfile",
      found: [
        `2 editable ${java}:jdk-25-musl@3f9c1e`,
        "7 variable-unresolved -",
        "8 editable docker.io/bellsoft/hardened-base:musl@b1004e",
        "10 variable-unresolved -",
      ],
    },
    {
      name: "windows.Dockerfile",
      found: [
        "6 editable acme.example:5000/windows/nano:ltsc2025@3f9c1e",
        "9 editable acme.example:5000/windows/nano:ltsc2025@3f9c1e",
        "11 tag-unknown acme.example:5000/windows/core@b1004e",
      ],
    },
  ])("$name", ({ name, found }) => {
    const bytes = readFileSync(new URL(name, folder));
    const text = bytes.toString("utf8");
    expect(summariesOf(text)).toEqual(found);

    const editable = occurrencesIn(text).flatMap(({ handling }) =>
      handling.kind === "editable" ? [handling] : [],
    );
    expect(editable.length).toBeGreaterThan(0);
    const edited = setAll(text, C);
    expect(edited.match(new RegExp(C, "g"))).toHaveLength(editable.length);
    const undone = editable.reduce(
      (current, { digestRange: { start, end }, reference }) =>
        current.slice(0, start) + reference.digest + current.slice(end),
      edited,
    );
    expect(Buffer.from(undone, "utf8").equals(bytes)).toBe(true);
  });
});

const OPTIONS: EditOptions = { shell: false, matchers: [] };

/** Every place that can be edited names this digest: the edited text, proven. */
function setAll(text: string, digest: typeof A): string {
  return edit([{ path: "Dockerfile", text }], () => true, digest);
}

function edit(
  files: readonly FormatFile[],
  wanted: (place: Occurrence) => boolean,
  digest: typeof A,
): string {
  const places = occurrencesOf(files, OPTIONS).filter(
    ({ occurrence }) => occurrence.handling.kind === "editable" && wanted(occurrence),
  );
  const edited = editFiles(
    files,
    places.map((found) => ({ found, to: { digest } })),
    OPTIONS,
  );
  return (edited[0] ?? files[0])?.text ?? "";
}

describe("editing with proof", () => {
  const text = `FROM a/b:1@${A}\nRUN echo ${A}\n`;
  const range = { start: 11, end: 11 + A.length };
  const place = (digestRange: typeof range, digest = A): Occurrence => ({
    line: 1,
    raw: "a/b:1",
    handling: {
      kind: "editable",
      reference: { repository: { registry: "docker.io", path: "a/b" }, tag: parseTag("1"), digest },
      digestRange,
    },
  });
  const editAt = (source: string, occurrence: Occurrence, digest: typeof A): readonly FormatFile[] =>
    editFiles(
      [{ path: "Dockerfile", text: source }],
      [{ found: { path: "Dockerfile", format: "dockerfile", occurrence }, to: { digest } }],
      OPTIONS,
    );

  test("changes the place", () => {
    expect(editAt(text, place(range), B)).toEqual([
      { path: "Dockerfile", text: `FROM a/b:1@${B}\nRUN echo ${A}\n` },
    ]);
  });

  test("a digest used twice under one name is one place, and both change", () => {
    const source = `ARG B=a/b:1@${A}\nFROM $B AS x\nFROM $B AS y\n`;
    expect(setAll(source, B)).toBe(source.replace(A, B));
  });

  const elsewhere = text.lastIndexOf(A);
  test.each([
    {
      title: "a digest that no FROM uses",
      source: text,
      occurrence: place({ start: elsewhere, end: elsewhere + A.length }),
    },
    { title: "a place that holds another digest", source: text, occurrence: place(range, C) },
    { title: "a place that is gone", source: "FROM a/b:1\n", occurrence: place(range) },
    {
      title: "a digest that two images share",
      source: `ARG D=${A}\nFROM a/b:1@$D\nFROM a/c:1@$D\n`,
      occurrence: place({ start: 6, end: 6 + A.length }),
    },
    { title: "a digest without a tag", source: `FROM a/bcd@${A}\n`, occurrence: place(range) },
    {
      title: "part of a digest",
      source: text,
      occurrence: place({ start: range.start, end: range.end - 1 }),
    },
    {
      title: "a file that was not read",
      source: text,
      occurrence: { ...place(range), path: "Containerfile" },
    },
  ])("refuses $title", ({ source, occurrence }) => {
    expect(() => editAt(source, occurrence, B)).toThrow(InvalidInputError);
    expect(() => editAt(source, occurrence, B)).toThrow(expect.objectContaining({ code: "edit-invalid" }));
  });
});

describe("any Dockerfile", () => {
  const from = fc
    .tuple(
      fc.constantFrom("FROM ", "from\t", "FROM --platform=linux/amd64 ", "FROM \\\n  "),
      fc.constantFrom("a/b:1", "redis:8", "h:5000/x/y:z", "a/b"),
      fc.constantFrom("", `@${A}`, `@${B}`),
      fc.constantFrom("", " AS stage", " \\\n# c\n as other"),
    )
    .map((parts) => parts.join(""));
  const line = fc.oneof(
    from,
    fc.constantFrom("# FROM x:1", "", "RUN echo \\\n  b", "RUN <<E\nFROM y:1\nE", "ENV A=1", "ARG X=1"),
  );
  const dockerfile = fc
    .tuple(fc.array(line, { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), fc.constantFrom("", "\ufeff"))
    .map(([lines, newline, mark]) => mark + lines.join("\n").replaceAll("\n", newline));

  test("editing twice is editing once, and touches digests alone", () => {
    let looked = 0;
    fc.assert(
      fc.property(dockerfile, (text) => {
        for (const { raw, handling } of occurrencesIn(text)) {
          if (handling.kind !== "editable") continue;
          const once = edit([{ path: "Dockerfile", text }], (place) => place.raw === raw, C);
          expect(setAll(once, C)).toBe(setAll(text, C));
          const digests = /sha256:[0-9a-f]{64}/g;
          expect(once.replaceAll(digests, "")).toBe(text.replaceAll(digests, ""));
          looked += 1;
        }
      }),
    );
    expect(looked).toBeGreaterThan(0);
  });

  test("ordinary ones name the images that dockerfile-ast finds", () => {
    let looked = 0;
    fc.assert(
      fc.property(dockerfile, (text) => {
        const images = DockerfileParser.parse(text)
          .getFROMs()
          .map((instruction) => instruction.getImage());
        const found = occurrencesIn(text).filter(
          ({ handling }) => handling.kind !== "reported" || handling.reason !== "embedded",
        );
        expect(found.map(({ raw }) => raw)).toEqual(images);
        looked += images.length;
      }),
    );
    expect(looked).toBeGreaterThan(0);
  });

  test("never throws, and its ranges hold digests, whatever it holds", () => {
    const noise = fc.array(
      fc.constantFrom(
        ..."FROM |ARG |X=|$X|${|}|:-|'|\"|\\|\r|<<E|`|a/b:1".split("|"),
        "\n",
        `@${A}`,
        `FROM a/b:1@${A}\n`,
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(noise, (parts) => {
        const text = parts.join("");
        expect(wrongRangesOf(text)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("a large one is read to its end", () => {
    const text = `${"RUN echo a \\\n".repeat(50_000)}x\n${`FROM a/b:1@${A}\n`.repeat(5_000)}`;
    expect(occurrencesIn(text)).toHaveLength(5_000);
  });
});
