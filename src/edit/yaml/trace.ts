import { type Traced, sliceOf, tracedOf } from "../traced.ts";
import { traceBlock } from "./trace-block.ts";
import type { YamlScalar } from "./yaml.ts";

/**
 * The value of a scalar, with the place of each of its characters in the text. What several characters stand for (an escape, a folded
 * line end) has the place of the first of them.
 */
export function traceOf(text: string, scalar: YamlScalar): Traced {
  const traced = decode(text, scalar);
  if (traced.text === scalar.value) return traced;
  // Not to be reached: the reading above follows the parser's. A text without places can be read and never edited.
  return { text: scalar.value, offsets: Array.from(scalar.value, () => scalar.range.start) };
}

function decode(text: string, scalar: YamlScalar): Traced {
  const { start, end } = scalar.range;
  switch (scalar.style) {
    case "plain":
      return unfold(tracedOf(text.slice(start, end), start));
    case "single-quoted":
      return undouble(unfold(tracedOf(text.slice(start + 1, end - 1), start + 1)));
    case "double-quoted":
      return decodeDoubleQuoted(text, start + 1, end - 1);
    case "literal":
    case "folded":
      return traceBlock(text, scalar);
    default:
      return scalar.style satisfies never;
  }
}

/** Characters one by one, each with its place. */
class Builder {
  readonly #parts: string[] = [];
  readonly #offsets: number[] = [];

  push(characters: string, offset: number): void {
    this.#parts.push(characters);
    for (let count = 0; count < characters.length; count += 1) this.#offsets.push(offset);
  }

  build(): Traced {
    return { text: this.#parts.join(""), offsets: this.#offsets };
  }
}

/** Lines joined by a space, empty lines kept as line ends, white space around line ends gone. */
function unfold(source: Traced): Traced {
  if (!source.text.includes("\n")) return source;
  const built = new Builder();
  const pattern = /[ \t]*\r?\n[ \t]*(?:\r?\n[ \t]*)*/g;
  let done = 0;
  for (const { 0: fold, index } of source.text.matchAll(pattern)) {
    pushAll(built, sliceOf(source, done, index));
    const lineEnds = fold.split("\n").length - 1;
    built.push(lineEnds === 1 ? " " : "\n".repeat(lineEnds - 1), source.offsets[index] ?? 0);
    done = index + fold.length;
  }
  pushAll(built, sliceOf(source, done));
  return built.build();
}

function pushAll(built: Builder, { text, offsets }: Traced): void {
  for (const [position, offset] of offsets.entries()) built.push(text[position] ?? "", offset);
}

/** `''` is one quote. */
function undouble(source: Traced): Traced {
  if (!source.text.includes("''")) return source;
  const built = new Builder();
  for (let position = 0; position < source.text.length; position += 1) {
    const character = source.text[position] ?? "";
    built.push(character, source.offsets[position] ?? 0);
    if (character === "'" && source.text[position + 1] === "'") position += 1;
  }
  return built.build();
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["e", "\x1b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
  [" ", " "],
  ['"', '"'],
  ["/", "/"],
  ["\\", "\\"],
  ["\t", "\t"],
]);
const CODE = /\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})/y;
const ESCAPED_LINE_END = /\\\r?\n[ \t]*/y;
const FOLD = /[ \t]*\r?\n(?:[ \t]|\r?\n)*/y;
const WHITE_SPACE = /[ \t]+/y;

/** @see YAML 1.2.2, 7.3.1 */
function decodeDoubleQuoted(text: string, start: number, end: number): Traced {
  const built = new Builder();
  let position = start;
  const matchAt = (pattern: RegExp): string => {
    pattern.lastIndex = position;
    return pattern.exec(text)?.[0] ?? "";
  };
  while (position < end) {
    const character = text[position] ?? "";
    if (character === "\\") {
      const { taken, meant } = readEscape(matchAt, text[position + 1] ?? "");
      built.push(meant, position);
      position += taken;
      continue;
    }
    const fold = /[ \t\r\n]/.test(character) ? matchAt(FOLD) : "";
    const space = fold === "" ? matchAt(WHITE_SPACE) : "";
    if (fold !== "") {
      const lineEnds = fold.split("\n").length - 1;
      built.push(lineEnds === 1 ? " " : "\n".repeat(lineEnds - 1), position);
      position += fold.length;
    } else {
      // White space in one go: looking for a line end behind each of its characters would take its square.
      const plain = space === "" ? character : space;
      pushAll(built, tracedOf(plain, position));
      position += plain.length;
    }
  }
  return built.build();
}

function readEscape(
  matchAt: (pattern: RegExp) => string,
  next: string,
): { readonly taken: number; readonly meant: string } {
  const lineEnd = matchAt(ESCAPED_LINE_END);
  if (lineEnd !== "") return { taken: lineEnd.length, meant: "" };
  const code = matchAt(CODE);
  if (code === "") return { taken: 2, meant: ESCAPES.get(next) ?? `\\${next}` };
  const point = Number.parseInt(code.slice(2), 16);
  return { taken: code.length, meant: point > 0x10_ff_ff ? code : String.fromCodePoint(point) };
}
