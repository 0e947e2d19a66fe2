import { type Traced, tracedOf } from "../traced.ts";
import { YAML_LENGTH_MAX } from "./yaml.ts";

/** A line `image: value` of a text that is no YAML yet, such as a template of one. */
export interface ImageLine {
  /** Without quotes and comment; with whatever the template puts in, as written. */
  readonly value: Traced;
}

const LINE = /^[ \t]*(?:-[ \t]+)*["']?image["']?[ \t]*:[ \t]+(.*)$/;
const VALUE = /^(?:"([^"\\]*)"|'([^']*)'|((?:[^\s"'#&*!|>{[]|\{\{).*?))[ \t]*(?:[ \t]#.*)?$/;

/** Values of keys `image` that stand in one line with their value; a text of more than a MiB has none. */
export function readImageLines(text: string): readonly ImageLine[] {
  if (text.length > YAML_LENGTH_MAX) return [];
  let start = 0;
  return text.split("\n").flatMap((raw) => {
    const lineStart = start;
    start += raw.length + 1;
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line.length > LINE_LENGTH_MAX) return [];
    const [, rest = ""] = LINE.exec(line) ?? [];
    const [, double, single, plain] = VALUE.exec(rest) ?? [];
    const value = double ?? single ?? plain;
    if (value === undefined || value === "") return [];
    const quote = plain === undefined ? 1 : 0;
    return [{ value: tracedOf(value, lineStart + line.length - rest.length + quote) }];
  });
}

const LINE_LENGTH_MAX = 4_096;
