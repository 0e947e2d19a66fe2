import { InvalidInputError, quote } from "../errors.ts";
import { SBOM_BYTES_MAX } from "./component.ts";
import { fieldIn, isObject, type JsonObject } from "./json.ts";

/** Wrappers around wrappers: one text in one object is what tools write. */
const WRAPPERS_MAX = 3;

/**
 * The SBOM document inside a predicate: the predicate itself, a text of JSON (what cosign does for type `spdx`), or either in
 * `{Data, Timestamp}` (what cosign does for types of its user's).
 *
 * @throws {InvalidInputError} `sbom-invalid`, naming the notation when it is one that is not read
 */
export function documentOf(predicate: unknown): JsonObject {
  let value = predicate;
  for (let wrappers = 0; wrappers <= WRAPPERS_MAX; wrappers += 1) {
    if (typeof value === "string") value = parsed(value);
    if (!isObject(value)) throw new InvalidInputError("sbom-invalid", "the predicate is not a JSON object");
    const data = fieldIn(value, "Data");
    if (data === undefined || fieldIn(value, "Timestamp") === undefined) return value;
    value = data;
  }
  throw new InvalidInputError("sbom-invalid", `the predicate is wrapped more than ${WRAPPERS_MAX} times`);
}

function parsed(text: string): unknown {
  if (text.length > SBOM_BYTES_MAX) {
    throw new InvalidInputError("sbom-invalid", `the SBOM has more than ${SBOM_BYTES_MAX} bytes`);
  }
  const start = text
    .slice(0, 200)
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (start.startsWith("<")) throw unread("XML");
  if (/^(?:#[^\n]*\n\s*)*SPDXVersion:/.test(start)) throw unread("SPDX tag-value");
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new InvalidInputError("sbom-invalid", `the SBOM is not JSON, it starts with ${quote(start)}`, {
      cause,
    });
  }
}

/** The refusal of a notation that is recognised and not read. */
export function unread(notation: string): InvalidInputError {
  return new InvalidInputError("sbom-invalid", `SBOMs written as ${notation} are not read`);
}
