import { InvalidInputError, quote } from "../errors.ts";
import type { Occurrence, PinnedTo, TextEdit } from "./occurrence.ts";

/**
 * Replaces these texts, and nothing else: characters outside the ranges come back as they were. The same edit twice is one edit.
 *
 * @throws {InvalidInputError} `edit-invalid` when a range is not inside the text, does not hold `from`, or overlaps another
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = edits.toSorted((a, b) => a.range.start - b.range.start);
  const parts: string[] = [];
  let done = 0;
  let previous: TextEdit | undefined;
  for (const edit of sorted) {
    if (previous !== undefined && isSameEdit(previous, edit)) continue;
    const { start, end } = edit.range;
    if (start < done || start === previous?.range.start)
      throw invalid(edit, "it overlaps another edit, or starts before the text");
    if (end > text.length || end < start) throw invalid(edit, "it is not inside the text");
    const found = text.slice(start, end);
    if (found !== edit.from)
      throw invalid(edit, `there stands ${quote(found)} instead of ${quote(edit.from)}`);
    parts.push(text.slice(done, start), edit.to);
    done = end;
    previous = edit;
  }
  return [...parts, text.slice(done)].join("");
}

/**
 * What to change so that a place names this: its digest, which is put there if it has none, and its tag where another is wanted, with a
 * comment that repeats the tag.
 *
 * @throws {InvalidInputError} `edit-invalid` for a place that is only reported, and for another tag where the place cannot take one
 */
export function editsFor({ handling, line }: Occurrence, { digest, tag }: PinnedTo): readonly TextEdit[] {
  if (handling.kind === "reported") throw notEditable(line, handling.reason);
  const { reference, tagRange } = handling;
  const edits: TextEdit[] = [];
  if (handling.kind === "editable") {
    edits.push({ range: handling.digestRange, from: handling.reference.digest, to: digest });
  } else {
    const { range, replaces, before, after } = handling.pin;
    edits.push({ range, from: replaces, to: `${before}${digest}${after}` });
  }
  if (tag === undefined || tag === reference.tag) return edits;
  // Only a comment says the tag where the reference has none.
  const comment = handling.kind === "editable" ? handling.comment : undefined;
  const ranges = [tagRange, comment?.text === reference.tag ? comment.range : undefined].filter(
    (range) => range !== undefined,
  );
  if (ranges.length === 0) throw notEditable(line, "its tag does not stand there in one piece");
  return [...edits, ...ranges.map((range) => ({ range, from: reference.tag, to: tag }))];
}

function notEditable(line: number, reason: string): InvalidInputError {
  return new InvalidInputError("edit-invalid", `cannot edit line ${line}: ${reason}`);
}

function isSameEdit(a: TextEdit, b: TextEdit): boolean {
  return a.range.start === b.range.start && a.range.end === b.range.end && a.from === b.from && a.to === b.to;
}

function invalid({ range }: TextEdit, reason: string): InvalidInputError {
  return new InvalidInputError(
    "edit-invalid",
    `cannot edit characters ${range.start} to ${range.end}: ${reason}`,
  );
}
