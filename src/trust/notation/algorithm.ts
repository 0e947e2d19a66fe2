import { type KeyObject, constants, verify } from "node:crypto";

/** How a signature is made, as JWS calls it. No other way is known to Notation. */
export const SIGNATURE_ALGORITHMS = ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"] as const;

export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

const RSA_BITS_MIN = 2_048;
/** OpenSSL would compute with keys of any size that somebody sends. */
const RSA_BITS_MAX = 8_192;

/** Whether a text names a way to sign that Notation knows. */
export function isSignatureAlgorithm(text: string): text is SignatureAlgorithm {
  return SIGNATURE_ALGORITHMS.some((algorithm) => algorithm === text);
}

/**
 * The one way in which a key signs; undefined for a key that may not.
 *
 * @see Notary Project signature-specification.md, "Algorithm Selection"
 */
export function algorithmOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): SignatureAlgorithm | undefined {
  if (asymmetricKeyType === "rsa") return RSA_ALGORITHMS.get(asymmetricKeyDetails?.modulusLength ?? 0);
  if (asymmetricKeyType === "ec") return EC_ALGORITHMS.get(asymmetricKeyDetails?.namedCurve ?? "");
  return undefined;
}

const RSA_ALGORITHMS = new Map<number, SignatureAlgorithm>([
  [2_048, "PS256"],
  [3_072, "PS384"],
  [4_096, "PS512"],
]);
const EC_ALGORITHMS = new Map<string, SignatureAlgorithm>([
  ["prime256v1", "ES256"],
  ["secp384r1", "ES384"],
  ["secp521r1", "ES512"],
]);

/** Whether a key is strong enough for a certificate of a chain, an authority's or the signer's. */
export function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === "ec") return EC_ALGORITHMS.has(asymmetricKeyDetails?.namedCurve ?? "");
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return asymmetricKeyType === "rsa" && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
}

/** Whether the signature over these bytes was made with the key in this way. A signature without the right form was not. */
export function isSignedWith(
  key: KeyObject,
  algorithm: SignatureAlgorithm,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  const hash = `sha${algorithm.slice(2)}`;
  try {
    return algorithm.startsWith("PS")
      ? verify(
          hash,
          signed,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
          signature,
        )
      : verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  } catch {
    return false;
  }
}
