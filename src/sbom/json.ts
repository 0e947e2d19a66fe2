/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The non-empty text of a field of the object's own; undefined when it is anything else, or longer than any real one. */
export function textIn(value: unknown, field: string, lengthMax = 2_000): string | undefined {
  const text = fieldIn(value, field);
  return typeof text === "string" && text !== "" && text.length <= lengthMax ? text : undefined;
}

/** The entries of a field of the object's own; empty when it is no list. */
export function listIn(value: unknown, field: string): readonly unknown[] {
  const list = fieldIn(value, field);
  return Array.isArray(list) ? list : [];
}

/** What a field of the object's own holds. */
export function fieldIn(value: unknown, field: string): unknown {
  return isObject(value) && Object.hasOwn(value, field) ? value[field] : undefined;
}
