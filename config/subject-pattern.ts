import { InvalidInputError, quote } from "../src/errors.ts";

/** Characters of a pattern at most. */
const LENGTH_MAX = 500;
/**
 * Parts of a pattern that repeat and may take what comes after them too, at most, beside one at its end: what matching costs grows with
 * one power more of the name's length. `[^/]+/` is no such part, `.*@` is one.
 */
const VAGUE_PARTS_MAX = 1;

/** How much of the name a pattern has to fix. `owner`: it begins with scheme, host and a first component of the path, as they are. */
export type FixedStart = "owner" | "none";

/**
 * Checks a regular expression for names of signers, and returns it. It may be made of texts, classes, alternatives in groups and
 * repetitions of single characters; nothing whose cost explodes on a name that somebody made for that.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseSubjectPattern(text: string, start: FixedStart): string {
  const fault = faultOf(text, start);
  if (fault !== undefined) {
    throw new InvalidInputError("config-invalid", `not a pattern of subjects: ${quote(text)}: ${fault}`);
  }
  return text;
}

function faultOf(text: string, start: FixedStart): string | undefined {
  if (text.length > LENGTH_MAX) return `longer than ${LENGTH_MAX} characters`;
  if (!isCompiling(text)) return "not a regular expression";
  const parts = partsIn(text);
  return (
    parts.map(({ fault }) => fault).find((fault) => fault !== undefined) ??
    nestingFault(parts) ??
    vaguenessFault(parts) ??
    (start === "owner" ? startFault(parts) : undefined)
  );
}

function isCompiling(text: string): boolean {
  try {
    return new RegExp(text).source === new RegExp(text, "u").source;
  } catch {
    return false;
  }
}

const KINDS = ["open", "close", "or", "anchor", "atom"] as const;

/** One thing in a pattern. */
interface Part {
  readonly source: string;
  readonly kind: (typeof KINDS)[number];
  readonly quantifier: string;
  /** How deep in groups it stands; a group's brackets stand outside it. */
  readonly depth: number;
  readonly fault?: string;
}

const TOKEN =
  /(?<open>\((?:\?:|\?<(?![=!])[^>]*>|\?(?:[=!]|<[=!])|\?[a-z-]*:)?)|(?<close>\))|(?<or>\|)|(?<anchor>[\^$])|(?<atom>\[(?:\\.|[^\]\\])*\]|\\(?:[pPuk][{<][^}>]*[}>]|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|\d+|.)|[^])/gu;
const QUANTIFIER = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/uy;

/** A pattern that compiles, cut into its parts. */
function partsIn(text: string): readonly Part[] {
  const parts: Part[] = [];
  let depth = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [source] = match;
    const kind = KINDS.find((name) => match?.groups?.[name] !== undefined) ?? "atom";
    if (kind === "close") depth -= 1;
    QUANTIFIER.lastIndex = TOKEN.lastIndex;
    const quantifier = QUANTIFIER.exec(text)?.[0] ?? "";
    TOKEN.lastIndex += quantifier.length;
    const fault = partFault(source, kind);
    parts.push({ source, kind, quantifier, depth, ...(fault === undefined ? {} : { fault }) });
    if (kind === "open") depth += 1;
  }
  return parts;
}

function partFault(source: string, kind: Part["kind"]): string | undefined {
  if (kind === "open" && source !== "(" && source !== "(?:") {
    return `groups that look around, are named or set flags are not supported: ${quote(source)}`;
  }
  if (kind !== "atom") return undefined;
  if (/^\\(?:[1-9]|k)/.test(source)) return "a reference to what a group matched is not supported";
  // What they mean hangs on flags, or they match between characters.
  if (/^\\[bBpPuxc]/.test(source)) return `${quote(source)} is not supported`;
  return undefined;
}

/** Repeating what repeats, or alternatives, is how a name of 50 characters takes for ever. */
function nestingFault(parts: readonly Part[]): string | undefined {
  return parts.some(({ kind, quantifier }) => kind === "close" && isRepeating(quantifier))
    ? "a group that repeats: repeat single characters or classes only"
    : undefined;
}

function isRepeating(quantifier: string): boolean {
  return quantifier !== "" && !quantifier.startsWith("?");
}

function vaguenessFault(parts: readonly Part[]): string | undefined {
  const vague = parts.filter(
    (part, index) =>
      part.kind === "atom" &&
      index < parts.length - 1 &&
      isRepeating(part.quantifier) &&
      !/^\{\d+\}$/.test(part.quantifier) &&
      !isEndedBy(part, parts[index + 1]),
  );
  return vague.length > VAGUE_PARTS_MAX
    ? `more than ${VAGUE_PARTS_MAX} part before its end that takes anything: say what it may hold, as [^/]+ does`
    : undefined;
}

/** Whether a repeated character can only end where the next one begins: then there is one way to match. */
function isEndedBy(repeated: Part, next: Part | undefined): boolean {
  if (next?.kind !== "atom" || next.quantifier !== "") return false;
  const [taken, ending] = [repeated.source, next.source].map((source) => new RegExp(`^${source}$`, "su"));
  return !CHARACTERS.some(
    (character) => taken?.test(character) !== false && ending?.test(character) !== false,
  );
}

/** What names are made of, and one of the rest. */
const CHARACTERS = [...Array.from({ length: 127 }, (_, code) => String.fromCodePoint(code)), "é"];

function startFault(parts: readonly Part[]): string | undefined {
  const start = fixedStartOf(parts);
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]+\/[^/]+\//.test(start)
    ? undefined
    : `it must fix the beginning up to the owner, as https://github\\.com/acme/ does; fixed is ${quote(start)} ` +
        String.raw`(write \. for a dot). Names that have no such beginning: insecureSubjectPattern`;
}

/** The text that every matching name begins with. */
function fixedStartOf(parts: readonly Part[]): string {
  if (parts.some(({ kind, depth }) => kind === "or" && depth === 0)) return "";
  let start = "";
  for (const { source, kind, quantifier } of parts) {
    if (kind === "anchor" && source === "^" && start === "") continue;
    const literal = kind === "atom" ? literalOf(source) : undefined;
    if (literal === undefined || quantifier !== "") break;
    start += literal;
  }
  return start;
}

function literalOf(source: string): string | undefined {
  if (source === "." || source.startsWith("[")) return undefined;
  if (!source.startsWith("\\")) return source;
  return /^\\[^A-Za-z0-9]$/.test(source) ? source.slice(1) : undefined;
}
