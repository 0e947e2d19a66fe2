import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EditOptions, FormatFile } from "../../src/edit/format.ts";
import { type FoundOccurrence, editFiles, occurrencesOf } from "../../src/edit/formats.ts";
import type { TextRange } from "../../src/edit/occurrence.ts";
import { renderReference } from "../../src/image/reference.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { casesOf, formatsOfCorpus } from "./corpus.ts";

/** The corpus, spoiled: whatever becomes of a file, it is read, and an edit of it changes what is planned and nothing else. */

const SET = parseDigest(`sha256:${"5e7".repeat(21)}5`);
const A = `sha256:${"a".repeat(64)}`;
const NOISE = [
  ...Array.from("\n\r\t \"'`\\#{}[]()<>:,@=$&*!|%-+~"),
  "\r\n",
  "\ufeff",
  "\0",
  "😀",
  "\ud800",
  "ü",
  "  ",
  "---\n",
  "<<: *base\n",
  "&base ",
  "*base",
  "${X:-a}",
  "{{ .X }}",
  "image: ",
  "a/b:1",
  `a/b:1@${A}`,
  `@${A}`,
  A,
  "sha256:",
] as const;

/** One change at a part of the way through a text. */
type Change =
  | { readonly kind: "insert"; readonly at: number; readonly noise: string }
  | { readonly kind: "delete"; readonly at: number; readonly length: number }
  | { readonly kind: "repeat"; readonly at: number; readonly length: number };

const at = fc.double({ min: 0, max: 1, noNaN: true });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), at, noise: fc.constantFrom(...NOISE) }),
  fc.record({ kind: fc.constant("delete" as const), at, length: fc.integer({ min: 1, max: 80 }) }),
  fc.record({ kind: fc.constant("repeat" as const), at, length: fc.integer({ min: 1, max: 200 }) }),
);

function changed(text: string, step: Change): string {
  const start = Math.floor(step.at * text.length);
  switch (step.kind) {
    case "insert":
      return `${text.slice(0, start)}${step.noise}${text.slice(start)}`;
    case "delete":
      return text.slice(0, start) + text.slice(start + step.length);
    case "repeat":
      return text.slice(0, start + step.length) + text.slice(start);
    default:
      return step satisfies never;
  }
}

/** What an edit replaces, and by what; undefined for a place that is only reported. */
function editOf({
  occurrence: { handling },
}: FoundOccurrence): { readonly range: TextRange; readonly to: string } | undefined {
  switch (handling.kind) {
    case "editable":
      return { range: handling.digestRange, to: SET };
    case "pinnable":
      return { range: handling.pin.range, to: `${handling.pin.before}${SET}${handling.pin.after}` };
    case "reported":
      return undefined;
    default:
      return handling satisfies never;
  }
}

/** The file as it must be: spliced by hand, from the end. */
function spliced({ path, text }: FormatFile, found: readonly FoundOccurrence[]): string {
  const edits = found
    .filter((place) => (place.occurrence.path ?? place.path) === path)
    .flatMap((place) => editOf(place) ?? [])
    .toSorted((a, b) => b.range.start - a.range.start);
  return edits.reduce((rest, { range, to }) => rest.slice(0, range.start) + to + rest.slice(range.end), text);
}

function setAll(files: readonly FormatFile[], options: EditOptions): readonly FormatFile[] {
  const edits = occurrencesOf(files, options)
    .filter((place) => editOf(place) !== undefined)
    .map((found) => ({ found, to: { digest: SET } }));
  const edited = new Map(editFiles(files, edits, options).map(({ path, text }) => [path, text]));
  return files.map(({ path, text }) => ({ path, text: edited.get(path) ?? text }));
}

describe.each(formatsOfCorpus())("%s", (format) => {
  const cases = casesOf(format);

  test("has cases", () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  test("spoiled in any way, it is read, and edited where that was planned", () => {
    const spoiled = fc.array(change, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.constantFrom(...cases), spoiled, ({ file, files, options }, changes) => {
        const text = changes.reduce(changed, file.text);
        const read = files.map((one) => (one.path === file.path ? { path: one.path, text } : one));
        const found = occurrencesOf(read, options);
        const edited = setAll(read, options);
        expect(edited.map((one) => one.text)).toEqual(read.map((one) => spliced(one, found)));
        const planned = found.map((place) => {
          const { reference } = place.occurrence.handling;
          const digest = editOf(place) === undefined ? {} : { digest: SET };
          return reference && renderReference({ ...reference, ...digest });
        });
        const again = occurrencesOf(edited, options);
        expect(
          again.map(
            ({ occurrence: { handling } }) => handling.reference && renderReference(handling.reference),
          ),
        ).toEqual(planned);
        expect(setAll(edited, options)).toEqual(edited);
      }),
      { numRuns: 60, seed: 6 },
    );
  });
});
