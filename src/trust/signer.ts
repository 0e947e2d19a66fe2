/** Who signed, as far as it was proven. */
export type Signer = KeySigner | IdentitySigner | CertificateSigner;

/** Whoever holds a key. */
export interface KeySigner {
  readonly kind: "key";
  /** SHA-256 of the key's SubjectPublicKeyInfo (DER), 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** What the operator or profile calls the key, e.g. `BellSoft`. */
  readonly name: string;
}

/** Somebody whom an issuer of identities named, proven by a short-lived certificate (keyless signing). */
export interface IdentitySigner {
  readonly kind: "identity";
  /** Who named them: `https://token.actions.githubusercontent.com`. */
  readonly issuer: string;
  /** Whom they named: the certificate's one subject alternative name, a URI or an e-mail address. */
  readonly subject: string;
  /** The trust root whose authority made the certificate. */
  readonly root: string;
  readonly name: string;
}

/** The holder of a long-lived certificate under an own authority: of cosign with an own PKI, or of Notation. */
export interface CertificateSigner {
  readonly kind: "certificate";
  /** The subject alternative name, or for Notation the distinguished name as Notation writes it: `CN=…, O=…`. */
  readonly subject: string;
  readonly root: string;
  readonly name: string;
}

/** Tells signers apart, whatever they are called: what is distrusted, counted and compared. */
export function signerId(signer: Signer): string {
  switch (signer.kind) {
    case "key":
      return `key ${signer.fingerprint}`;
    case "identity":
      return `identity ${signer.issuer} ${signer.subject}`;
    case "certificate":
      return `certificate ${signer.root} ${signer.subject}`;
    default:
      return signer satisfies never;
  }
}

/** `SHA256:kq3vZ…`: how people compare keys (base64 of the fingerprint, as ssh writes it). */
export function renderFingerprint({ fingerprint }: Pick<KeySigner, "fingerprint">): string {
  return `SHA256:${Buffer.from(fingerprint, "hex").toString("base64").replace(/=+$/, "")}`;
}

/** What a signer is told apart by, for people: a fingerprint, or who named whom. */
export function renderSigner(signer: Signer): string {
  switch (signer.kind) {
    case "key":
      return renderFingerprint(signer);
    case "identity":
      return `${signer.subject} (named by ${signer.issuer})`;
    case "certificate":
      return `${signer.subject} (certified by ${signer.root})`;
    default:
      return signer satisfies never;
  }
}
