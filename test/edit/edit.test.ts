import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { occurrencesIn } from "../../src/edit/dockerfile.ts";
import { applyEdits, editsFor } from "../../src/edit/edit.ts";
import type { Occurrence, PinnedTo, TextEdit } from "../../src/edit/occurrence.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { isSameRepository, parseRepository, parseTag } from "../../src/image/reference.ts";

const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);
const C = parseDigest(`sha256:${"c".repeat(64)}`);

const text = `x ${A} y ${B} z`;
const first: TextEdit = { range: { start: 2, end: 2 + A.length }, from: A, to: C };
const secondStart = text.indexOf(B);
const second: TextEdit = { range: { start: secondStart, end: secondStart + B.length }, from: B, to: C };

test("no edits change nothing", () => {
  expect(applyEdits(text, [])).toBe(text);
});

test("edits apply in any order, and the same edit twice is one", () => {
  expect(applyEdits(text, [second, first, second])).toBe(`x ${C} y ${C} z`);
});

test.each<{ title: string; edits: TextEdit[] }>([
  { title: "a range that holds another digest", edits: [{ ...first, from: B }] },
  { title: "a range one character off", edits: [{ ...first, range: { start: 3, end: 3 + A.length } }] },
  { title: "a range that is too short", edits: [{ ...first, range: { start: 2, end: 1 + A.length } }] },
  { title: "an empty range", edits: [{ ...first, range: { start: 2, end: 2 } }] },
  {
    title: "two insertions of different texts in one place",
    edits: [
      { range: { start: 2, end: 2 }, from: "", to: "p" },
      { range: { start: 2, end: 2 }, from: "", to: "q" },
    ],
  },
  { title: "a range that ends before it starts", edits: [{ ...first, range: { start: 60, end: 2 } }] },
  { title: "a range beyond the text", edits: [{ ...first, range: { start: 9_000, end: 9_071 } }] },
  {
    title: "a range over the end",
    edits: [{ ...second, range: { start: secondStart, end: text.length + 1 } }],
  },
  { title: "a range before the text", edits: [{ ...first, range: { start: -3, end: -3 + A.length } }] },
  { title: "two edits of one range to two digests", edits: [first, { ...first, to: B }] },
  { title: "overlapping ranges", edits: [first, { ...first, range: { start: 40, end: 40 + A.length } }] },
])("refuses $title", ({ edits }) => {
  expect(() => applyEdits(text, edits)).toThrow(InvalidInputError);
  expect(() => applyEdits(text, edits)).toThrow(expect.objectContaining({ code: "edit-invalid" }));
});

test("characters outside the ranges never change", () => {
  const filler = fc.string({ unit: "grapheme", maxLength: 30 });
  fc.assert(
    fc.property(fc.array(filler, { minLength: 1, maxLength: 8 }), (fillers) => {
      const source = fillers.join(A);
      let at = 0;
      const edits = fillers.slice(0, -1).map((part): TextEdit => {
        const start = at + part.length;
        at = start + A.length;
        return { range: { start, end: at }, from: A, to: B };
      });
      expect(applyEdits(source, edits)).toBe(fillers.join(B));
    }),
  );
});

describe("which edits bring a line to a digest", () => {
  const source = [
    `FROM bellsoft/hardened-base:musl@${A}`,
    `FROM docker.io/bellsoft/hardened-base:musl@${B}`,
    `FROM bellsoft/hardened-base:glibc@${A}`,
    `FROM ghcr.io/bellsoft/hardened-base:musl@${A}`,
    `FROM bellsoft/hardened-base:musl`,
    `FROM bellsoft/hardened-base@${A}`,
    "",
  ].join("\n");
  const tag = parseTag("musl");
  const repository = parseRepository("bellsoft/hardened-base");

  function editsOf(from: string, to: PinnedTo): readonly TextEdit[] {
    return placesOf(from).flatMap((place) => editsFor(place, to));
  }

  function placesOf(from: string): readonly Occurrence[] {
    return occurrencesIn(from).filter(({ handling }) => {
      const { reference } = handling;
      if (handling.kind === "reported" || reference === undefined) return false;
      return isSameRepository(reference.repository, repository) && reference.tag === tag;
    });
  }

  test("all places of the line, pinned or not, and no other", () => {
    const edits = editsOf(source, { digest: C });
    expect(edits.map(({ from }) => from)).toEqual([A, B, ""]);
    const edited = applyEdits(source, edits).split("\n");
    expect([0, 1, 4].every((row) => edited[row]?.endsWith(`:musl@${C}`))).toBe(true);
    expect([2, 3, 5, 6].map((row) => edited[row])).toEqual(
      [2, 3, 5, 6].map((row) => source.split("\n")[row]),
    );
  });

  test("the same text once they are made", () => {
    const edited = applyEdits(source, editsOf(source, { digest: C }));
    expect(applyEdits(edited, editsOf(edited, { digest: C }))).toBe(edited);
  });

  test("another tag goes where the tag stands", () => {
    const edited = applyEdits(source, editsOf(source, { digest: C, tag: parseTag("musl-2") }));
    const named = edited.split("\n").map((row) => row.replace("FROM ", ""));
    expect(named.slice(0, 2)).toEqual([
      `bellsoft/hardened-base:musl-2@${C}`,
      `docker.io/bellsoft/hardened-base:musl-2@${C}`,
    ]);
    expect(named[4]).toBe(`bellsoft/hardened-base:musl-2@${C}`);
  });

  test.each([
    { title: "a digest without a tag", text: `FROM a/b@${A}`, to: { digest: C } },
    { title: "a name alone", text: "FROM redis", to: { digest: C } },
    {
      title: "another tag where it is in two pieces",
      text: `ARG V=1\nFROM a/b:$V-x@${A}`,
      to: { digest: C, tag: parseTag("2-x") },
    },
    {
      title: "another tag where two images share it",
      text: `ARG V=1\nFROM a/b:$V@${A}\nFROM a/c:$V`,
      to: { digest: C, tag: parseTag("2") },
    },
  ])("refuses $title", ({ text: refused, to }) => {
    const [place] = occurrencesIn(refused);
    if (place === undefined) throw new Error("must be found");
    expect(() => editsFor(place, to)).toThrow(expect.objectContaining({ code: "edit-invalid" }));
  });
});
