/** A line of a text. */
export interface Line {
  readonly start: number;
  /** Without its line feed. */
  readonly text: string;
}

/** The lines of a text, behind a byte-order mark; none for a line feed at the very end. */
export function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  let start = text.startsWith("\ufeff") ? 1 : 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    lines.push({ start, text: text.slice(start, end) });
    start = end + 1;
  }
  return lines;
}
