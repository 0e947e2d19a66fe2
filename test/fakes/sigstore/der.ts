/**
 * Writes DER, as far as timestamps and the extensions of certificates need it.
 *
 * @see ITU-T X.690 (02/2021)
 */

/** One value: its tag, its length, what is in it. */
export function derOf(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.byteLength), content]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return derOf(0x30, ...parts);
}

/** A SET OF, in the order that DER demands. */
export function setOf(...parts: readonly Uint8Array[]): Buffer {
  return derOf(0x31, ...parts.toSorted((a, b) => Buffer.compare(a, b)));
}

/** A value under an explicit context-specific tag. */
export function explicit(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  return derOf(0xa0 + tag, ...parts);
}

/** A non-negative integer, big-endian. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === "number" ? bigEndian(value) : Buffer.from(value);
  const needsSign = ((bytes[0] ?? 0) & 0x80) !== 0;
  return derOf(0x02, needsSign ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function octets(bytes: Uint8Array): Buffer {
  return derOf(0x04, bytes);
}

export function utf8(text: string): Buffer {
  return derOf(0x0c, Buffer.from(text));
}

/** An object identifier: `1.2.840.113549.1.7.2`. */
export function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return derOf(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** `20261123120000Z`. */
export function generalizedTime(epochMs: number): Buffer {
  return derOf(0x18, Buffer.from(`${digitsOf(epochMs)}Z`));
}

/** `261123120000Z`. */
export function utcTime(epochMs: number): Buffer {
  return derOf(0x17, Buffer.from(`${digitsOf(epochMs).slice(2)}Z`));
}

function digitsOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, "");
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = bigEndian(length);
  return Buffer.concat([Buffer.from([0x80 + bytes.byteLength]), bytes]);
}

function bigEndian(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 + (left & 0x7f));
  return digits;
}
