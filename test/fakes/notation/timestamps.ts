import { createHash, sign } from "node:crypto";
import type { Holder } from "./certificates.ts";
import { der, flag, generalizedTime, integer, octets, oid, sequence, set } from "./der.ts";

/** OIDs that tokens are made of. */
export const TOKEN_OID = {
  signedData: "1.2.840.113549.1.7.2",
  timestampInfo: "1.2.840.113549.1.9.16.1.4",
  data: "1.2.840.113549.1.7.1",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingCertificate: "1.2.840.113549.1.9.16.2.47",
} as const;

export const HASH_OID = {
  sha1: "1.3.14.3.2.26",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
  sha512: "2.16.840.1.101.3.4.2.3",
} as const;

export type TokenHash = keyof typeof HASH_OID;

/** What a timestamp authority says and how; by default as it should. */
export interface TokenContents {
  readonly tsa: Holder & { readonly issuer: Buffer; readonly serial: number };
  /** Certificates that come along, in any order. */
  readonly certificates: readonly Uint8Array[];
  readonly signature: Uint8Array;
  readonly at: number;
  readonly imprintHash?: TokenHash;
  readonly hash?: TokenHash;
  readonly infoVersion?: number;
  readonly policy?: string;
  /** DER that follows the time: accuracy, ordering, nonce, extensions. */
  readonly infoRest?: readonly Buffer[];
  readonly contentType?: string;
  readonly signedContentType?: string;
  readonly signatureOid?: string;
  readonly dataVersion?: number;
  readonly signerVersion?: number;
  /** The certificate whose hash is signed. */
  readonly named?: Uint8Array;
  readonly namedHash?: TokenHash;
  /** Changes the signed attributes before they are signed. */
  readonly attributes?: (attributes: readonly Buffer[]) => readonly Buffer[];
  /** Changes the content after it was signed. */
  readonly content?: (info: Buffer) => Buffer;
  readonly signers?: number;
}

/** A TimeStampToken. @see RFC 3161, section 2.4.2 */
export function timestampToken(contents: TokenContents): Buffer {
  const { tsa, certificates, hash = "sha256", content = (info: Buffer) => info } = contents;
  const { contentType = TOKEN_OID.timestampInfo, signerVersion = 1, dataVersion = 3, signers = 1 } = contents;
  const info = infoOf(contents);
  const attributes = set(...attributesOf(contents, info));
  const signature = sign(hash, attributes, tsa.key);
  const unsigned = Buffer.from(attributes);
  unsigned[0] = 0xa0;
  const { signatureOid = signatureOidOf(tsa, hash) } = contents;
  const signer = sequence(
    integer(signerVersion),
    sequence(tsa.issuer, integer(tsa.serial)),
    sequence(oid(HASH_OID[hash])),
    unsigned,
    sequence(oid(signatureOid)),
    octets(signature),
  );
  return sequence(
    oid(TOKEN_OID.signedData),
    der(
      0xa0,
      sequence(
        integer(dataVersion),
        set(sequence(oid(HASH_OID[hash]))),
        sequence(oid(contentType), der(0xa0, octets(content(info)))),
        der(0xa0, ...certificates),
        set(...Array.from({ length: signers }, () => signer)),
      ),
    ),
  );
}

/** A critical or harmless extension of a TSTInfo that nobody knows. */
export function infoExtensions(critical: "critical" | "plain"): Buffer {
  const parts = [
    oid("1.2.3.4"),
    ...(critical === "critical" ? [flag(true)] : []),
    octets(Buffer.from([5, 0])),
  ];
  return der(0xa1, sequence(...parts));
}

function infoOf(contents: TokenContents): Buffer {
  const { signature, at, imprintHash = "sha256", infoVersion = 1, policy = "1.2.3.4.5" } = contents;
  const { infoRest = [] } = contents;
  return sequence(
    integer(infoVersion),
    oid(policy),
    sequence(
      sequence(oid(HASH_OID[imprintHash])),
      octets(createHash(imprintHash).update(signature).digest()),
    ),
    integer(7_001),
    generalizedTime(at),
    ...infoRest,
  );
}

function attributesOf(contents: TokenContents, info: Buffer): readonly Buffer[] {
  const { tsa, hash = "sha256", named = tsa.der, namedHash = "sha256" } = contents;
  const { signedContentType = TOKEN_OID.timestampInfo, attributes = (all: readonly Buffer[]) => all } =
    contents;
  const certificateHash = octets(createHash(namedHash).update(named).digest());
  const id =
    namedHash === "sha256" ? [certificateHash] : [sequence(oid(HASH_OID[namedHash])), certificateHash];
  return attributes([
    attribute(TOKEN_OID.contentType, oid(signedContentType)),
    attribute(TOKEN_OID.messageDigest, octets(createHash(hash).update(info).digest())),
    attribute(TOKEN_OID.signingCertificate, sequence(sequence(sequence(...id)))),
  ]);
}

/** One signed attribute. */
export function attribute(type: string, ...values: readonly Buffer[]): Buffer {
  return sequence(oid(type), set(...values));
}

function signatureOidOf({ key }: Holder, hash: TokenHash): string {
  if (key.asymmetricKeyType === "rsa") return "1.2.840.113549.1.1.1";
  return {
    sha1: "1.2.840.10045.4.1",
    sha256: "1.2.840.10045.4.3.2",
    sha384: "1.2.840.10045.4.3.3",
    sha512: "1.2.840.10045.4.3.4",
  }[hash];
}
