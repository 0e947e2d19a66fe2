/** What is to be written as CBOR. `Raw` is taken as it is: for what no encoder should write. */
export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>
  | Tagged
  | Raw;

export class Tagged {
  readonly tag: number;
  readonly item: CborValue;
  constructor(tag: number, item: CborValue) {
    this.tag = tag;
    this.item = item;
  }
}

export class Raw {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** CBOR in its shortest form, keys in the order they are given. */
export function cbor(value: CborValue): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (value === null) return Buffer.from([0xf6]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.byteLength), value]);
  if (value instanceof Tagged) return Buffer.concat([head(6, value.tag), cbor(value.item)]);
  if (value instanceof Raw) return Buffer.from(value.bytes);
  if (value instanceof Map) {
    const entries = [...value].flatMap(([key, item]) => [cbor(key), cbor(item)]);
    return Buffer.concat([head(5, value.size), ...entries]);
  }
  const items = Array.from(value, (item) => cbor(item));
  return Buffer.concat([head(4, items.length), ...items]);
}

/** The first bytes of an item: what it is, and its number or length. */
export function head(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.from([type + argument]);
  if (argument < 0x1_00) return Buffer.from([type + 24, argument]);
  if (argument < 0x1_0000) return Buffer.from([type + 25, argument >> 8, argument & 0xff]);
  if (argument < 0x1_0000_0000) {
    const bytes = Buffer.from([type + 26, 0, 0, 0, 0]);
    bytes.writeUInt32BE(argument, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9, type + 27);
  bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}
