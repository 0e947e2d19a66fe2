import { type Traced, tracedOf } from "../traced.ts";
import { YAML_LENGTH_MAX } from "./yaml.ts";

/** A line `image: value` of a text that is no YAML yet, such as a template of one. */
export interface ImageLine {
  /** Without quotes and comment; with whatever the template puts in, as written. */
  readonly value: Traced;
}

const LINE = /^[ \t]*(?:-[ \t]+)*["']?image["']?[ \t]*:[ \t]+/;
/** Signs that no plain scalar starts with, but for the braces of a template. */
const NOT_PLAIN = /^(?:[#&*!|>[]|\{(?!\{))/;
const REST = /^[ \t]*(?:[ \t]#.*)?$/;
const LINE_LENGTH_MAX = 4_096;

/**
 * Values of keys `image` that stand in one line with their value; a text of more than a MiB has none.
 *
 * @param offset where the text starts in its file
 */
export function readImageLines(text: string, offset = 0): readonly ImageLine[] {
  if (text.length > YAML_LENGTH_MAX) return [];
  let start = offset;
  return text.split("\n").flatMap((raw) => {
    const lineStart = start;
    start += raw.length + 1;
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line.length > LINE_LENGTH_MAX) return [];
    const before = LINE.exec(line)?.[0];
    const value = before === undefined ? "" : valueOf(line.slice(before.length));
    if (before === undefined || value === "") return [];
    const quote = /["']/.test(line[before.length] ?? "") ? 1 : 0;
    return [{ value: tracedOf(value, lineStart + before.length + quote) }];
  });
}

/** The value at the start of this, without its quotes; nothing where it is none that ends in this line. */
function valueOf(rest: string): string {
  const [quote = ""] = rest;
  if (quote === "'" || quote === '"') {
    const end = rest.indexOf(quote, 1);
    const value = rest.slice(1, Math.max(1, end));
    const isWhole = end !== -1 && REST.test(rest.slice(end + 1)) && !value.includes("\\");
    return isWhole ? value : "";
  }
  if (NOT_PLAIN.test(rest)) return "";
  const [value = ""] = rest.split(/[ \t]#/, 1);
  return value.trimEnd();
}
