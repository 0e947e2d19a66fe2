import { InvalidInputError, quote } from "../../errors.ts";
import { type DerNode, oidOf, sequenceOf, setOf } from "./asn1.ts";

/** Attributes of a name by type: `CN`, `O`, `ST` … Each type once. */
export type DistinguishedName = ReadonlyMap<string, string>;

/** Types that have a short name. @see RFC 4514, section 3, and RFC 4519 */
const TYPES = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.4", "SN"],
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.12", "TITLE"],
  ["2.5.4.17", "POSTALCODE"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
  ["1.2.840.113549.1.9.1", "EMAIL"],
]);
/** What a trusted identity must name, so that nobody trusts everybody who shares a common name. */
const NEEDED = ["C", "ST", "O"] as const;

const TEXT_LENGTH_MAX = 1_024;
const PREFIX = "x509.subject:";

/**
 * Reads a trusted identity as trust policies of Notation have it: `C=US, ST=WA, O=Acme`, in any order, with or without the prefix
 * `x509.subject:`. `S` is `ST`. A comma, semicolon, backslash, quotation mark, plus, angle bracket or outer space of a value stands behind a backslash.
 *
 * @throws {InvalidInputError} `config-invalid`
 * @see Notary Project trust-store-trust-policy.md, "Trusted Identities Constraints"
 */
export function parseTrustedIdentity(text: string): DistinguishedName {
  if (text.length > TEXT_LENGTH_MAX) throw invalid(text, `longer than ${TEXT_LENGTH_MAX} characters`);
  const name = new Map<string, string>();
  const list = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  for (const part of partsOf(list)) {
    const [, written = "", value = ""] =
      /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=(.*)$/s.exec(part) ?? [];
    if (written === "") throw invalid(text, `${quote(part)} is no attribute like O=Acme`);
    const type = typeOf(written);
    if (type === undefined) throw invalid(text, `${quote(written)} is no type of attribute`);
    if (name.has(type)) throw invalid(text, `it has ${quote(type)} twice`);
    const unescaped = valueOf(value);
    if (unescaped === undefined)
      throw invalid(text, `the value of ${quote(type)} is empty or wrongly escaped`);
    name.set(type, unescaped);
  }
  const missing = NEEDED.find((type) => !name.has(type));
  if (missing !== undefined) throw invalid(text, `it has no ${missing}: C, ST and O are the least`);
  return name;
}

/** A type by the name it has here: `S` is `ST`, and an OID that has a short name is that. */
function typeOf(written: string): string | undefined {
  if (/^\d/.test(written)) return TYPES.get(written) ?? written;
  const type = written.toUpperCase() === "S" ? "ST" : written.toUpperCase();
  return [...TYPES.values()].includes(type) ? type : undefined;
}

/** Whether each attribute of the identity is in the subject, once and with exactly this value. */
export function isNamed(identity: DistinguishedName, subject: DerNode): boolean {
  const sets = attributesOf(subject);
  // Notation reads no name with several attributes in one place: who of them is meant is up to the reader.
  if (sets.some(({ length }) => length > 1)) return false;
  const attributes = sets.flat();
  return [...identity].every(([type, value]) => {
    const named = attributes.filter((attribute) => attribute.type === type);
    return named.length === 1 && named[0]?.value === value;
  });
}

/**
 * A subject for people, and to tell signers apart: `CN=Acme Signing, O=Acme, ST=WA, C=US`, as Notation orders it.
 *
 * @throws {InvalidInputError} `statement-invalid` for a name with texts that cannot be read
 */
export function renderName(subject: DerNode): string {
  return attributesOf(subject)
    .toReversed()
    .map((set) => set.map(({ type, value }) => `${type}=${escaped(value)}`).join("+"))
    .join(", ");
}

interface Attribute {
  readonly type: string;
  readonly value: string;
}

function attributesOf(subject: DerNode): readonly (readonly Attribute[])[] {
  return sequenceOf(subject).map((set) =>
    setOf(set).map((attribute) => {
      const [type, value] = sequenceOf(attribute);
      const oid = oidOf(type);
      return { type: TYPES.get(oid) ?? oid, value: textOf(value) };
    }),
  );
}

const ASCII = /^[\x20-\x7e]*$/;

function textOf(node: DerNode | undefined): string {
  const bytes = node?.value ?? Buffer.alloc(0);
  switch (node?.tag) {
    case 0x0c:
      return decoded("utf-8", bytes);
    case 0x1e:
      return decoded("utf-16be", bytes);
    // NumericString, PrintableString, TeletexString, IA5String: as far as they agree.
    case 0x12:
    case 0x13:
    case 0x14:
    case 0x16: {
      const text = bytes.toString("latin1");
      if (ASCII.test(text)) return text;
      throw unreadable();
    }
    default:
      throw unreadable();
  }
}

function decoded(encoding: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable();
  }
}

function unreadable(): InvalidInputError {
  return new InvalidInputError("statement-invalid", "a name that cannot be read");
}

/** Splits at the commas that stand behind no backslash. */
function partsOf(list: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < list.length; at += 1) {
    if (list[at] === "\\") at += 1;
    else if (list[at] === ",") {
      parts.push(list.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, list.slice(start)];
}

/** What must be escaped. An asterisk means itself, and whoever writes one means something else. */
const SPECIAL = /[,;+"<>*]/;
const ESCAPED = /\\([,;+"<>\\=# ]|[0-9A-Fa-f]{2})/g;

/** A value without its escapes and outer spaces; undefined for an empty one, or one that needs escapes it does not have. */
function valueOf(written: string): string | undefined {
  const trimmed = written.trimStart().replace(/(?<!\\)((?:\\\\)*)\s+$/, "$1");
  // `#` begins a value in hexadecimal, which Notation does not read either.
  if (trimmed === "" || trimmed.startsWith("#")) return undefined;
  const bare = trimmed.replaceAll(ESCAPED, "");
  if (bare.includes("\\") || SPECIAL.test(bare)) return undefined;
  return unescapedOf(trimmed);
}

function unescapedOf(text: string): string | undefined {
  const bytes = [...text.matchAll(/\\([0-9A-Fa-f]{2})|\\(.)|([^\\]+)/gs)].map(([, hex, character, plain]) =>
    hex === undefined ? Buffer.from(character ?? plain ?? "") : Buffer.from(hex, "hex"),
  );
  try {
    return decoded("utf-8", Buffer.concat(bytes));
  } catch {
    return undefined;
  }
}

/** As RFC 4514 escapes; what cannot be seen in hexadecimal. */
function escaped(value: string): string {
  return value
    .replaceAll(/[,+"\\<>;]/g, String.raw`\$&`)
    .replace(/^[ #]/, String.raw`\$&`)
    .replace(/ $/, String.raw`\ `)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      Buffer.from(character)
        .toString("hex")
        .replaceAll(/../g, String.raw`\$&`),
    );
}

function invalid(text: string, why: string): InvalidInputError {
  return new InvalidInputError("config-invalid", `trusted identity ${quote(text)}: ${why}`);
}
