/**
 * Who signed, as far as it was proven. Today a public key; an identity of a certificate will be a second kind.
 */
export interface Signer {
  readonly kind: "key";
  /** SHA-256 of the key's SubjectPublicKeyInfo (DER), 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** What the operator or profile calls the key, e.g. `BellSoft`. */
  readonly name: string;
}

/** `SHA256:kq3vZ…`: how people compare keys (base64 of the fingerprint, as ssh writes it). */
export function renderFingerprint({ fingerprint }: Signer): string {
  return `SHA256:${Buffer.from(fingerprint, "hex").toString("base64").replace(/=+$/, "")}`;
}
