import { InvalidInputError, messageOf } from "../errors.ts";

/**
 * Reads a JSON document as the Go programs that verify the same bytes would: UTF-8, and no byte order mark.
 *
 * @param what what it is, for the message: `signature payload`
 * @throws {InvalidInputError} `statement-invalid`
 */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (thrown) {
    throw new InvalidInputError("statement-invalid", `the ${what} is not JSON: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/**
 * The first member whose name equals one of these names only if case is ignored. Go's JSON reader folds case and lets the last
 * one win, so a document with such a member says one thing to us and another to cosign: nobody writes one by accident.
 */
export function ambiguousMemberOf(document: unknown, names: readonly string[]): string | undefined {
  if (typeof document !== "object" || document === null) return undefined;
  return Object.keys(document).find(
    (member) => !names.includes(member) && names.some((name) => folded(name) === folded(member)),
  );
}

function folded(name: string): string {
  // Both ways: Go also folds the long s (only upper-casing maps it) and the Kelvin sign (only lower-casing does).
  return name.toUpperCase().toLowerCase();
}
