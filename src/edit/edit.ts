import { InvalidInputError, quote } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import { type ImageLine, isSameRepository } from "../image/reference.ts";
import type { DigestEdit, Occurrence } from "./occurrence.ts";

/**
 * Replaces digests, and nothing else: characters outside the ranges come back as they were. The same edit twice is one edit.
 *
 * @throws {InvalidInputError} `edit-invalid` when a range is not inside the text, does not hold `from`, or overlaps another
 */
export function applyEdits(text: string, edits: readonly DigestEdit[]): string {
  const sorted = edits.toSorted((a, b) => a.range.start - b.range.start);
  const parts: string[] = [];
  let done = 0;
  let previous: DigestEdit | undefined;
  for (const edit of sorted) {
    if (previous !== undefined && isSameEdit(previous, edit)) continue;
    const { start, end } = edit.range;
    if (start < done) throw invalid(edit, "it overlaps another edit, or starts before the text");
    if (end > text.length || end < start) throw invalid(edit, "it is not inside the text");
    const found = text.slice(start, end);
    if (found !== edit.from) throw invalid(edit, `there stands ${quote(found)} instead of ${edit.from}`);
    parts.push(text.slice(done, start), edit.to);
    done = end;
    previous = edit;
  }
  return [...parts, text.slice(done)].join("");
}

/**
 * Where else than at `to` this image line is pinned: what to edit so that all of them stand at `to`. Empty when all do.
 *
 * @param line as it is written, by a mirror's name where it is written so
 */
export function editsOf(
  occurrences: readonly Occurrence[],
  line: ImageLine,
  to: Digest,
): readonly DigestEdit[] {
  return occurrences.flatMap(({ handling }) => {
    if (handling.kind === "reported") return [];
    const { reference, digestRange } = handling;
    const isOfLine = isSameRepository(reference.repository, line.repository) && reference.tag === line.tag;
    return isOfLine && reference.digest !== to ? [{ range: digestRange, from: reference.digest, to }] : [];
  });
}

function isSameEdit(a: DigestEdit, b: DigestEdit): boolean {
  return a.range.start === b.range.start && a.range.end === b.range.end && a.from === b.from && a.to === b.to;
}

function invalid({ range }: DigestEdit, reason: string): InvalidInputError {
  return new InvalidInputError(
    "edit-invalid",
    `cannot edit characters ${range.start} to ${range.end}: ${reason}`,
  );
}
