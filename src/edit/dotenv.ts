import type { FileFormat } from "./format.ts";
import { type ValueOf, interpolate } from "./interpolate.ts";
import { type Traced, tracedOf } from "./traced.ts";

const LINE = /^([ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*)(.*)$/;
const LENGTH_MAX = 262_144;
/** Variables that double each other stop here. */
const VALUE_LENGTH_MAX = 1_024;

/**
 * Values of a `.env` file by name, the last of each name; values that reach over several lines are left out.
 *
 * @param offset added to every place
 * @see compose-go dotenv: `export`, both quotes, comments behind white space, variables outside single quotes
 */
export function readDotenv(text: string, offset: number): ReadonlyMap<string, Traced> {
  const values = new Map<string, Traced>();
  if (text.length > LENGTH_MAX) return values;
  let start = text.startsWith("\ufeff") ? 1 : 0;
  for (const raw of text.slice(start).split("\n")) {
    const lineStart = start;
    start += raw.length + 1;
    const [, before = "", name, rest = ""] = LINE.exec(raw.endsWith("\r") ? raw.slice(0, -1) : raw) ?? [];
    if (name === undefined) continue;
    const value = valueOf(rest, offset + lineStart + before.length, (other) => values.get(other));
    if (value === undefined || value.text.length > VALUE_LENGTH_MAX) values.delete(name);
    else values.set(name, value);
  }
  return values;
}

function valueOf(rest: string, offset: number, known: ValueOf): Traced | undefined {
  const [, quote, quoted] = /^(["'])(.*?)\1[ \t]*(?:#.*)?$/.exec(rest) ?? [];
  if (quote === "'" && quoted !== undefined) return tracedOf(quoted, offset + 1);
  // Escapes of double quotes have no business in the name of an image.
  if (quote === '"' && quoted?.includes("\\") === false)
    return interpolate(tracedOf(quoted, offset + 1), known);
  if (/^["']/.test(rest)) return undefined;
  const [plain = ""] = rest.split(/[ \t]#/, 1);
  return interpolate(tracedOf(plain.startsWith("#") ? "" : plain.trimEnd(), offset), known);
}

/** `.env` files: read for the Compose files beside them, which alone say what a value is for. */
export const DOTENV: FileFormat = {
  id: "dotenv",
  isNamed: (path) => /(?:^|\/)\.env$/.test(path),
  occurrencesIn: () => [],
};
