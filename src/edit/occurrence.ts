import type { Digest } from "../image/digest.ts";
import type { Reference } from "../image/reference.ts";

/** Half-open range of UTF-16 code units in a file's text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Why a place that names an image is reported instead of edited. A closed list. */
export const UNHANDLED_REASONS = [
  /** A variable without a default, or one that the build is told from outside. */
  "variable-unresolved",
  /** The text is not an image reference. */
  "reference-invalid",
  /** No digest: there is nothing to bump. First pins are the owner's choice. */
  "not-pinned",
  /** A digest without a tag: which tag it followed is not known. */
  "tag-unknown",
  /** The reference is put together from several variables: no single place holds its digest. */
  "reference-assembled",
] as const;

export type UnhandledReason = (typeof UNHANDLED_REASONS)[number];

/** One place in a file that names an image. */
export interface Occurrence {
  /** 1-based. */
  readonly line: number;
  /** The text that names the image, as written, at most 512 characters. */
  readonly raw: string;
  readonly handling:
    | {
        /** The reference, and where its digest stands: those 71 characters are all an edit changes. */
        readonly kind: "editable";
        readonly reference: Reference & {
          readonly digest: Digest;
          readonly tag: NonNullable<Reference["tag"]>;
        };
        readonly digestRange: TextRange;
      }
    | {
        /** The reference where it could be read; seen, and worth watching, but not edited. */
        readonly kind: "reported";
        readonly reason: UnhandledReason;
        readonly reference?: Reference;
      };
}

/** One replacement: this digest, which must stand in this range, becomes that one. */
export interface DigestEdit {
  readonly range: TextRange;
  readonly from: Digest;
  readonly to: Digest;
}
