import { type Traced, tracedOf } from "./traced.ts";

/** A word, a sign or a string of a program's text; comments and white space are gone. */
export interface Token {
  readonly kind: "word" | "sign" | "string" | "heredoc";
  /** Of a string, what stands between its quotes, as written. */
  readonly text: string;
  /** Where {@link text} starts. */
  readonly start: number;
  /** Whether the characters of the string are what it says: nothing in it is escaped or put in. */
  readonly form: "plain" | "computed";
}

/** What a language looks like, as far as strings are concerned. */
export interface Language {
  /** What starts a comment up to the end of its line. */
  readonly comments: readonly ("#" | "//")[];
  /** Whether there are comments from slash and star to star and slash. */
  readonly blocks: boolean;
  /** Quotes, the longer ones first. */
  readonly quotes: readonly string[];
  /** Quotes in which `\` and `$` mean nothing. */
  readonly rawQuotes: readonly string[];
  /** Whether `<<WORD` starts a text of whole lines. */
  readonly heredocs: boolean;
}

const WORD = /[A-Za-z_][A-Za-z0-9_.-]*/y;
const HEREDOC = /<<[-~]?([A-Za-z_][A-Za-z0-9_]*)[ \t\r]*\n/y;

/** Reads a text as a language's words, signs and strings; a quote that never closes ends at its line's end. Linear in the text. */
export function tokensOf(text: string, language: Language): readonly Token[] {
  const tokens: Token[] = [];
  let position = text.startsWith("\ufeff") ? 1 : 0;
  while (position < text.length) {
    const comment = commentEndOf(text, position, language);
    if (comment !== undefined) {
      position = comment;
      continue;
    }
    const read =
      stringAt(text, position, language) ?? heredocAt(text, position, language) ?? wordAt(text, position);
    if (read !== undefined) {
      tokens.push(read.token);
      position = read.next;
      continue;
    }
    const character = text[position] ?? "";
    if (!/\s/.test(character)) tokens.push({ kind: "sign", text: character, start: position, form: "plain" });
    position += 1;
  }
  return tokens;
}

/** The text of a token, which knows where it stands. */
export function tracedTokenOf({ text, start }: Token): Traced {
  return tracedOf(text, start);
}

interface Read {
  readonly token: Token;
  readonly next: number;
}

function commentEndOf(text: string, position: number, { comments, blocks }: Language): number | undefined {
  if (comments.some((start) => text.startsWith(start, position))) return endOf(text, "\n", position);
  if (!blocks || !text.startsWith("/*", position)) return undefined;
  return endOf(text, "*/", position + 2) + 2;
}

/** Where this stands next, or the end. */
function endOf(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from);
  return at === -1 ? text.length : at;
}

function stringAt(text: string, position: number, { quotes, rawQuotes }: Language): Read | undefined {
  const quote = quotes.find((candidate) => text.startsWith(candidate, position));
  if (quote === undefined) return undefined;
  const isRaw = rawQuotes.includes(quote);
  const start = position + quote.length;
  let end = start;
  let form: Token["form"] = "plain";
  while (end < text.length && !text.startsWith(quote, end)) {
    const character = text[end];
    if (character === "\n" && quote.length === 1 && !isRaw) break;
    if (!isRaw && (character === "\\" || character === "$")) form = "computed";
    end += !isRaw && character === "\\" ? 2 : 1;
  }
  end = Math.min(end, text.length);
  return { token: { kind: "string", text: text.slice(start, end), start, form }, next: end + quote.length };
}

function heredocAt(text: string, position: number, { heredocs }: Language): Read | undefined {
  if (!heredocs || text[position] !== "<") return undefined;
  HEREDOC.lastIndex = position;
  const [head, terminator] = HEREDOC.exec(text) ?? [];
  if (head === undefined) return undefined;
  const start = position + head.length;
  let line = start;
  while (line < text.length) {
    const end = endOf(text, "\n", line);
    if (text.slice(line, end).trim() === terminator) break;
    line = end + 1;
  }
  const body = text.slice(start, line);
  return {
    token: { kind: "heredoc", text: body, start, form: "computed" },
    next: endOf(text, "\n", Math.min(line, text.length)),
  };
}

function wordAt(text: string, position: number): Read | undefined {
  WORD.lastIndex = position;
  const [word] = WORD.exec(text) ?? [];
  if (word === undefined) return undefined;
  return {
    token: { kind: "word", text: word, start: position, form: "plain" },
    next: position + word.length,
  };
}
