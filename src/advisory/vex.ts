import type { Instant } from "../time.ts";

/** OpenVEX 0.2.0 statuses. */
export const VEX_STATUSES = ["not_affected", "affected", "fixed", "under_investigation"] as const;

export type VexStatus = (typeof VEX_STATUSES)[number];

/** One statement about one vulnerability, its times inherited from its document. */
export interface VexStatement {
  /** The vulnerability's name and aliases, as written: `CVE-2026-31337`. */
  readonly vulnerabilities: readonly string[];
  readonly status: VexStatus;
  readonly justification?: string;
  readonly impact?: string;
  /** When it was made or last updated. */
  readonly at: Instant;
  readonly author: string;
  /** purls of products; a version or a qualifier that is left out stands for any. */
  readonly products: readonly VexProduct[];
  /** What stands behind it: an attestation about exactly this image, or a feed the operator trusts. Nothing else counts. */
  readonly from: "attestation" | "feed";
}

export interface VexProduct {
  readonly purl?: string;
  /** SHA-256 digests the statement names, as `sha256:…`. */
  readonly digests: readonly string[];
  /** purls of the packages inside the product it is about; empty for the product itself. */
  readonly subcomponents: readonly string[];
}
