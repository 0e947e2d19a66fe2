import { malformed } from "./refused-error.ts";

/** A CBOR data item. Floats and the simple values beside these do not occur in the headers of a COSE signature. */
export type CborItem =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly CborItem[] }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<number | string, CborItem> }
  | { readonly kind: "tag"; readonly tag: number; readonly item: CborItem }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

const DEPTH_MAX = 8;
/** Items of one document at most, nested ones included. */
const ITEMS_MAX = 1_024;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads one CBOR item that fills all the bytes.
 *
 * Stricter than CBOR, so that nobody reads the same bytes differently: lengths are definite and every number is in its shortest form, no
 * key is there twice, keys are integers or texts, integers are safe.
 *
 * @throws {RefusedError} `candidate-malformed`
 * @see RFC 8949, section 4.2.1
 */
export function parseCbor(bytes: Uint8Array): CborItem {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (!reader.isAtEnd()) malformed("there are bytes after the CBOR item");
  return item;
}

/** Reads item after item. Bounded by {@link DEPTH_MAX} and {@link ITEMS_MAX}, so its work is linear in the bytes. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  isAtEnd(): boolean {
    return this.#position === this.#bytes.byteLength;
  }

  item(depth: number): CborItem {
    if (depth > DEPTH_MAX) malformed(`its CBOR is nested deeper than ${DEPTH_MAX}`);
    this.#items += 1;
    if (this.#items > ITEMS_MAX) malformed(`its CBOR has more than ${ITEMS_MAX} items`);
    const [initial = 0] = this.#take(1);
    const major = initial >> 5;
    const short = initial & 0x1f;
    switch (major) {
      case 0:
        return { kind: "integer", value: this.#argument(short) };
      case 1:
        return { kind: "integer", value: -1 - this.#argument(short) };
      case 2:
        return { kind: "bytes", value: this.#take(this.#argument(short)) };
      case 3:
        return { kind: "text", value: textOf(this.#take(this.#argument(short))) };
      case 4:
        return { kind: "list", items: this.#list(this.#argument(short), depth) };
      case 5:
        return { kind: "map", entries: this.#map(this.#argument(short), depth) };
      case 6:
        return { kind: "tag", tag: this.#argument(short), item: this.item(depth + 1) };
      default:
        return simpleOf(short);
    }
  }

  #list(length: number, depth: number): readonly CborItem[] {
    this.#expect(length);
    return Array.from({ length }, () => this.item(depth + 1));
  }

  #map(length: number, depth: number): ReadonlyMap<number | string, CborItem> {
    this.#expect(2 * length);
    const entries = new Map<number | string, CborItem>();
    for (let entry = 0; entry < length; entry += 1) {
      const key = this.item(depth + 1);
      if (key.kind !== "integer" && key.kind !== "text") malformed("a key of its CBOR is no integer or text");
      if (entries.has(key.value)) malformed("a key of its CBOR is there twice");
      entries.set(key.value, this.item(depth + 1));
    }
    return entries;
  }

  /** Refuses a count that cannot be met before anything of that length is made: every item has at least one byte. */
  #expect(items: number): void {
    if (items > this.#bytes.byteLength - this.#position) malformed("its CBOR ends too early");
  }

  #argument(short: number): number {
    if (short < 24) return short;
    switch (short) {
      case 24:
        return atLeast(24, this.#view.getUint8(this.#skip(1)));
      case 25:
        return atLeast(0x1_00, this.#view.getUint16(this.#skip(2)));
      case 26:
        return atLeast(0x1_0000, this.#view.getUint32(this.#skip(4)));
      case 27: {
        const value = this.#view.getBigUint64(this.#skip(8));
        if (value >= BigInt(Number.MAX_SAFE_INTEGER)) malformed("a number of its CBOR is too large");
        return atLeast(0x1_0000_0000, Number(value));
      }
      default:
        return malformed("its CBOR has an indefinite or reserved length");
    }
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Where the next bytes start, and goes past them. */
  #skip(length: number): number {
    const start = this.#position;
    if (length > this.#bytes.byteLength - start) malformed("its CBOR ends too early");
    this.#position = start + length;
    return start;
  }
}

function atLeast(least: number, value: number): number {
  return value >= least ? value : malformed("a number of its CBOR is not in its shortest form");
}

function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return malformed("a text of its CBOR is not UTF-8");
  }
}

function simpleOf(short: number): CborItem {
  switch (short) {
    case 20:
      return { kind: "boolean", value: false };
    case 21:
      return { kind: "boolean", value: true };
    case 22:
      return { kind: "null" };
    default:
      return malformed("its CBOR has a float or a simple value that no header has");
  }
}
