import type { z } from "zod";
import { parseRecord } from "./asking.ts";

/** How the text of a record is read. @throws {CodedError} `record-invalid` */
export type Reading<Shape> = (key: string, text: string) => Shape;

/** Characters of records that are kept at most, of one kind. */
const CHARS_MAX = 1_000_000;

/**
 * Reads records, and keeps what it read last with its text: a record that Redis still has letter by letter is not read again. Redis is asked each
 * time; only the work on an answer that is the same is spared. What it gives out is frozen, since several hold it.
 */
export function keptReading<Shape>(schema: z.ZodType<Shape>, charsMax: number = CHARS_MAX): Reading<Shape> {
  const kept = new Map<string, { readonly text: string; readonly value: Shape }>();
  let chars = 0;
  const forget = (key: string): void => {
    chars -= kept.get(key)?.text.length ?? 0;
    kept.delete(key);
  };
  return (key, text) => {
    const known = kept.get(key);
    if (known?.text === text) return known.value;
    const value = frozen(parseRecord(key, text, schema));
    forget(key);
    kept.set(key, { text, value });
    chars += text.length;
    for (const oldest of kept.keys()) {
      if (chars <= charsMax) break;
      forget(oldest);
    }
    return value;
  };
}

function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
