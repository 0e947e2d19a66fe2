/**
 * Text that remembers where each of its UTF-16 code units stands in the file it was read from. Joining lines and putting
 * variables in keeps that memory, so that what was read can be edited where it was written.
 */
export interface Traced {
  readonly text: string;
  /** Same length as `text`. */
  readonly offsets: readonly number[];
}

/** A text without a character. */
export const EMPTY: Traced = { text: "", offsets: [] };

/** Part of a file's text, which starts at this offset. */
export function tracedOf(text: string, offset: number): Traced {
  const offsets: number[] = [];
  for (let position = 0; position < text.length; position += 1) offsets.push(offset + position);
  return { text, offsets };
}

/** Like `String.slice`. */
export function sliceOf({ text, offsets }: Traced, start: number, end?: number): Traced {
  return { text: text.slice(start, end), offsets: offsets.slice(start, end) };
}

/** All parts in a row. */
export function concat(parts: readonly Traced[]): Traced {
  return { text: parts.map(({ text }) => text).join(""), offsets: parts.flatMap(({ offsets }) => offsets) };
}

/** Whether the text stands in the file in one piece: nothing between its characters. */
export function isContiguous({ offsets }: Traced): boolean {
  const [first = 0] = offsets;
  return offsets.every((offset, position) => offset === first + position);
}
