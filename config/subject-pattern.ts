import { InvalidInputError, quote } from "../src/errors.ts";
import { parsePattern } from "../src/trust/pattern.ts";

/** How much of the name a pattern has to fix. `owner`: it begins with scheme, host and a first component of the path, as they are. */
export type FixedStart = "owner" | "none";

/**
 * Checks a regular expression for names of signers, and returns it. What it costs to hold it against a name grows with the name's length
 * only, so every pattern that is understood is taken that fixes enough.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function parseSubjectPattern(text: string, start: FixedStart): string {
  parsePattern(text);
  const fault = start === "owner" ? startFault(text) : undefined;
  if (fault === undefined) return text;
  throw new InvalidInputError("config-invalid", `not a pattern of subjects: ${quote(text)}: ${fault}`);
}

function startFault(text: string): string | undefined {
  const start = fixedStartOf(text);
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]+\/[^/]+\//.test(start)
    ? undefined
    : `it must fix the beginning up to the owner, as https://github\\.com/acme/ does; fixed is ${quote(start)} ` +
        String.raw`(write \. for a dot). Names that have no such beginning: insecureSubjectPattern`;
}

/** A character that means itself, bare or escaped. */
const LITERAL = /^(?:\\(?<escaped>[^\w\s])|(?<bare>[^\\[\](){}|^$.*+?]))/u;
const REPETITION = /^[*+?{]/;

/** The text that every matching name begins with. */
function fixedStartOf(text: string): string {
  if (hasAlternativesOutside(text)) return "";
  let rest = text.replace(/^\^/, "");
  let start = "";
  for (let match = LITERAL.exec(rest); match !== null; match = LITERAL.exec(rest)) {
    rest = rest.slice(match[0].length);
    if (REPETITION.test(rest)) break;
    start += match.groups?.["escaped"] ?? match.groups?.["bare"] ?? "";
  }
  return start;
}

/** Whether there is a `|` outside of all groups: what stands before it fixes nothing. */
function hasAlternativesOutside(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[^]/gu)) {
    if (token === "(") depth += 1;
    else if (token === ")") depth -= 1;
    else if (token === "|" && depth === 0) return true;
  }
  return false;
}
