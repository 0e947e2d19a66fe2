import type { Digest } from "../../image/digest.ts";
import type { Repository, Tag } from "../../image/reference.ts";
import type { Collected, PlaceSeen } from "../../ports/registry-inspection.ts";

/** Platforms whose own evidence is looked at, at most. */
export const PLATFORMS_MAX = 8;

/** One manifest of an image: what was asked for, or one of its platforms. */
export interface Subject {
  readonly digest: Digest;
  /** Absent for what was asked for itself. */
  readonly platform?: string;
}

/** What was seen of one manifest, wherever its evidence may hang. */
export interface SubjectSeen extends Subject {
  readonly places: readonly { readonly repository: Repository; readonly seen: readonly PlaceSeen[] }[];
  readonly collected: ({ readonly kind: "collected" } & Collected) | Failed;
}

/** Something that could not be asked. */
export interface Failed {
  readonly kind: "failed";
  readonly code: string;
  readonly message: string;
}

/** Everything that a first look at an image sees, before anything of it is judged. */
export interface Findings {
  /** The reference in its full form. */
  readonly reference: string;
  readonly repository: Repository;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly kind: "index" | "image";
  /** Platforms that can be run, of an index. */
  readonly platforms: readonly Required<Subject>[];
  /** What was asked for first, then platforms. */
  readonly subjects: readonly SubjectSeen[];
  /** Tags of the repository. */
  readonly tags: { readonly kind: "listed"; readonly tags: readonly Tag[] } | Failed;
}

/** A tag that is not there, with tags that are. */
export interface Absent {
  readonly kind: "absent";
  readonly reference: string;
  readonly alike: readonly Tag[];
}
