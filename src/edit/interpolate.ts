import { EMPTY, type Traced, concat, sliceOf } from "./traced.ts";

/** What a variable is worth; undefined where that is not known. */
export type ValueOf = (name: string) => Traced | undefined;

/** Characters a text may have before and after its variables are put in. */
export const INTERPOLATED_LENGTH_MAX = 65_536;
const DEPTH_MAX = 8;

/**
 * A text of a Compose file with its variables put in; undefined when one is needed that has no value and no default, the text is not well
 * formed, or longer than {@link INTERPOLATED_LENGTH_MAX}.
 *
 * @see compose-spec, 12-interpolation.md: `$X`, `${X}`, `${X:-y}`, `${X-y}`, `${X:?e}`, `${X?e}`, `${X:+y}`, `${X+y}`, `$$`
 */
export function interpolate(source: Traced, valueOf: ValueOf, depth = 0): Traced | undefined {
  if (source.text.length > INTERPOLATED_LENGTH_MAX || depth > DEPTH_MAX) return undefined;
  const parts: Traced[] = [];
  let length = 0;
  let position = 0;
  while (position < source.text.length) {
    const dollar = source.text.indexOf("$", position);
    const end = dollar === -1 ? source.text.length : dollar;
    const read = dollar === -1 ? { value: EMPTY, end } : readVariable(source, dollar, valueOf, depth);
    if (read === undefined) return undefined;
    parts.push(sliceOf(source, position, end), read.value);
    length += end - position + read.value.text.length;
    if (length > INTERPOLATED_LENGTH_MAX) return undefined;
    position = read.end;
  }
  return concat(parts);
}

interface Read {
  readonly value: Traced;
  readonly end: number;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

function readVariable(source: Traced, dollar: number, valueOf: ValueOf, depth: number): Read | undefined {
  const next = source.text[dollar + 1];
  if (next === "$") return { value: sliceOf(source, dollar + 1, dollar + 2), end: dollar + 2 };
  const nameStart = next === "{" ? dollar + 2 : dollar + 1;
  NAME.lastIndex = nameStart;
  const name = NAME.exec(source.text)?.[0];
  if (name === undefined) return undefined;
  const nameEnd = nameStart + name.length;
  const value = valueOf(name);
  if (next !== "{") return value && { value, end: nameEnd };
  const close = closeOf(source.text, nameEnd);
  if (close === undefined) return undefined;
  const chosen = chooseValue(sliceOf(source, nameEnd, close), value, (alternative) =>
    interpolate(alternative, valueOf, depth + 1),
  );
  return chosen && { value: chosen, end: close + 1 };
}

/** Where the brace stands that closes the one before this position. */
function closeOf(text: string, from: number): number | undefined {
  let depth = 1;
  for (let position = from; position < text.length; position += 1) {
    if (text[position] === "}") depth -= 1;
    else if (text.startsWith("${", position)) depth += 1;
    if (depth === 0) return position;
  }
  return undefined;
}

/** @param rest what follows the name: nothing, or an operator with its alternative */
function chooseValue(
  rest: Traced,
  value: Traced | undefined,
  expand: (alternative: Traced) => Traced | undefined,
): Traced | undefined {
  if (rest.text === "") return value;
  const [operator] = /^:?[-?+]/.exec(rest.text) ?? [];
  if (operator === undefined) return undefined;
  const isSet = value !== undefined && !(operator.startsWith(":") && value.text === "");
  const alternative = sliceOf(rest, operator.length);
  if (operator.endsWith("-")) return isSet ? value : expand(alternative);
  if (operator.endsWith("?")) return isSet ? value : undefined;
  return isSet ? expand(alternative) : EMPTY;
}
