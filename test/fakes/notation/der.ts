/** DER as text books have it, and, where a caller wants it, as nobody should write it: everything is bytes. */

/** One element: tag byte, length, contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.byteLength), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 + bytes.byteLength]), bytes]);
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, ...parts);
}

export function set(...parts: readonly Uint8Array[]): Buffer {
  return der(0x31, ...parts);
}

export function octets(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** A BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

/** A BIT STRING of named bits, without the zeros at its end. */
export function namedBits(bits: readonly number[]): Buffer {
  const last = Math.max(-1, ...bits);
  const bytes = Buffer.alloc(Math.ceil((last + 1) / 8));
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  const unused = last === -1 ? 0 : 7 - (last & 7);
  return der(0x03, Buffer.from([unused]), bytes);
}

export function flag(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

export function integer(value: number, tag = 0x02): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return der(tag, (bytes[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);
}

export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): readonly number[] {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift(0x80 + (left % 128));
  }
  return digits;
}

export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

export function printable(text: string): Buffer {
  return der(0x13, Buffer.from(text, "latin1"));
}

/** A GeneralizedTime, with the fraction where the moment has one. */
export function generalizedTime(at: number): Buffer {
  const [whole = "", fraction = ""] = new Date(at).toISOString().slice(0, -1).split(".");
  const digits = fraction.replace(/0+$/, "");
  const text = `${whole.replaceAll(/[-T:]/g, "")}${digits === "" ? "" : `.${digits}`}Z`;
  return der(0x18, Buffer.from(text));
}

/** As certificates write a time: two digits of the year up to 2049. */
export function certificateTime(at: number): Buffer {
  const text = `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-T:]/g, "")}Z`;
  return new Date(at).getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(text.slice(2)))
    : der(0x18, Buffer.from(text));
}
