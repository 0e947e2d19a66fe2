import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { occurrencesIn } from "../../src/edit/dockerfile.ts";
import { applyEdits, editsOf } from "../../src/edit/edit.ts";
import type { DigestEdit } from "../../src/edit/occurrence.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../src/image/reference.ts";

const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);
const C = parseDigest(`sha256:${"c".repeat(64)}`);

const text = `x ${A} y ${B} z`;
const first: DigestEdit = { range: { start: 2, end: 2 + A.length }, from: A, to: C };
const secondStart = text.indexOf(B);
const second: DigestEdit = { range: { start: secondStart, end: secondStart + B.length }, from: B, to: C };

test("no edits change nothing", () => {
  expect(applyEdits(text, [])).toBe(text);
});

test("edits apply in any order, and the same edit twice is one", () => {
  expect(applyEdits(text, [second, first, second])).toBe(`x ${C} y ${C} z`);
});

test.each<{ title: string; edits: DigestEdit[] }>([
  { title: "a range that holds another digest", edits: [{ ...first, from: B }] },
  { title: "a range one character off", edits: [{ ...first, range: { start: 3, end: 3 + A.length } }] },
  { title: "a range that is too short", edits: [{ ...first, range: { start: 2, end: 1 + A.length } }] },
  { title: "an empty range", edits: [{ ...first, range: { start: 2, end: 2 } }] },
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
      const edits = fillers.slice(0, -1).map((part): DigestEdit => {
        const start = at + part.length;
        at = start + A.length;
        return { range: { start, end: at }, from: A, to: B };
      });
      expect(applyEdits(source, edits)).toBe(fillers.join(B));
    }),
  );
});

describe("which edits bring a line to a digest", () => {
  const line = { repository: parseRepository("bellsoft/hardened-base"), tag: parseTag("musl") };
  const source = [
    `FROM bellsoft/hardened-base:musl@${A}`,
    `FROM docker.io/bellsoft/hardened-base:musl@${B}`,
    `FROM bellsoft/hardened-base:glibc@${A}`,
    `FROM ghcr.io/bellsoft/hardened-base:musl@${A}`,
    `FROM bellsoft/hardened-base:musl`,
    "",
  ].join("\n");

  test("all places of the line, and no other", () => {
    const edits = editsOf(occurrencesIn(source), line, C);
    expect(edits.map(({ from }) => from)).toEqual([A, B]);
    const edited = applyEdits(source, edits).split("\n");
    expect(edited.slice(0, 2).every((row) => row.endsWith(C))).toBe(true);
    expect(edited.slice(2)).toEqual(source.split("\n").slice(2));
  });

  test("none once they are made", () => {
    const edited = applyEdits(source, editsOf(occurrencesIn(source), line, C));
    expect(editsOf(occurrencesIn(edited), line, C)).toEqual([]);
  });
});
