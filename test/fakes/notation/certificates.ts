import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  bitString,
  certificateTime,
  der,
  flag,
  integer,
  namedBits,
  octets,
  oid,
  printable,
  sequence,
  set,
  utf8,
} from "./der.ts";

/** Kinds of keys that Notation signs with. */
export const NOTARY_KEYS = ["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521"] as const;
export type NotaryKey = (typeof NOTARY_KEYS)[number];

/** A private key of a kind; for RSA of any size. */
export function newNotaryKey(kind: NotaryKey | "rsa-1024" | "rsa-2560" | "p-224" | "ed25519"): KeyObject {
  if (kind === "ed25519") return generateKeyPairSync("ed25519").privateKey;
  if (kind.startsWith("rsa-")) {
    return generateKeyPairSync("rsa", { modulusLength: Number(kind.slice(4)) }).privateKey;
  }
  const namedCurve = {
    "p-256": "prime256v1",
    "p-384": "secp384r1",
    "p-521": "secp521r1",
    "p-224": "secp224r1",
  }[kind.slice(0, 5)];
  return generateKeyPairSync("ec", { namedCurve: namedCurve ?? kind }).privateKey;
}

/** A name by its attributes, in the order of the certificate; one set holds several in one place. */
export type NameParts = readonly (readonly [type: string, value: string | Buffer])[];

const NAME_TYPES = new Map([
  ["CN", "2.5.4.3"],
  ["C", "2.5.4.6"],
  ["L", "2.5.4.7"],
  ["ST", "2.5.4.8"],
  ["O", "2.5.4.10"],
  ["OU", "2.5.4.11"],
]);

/** A distinguished name in DER. */
export function nameDer(parts: NameParts): Buffer {
  return sequence(...parts.map((part) => set(nameAttribute(...part))));
}

/** One attribute of a name. */
export function nameAttribute(type: string, value: string | Buffer): Buffer {
  const text = typeof value === "string" ? (type === "C" ? printable(value) : utf8(value)) : value;
  return sequence(oid(NAME_TYPES.get(type) ?? type), text);
}

/** Who holds a certificate: the certificate, the key, and what others need to be issued by it. */
export interface Holder {
  readonly der: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
}

/** What a certificate says. */
export interface CertificateContents {
  readonly key: KeyObject;
  readonly subject: Buffer;
  /** Without one it issues itself. */
  readonly issuer?: Pick<Holder, "subject" | "key">;
  readonly serial?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly extensions: readonly Buffer[];
  readonly hash?: "sha1" | "sha256" | "sha384" | "sha512";
}

/** When the certificates of the tests are valid, if nothing else is said. */
export const VALID_FROM = Date.UTC(2026, 0, 1);
export const VALID_UNTIL = Date.UTC(2036, 0, 1);

let nextSerial = 1;

/** A certificate, whatever it says. */
export function certificate(contents: CertificateContents): Holder {
  const { key, subject, issuer = { subject, key }, extensions, hash = "sha256" } = contents;
  const { notBefore = VALID_FROM, notAfter = VALID_UNTIL, serial = (nextSerial += 1) } = contents;
  const algorithm = signatureAlgorithm(issuer.key, hash);
  const tbs = sequence(
    der(0xa0, integer(2)),
    integer(serial),
    algorithm,
    issuer.subject,
    sequence(certificateTime(notBefore), certificateTime(notAfter)),
    subject,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = sign(issuer.key.asymmetricKeyType === "ed25519" ? null : hash, tbs, issuer.key);
  return { der: sequence(tbs, algorithm, bitString(signature)), subject, key };
}

const SIGNATURES = {
  rsa: {
    sha1: "1.2.840.113549.1.1.5",
    sha256: "1.2.840.113549.1.1.11",
    sha384: "1.2.840.113549.1.1.12",
    sha512: "1.2.840.113549.1.1.13",
  },
  ec: {
    sha1: "1.2.840.10045.4.1",
    sha256: "1.2.840.10045.4.3.2",
    sha384: "1.2.840.10045.4.3.3",
    sha512: "1.2.840.10045.4.3.4",
  },
} as const;

function signatureAlgorithm(key: KeyObject, hash: keyof typeof SIGNATURES.rsa): Buffer {
  if (key.asymmetricKeyType === "ed25519") return sequence(oid("1.3.101.112"));
  return key.asymmetricKeyType === "rsa"
    ? sequence(oid(SIGNATURES.rsa[hash]), der(0x05))
    : sequence(oid(SIGNATURES.ec[hash]));
}

/** An extension. */
export function extension(id: string, critical: "critical" | "plain", value: Uint8Array): Buffer {
  return sequence(oid(id), ...(critical === "critical" ? [flag(true)] : []), octets(value));
}

/** Numbers of the usages of a key. */
export const USAGE = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  crlSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
} as const;

export function keyUsage(bits: readonly number[], critical: "critical" | "plain" = "critical"): Buffer {
  return extension("2.5.29.15", critical, namedBits(bits));
}

/** Basic constraints of an authority. */
export function authority(pathLength?: number, critical: "critical" | "plain" = "critical"): Buffer {
  const value = sequence(flag(true), ...(pathLength === undefined ? [] : [integer(pathLength)]));
  return extension("2.5.29.19", critical, value);
}

/** Basic constraints of a certificate that is no authority. */
export function noAuthority(): Buffer {
  return extension("2.5.29.19", "plain", sequence());
}

export function purposes(oids: readonly string[], critical: "critical" | "plain" = "plain"): Buffer {
  return extension("2.5.29.37", critical, sequence(...oids.map(oid)));
}

export const PURPOSE = {
  any: "2.5.29.37.0",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  ocspSigning: "1.3.6.1.5.5.7.3.9",
} as const;

/** Extensions that a certificate of each role should have. */
export const PROFILES = {
  authority: (pathLength?: number) => [authority(pathLength), keyUsage([USAGE.keyCertSign, USAGE.crlSign])],
  leaf: () => [noAuthority(), keyUsage([USAGE.digitalSignature]), purposes([PURPOSE.codeSigning])],
  timestamps: () => [
    noAuthority(),
    keyUsage([USAGE.digitalSignature]),
    purposes([PURPOSE.timeStamping], "critical"),
  ],
} as const;
