/** Skippable frames hold no content. @see RFC 8878, 3.1.2 */
const SKIPPABLE_MAGIC = 0x184d2a50;
const ZSTD_MAGIC = 0xfd2fb528;
/** Type of a block that is one byte, repeated. */
const RLE = 1;
const CHECKSUM_BYTES = 4;

/** What is read next. The first two are looked at, of the others only the length counts. */
type Part = "frame-header" | "block-header" | "block" | "checksum" | "skippable";

/**
 * Cuts a zstd stream into pieces none of which reaches from one frame into the next; skippable frames are left out.
 *
 * Node's decompressor ends with a frame, drops what else it was written at once, and says nothing (24.21). Tools that make layers to be read
 * in parts write many frames.
 *
 * @see RFC 8878, 3.1
 */
export class ZstdFrames {
  #part: Part = "frame-header";
  /** What was seen of a header. */
  #held: number[] = [];
  /** Bytes that are still to come of another part. */
  #left = 0;
  #isLastBlock = false;
  #hasChecksum = false;

  /** @throws {SyntaxError} when it is no zstd stream */
  cut(piece: Uint8Array): readonly Uint8Array[] {
    const cuts: Uint8Array[] = [];
    let from = this.#isInFrame ? 0 : undefined;
    for (let at = 0; at < piece.byteLength;) {
      const header = this.#part;
      if (header === "frame-header" || header === "block-header") {
        this.#held.push(piece[at] ?? 0);
        at += 1;
        const isRead = header === "frame-header" ? this.#readFrameHeader() : this.#readBlockHeader();
        if (!isRead) continue;
        // Its first bytes may have been in the piece before: they were kept back until it was known what they begin.
        if (header === "frame-header" && this.#isInFrame) {
          cuts.push(Uint8Array.from(this.#held));
          from = at;
        }
        this.#held = [];
      } else {
        const taken = Math.min(this.#left, piece.byteLength - at);
        this.#left -= taken;
        at += taken;
      }
      if (this.#left > 0) continue;
      this.#endPart();
      if (!this.#isInFrame && from !== undefined) {
        cuts.push(piece.subarray(from, at));
        from = undefined;
      }
    }
    if (from !== undefined && from < piece.byteLength) cuts.push(piece.subarray(from));
    return cuts;
  }

  get #isInFrame(): boolean {
    return this.#part !== "frame-header" && this.#part !== "skippable";
  }

  /** After a header there is nothing left of it, so that what has no bytes ends with it. */
  #endPart(): void {
    if (this.#part === "block" && !this.#isLastBlock) this.#part = "block-header";
    else if (this.#part === "block" && this.#hasChecksum) {
      this.#part = "checksum";
      this.#left = CHECKSUM_BYTES;
    } else if (this.#part !== "block-header") this.#part = "frame-header";
  }

  #readFrameHeader(): boolean {
    if (this.#held.length < 5) return false;
    const magic = numberOf(this.#held.slice(0, 4));
    if (magic - (magic % 16) === SKIPPABLE_MAGIC) {
      if (this.#held.length < 8) return false;
      this.#part = "skippable";
      this.#left = numberOf(this.#held.slice(4));
      return true;
    }
    if (magic !== ZSTD_MAGIC) throw new SyntaxError("not a zstd stream");
    const descriptor = this.#held[4] ?? 0;
    if (this.#held.length < headerBytesOf(descriptor)) return false;
    this.#hasChecksum = (descriptor & 0x04) !== 0;
    this.#part = "block-header";
    return true;
  }

  #readBlockHeader(): boolean {
    if (this.#held.length < 3) return false;
    const bits = numberOf(this.#held);
    this.#isLastBlock = (bits & 1) === 1;
    this.#left = ((bits >> 1) & 3) === RLE ? 1 : bits >> 3;
    this.#part = "block";
    return true;
  }
}

/** Bytes of a frame's header, the magic number included. @see RFC 8878, 3.1.1.1 */
function headerBytesOf(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 5 + windowBytes + dictionaryBytes + sizeBytes;
}

/** Little-endian. */
function numberOf(bytes: readonly number[]): number {
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
}
