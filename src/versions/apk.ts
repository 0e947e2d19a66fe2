import { compareCounts, compareDigits, compareTexts, type Order } from "./order.ts";

/** Kinds of token, from the one that makes a version greater to the one that makes it smaller, where two versions part. */
const RANK = {
  initial: 0,
  digits: 1,
  letter: 2,
  suffix: 3,
  suffixNumber: 4,
  hash: 5,
  revision: 6,
  end: 7,
  malformed: 8,
} as const;

type Kind = keyof typeof RANK;

interface Token {
  readonly kind: Kind;
  /** Without its mark (`.`, `_`, `~`, `-r`). */
  readonly text: string;
  /** Where the next token starts. */
  readonly next: number;
}

/** Suffixes in ascending order. The first {@link PRE_RELEASE_COUNT} stand below no suffix at all. */
const SUFFIXES = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const PRE_RELEASE_COUNT = 4;

const DIGITS = /\d+/y;
const DOT_DIGITS = /\.(\d+)/y;
const LETTER = /[a-z]/y;
const SUFFIX = /_([a-z]+)/y;
const HASH = /~([0-9a-f]+)/y;
const REVISION = /-r(\d+)/y;

/**
 * Orders two versions as apk-tools 3 does, except that digits may follow a letter as in apk-tools 2: BellSoft published
 * `8u372_p7-r0`, and version 3 calls any two of those equal.
 *
 * Like apk, it decides at the first token that differs; what stands behind it is not looked at.
 *
 * @returns undefined when it comes to text that is no token
 * @see apk-tools src/version.c
 */
export function compareApk(a: string, b: string): Order | undefined {
  let left = firstToken(a);
  let right = firstToken(b);
  while (left.kind === right.kind && left.kind !== "end" && left.kind !== "malformed") {
    const order = compareTokens(left, right);
    if (order !== 0) return order;
    left = nextToken(a, left);
    right = nextToken(b, right);
  }
  if (left.kind === "malformed" || right.kind === "malformed") return undefined;
  if (left.kind === right.kind) return 0;
  if (isPreRelease(left)) return -1;
  if (isPreRelease(right)) return 1;
  return RANK[left.kind] > RANK[right.kind] ? -1 : 1;
}

function firstToken(text: string): Token {
  return match(DIGITS, text, 0, "initial") ?? malformed(0);
}

function nextToken(text: string, after: Token): Token {
  const at = after.next;
  const rank = RANK[after.kind];
  if (at === text.length) return { kind: "end", text: "", next: at };
  const token =
    (rank <= RANK.digits
      ? (match(LETTER, text, at, "letter") ?? match(DOT_DIGITS, text, at, "digits"))
      : undefined) ??
    (after.kind === "letter" ? match(DIGITS, text, at, "digits") : undefined) ??
    (after.kind === "suffix" ? match(DIGITS, text, at, "suffixNumber") : undefined) ??
    (rank <= RANK.suffixNumber ? match(SUFFIX, text, at, "suffix") : undefined) ??
    (rank <= RANK.suffixNumber ? match(HASH, text, at, "hash") : undefined) ??
    (rank <= RANK.hash ? match(REVISION, text, at, "revision") : undefined);
  if (token === undefined || (token.kind === "suffix" && !SUFFIXES.includes(token.text)))
    return malformed(at);
  return token;
}

function match(pattern: RegExp, text: string, at: number, kind: Kind): Token | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? undefined : { kind, text: found[1] ?? found[0], next: at + found[0].length };
}

function malformed(at: number): Token {
  return { kind: "malformed", text: "", next: at };
}

function isPreRelease(token: Token): boolean {
  return token.kind === "suffix" && SUFFIXES.indexOf(token.text) < PRE_RELEASE_COUNT;
}

/** Orders two tokens of one kind. */
function compareTokens(left: Token, right: Token): Order {
  switch (left.kind) {
    case "initial":
    case "suffixNumber":
    case "revision":
      return compareDigits(left.text, right.text);
    case "digits":
      // `1.0015` is a fraction, not fifteen: with a leading zero on either side they are compared as text.
      return left.text.startsWith("0") || right.text.startsWith("0")
        ? compareTexts(left.text, right.text)
        : compareDigits(left.text, right.text);
    case "suffix":
      return compareCounts(SUFFIXES.indexOf(left.text), SUFFIXES.indexOf(right.text));
    case "letter":
    case "hash":
      return compareTexts(left.text, right.text);
    case "end":
    case "malformed":
      return 0;
    default:
      return left.kind satisfies never;
  }
}
