import { InvalidInputError, quote } from "../errors.ts";

/**
 * Regular expressions in time that grows with the length of what they are held against, whoever chose it: JavaScript's own go back and try
 * again, for minutes where a pattern has nested repetitions. What cannot be done without going back (references, looking around) is not understood.
 */

/** Characters of a pattern at most. */
export const PATTERN_LENGTH_MAX = 1_024;
/** Steps of a pattern at most; a counted repetition has its steps as often as it counts. */
const STEPS_MAX = 4_096;
const DEPTH_MAX = 32;
const COUNT_MAX = 256;

/** One step: what to read or where to go next. The last one is where a match ends. */
type Step =
  | { readonly kind: "read"; readonly isMeant: (character: string) => boolean }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  /** Goes on at each of these, relative to this step. */
  | { readonly kind: "go"; readonly by: readonly number[] };

/** A pattern that was read. */
export type Pattern = readonly Step[];

/**
 * Reads a regular expression: characters, `.`, classes, escapes, groups, alternatives, repetitions, `^` and `$`.
 *
 * @throws {InvalidInputError} `config-invalid` for what is none, or is not understood
 */
export function parsePattern(source: string): Pattern {
  if (source.length > PATTERN_LENGTH_MAX) {
    throw invalid(source, `longer than ${PATTERN_LENGTH_MAX} characters`);
  }
  const tokens = tokensOf(source);
  const reader: Reader = { source, tokens, position: 0, depth: 0 };
  const steps = alternativesOf(reader);
  if (reader.position < tokens.length) throw invalid(source, "a group is closed that was not opened");
  return steps;
}

/** Whether all of a text matches. */
export function isMatchedBy(pattern: Pattern, text: string): boolean {
  const characters = Array.from(text);
  let places = reached(pattern, [0], { isStart: true, isEnd: characters.length === 0 });
  for (const [position, character] of characters.entries()) {
    const next: number[] = [];
    for (const place of places) {
      const step = pattern[place];
      if (step?.kind === "read" && step.isMeant(character)) next.push(place + 1);
    }
    if (next.length === 0) return false;
    places = reached(pattern, next, { isStart: false, isEnd: position + 1 === characters.length });
  }
  return places.has(pattern.length);
}

/** Where one can stand without reading anything more: each step once, whatever way leads there. */
function reached(
  pattern: Pattern,
  from: readonly number[],
  at: { readonly isStart: boolean; readonly isEnd: boolean },
): ReadonlySet<number> {
  const seen = new Set<number>();
  const open = [...from];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (seen.has(place)) continue;
    seen.add(place);
    const step = pattern[place];
    if (step?.kind === "go") open.push(...step.by.map((by) => (place ?? 0) + by));
    else if ((step?.kind === "start" && at.isStart) || (step?.kind === "end" && at.isEnd))
      open.push(place + 1);
  }
  return seen;
}

const TOKEN =
  /\\(?:[dDwWsS]|[^\w\s])|\[\^?(?:\\(?:[dDwWsS]|[^\w\s])|[^\]\\[])+\]|\((?:\?:)?|[)|^$.]|[*+?]\??|\{\d{1,3}(?:,\d{0,3})?\}\??|[^\\[\](){}|^$.*+?]/gu;

function tokensOf(source: string): readonly string[] {
  const tokens = source.match(TOKEN) ?? [];
  if (tokens.join("") !== source) throw invalid(source, "it holds what is not understood");
  return tokens;
}

interface Reader {
  readonly source: string;
  readonly tokens: readonly string[];
  position: number;
  depth: number;
}

function alternativesOf(reader: Reader): Step[] {
  const alternatives = [sequenceOf(reader)];
  while (reader.tokens[reader.position] === "|") {
    reader.position += 1;
    alternatives.push(sequenceOf(reader));
  }
  return alternatives.reduceRight((rest, own) => [
    { kind: "go", by: [1, own.length + 2] },
    ...own,
    { kind: "go", by: [rest.length + 1] },
    ...rest,
  ]);
}

function sequenceOf(reader: Reader): Step[] {
  const steps: Step[] = [];
  for (;;) {
    const token = reader.tokens[reader.position];
    if (token === undefined || token === "|" || token === ")") return steps;
    reader.position += 1;
    const atom = atomOf(token, reader);
    steps.push(...repeatedOf(atom, reader));
    if (steps.length > STEPS_MAX) throw invalid(reader.source, "it is too large");
  }
}

function atomOf(token: string, reader: Reader): Step[] {
  if (token === "^") return [{ kind: "start" }];
  if (token === "$") return [{ kind: "end" }];
  if (/^[*+?{)]/.test(token)) throw invalid(reader.source, "nothing stands before a repetition");
  if (!token.startsWith("(")) return [{ kind: "read", isMeant: readerOf(token, reader) }];
  reader.depth += 1;
  if (reader.depth > DEPTH_MAX) throw invalid(reader.source, "its groups are too deep");
  const steps = alternativesOf(reader);
  if (reader.tokens[reader.position] !== ")") throw invalid(reader.source, "a group is not closed");
  reader.position += 1;
  reader.depth -= 1;
  return steps;
}

/** What one character must be: as JavaScript has it, of a single character there is no way back. */
function readerOf(token: string, { source }: Reader): (character: string) => boolean {
  try {
    const expression = new RegExp(`^${token}$`, "u");
    return (character) => expression.test(character);
  } catch (thrown) {
    throw invalid(source, "it holds a class that is none", thrown);
  }
}

const REPETITION = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??$/;

function repeatedOf(atom: Step[], reader: Reader): Step[] {
  const [, sign, least, comma, most] = REPETITION.exec(reader.tokens[reader.position] ?? "") ?? [];
  if (sign === undefined && least === undefined) return atom;
  reader.position += 1;
  if (REPETITION.test(reader.tokens[reader.position] ?? "")) {
    throw invalid(reader.source, "a repetition is repeated");
  }
  const from = sign === undefined ? Number(least) : sign === "+" ? 1 : 0;
  const to = upTo(sign, { from, comma, most });
  if (from > COUNT_MAX || (to !== undefined && (to > COUNT_MAX || to < from))) {
    throw invalid(reader.source, "a repetition counts wrongly, or too far");
  }
  const optional = to === undefined ? 1 : to - from;
  if (atom.length * (from + optional) > STEPS_MAX) throw invalid(reader.source, "it is too large");
  const needed = Array.from({ length: from }, () => atom).flat();
  if (to === undefined) {
    return [
      ...needed,
      { kind: "go", by: [1, atom.length + 2] },
      ...atom,
      { kind: "go", by: [-(atom.length + 1)] },
    ];
  }
  const each: Step[] = [{ kind: "go", by: [1, atom.length + 1] }, ...atom];
  return [...needed, ...Array.from({ length: optional }, () => each).flat()];
}

function upTo(
  sign: string | undefined,
  {
    from,
    comma,
    most,
  }: { readonly from: number; readonly comma?: string | undefined; readonly most?: string | undefined },
): number | undefined {
  if (sign !== undefined) return sign === "?" ? 1 : undefined;
  if (comma === undefined) return from;
  return most === undefined || most === "" ? undefined : Number(most);
}

function invalid(source: string, reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError("config-invalid", `pattern ${quote(source)}: ${reason}`, { cause });
}
