import { EMPTY, type Traced, concat, sliceOf } from "./traced.ts";
import type { EscapeToken } from "./words.ts";

/** Values of variables by name; a name that is declared without a value is absent. */
export type Variables = ReadonlyMap<string, Traced>;

/** Characters a word may have before and after it is expanded; variables that double each other stop here. */
export const WORD_LENGTH_MAX = 4_096;

/**
 * A word with quotes and escapes taken away and variables put in; undefined when a variable has no value here, uses an operator
 * other than `:-`, `-`, `:+`, `+`, or the result is longer than {@link WORD_LENGTH_MAX}.
 *
 * @see BuildKit frontend/dockerfile/shell/lex.go
 */
export function expand(word: Traced, variables: Variables, escape: EscapeToken): Traced | undefined {
  if (word.text.length > WORD_LENGTH_MAX) return undefined;
  const reader = new WordReader(word, variables, escape);
  const value = reader.readUntil(undefined);
  return value === undefined || value.text.length > WORD_LENGTH_MAX ? undefined : value;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

class WordReader {
  #position = 0;
  readonly #word: Traced;
  readonly #variables: Variables;
  readonly #escape: EscapeToken;

  constructor(word: Traced, variables: Variables, escape: EscapeToken) {
    this.#word = word;
    this.#variables = variables;
    this.#escape = escape;
  }

  /** Reads up to an unquoted stop character and over it, or to the end. Undefined: it cannot be known, or the stop never comes. */
  readUntil(stop: "}" | '"' | undefined): Traced | undefined {
    const parts: Traced[] = [];
    let length = 0;
    while (this.#position < this.#word.text.length) {
      const character = this.#peek();
      if (character === stop) {
        this.#position += 1;
        return concat(parts);
      }
      const part = this.#readPart(character, stop === '"' ? "double-quoted" : "plain");
      if (part === undefined) return undefined;
      parts.push(part);
      length += part.text.length;
      if (length > WORD_LENGTH_MAX) return undefined;
    }
    return stop === undefined ? concat(parts) : undefined;
  }

  #readPart(character: string, mode: "plain" | "double-quoted"): Traced | undefined {
    if (character === "$") return this.#readVariable();
    if (character === this.#escape) return this.#readEscaped(mode);
    if (mode === "plain" && character === "'") return this.#readSingleQuoted();
    if (mode === "plain" && character === '"') {
      this.#position += 1;
      return this.readUntil('"');
    }
    return this.#take(1);
  }

  #readEscaped(mode: "plain" | "double-quoted"): Traced {
    const next = this.#word.text[this.#position + 1];
    const isTaken = mode === "plain" || next === '"' || next === "$" || next === this.#escape;
    if (isTaken) this.#position += 1;
    return this.#take(1);
  }

  #readSingleQuoted(): Traced | undefined {
    const end = this.#word.text.indexOf("'", this.#position + 1);
    if (end === -1) return undefined;
    const quoted = sliceOf(this.#word, this.#position + 1, end);
    this.#position = end + 1;
    return quoted;
  }

  #readVariable(): Traced | undefined {
    const dollar = this.#take(1);
    if (this.#peek() !== "{") {
      const name = this.#readName();
      return name === "" ? dollar : this.#variables.get(name);
    }
    this.#position += 1;
    const value = this.#variables.get(this.#readName());
    if (this.#peek() === "}") {
      this.#position += 1;
      return value;
    }
    return this.#readOperator(value);
  }

  #readOperator(value: Traced | undefined): Traced | undefined {
    const countsEmpty = this.#peek() === ":";
    if (countsEmpty) this.#position += 1;
    const operator = this.#peek();
    if (operator !== "-" && operator !== "+") return undefined;
    this.#position += 1;
    const isSet = value !== undefined && !(countsEmpty && value.text === "");
    if (isSet === (operator === "+")) return this.readUntil("}");
    return this.#skipAlternative() ? (operator === "-" ? value : EMPTY) : undefined;
  }

  /** Moves behind the brace that closes an alternative nobody needs: what it says need not be known. */
  #skipAlternative(): boolean {
    let depth = 1;
    while (this.#position < this.#word.text.length) {
      const character = this.#peek();
      if (character === "{" && this.#word.text[this.#position - 1] === "$") depth += 1;
      if (character === "}") depth -= 1;
      this.#position += 1;
      if (depth === 0) return true;
    }
    return false;
  }

  #readName(): string {
    NAME.lastIndex = this.#position;
    const name = NAME.exec(this.#word.text)?.[0] ?? "";
    this.#position += name.length;
    return name;
  }

  #take(length: number): Traced {
    const taken = sliceOf(this.#word, this.#position, this.#position + length);
    this.#position += length;
    return taken;
  }

  #peek(): string {
    return this.#word.text[this.#position] ?? "";
  }
}
