import { once } from "node:events";
import type { LayerChange } from "../../../sbom/layers/stack.ts";
import { changesIn } from "./archive.ts";
import { type Budget, LimitReached } from "./budget.ts";
import { type Decompressor, decompressorFor, isHead } from "./decompressor.ts";

/** What came of reading a layer, if all of its bytes were the right ones. */
export type LayerOutcome =
  | { readonly kind: "read"; readonly changes: readonly LayerChange[] }
  | { readonly kind: "unreadable"; readonly reason: string };

/** Expands a layer and reads its archive while its bytes arrive. */
export class LayerReader {
  readonly #budget: Budget;
  #head: Uint8Array = new Uint8Array();
  #running:
    { readonly decompressor: Decompressor; readonly changes: Promise<readonly LayerChange[]> } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Why nothing more is worth reading, if that is so. */
  get limit(): LimitReached | undefined {
    return this.#failure?.error instanceof LimitReached ? this.#failure.error : undefined;
  }

  /**
   * Takes the next piece. What is damaged is taken as well, to its end: only the digest can tell whether the layer is, or what came of it.
   *
   * @throws {LimitReached} when the rest must not be read
   */
  async take(piece: Uint8Array): Promise<void> {
    if (this.#running === undefined) {
      this.#head = this.#head.byteLength === 0 ? piece : Buffer.concat([this.#head, piece]);
      if (isHead(this.#head)) await this.#write(this.#start());
    } else {
      await this.#write(piece);
    }
    if (this.limit !== undefined) throw this.limit;
  }

  /** What came of it, once its digest is the right one. */
  async finish(): Promise<LayerOutcome> {
    if (this.#running === undefined) await this.#write(this.#start());
    const running = this.#running;
    try {
      running?.decompressor.stream.end();
      const changes = (await running?.changes) ?? [];
      if (this.#failure !== undefined) throw this.#failure.error;
      return { kind: "read", changes };
    } catch (error) {
      if (error instanceof LimitReached) return { kind: "unreadable", reason: error.message };
      return { kind: "unreadable", reason: "a layer is no archive, or a damaged one" };
    } finally {
      this.close();
    }
  }

  /** Lets go of everything. */
  close(): void {
    this.#running?.decompressor.stream.destroy();
  }

  /** Starts with the bytes that are there, which are then to be written. */
  #start(): Uint8Array {
    const decompressor = decompressorFor(this.#head);
    const changes = changesIn(decompressor.stream, this.#budget);
    changes.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    // What it fails with is what the archive's reader fails with.
    decompressor.stream.on("error", () => undefined);
    this.#running = { decompressor, changes };
    return this.#head;
  }

  async #write(piece: Uint8Array): Promise<void> {
    if (this.#running === undefined || this.#failure !== undefined) return;
    const { decompressor, changes } = this.#running;
    try {
      for (const part of decompressor.cut(piece)) {
        if (decompressor.stream.write(part)) continue;
        await Promise.race([once(decompressor.stream, "drain"), changes]);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
