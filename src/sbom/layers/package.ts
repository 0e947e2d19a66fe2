/** An installed package as the image's own package database has it. Foreign text, not yet bounded. */
export interface InstalledPackage {
  readonly type: "apk" | "deb" | "rpm";
  readonly name: string;
  readonly version: string;
  /** rpm only. */
  readonly epoch?: string;
  readonly architecture?: string;
  /** The source package as a purl's `upstream` has it: `openssl`, `openssl@3.0.15-1` or `openssl-3.0.7-27.el9.src.rpm`. */
  readonly upstream?: string;
  readonly licence?: string;
}

/** An entry of a package database: a package, or why it is none. */
export type DatabaseEntry =
  | { readonly kind: "package"; readonly package: InstalledPackage }
  | { readonly kind: "skipped"; readonly reason: "not-installed" | "entry-invalid" };

export const INVALID_ENTRY: DatabaseEntry = { kind: "skipped", reason: "entry-invalid" };
