import { InvalidInputError } from "../errors.ts";
import { type Pattern, isMatchedBy, parsePattern } from "./pattern.ts";
import type { SubjectMatch } from "./policy.ts";

/** Characters of a name that is looked at, at most. */
export const SUBJECT_LENGTH_MAX = 2_048;

/**
 * Whether a name is meant: all of it. A pattern that cannot be read means nobody.
 */
export function isMatch(match: SubjectMatch, name: string): boolean {
  if (name.length > SUBJECT_LENGTH_MAX) return false;
  switch (match.kind) {
    case "exact":
      return match.text === name;
    case "pattern": {
      const pattern = patternOf(match.source);
      return pattern !== undefined && isMatchedBy(pattern, name);
    }
    default:
      return match satisfies never;
  }
}

function patternOf(source: string): Pattern | undefined {
  try {
    return parsePattern(source);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return undefined;
    throw thrown;
  }
}
