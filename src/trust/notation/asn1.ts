import { ASN1Obj } from "@sigstore/core";
import { type Instant, parseInstant } from "../../time.ts";
import { InvalidInputError } from "../../errors.ts";

/** A DER element. Its bytes are {@link ASN1Obj.toDER}: the reader takes only what it would write. */
export type DerNode = ASN1Obj;

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

/**
 * Reads one DER element that fills all the bytes.
 *
 * @throws {InvalidInputError} `statement-invalid`
 */
export function parseDer(bytes: Uint8Array): DerNode {
  try {
    return ASN1Obj.parseBuffer(Buffer.from(bytes));
  } catch (thrown) {
    throw new InvalidInputError("statement-invalid", "not DER", { cause: thrown });
  }
}

/** Whether an element has this tag byte: class, form and number. */
export function hasTag(node: DerNode | undefined, tag: number): node is DerNode {
  return node !== undefined && node.tag.toDER() === tag;
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
  const { subs } = expectTag(node, tag);
  if (subs.length > ELEMENTS_MAX) throw unexpected(`a list of more than ${ELEMENTS_MAX} elements`);
  return subs;
}

/** The bytes of an OCTET STRING. */
export function octetsOf(node: DerNode | undefined): Buffer {
  return expectTag(node, TAGS.octets).value;
}

/** An OBJECT IDENTIFIER, in dots. */
export function oidOf(node: DerNode | undefined): string {
  const identifier = expectTag(node, TAGS.oid);
  const last = identifier.value.at(-1);
  if (last === undefined || last >= 0x80 || identifier.value.byteLength > 64) throw unexpected("an OID");
  return identifier.toOID();
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
  return node.toBoolean();
}

/** Whether an element is an INTEGER. */
export function isInteger(node: DerNode | undefined): node is DerNode {
  return hasTag(node, TAGS.integer);
}

/** Whether an element is a BOOLEAN. */
export function isFlag(node: DerNode | undefined): node is DerNode {
  return hasTag(node, TAGS.boolean);
}

/** The set bits of a BIT STRING, by number. */
export function bitsOf(node: DerNode | undefined): ReadonlySet<number> {
  const bits = expectTag(node, TAGS.bits);
  const [unused = 8] = bits.value;
  if (unused > 7 || (unused > 0 && bits.value.byteLength < 2) || bits.value.byteLength > 5) {
    throw unexpected("a BIT STRING");
  }
  return new Set(bits.toBitString().flatMap((bit, position) => (bit === 1 ? [position] : [])));
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
  const found = node?.tag.toDER();
  if (node !== undefined && found === tag) return node;
  throw unexpected(
    `${found === undefined ? "nothing" : `0x${found.toString(16)}`} for tag 0x${tag.toString(16)}`,
  );
}

function unexpected(what: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `unexpected DER: ${what}`);
}
