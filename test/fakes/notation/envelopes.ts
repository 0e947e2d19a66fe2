import { constants, type KeyObject, sign } from "node:crypto";
import { cbor, type CborValue, Tagged } from "./cbor.ts";

/** What an envelope says beside its payload, in the names that both forms share. */
export interface EnvelopeAttributes {
  /** As JWS calls it; COSE writes its number. */
  readonly algorithm: string;
  readonly contentType: string | undefined;
  readonly critical: readonly (string | number)[] | undefined;
  readonly named: Readonly<Record<string, string | boolean | Date>>;
}

/** An envelope before it is signed, and how. */
export interface EnvelopeContents {
  readonly form: "jws" | "cose";
  readonly key: KeyObject;
  readonly attributes: EnvelopeAttributes;
  readonly payload: Uint8Array;
  readonly chain: readonly Uint8Array[];
  /** A countersignature of this signature. */
  readonly timestamp?: (signature: Buffer) => Uint8Array;
  /** How the key really signs, where that is not what the attributes say. */
  readonly signedWith?: string;
}

export const SCHEME = "io.cncf.notary.signingScheme";
export const SIGNING_TIME = "io.cncf.notary.signingTime";
export const AUTHENTIC_TIME = "io.cncf.notary.authenticSigningTime";
export const EXPIRY = "io.cncf.notary.expiry";
export const TIMESTAMP = "io.cncf.notary.timestampSignature";
export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";

/** The algorithm that Notation takes for a key. */
export function algorithmFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === "rsa") {
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return bits >= 4096 ? "PS512" : bits >= 3072 ? "PS384" : "PS256";
  }
  const curves: Record<string, string> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };
  return curves[asymmetricKeyDetails?.namedCurve ?? ""] ?? "ES256";
}

/** Attributes as Notation writes them for a scheme. */
export function attributesFor(
  key: KeyObject,
  scheme: "notary.x509" | "notary.x509.signingAuthority",
  { signedAt, expiresAt }: { readonly signedAt: number; readonly expiresAt?: number },
): EnvelopeAttributes {
  const time = scheme === "notary.x509" ? SIGNING_TIME : AUTHENTIC_TIME;
  return {
    algorithm: algorithmFor(key),
    contentType: PAYLOAD_TYPE,
    critical: [
      SCHEME,
      ...(scheme === "notary.x509" ? [] : [AUTHENTIC_TIME]),
      ...(expiresAt === undefined ? [] : [EXPIRY]),
    ],
    named: {
      [SCHEME]: scheme,
      [time]: new Date(signedAt),
      ...(expiresAt === undefined ? {} : { [EXPIRY]: new Date(expiresAt) }),
    },
  };
}

/** A payload about an artifact. */
export function payloadFor(digest: string, more: Readonly<Record<string, unknown>> = {}): Buffer {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return Buffer.from(JSON.stringify({ targetArtifact: { mediaType, digest, size: 942, ...more } }));
}

/** An envelope in either form. */
export function notationEnvelope(contents: EnvelopeContents): Buffer {
  return contents.form === "jws"
    ? Buffer.from(JSON.stringify(jwsDocument(contents)))
    : cbor(coseMessage(contents));
}

/** A signature in the way of an algorithm. */
export function signedBytes(key: KeyObject, algorithm: string, bytes: Uint8Array): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith("PS")) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return sign(hash, bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
  }
  return algorithm.startsWith("RS")
    ? sign(hash, bytes, key)
    : sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" });
}

/** The members of a JWS envelope. */
export interface JwsDocument {
  readonly payload: string;
  readonly protected: string;
  readonly header: Readonly<Record<string, unknown>>;
  readonly signature: string;
}

export function jwsDocument(contents: EnvelopeContents): JwsDocument {
  const { attributes, payload } = contents;
  const header = {
    alg: attributes.algorithm,
    ...(attributes.contentType === undefined ? {} : { cty: attributes.contentType }),
    ...Object.fromEntries(
      Object.entries(attributes.named).map(([name, value]) => [
        name,
        value instanceof Date ? value.toISOString().replace(".000", "") : value,
      ]),
    ),
    ...(attributes.critical === undefined ? {} : { crit: attributes.critical }),
  };
  return jwsOf(contents, JSON.stringify(header), Buffer.from(payload).toString("base64url"));
}

/** A JWS envelope around a protected header of any text. */
export function jwsOf(contents: EnvelopeContents, header: string, payload: string): JwsDocument {
  const { key, attributes, chain, timestamp, signedWith = attributes.algorithm } = contents;
  const encoded = Buffer.from(header).toString("base64url");
  const signature = signedBytes(key, signedWith, Buffer.from(`${encoded}.${payload}`));
  return {
    payload,
    protected: encoded,
    header: {
      x5c: chain.map((certificate) => Buffer.from(certificate).toString("base64")),
      ...(timestamp === undefined
        ? {}
        : { [TIMESTAMP]: Buffer.from(timestamp(signature)).toString("base64") }),
      "io.cncf.notary.signingAgent": "notation-go/1.3.2",
    },
    signature: signature.toString("base64url"),
  };
}

const COSE_ALGORITHMS = new Map([
  ["PS256", -37],
  ["PS384", -38],
  ["PS512", -39],
  ["ES256", -7],
  ["ES384", -35],
  ["ES512", -36],
  ["RS256", -257],
  ["HS256", 5],
  ["EdDSA", -8],
]);

/** The parts of a COSE envelope, to be changed before they are written. */
export interface CoseParts {
  readonly header: Uint8Array;
  readonly unprotected: ReadonlyMap<number | string, CborValue>;
  readonly payload: CborValue;
  readonly signature: CborValue;
}

export function coseHeader({
  attributes,
}: Pick<EnvelopeContents, "attributes">): Map<number | string, CborValue> {
  const { algorithm, contentType, critical, named } = attributes;
  const header = new Map<number | string, CborValue>([[1, COSE_ALGORITHMS.get(algorithm) ?? 0]]);
  if (critical !== undefined) header.set(2, critical);
  if (contentType !== undefined) header.set(3, contentType);
  for (const [name, value] of Object.entries(named)) {
    header.set(name, value instanceof Date ? new Tagged(1, Math.floor(value.getTime() / 1000)) : value);
  }
  return header;
}

export function coseParts(contents: EnvelopeContents, header = coseHeader(contents)): CoseParts {
  const { key, attributes, payload, chain, timestamp, signedWith = attributes.algorithm } = contents;
  const bytes = cbor(header);
  const signature = signedBytes(
    key,
    signedWith,
    cbor(["Signature1", bytes, Buffer.alloc(0), Buffer.from(payload)]),
  );
  const unprotected = new Map<number | string, CborValue>([
    [33, chain.map((certificate) => Buffer.from(certificate))],
    ["io.cncf.notary.signingAgent", "notation-go/1.3.2"],
  ]);
  if (timestamp !== undefined) unprotected.set(TIMESTAMP, Buffer.from(timestamp(signature)));
  return { header: bytes, unprotected, payload: Buffer.from(payload), signature };
}

export function coseMessage(contents: EnvelopeContents): Tagged {
  return taggedSign1(coseParts(contents));
}

export function taggedSign1({ header, unprotected, payload, signature }: CoseParts): Tagged {
  return new Tagged(18, [header, unprotected, payload, signature]);
}
