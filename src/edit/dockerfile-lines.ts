import { type Line, linesOf } from "./lines.ts";
import type { TextRange } from "./occurrence.ts";
import { type Traced, concat, sliceOf, tracedOf } from "./traced.ts";
import { type EscapeToken, unquote, wordTextsOf } from "./words.ts";

/** An instruction of a Dockerfile: comments and line continuations are gone from it. */
export interface Instruction {
  /** `ONBUILD` is taken away from `COPY`, `ADD` and `RUN`. */
  readonly keyword: "from" | "arg" | "copy" | "add" | "run" | "other";
  /** What follows the keyword and its white space. */
  readonly operands: Traced;
  /** Lines of its heredocs. */
  readonly heredocs: readonly TextRange[];
}

/** The instructions of a Dockerfile that may name images, in order, and what its directives say. */
export interface DockerfileText {
  readonly escape: EscapeToken;
  /** The image that reads the file, where a directive names one. */
  readonly syntax?: Traced;
  readonly instructions: readonly Instruction[];
}

/** White space of instructions: other than in most places, no-break spaces and the like are none. */
const KEYWORD = /^[\t\v\f\r ]*([^\t\v\f\r ]+)[\t\v\f\r ]*(.*)$/s;

/**
 * Reads a Dockerfile as BuildKit does.
 *
 * Not with dockerfile-ast: version 0.7.1 takes a doubled escape at the end of a line for a continuation, a lone carriage return
 * for a line end, and `<<` inside an exec form for a heredoc; each of the three hides a `FROM` or invents one.
 *
 * @see BuildKit frontend/dockerfile/parser/parser.go, Parse
 */
export function readDockerfile(text: string): DockerfileText {
  const lines = linesOf(text).map(({ start, text: line }) => ({ start, text: trimCarriageReturns(line) }));
  const directives = directivesOf(lines);
  const escape = directives.get("escape")?.text.trim() === "`" ? "`" : "\\";
  const syntax = directives.get("syntax");
  const instructions: Instruction[] = [];
  let next = 0;
  while (next < lines.length) {
    const logical = joinLines(lines, next, escape);
    const joined = logical.parts.map(({ text: part }) => part).join("");
    const { keyword, rest } = splitKeyword(joined);
    const first = logical.next;
    next = skipHeredocs(lines, first, heredocsOf(keyword, rest, escape));
    const heredocs = next > first ? [linesBetween(lines, first, next)] : [];
    const known = KNOWN.find((name) => name === keyword) ?? "other";
    // Most instructions have no flag that matters: they are not traced.
    if (known === "other" && heredocs.length === 0) continue;
    if (!(known === "from" || known === "arg" || heredocs.length > 0 || /from=/i.test(rest))) continue;
    const traced = concat(logical.parts.map((part) => tracedOf(part.text, part.start)));
    instructions.push({ keyword: known, operands: sliceOf(traced, joined.length - rest.length), heredocs });
  }
  return { escape, ...(syntax === undefined ? {} : { syntax: firstWordOf(syntax) }), instructions };
}

const KNOWN = ["from", "arg", "copy", "add", "run"] as const;
const HEREDOC_KEYWORDS = new Set(["add", "copy", "run"]);

function splitKeyword(instruction: string): { readonly keyword: string; readonly rest: string } {
  const [, keyword = "", rest = ""] = KEYWORD.exec(instruction) ?? [];
  if (keyword.toLowerCase() !== "onbuild") return { keyword: keyword.toLowerCase(), rest };
  const [, inner = "", operands = ""] = KEYWORD.exec(rest) ?? [];
  const name = inner.toLowerCase();
  return HEREDOC_KEYWORDS.has(name) ? { keyword: name, rest: operands } : { keyword: "onbuild", rest };
}

function linesBetween(lines: readonly Line[], first: number, next: number): TextRange {
  const last = lines[next - 1];
  return { start: lines[first]?.start ?? 0, end: last === undefined ? 0 : last.start + last.text.length };
}

function firstWordOf(value: Traced): Traced {
  const space = value.text.search(/\s/);
  return space === -1 ? value : sliceOf(value, 0, space);
}

function trimCarriageReturns(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === "\r") end -= 1;
  return line.slice(0, end);
}

const DIRECTIVES = new Set(["escape", "syntax", "check"]);

/** Directives stand at the very top; the first line that is none ends them. The first of a name counts. */
function directivesOf(lines: readonly Line[]): ReadonlyMap<string, Traced> {
  const directives = new Map<string, Traced>();
  for (const { text, start } of lines) {
    const [, head = "", name = "", value = ""] =
      /^(#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*)(\S.*)$/.exec(text) ?? [];
    const directive = name.toLowerCase();
    if (!DIRECTIVES.has(directive)) break;
    if (!directives.has(directive)) directives.set(directive, tracedOf(value, start + head.length));
  }
  return directives;
}

/** The line and those it continues on: comments and empty lines between them are left out. */
function joinLines(
  lines: readonly Line[],
  first: number,
  escape: EscapeToken,
): { readonly parts: readonly Line[]; readonly next: number } {
  const parts: Line[] = [];
  let next = first;
  while (next < lines.length) {
    const line = lines[next];
    next += 1;
    if (line === undefined) break;
    const trimmed = line.text.trimStart();
    const isSkipped = trimmed === "" || trimmed.startsWith("#");
    if (isSkipped && parts.length === 0) break;
    if (isSkipped) continue;
    const end = continuationOf(line.text, escape);
    parts.push({ start: line.start, text: line.text.slice(0, end) });
    if (end === undefined) break;
  }
  return { parts, next };
}

/** Where the escape token that continues the line stands; undefined when the line ends here. */
function continuationOf(line: string, escape: EscapeToken): number | undefined {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end -= 1;
  return line[end - 1] === escape && line[end - 2] !== escape ? end - 1 : undefined;
}

interface Heredoc {
  readonly terminator: string;
  /** `<<-`: tabs before the terminator do not count. */
  readonly chomp: "tabs" | "nothing";
}

/** @see BuildKit frontend/dockerfile/parser/parser.go, heredocsFromLine and ParseHeredoc */
function heredocsOf(keyword: string, operands: string, escape: EscapeToken): readonly Heredoc[] {
  if (!HEREDOC_KEYWORDS.has(keyword) || !operands.includes("<<")) return [];
  const words = wordTextsOf(operands, escape);
  if (isExecForm(operands, words)) return [];
  return words.flatMap((word) => {
    const [, dash, name = ""] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    if (name === "") return [];
    // BuildKit takes the backslash here, whatever the directive says.
    return [{ terminator: unquote(name, "\\"), chomp: dash === "-" ? "tabs" : "nothing" }];
  });
}

/** `["sh", "-c", "…"]`, after the flags: a JSON list of strings. */
function isExecForm(operands: string, words: readonly string[]): boolean {
  const firstWord = words.find((word) => !word.startsWith("--"));
  if (firstWord?.startsWith("[") !== true) return false;
  try {
    const parsed: unknown = JSON.parse(operands.slice(operands.indexOf(firstWord)));
    return Array.isArray(parsed) && parsed.every((argument) => typeof argument === "string");
  } catch {
    // Not JSON: BuildKit runs it in a shell, too.
    return false;
  }
}

/** A heredoc that nobody ends swallows the rest: such a file cannot be built. */
function skipHeredocs(lines: readonly Line[], first: number, heredocs: readonly Heredoc[]): number {
  let next = first;
  for (const { terminator, chomp } of heredocs) {
    while (next < lines.length) {
      const text = lines[next]?.text ?? "";
      next += 1;
      if ((chomp === "tabs" ? text.replace(/^\t+/, "") : text) === terminator) break;
    }
  }
  return next;
}
