import { quote } from "../../errors.ts";
import { ambiguousMemberOf, parseJson } from "../json.ts";
import { malformed } from "./refused-error.ts";

const DEPTH_MAX = 32;
/** Texts (keys and values), and what opens, closes and parts objects and lists. Everything else of a JSON document can be skipped. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/**
 * Reads a JSON document in which no object has a member twice: readers differ in which of the two counts.
 *
 * @param what what it is, for the message: `envelope`
 * @throws {RefusedError} `candidate-malformed`
 */
export function parseUnambiguousJson(bytes: Uint8Array, what: string): unknown {
  const document = parsed(bytes, what);
  const twice = duplicateMemberOf(new TextDecoder().decode(bytes), what);
  if (twice !== undefined) malformed(`the ${what} has ${quote(twice)} twice`);
  return document;
}

/**
 * Refuses an object that has one of these members under another spelling, which Go reads as the member itself.
 *
 * @throws {RefusedError} `candidate-malformed`
 */
export function expectPlainMembers(document: unknown, names: readonly string[], what: string): void {
  const member = ambiguousMemberOf(document, names);
  if (member !== undefined) malformed(`the ${what} has a member ${quote(member)}`);
}

function parsed(bytes: Uint8Array, what: string): unknown {
  try {
    return parseJson(bytes, what);
  } catch {
    return malformed(`the ${what} is not JSON`);
  }
}

/** The first member that an object of a well-formed document has twice. */
function duplicateMemberOf(json: string, what: string): string | undefined {
  // The names seen in each object that is open; undefined for a list.
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      if (open.length === DEPTH_MAX) malformed(`the ${what} is nested deeper than ${DEPTH_MAX}`);
      open.push(token === "{" ? new Set() : undefined);
      isName = token === "{";
    } else if (token === "}" || token === "]") {
      open.pop();
      isName = false;
    } else if (token === ",") {
      isName = open.at(-1) !== undefined;
    } else if (token === ":") {
      isName = false;
    } else if (isName) {
      const names = open.at(-1);
      const name = String(JSON.parse(token));
      if (names?.has(name) === true) return name;
      names?.add(name);
    }
  }
  return undefined;
}
