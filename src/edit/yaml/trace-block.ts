import { type Traced, concat, tracedOf } from "../traced.ts";
import type { YamlScalar } from "./yaml.ts";

interface Line {
  readonly indent: number;
  /** What follows the indentation, without its line end. */
  readonly content: Traced;
  /** Where the line starts. */
  readonly start: number;
}

/**
 * The value of a literal or folded block scalar; empty for other scalars.
 *
 * @see YAML 1.2.2, 8.1
 */
export function traceBlock(text: string, scalar: YamlScalar): Traced {
  const { block, range, style } = scalar;
  if (block === undefined) return tracedOf("", range.start);
  const header = /^[|>][-+0-9]*/.exec(text.slice(range.start, range.start + 4))?.[0] ?? "";
  const explicit = Number(/[1-9]/.exec(header)?.[0] ?? 0);
  const lines = linesOf(text.slice(block.bodyStart, range.end), block.bodyStart);
  const first = lines.findIndex(({ content }) => content.text !== "");
  const chomp = header.includes("-") ? "strip" : header.includes("+") ? "keep" : "clip";
  const trim = explicit > 0 ? block.parentIndent + explicit : Math.max(0, lines[first]?.indent ?? 0);
  if (first === -1) return chomp === "keep" ? emptyLines(lines) : tracedOf("", range.start);
  let end = lines.length;
  while (end > first && isEmpty(lines[end - 1], trim)) end -= 1;
  const body = lines.slice(first, end);
  const leading = lines
    .slice(0, first)
    .map((line) => concat([indentOf(line, trim), newlineAt(line.start + line.indent)]));
  const value = style === "literal" ? joinLiteral(body, trim) : joinFolded(body, trim);
  return concat([...leading, value, tailOf(lines.slice(end - 1), chomp, trim)]);
}

function linesOf(source: string, start: number): readonly Line[] {
  let at = start;
  return source.split("\n").map((line) => {
    const content = line.endsWith("\r") ? line.slice(0, -1) : line;
    const indent = /^ */.exec(content)?.[0].length ?? 0;
    const lineStart = at;
    at += line.length + 1;
    return { indent, content: tracedOf(content.slice(indent), lineStart + indent), start: lineStart };
  });
}

function isEmpty(line: Line | undefined, trim: number): boolean {
  return line !== undefined && line.content.text === "" && line.indent <= trim;
}

function endOf({ start, indent, content }: Line): number {
  return start + indent + content.text.length;
}

function newlineAt(offset: number, count = 1): Traced {
  return { text: "\n".repeat(count), offsets: Array.from({ length: count }, () => offset) };
}

/** Indentation beyond that of the block belongs to the value. */
function indentOf({ indent, start }: Line, trim: number): Traced {
  return tracedOf(" ".repeat(Math.max(0, indent - trim)), start + Math.min(indent, trim));
}

function joinLiteral(lines: readonly Line[], trim: number): Traced {
  return concat(
    lines.flatMap((line, index) => {
      const previous = lines[index - 1];
      const separator = previous === undefined ? [] : [newlineAt(endOf(previous))];
      return [...separator, indentOf(line, trim), line.content];
    }),
  );
}

/** Lines joined by a space; empty lines and lines indented further keep their line ends. */
function joinFolded(lines: readonly Line[], trim: number): Traced {
  const parts: Traced[] = [];
  let separator = "";
  let isAfterIndented = false;
  let at = lines[0]?.start ?? 0;
  for (const line of lines) {
    const { indent, content } = line;
    if (indent > trim || content.text.startsWith("\t")) {
      if (separator === " ") separator = "\n";
      else if (!isAfterIndented && separator === "\n") separator = "\n\n";
      parts.push(separatorAt(separator, at), indentOf(line, trim), content);
      separator = "\n";
      isAfterIndented = true;
    } else if (content.text === "") {
      if (separator === "\n") parts.push(newlineAt(at));
      else separator = "\n";
    } else {
      parts.push(separatorAt(separator, at), content);
      separator = " ";
      isAfterIndented = false;
    }
    at = endOf(line);
  }
  return concat(parts);
}

function separatorAt(separator: string, offset: number): Traced {
  return { text: separator, offsets: Array.from(separator, () => offset) };
}

/** What is left of the line ends behind the last line, which is the first of these. */
function tailOf(lines: readonly Line[], chomp: "strip" | "keep" | "clip", trim: number): Traced {
  const [last, ...empty] = lines;
  if (chomp === "strip" || last === undefined) return tracedOf("", 0);
  if (chomp === "clip") return newlineAt(endOf(last));
  const kept = empty.map((line, index) =>
    concat([newlineAt(endOf(lines[index] ?? line)), indentOf(line, trim)]),
  );
  const tail = concat(kept);
  return tail.text.endsWith("\n") ? tail : concat([tail, newlineAt(endOf(lines.at(-1) ?? last))]);
}

/** A block of nothing but white space, of which all line ends are kept. */
function emptyLines(lines: readonly Line[]): Traced {
  const [first] = lines;
  const isNothing = lines.length <= 1 && (first?.indent ?? 0) === 0;
  return newlineAt(first?.start ?? 0, isNothing ? 0 : Math.max(1, lines.length - 1));
}
