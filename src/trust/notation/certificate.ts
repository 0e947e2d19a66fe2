import { type KeyObject, X509Certificate } from "node:crypto";
import { InvalidInputError } from "../../errors.ts";
import type { Instant } from "../../time.ts";
import {
  bitsOf,
  countOf,
  type DerNode,
  elementsOf,
  flagOf,
  hasTag,
  integerBytesOf,
  isFlag,
  isInteger,
  octetsOf,
  oidOf,
  parseDer,
  sequenceOf,
  timeOf,
} from "./asn1.ts";

/** Bytes of one certificate at most. */
export const CERTIFICATE_BYTES_MAX = 16 * 1024;

/** Numbers of the bits in a key usage extension. @see RFC 5280, section 4.2.1.3 */
export const KEY_USAGES = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyCertSign: 5,
} as const;

/** Purposes a certificate may be for. @see RFC 5280, section 4.2.1.12 */
export const PURPOSES = {
  any: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  ocspSigning: "1.3.6.1.5.5.7.3.9",
} as const;

/** A certificate as far as the rules of a chain look at it. */
export interface Certificate {
  readonly der: Buffer;
  readonly publicKey: KeyObject;
  /** Names as DER, and the parts of the subject. */
  readonly subject: Buffer;
  readonly subjectParts: DerNode;
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly notBeforeAt: Instant;
  readonly notAfterAt: Instant;
  /** OID of how the issuer signed it. */
  readonly signatureAlgorithm: string;
  readonly basicConstraints?: {
    readonly critical: boolean;
    readonly isAuthority: boolean;
    /** Authorities that may stand between this one and a leaf. */
    readonly pathLength?: number;
  };
  readonly keyUsage?: { readonly critical: boolean; readonly bits: ReadonlySet<number> };
  readonly purposes?: { readonly critical: boolean; readonly oids: readonly string[] };
  /** OIDs of extensions that must be understood, and are not here. */
  readonly unknownCritical: readonly string[];
}

const EXTENSIONS = { keyUsage: "2.5.29.15", basicConstraints: "2.5.29.19", purposes: "2.5.29.37" } as const;
const EXTENSIONS_TAG = 0xa3;
const VERSION_TAG = 0xa0;

/** SHA-2 with RSA (PKCS #1) or ECDSA. SHA-1 is refused, by specification. */
const SIGNATURES: readonly string[] = [
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
];

/**
 * Reads a certificate.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see RFC 5280, section 4.1
 */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.byteLength > CERTIFICATE_BYTES_MAX) {
    throw invalid(`a certificate of more than ${CERTIFICATE_BYTES_MAX} bytes`);
  }
  const [tbs, algorithm, , ...rest] = sequenceOf(parseDer(bytes));
  if (rest.length > 0) throw invalid("a certificate with more than three parts");
  const parts = sequenceOf(tbs);
  const [serial, , issuer, validity, subject, ...more] = hasTag(parts[0], VERSION_TAG)
    ? parts.slice(1)
    : parts;
  const [notBefore, notAfter] = sequenceOf(validity);
  if (issuer === undefined || subject === undefined) throw invalid("a certificate without names");
  const [extensions] = more.filter((part) => hasTag(part, EXTENSIONS_TAG));
  return {
    der: Buffer.from(bytes),
    publicKey: publicKeyOf(bytes),
    subject: subject.bytes,
    subjectParts: subject,
    issuer: issuer.bytes,
    serial: integerBytesOf(serial),
    notBeforeAt: timeOf(notBefore),
    notAfterAt: timeOf(notAfter),
    signatureAlgorithm: oidOf(sequenceOf(algorithm)[0]),
    ...extensionsOf(extensions),
  };
}

/** Whether the issuer has the name that the certificate gives, and signed it with an algorithm that counts. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuer.equals(issuer.subject)) return false;
  if (!SIGNATURES.includes(certificate.signatureAlgorithm)) return false;
  try {
    return new X509Certificate(certificate.der).verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Whether a certificate is exactly one of these. */
export function isAmong({ der }: Certificate, certificates: readonly X509Certificate[]): boolean {
  return certificates.some(({ raw }) => der.equals(raw));
}

type Extensions = Pick<Certificate, "basicConstraints" | "keyUsage" | "purposes" | "unknownCritical">;

function extensionsOf(node: DerNode | undefined): Extensions {
  if (node === undefined) return { unknownCritical: [] };
  const [list, ...others] = elementsOf(node, EXTENSIONS_TAG);
  if (others.length > 0) throw invalid("two lists of extensions");
  const all = sequenceOf(list).map(extensionOf);
  if (new Set(all.map(({ oid }) => oid)).size < all.length) throw invalid("an extension that is there twice");

  const known: readonly string[] = Object.values(EXTENSIONS);
  const [constraints] = all.filter(({ oid }) => oid === EXTENSIONS.basicConstraints);
  const [usage] = all.filter(({ oid }) => oid === EXTENSIONS.keyUsage);
  const [purposes] = all.filter(({ oid }) => oid === EXTENSIONS.purposes);
  return {
    ...(constraints === undefined ? {} : { basicConstraints: constraintsOf(constraints) }),
    ...(usage === undefined
      ? {}
      : { keyUsage: { critical: usage.critical, bits: bitsOf(parseDer(usage.value)) } }),
    ...(purposes === undefined ? {} : { purposes: purposesOf(purposes) }),
    unknownCritical: all.flatMap(({ oid, critical }) => (critical && !known.includes(oid) ? [oid] : [])),
  };
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

function extensionOf(node: DerNode): Extension {
  const parts = sequenceOf(node);
  const [oid, second] = parts;
  const value = isFlag(second) ? parts.slice(2) : parts.slice(1);
  if (value.length !== 1) throw invalid("an extension of another form");
  return { oid: oidOf(oid), critical: flagOf(second), value: octetsOf(value[0]) };
}

function constraintsOf({ critical, value }: Extension): NonNullable<Extensions["basicConstraints"]> {
  const parts = sequenceOf(parseDer(value));
  const [first] = parts;
  const rest = isFlag(first) ? parts.slice(1) : parts;
  const [length, ...more] = rest;
  if (more.length > 0 || (length !== undefined && !isInteger(length))) throw invalid("basic constraints");
  return {
    critical,
    isAuthority: flagOf(first),
    ...(length === undefined ? {} : { pathLength: countOf(length) }),
  };
}

function purposesOf({ critical, value }: Extension): NonNullable<Extensions["purposes"]> {
  const oids = sequenceOf(parseDer(value)).map(oidOf);
  if (oids.length === 0) throw invalid("an empty list of purposes");
  return { critical, oids };
}

function publicKeyOf(bytes: Uint8Array): KeyObject {
  try {
    return new X509Certificate(bytes).publicKey;
  } catch (thrown) {
    throw new InvalidInputError("statement-invalid", "a certificate that cannot be decoded", {
      cause: thrown,
    });
  }
}

function invalid(what: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", what);
}
