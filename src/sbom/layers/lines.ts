/** The lines of a text, one after the other, without their ends. Linear, and nothing is copied but the line. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, end === -1 ? text.length : end);
    yield line.endsWith("\r") ? line.slice(0, -1) : line;
    if (end === -1) return;
    start = end + 1;
  }
}

/** The bytes as text; what is no UTF-8 becomes U+FFFD. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8").decode(bytes);
}
