/** Where a trust root comes from, as the operator says. Paths are absolute. */
export type TrustRootPlace =
  /** The public Sigstore instance: its TUF repository, else what was kept of it, else what this release brings along. */
  | { readonly kind: "public-good" }
  /** A `trusted_root.json`. */
  | { readonly kind: "file"; readonly path: string }
  /** A TUF repository that has a `trusted_root.json` among its targets. */
  | {
      readonly kind: "tuf";
      /** Where its metadata is, without `/` at its end; targets are below `targets/`. */
      readonly url: string;
      /** The root metadata (JSON) that the operator trusts to begin with. */
      readonly root: string;
      /** Certificates (PEM) that count instead of the machine's. */
      readonly ca?: string;
    }
  /** The public key (PEM) of a private Rekor. */
  | { readonly kind: "log-key"; readonly path: string }
  /** Certificates (PEM) of authorities, of timestamp authorities, and of Notation's signing authorities. */
  | {
      readonly kind: "certificates";
      readonly authorities: readonly string[];
      readonly timestampAuthorities: readonly string[];
      readonly signingAuthorities?: readonly string[];
    };
