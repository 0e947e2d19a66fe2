const MEBIBYTE = 1024 * 1024;

/** How much of an image's layers is read at most. */
export interface LayerLimits {
  readonly compressedBytes: number;
  readonly expandedBytes: number;
  readonly entries: number;
  /** Files that are kept, whiteouts of them and folders on the way. */
  readonly kept: number;
  /** Bytes of one file that is kept. */
  readonly fileBytes: number;
  /** Bytes of all files that are kept. */
  readonly keptBytes: number;
  /** How long all of it may take. */
  readonly readMs: number;
}

export const DEFAULT_LAYER_LIMITS: LayerLimits = {
  compressedBytes: 2_048 * MEBIBYTE,
  expandedBytes: 8_192 * MEBIBYTE,
  entries: 1_000_000,
  kept: 20_000,
  fileBytes: 64 * MEBIBYTE,
  keptBytes: 128 * MEBIBYTE,
  readMs: 15 * 60_000,
};

/** More than is read: an answer, as the layers will never be smaller. */
export class LimitReached extends Error {
  constructor(what: string) {
    super(`its layers hold more than ${what}`);
    this.name = "LimitReached";
  }
}

/** What may still be read of one image. Every method counts, and throws {@link LimitReached} when it is too much. */
export class Budget {
  readonly #limits: LayerLimits;
  #compressedBytes = 0;
  #expandedBytes = 0;
  #entries = 0;
  #kept = 0;
  #keptBytes = 0;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  compressed(bytes: number): void {
    const { compressedBytes } = this.#limits;
    this.#compressedBytes += bytes;
    if (this.#compressedBytes > compressedBytes)
      throw new LimitReached(`${compressedBytes} bytes compressed`);
  }

  expanded(bytes: number): void {
    const { expandedBytes } = this.#limits;
    this.#expandedBytes += bytes;
    if (this.#expandedBytes > expandedBytes) throw new LimitReached(`${expandedBytes} bytes expanded`);
  }

  entry(): void {
    const { entries } = this.#limits;
    this.#entries += 1;
    if (this.#entries > entries) throw new LimitReached(`${entries} files`);
  }

  /** One more thing that is kept, and the bytes of it. */
  kept(bytes: number): void {
    const { kept, fileBytes, keptBytes } = this.#limits;
    this.#kept += 1;
    this.#keptBytes += bytes;
    if (this.#kept > kept) throw new LimitReached(`${kept} files about packages`);
    if (bytes > fileBytes) throw new LimitReached(`${fileBytes} bytes in one file about packages`);
    if (this.#keptBytes > keptBytes) throw new LimitReached(`${keptBytes} bytes about packages`);
  }
}
