import { inspect } from "node:util";

/** A value that must not be seen: prints as `[secret]` wherever it is turned into text, and is read by {@link Secret.reveal} alone. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}
