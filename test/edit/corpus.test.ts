import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { EditOptions, FormatFile } from "../../src/edit/format.ts";
import { type FoundOccurrence, editFiles, formatOf, occurrencesOf } from "../../src/edit/formats.ts";
import type { Occurrence } from "../../src/edit/occurrence.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { CORPUS, type Case, type Expected, casesOf, formatsOfCorpus } from "./corpus.ts";

const SET = parseDigest(`sha256:${"5e7".repeat(21)}5`);

/** A place in the words of an expected file. */
function expectedOf({ line, raw, path, handling }: Occurrence): Expected {
  const { kind, reference } = handling;
  return {
    line,
    raw,
    kind,
    ...(path === undefined ? {} : { path }),
    ...(reference === undefined
      ? {}
      : { registry: reference.repository.registry, repository: reference.repository.path }),
    ...(reference?.tag === undefined ? {} : { tag: reference.tag }),
    ...(reference?.digest === undefined ? {} : { digest: reference.digest }),
    ...(handling.kind === "reported" ? { reason: handling.reason } : {}),
  };
}

/** What was found in the case's own file. */
function foundIn({ file, files, options }: Case): readonly FoundOccurrence[] {
  return occurrencesOf(files, options).filter(({ path }) => path === file.path);
}

function setAll(files: readonly FormatFile[], options: EditOptions): readonly FormatFile[] {
  const edits = occurrencesOf(files, options)
    .filter(({ occurrence }) => occurrence.handling.kind !== "reported")
    .map((found) => ({ found, to: { digest: SET } }));
  const changed = new Map(editFiles(files, edits, options).map(({ path, text }) => [path, text]));
  return files.map(({ path, text }) => ({ path, text: changed.get(path) ?? text }));
}

const formats = formatsOfCorpus();

test("the corpus has formats", () => {
  expect(formats.length).toBeGreaterThan(0);
});

describe.each(formats)("%s", (format) => {
  const cases = casesOf(format);

  test("has cases, and places in them", () => {
    expect(cases.length).toBeGreaterThan(0);
    expect(cases.reduce((sum, { expected }) => sum + expected.length, 0)).toBeGreaterThan(0);
  });

  test("has an expectation for every edited file", () => {
    const folder = new URL(`${format}/`, CORPUS);
    const known = new Set(cases.flatMap(({ files }) => files.map(({ path }) => `${path}.edited`)));
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => name.endsWith(".edited") && !known.has(name))).toEqual([]);
  });

  test.each(cases)("$path", (one) => {
    expect(formatOf(one.file, one.options)?.id).toBe(format);
    expect(foundIn(one).map(({ occurrence }) => expectedOf(occurrence))).toEqual(one.expected);
    expect(setAll(one.files, one.options)).toEqual(one.edited);
  });

  test.each(cases)("$path: an edit twice is one, and nothing else moves", ({ files, options }) => {
    const once = setAll(files, options);
    expect(setAll(once, options)).toEqual(once);
    // Companion fields come with text around the digest: for those, the edited file of the case says it all.
    const isBare = occurrencesOf(files, options).every(
      ({ occurrence: { handling } }) => handling.kind !== "pinnable" || handling.pin.before === "@",
    );
    const bare = ({ text }: FormatFile): string =>
      isBare ? text.replaceAll(/@?sha256:[0-9a-f]{64}/g, "") : "";
    expect(once.map(bare)).toEqual(files.map(bare));
  });

  test.each(cases)(
    "$path: changed line ends and a mark in front change no place",
    ({ file, files, options }) => {
      const crlf = files.map(({ path, text }) => ({
        path,
        text: `\ufeff${text.replace(/^\ufeff/, "").replaceAll(/\r?\n/g, "\r\n")}`,
      }));
      const seen = (from: readonly FormatFile[]): readonly unknown[] =>
        occurrencesOf(from, options)
          .filter(({ path }) => path === file.path)
          .map(({ occurrence: { line, handling } }) => [line, handling.kind, handling.reference]);
      expect(seen(crlf)).toEqual(seen(files));
      const edited = setAll(crlf, options);
      expect(edited.every(({ text }) => text.startsWith("\ufeff") && !/[^\r]\n/.test(text))).toBe(true);
    },
  );
});
