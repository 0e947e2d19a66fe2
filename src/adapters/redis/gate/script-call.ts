import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** A Lua script that is sent once, and named by its hash from then on. */
export class ScriptCall {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash("sha1").update(text).digest("hex");
  }

  /** Sends the text ahead. */
  async load(redis: Redis): Promise<void> {
    await redis.script("LOAD", this.#text);
  }

  async run(redis: Redis, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#hash, keys.length, ...keys, ...values);
    } catch (thrown) {
      // Redis forgets scripts when it restarts.
      if (!(thrown instanceof Error) || !thrown.message.startsWith("NOSCRIPT")) throw thrown;
      return redis.eval(this.#text, keys.length, ...keys, ...values);
    }
  }
}
