import type { SubjectMatch } from "./policy.ts";

/** Characters of a certified name that is looked at, at most. */
export const SUBJECT_LENGTH_MAX = 2_048;

/** Whether a certified name is meant: all of it. */
export function isMatch(match: SubjectMatch, name: string): boolean {
  if (name.length > SUBJECT_LENGTH_MAX) return false;
  switch (match.kind) {
    case "exact":
      return match.text === name;
    case "pattern":
      return new RegExp(`^(?:${match.source})$`, "u").test(name);
    default:
      return match satisfies never;
  }
}
