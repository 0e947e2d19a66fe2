import type { X509Certificate } from "node:crypto";
import type { TrustMaterial } from "@sigstore/verify";

/**
 * What a trust root is made from: plain texts, so that a thread can be handed one.
 *
 * `sigstore`: a `trusted_root.json`. `log-key`: the public key (PEM) of a private Rekor, known by nothing else. `certificates`: PEM certificates of
 * authorities, of an own PKI or of a Notation trust store, and those of its timestamp authorities and signing authorities.
 */
export type TrustRootSource =
  | { readonly name: string; readonly kind: "sigstore"; readonly json: string }
  | { readonly name: string; readonly kind: "log-key"; readonly pem: string }
  | {
      readonly name: string;
      readonly kind: "certificates";
      readonly authorities: string;
      readonly timestampAuthorities?: string;
      readonly signingAuthorities?: string;
    };

/** Whom certificates, log entries and timestamps lead to. */
export interface TrustRoot {
  readonly name: string;
  /** SHA-256 of what it was made from, 64 lower-case hex digits: another version, another verdict. */
  readonly version: string;
  /** Authorities of short-lived certificates, logs, and timestamp authorities, as @sigstore/verify takes them. */
  readonly sigstore: Omit<TrustMaterial, "publicKey">;
  /** Authorities of long-lived certificates. */
  readonly authorities: readonly X509Certificate[];
  /** Authorities of Notation's countersignatures. */
  readonly timestampAuthorities: readonly X509Certificate[];
  /**
   * Notation's signing authorities: whoever holds their certificates is believed when it signed. An authority is none for having issued
   * certificates: their holders could sign in the past.
   */
  readonly signingAuthorities?: readonly X509Certificate[];
}

/** Trust roots by name. */
export type TrustRoots = ReadonlyMap<string, TrustRoot>;
