import { createHash, verify } from "node:crypto";
import { InvalidInputError } from "../../errors.ts";
import {
  countOf,
  type DerNode,
  elementsOf,
  hasTag,
  integerBytesOf,
  octetsOf,
  oidOf,
  parseDer,
  sequenceOf,
  setOf,
} from "./asn1.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";

/** Certificates in one token at most. */
export const TOKEN_CERTIFICATES_MAX = 10;

/** Hashes by OID. SHA-1 and MD5 are refused. */
export const HASHES: ReadonlyMap<string, "sha256" | "sha384" | "sha512"> = new Map([
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);

const OIDS = {
  signedData: "1.2.840.113549.1.7.2",
  timestampInfo: "1.2.840.113549.1.9.16.1.4",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
} as const;

/** Ways to sign a token: the type of key, and the hash where the way fixes it. `rsaEncryption` leaves it to the digest algorithm. */
const SIGNATURES = new Map<string, { readonly key: "rsa" | "ec"; readonly hash?: string }>([
  ["1.2.840.113549.1.1.1", { key: "rsa" }],
  ["1.2.840.113549.1.1.11", { key: "rsa", hash: "sha256" }],
  ["1.2.840.113549.1.1.12", { key: "rsa", hash: "sha384" }],
  ["1.2.840.113549.1.1.13", { key: "rsa", hash: "sha512" }],
  ["1.2.840.10045.4.3.2", { key: "ec", hash: "sha256" }],
  ["1.2.840.10045.4.3.3", { key: "ec", hash: "sha384" }],
  ["1.2.840.10045.4.3.4", { key: "ec", hash: "sha512" }],
]);

/** A TimeStampToken: CMS SignedData of one signer. */
export interface TimestampToken {
  /** The TSTInfo, in DER. */
  readonly content: Buffer;
  readonly certificates: readonly Certificate[];
  /** Who signed: the issuer's name in DER, and the serial number. */
  readonly issuer: Buffer;
  readonly serial: Buffer;
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly keyType: "rsa" | "ec";
  /** The signed attributes, as they are signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
  /** Hash of the signer's certificate, as signed. */
  readonly certificateHash: Buffer;
  readonly certificateHashAlgorithm: "sha256" | "sha384" | "sha512";
}

/**
 * Reads a token whose signed attributes are about its content. Who signed it is not asked yet.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see RFC 5652, section 5; RFC 3161, section 2.4.2; RFC 5816
 */
export function parseToken(bytes: Uint8Array): TimestampToken {
  const [type, wrapped] = sequenceOf(parseDer(bytes));
  if (oidOf(type) !== OIDS.signedData) throw invalid("it is no signed data");
  const [data] = elementsOf(wrapped, 0xa0);
  const [version, , contentInfo, ...rest] = sequenceOf(data);
  if (countOf(version) !== 3) throw invalid("its signed data is of another version");
  const [contentType, wrappedContent] = sequenceOf(contentInfo);
  if (oidOf(contentType) !== OIDS.timestampInfo) throw invalid("it is no timestamp");
  const [octets, ...more] = elementsOf(wrappedContent, 0xa0);
  if (more.length > 0) throw invalid("it has several contents");
  const content = octetsOf(octets);

  const [signer, ...others] = setOf(rest.at(-1));
  if (signer === undefined || others.length > 0) throw invalid("it has not exactly one signer");
  return { content, certificates: certificatesOf(rest.slice(0, -1)), ...signerOf(signer, content) };
}

/** Whether this certificate is the one that the token names, and its key made the token. */
export function isTokenOf(token: TimestampToken, certificate: Certificate): boolean {
  if (!certificate.issuer.equals(token.issuer) || !certificate.serial.equals(token.serial)) return false;
  const hash = createHash(token.certificateHashAlgorithm).update(certificate.der).digest();
  if (!hash.equals(token.certificateHash)) return false;
  if (certificate.publicKey.asymmetricKeyType !== token.keyType) return false;
  try {
    return verify(token.hash, token.signed, certificate.publicKey, token.signature);
  } catch {
    return false;
  }
}

function certificatesOf(parts: readonly DerNode[]): readonly Certificate[] {
  const [list] = parts.filter((part) => hasTag(part, 0xa0));
  if (list === undefined) throw invalid("it has no certificates");
  const nodes = elementsOf(list, 0xa0);
  if (nodes.length > TOKEN_CERTIFICATES_MAX) throw invalid(`it has ${nodes.length} certificates`);
  return nodes.map((node) => parseCertificate(node.bytes));
}

function signerOf(node: DerNode, content: Buffer): Omit<TimestampToken, "content" | "certificates"> {
  const [version, identifier, digestAlgorithm, attributes, signatureAlgorithm, signature] = sequenceOf(node);
  if (countOf(version) !== 1) throw invalid("its signer is named in another way than by issuer and number");
  const [issuer, serial] = sequenceOf(identifier);
  if (issuer === undefined) throw invalid("its signer has no issuer");
  const hash = HASHES.get(oidOf(sequenceOf(digestAlgorithm)[0]));
  const way = SIGNATURES.get(oidOf(sequenceOf(signatureAlgorithm)[0]));
  if (hash === undefined || way === undefined || (way.hash ?? hash) !== hash) {
    throw invalid("its signature is made in a way that is not supported");
  }
  const values = attributesOf(attributes);
  if (oidOf(values(OIDS.contentType)) !== OIDS.timestampInfo)
    throw invalid("it was signed as something else");
  const digest = createHash(hash).update(content).digest();
  if (!octetsOf(values(OIDS.messageDigest)).equals(digest)) throw invalid("its content was changed");
  // Signed is the SET, whatever tag stands before it. See RFC 5652, section 5.4.
  const signed = Buffer.from(attributes?.bytes ?? []);
  signed[0] = 0x31;
  return {
    issuer: issuer.bytes,
    serial: integerBytesOf(serial),
    hash,
    keyType: way.key,
    signed,
    signature: octetsOf(signature),
    ...signingCertificateOf(values(OIDS.signingCertificate)),
  };
}

/** Looks up signed attributes, each of which must be there once with one value. */
function attributesOf(node: DerNode | undefined): (oid: string) => DerNode {
  const attributes = elementsOf(node, 0xa0).map((attribute) => {
    const [type, values] = sequenceOf(attribute);
    return { oid: oidOf(type), values: setOf(values) };
  });
  return (oid) => {
    const [found, ...more] = attributes.filter((attribute) => attribute.oid === oid);
    const [value, ...others] = found?.values ?? [];
    if (value === undefined || more.length > 0 || others.length > 0) {
      throw invalid(`signed attribute ${oid} is not there exactly once`);
    }
    return value;
  };
}

/** The first certificate of SigningCertificateV2: the signer's. @see RFC 5035, section 3 */
function signingCertificateOf(
  node: DerNode,
): Pick<TimestampToken, "certificateHash" | "certificateHashAlgorithm"> {
  const [first] = sequenceOf(sequenceOf(node)[0]);
  const [algorithmOrHash, second] = sequenceOf(first);
  if (!hasTag(algorithmOrHash, 0x30)) {
    return { certificateHash: octetsOf(algorithmOrHash), certificateHashAlgorithm: "sha256" };
  }
  const algorithm = HASHES.get(oidOf(sequenceOf(algorithmOrHash)[0]));
  if (algorithm === undefined) throw invalid("it names its certificate by a hash that is not supported");
  return { certificateHash: octetsOf(second), certificateHashAlgorithm: algorithm };
}

function invalid(what: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", what);
}
