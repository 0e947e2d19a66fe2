import { InvalidInputError } from "../../errors.ts";
import { type Instant, parseInstant } from "../../time.ts";

/**
 * A DER element. What is in it is read when it is asked for: @sigstore/core tries every OCTET STRING for elements, which costs an exception for
 * each that has none, and certificates of strangers may have thousands.
 */
export interface DerNode {
  /** The tag byte: class, form and number. */
  readonly tag: number;
  /** Its contents. */
  readonly value: Buffer;
  /** All its bytes, tag and length included. */
  readonly bytes: Buffer;
}

const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Elements of one list at most. */
const ELEMENTS_MAX = 256;
const OID_ARCS_MAX = 32;

/**
 * Reads one DER element that fills all the bytes.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see ITU-T X.690, section 10
 */
export function parseDer(bytes: Uint8Array): DerNode {
  const [node, ...more] = nodesIn(Buffer.from(bytes), 1);
  if (node === undefined || more.length > 0) throw unexpected("nothing, or more than one element");
  return node;
}

/** The elements that stand one after another in these bytes. */
function nodesIn(bytes: Buffer, countMax: number): readonly DerNode[] {
  const nodes: DerNode[] = [];
  for (let start = 0; start < bytes.byteLength;) {
    if (nodes.length === countMax) throw unexpected(`more than ${countMax} elements`);
    const tag = bytes[start] ?? 0;
    // Numbers of tags above 30 have more bytes, and 0 ends an indefinite length: neither is in what is read here.
    if ((tag & 0x1f) === 0x1f || tag === 0) throw unexpected("a tag");
    const { head, length } = lengthAt(bytes, start + 1);
    const end = start + 1 + head + length;
    if (end > bytes.byteLength) throw unexpected("an element that ends too early");
    nodes.push({ tag, value: bytes.subarray(start + 1 + head, end), bytes: bytes.subarray(start, end) });
    start = end;
  }
  return nodes;
}

/** A definite length in its shortest form, and how many bytes it takes. */
function lengthAt(bytes: Buffer, at: number): { readonly head: number; readonly length: number } {
  const first = bytes[at] ?? 0xff;
  if (first < 0x80) return { head: 1, length: first };
  const digits = first - 0x80;
  if (digits === 0 || digits > 4 || at + digits >= bytes.byteLength) throw unexpected("a length");
  const length = bytes.readUIntBE(at + 1, digits);
  const least = digits === 1 ? 0x80 : 256 ** (digits - 1);
  if (length < least) throw unexpected("a length that is not in its shortest form");
  return { head: 1 + digits, length };
}

/** Whether an element has this tag byte: class, form and number. */
export function hasTag(node: DerNode | undefined, tag: number): node is DerNode {
  return node?.tag === tag;
}

/** The elements of a SEQUENCE. */
export function sequenceOf(node: DerNode | undefined): readonly DerNode[] {
  return elementsOf(node, TAGS.sequence);
}

/** The elements of a SET. */
export function setOf(node: DerNode | undefined): readonly DerNode[] {
  return elementsOf(node, TAGS.set);
}

/** The elements of a constructed element with this tag byte. */
export function elementsOf(node: DerNode | undefined, tag: number): readonly DerNode[] {
  return nodesIn(expectTag(node, tag).value, ELEMENTS_MAX);
}

/** The bytes of an OCTET STRING. */
export function octetsOf(node: DerNode | undefined): Buffer {
  return expectTag(node, TAGS.octets).value;
}

/** An OBJECT IDENTIFIER, in dots. */
export function oidOf(node: DerNode | undefined): string {
  const { value } = expectTag(node, TAGS.oid);
  const arcs: number[] = [];
  let arc = 0;
  let isOpen = false;
  for (const byte of value) {
    if (!isOpen && byte === 0x80) throw unexpected("an OID that is not in its shortest form");
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw unexpected("an OID of a number that is too large");
    isOpen = byte >= 0x80;
    if (!isOpen) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [joined, ...rest] = arcs;
  if (joined === undefined || isOpen || arcs.length > OID_ARCS_MAX) throw unexpected("an OID");
  // The first two numbers stand in one. See ITU-T X.690, section 8.19.4.
  const first = Math.min(2, Math.floor(joined / 40));
  return [first, joined - first * 40, ...rest].join(".");
}

/** The bytes of an INTEGER: two's complement, shortest form. */
export function integerBytesOf(node: DerNode | undefined): Buffer {
  const { value } = expectTag(node, TAGS.integer);
  if (value.byteLength === 0) throw unexpected("an empty INTEGER");
  return value;
}

/** A small INTEGER that is not negative. `tag` for one that is tagged implicitly. */
export function countOf(node: DerNode | undefined, tag: number = TAGS.integer): number {
  const { value } = expectTag(node, tag);
  const [first = 0x80] = value;
  if (first >= 0x80 || value.byteLength > 5) throw unexpected("an INTEGER that is negative or too large");
  return value.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** A BOOLEAN, and false where it is left out. */
export function flagOf(node: DerNode | undefined): boolean {
  if (!hasTag(node, TAGS.boolean)) return false;
  const [byte] = node.value;
  if (node.value.byteLength !== 1 || (byte !== 0 && byte !== 0xff)) throw unexpected("a BOOLEAN");
  return byte === 0xff;
}

/** Whether an element is an INTEGER. */
export function isInteger(node: DerNode | undefined): node is DerNode {
  return hasTag(node, TAGS.integer);
}

/** Whether an element is a BOOLEAN. */
export function isFlag(node: DerNode | undefined): node is DerNode {
  return hasTag(node, TAGS.boolean);
}

/** The set bits of a short BIT STRING, by number. */
export function bitsOf(node: DerNode | undefined): ReadonlySet<number> {
  const [unused = 8, ...bytes] = expectTag(node, TAGS.bits).value;
  const last = bytes.at(-1) ?? 0;
  // The bits that are left over are zero, and without bytes there are none.
  if (
    unused > 7 ||
    bytes.length > 4 ||
    (bytes.length === 0 && unused > 0) ||
    (last & ((1 << unused) - 1)) !== 0
  ) {
    throw unexpected("a BIT STRING");
  }
  const numbers = bytes.flatMap((byte, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (0x80 >> bit)) !== 0).map((bit) => at * 8 + bit),
  );
  return new Set(numbers);
}

const UTC_TIME = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\.\d{1,9})?Z$/;

/** A UTCTime or GeneralizedTime. */
export function timeOf(node: DerNode | undefined): Instant {
  if (hasTag(node, TAGS.utcTime)) {
    const [, year = "", ...rest] = UTC_TIME.exec(node.value.toString("latin1")) ?? [];
    // Two digits mean 1950 to 2049. See RFC 5280, section 4.1.2.5.1.
    return instantOf([`${Number(year) >= 50 ? "19" : "20"}${year}`, ...rest]);
  }
  return generalizedTimeOf(node);
}

/** A GeneralizedTime, with or without a fraction of a second. */
export function generalizedTimeOf(node: DerNode | undefined): Instant {
  const time = expectTag(node, TAGS.generalizedTime);
  const [, ...parts] = GENERALIZED_TIME.exec(time.value.toString("latin1")) ?? [];
  return instantOf(parts);
}

function instantOf(parts: readonly (string | undefined)[]): Instant {
  const [year, month, day, hour, minute, second, fraction = ""] = parts;
  const instant = parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`);
  if (instant === undefined) throw unexpected("a time");
  return instant;
}

function expectTag(node: DerNode | undefined, tag: number): DerNode {
  if (node !== undefined && node.tag === tag) return node;
  const found = node === undefined ? "nothing" : `0x${node.tag.toString(16)}`;
  throw unexpected(`${found} for tag 0x${tag.toString(16)}`);
}

function unexpected(what: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `unexpected DER: ${what}`);
}
