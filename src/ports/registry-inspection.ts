import type { Digest } from "../image/digest.ts";
import type { ImageId, Repository } from "../image/reference.ts";
import type { Evidence, EvidenceSource } from "../trust/evidence.ts";

/**
 * Where evidence about a digest may hang: the registry's own list of referrers, the tag `sha256-<hex>` that replaces it, and the tags
 * `.sig`, `.att` and `.sbom` that older cosigns write. An SBOM under `.sbom` is signed by nobody.
 */
export const EVIDENCE_PLACES = ["referrers-api", "referrers-tag", "sig-tag", "att-tag", "sbom-tag"] as const;

/** What one place answered, by itself: a proxy may have an empty list where the tag holds everything. */
export interface PlaceSeen {
  readonly place: (typeof EVIDENCE_PLACES)[number];
  readonly answer:
    | { readonly kind: "listed"; readonly count: number; readonly isCut: boolean }
    /** Answered with a list of nothing. */
    | { readonly kind: "empty" }
    | { readonly kind: "tagged"; readonly digest: Digest }
    /** It has no such thing; with the status, where that says more than 404. */
    | { readonly kind: "absent"; readonly status: number }
    /** Something that is no list, as gateways and log-in pages answer. */
    | { readonly kind: "strange"; readonly detail: string }
    | { readonly kind: "failed"; readonly code: string; readonly message: string };
}

/** A manifest that was come upon while evidence was collected. What it says of itself is foreign text. */
export interface ManifestSeen {
  readonly place: EvidenceSource["place"];
  /** Where it is, if not in the image's own repository. */
  readonly repository?: Repository;
  readonly digest: Digest;
  readonly subject?: Digest;
  readonly artifactType?: string;
  readonly createdAt?: string;
  readonly layers: readonly {
    readonly mediaType: string;
    readonly digest: Digest;
    readonly size: number;
    readonly predicateType?: string;
  }[];
}

/** Evidence, and the manifests that it was found in. */
export interface Collected {
  readonly evidence: Evidence;
  readonly manifests: readonly ManifestSeen[];
}

/** Looks at how a registry keeps evidence. For people: nothing that is proposed depends on it. */
export interface RegistryInspection {
  /** Asks each place about one digest. What does not answer hides no other. */
  placesOf(image: ImageId, signal: AbortSignal): Promise<readonly PlaceSeen[]>;

  /**
   * As {@link Registry.evidenceOf}, with the manifests.
   *
   * @throws {CodedError} `registry-*` when one of the places could not be asked
   */
  collect(image: ImageId, signal: AbortSignal, also?: readonly Repository[]): Promise<Collected>;
}
