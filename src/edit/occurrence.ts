import type { Digest } from "../image/digest.ts";
import type { Reference, Tag } from "../image/reference.ts";

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
  /** No digest, and no place where one could be put. */
  "not-pinned",
  /** A digest without a tag: which tag it followed is not known. */
  "tag-unknown",
  /** The reference is put together from several places: no single one holds its digest. */
  "reference-assembled",
  /** A tag or a digest alone: which image it belongs to is not said here. */
  "name-unknown",
  /** The file is made by a program: an edit would be lost, or belongs to what it is made from. */
  "generated",
  /** The file is data of a test. */
  "test-data",
  /** Another bot keeps this line, and says so. */
  "other-bot",
  /** It records what ran; it decides nothing. */
  "status-field",
  /** What a build makes is called so; nothing is fetched by it. */
  "artifact-name",
  /** It stands inside other text, such as a script, a template or a comment. */
  "embedded",
  /** A kind of place that is only edited where somebody asked for it. */
  "not-opted-in",
  /** The text around it cannot be read: it is broken, or has more in it than is read. */
  "unread",
  /** A kind of file that is read and not edited. */
  "format-read-only",
] as const;

export type UnhandledReason = (typeof UNHANDLED_REASONS)[number];

/** Where a digest can be put that is not there: `before`, the digest and `after`, one after the other, take the place of what is in the range. */
export interface PinPlace {
  readonly range: TextRange;
  /** What stands in the range: mostly nothing. */
  readonly replaces: string;
  readonly before: string;
  readonly after: string;
}

/** A comment behind a place that repeats its version or a date, such as `# 1.9`. */
export interface VersionComment {
  /** Of the part that repeats it, without the sign of the comment. */
  readonly range: TextRange;
  readonly text: string;
}

/** One place in a file that names an image. */
export interface Occurrence {
  /** 1-based: where the digest stands or would stand. */
  readonly line: number;
  /** The text that names the image, as written, at most 512 characters. */
  readonly raw: string;
  /** The file all ranges are about, where it is another than the one that was read: `.env` beside a Compose file. */
  readonly path?: string;
  readonly handling: Editable | Pinnable | Reported;
}

/** Pinned, and its digest stands in one piece: those 71 characters are what an edit changes. */
export interface Editable {
  readonly kind: "editable";
  readonly reference: Reference & { readonly digest: Digest; readonly tag: Tag };
  readonly digestRange: TextRange;
  /** Where its tag stands in one piece; absent where a tag must not or cannot be changed here. */
  readonly tagRange?: TextRange;
  readonly comment?: VersionComment;
}

/** Not pinned, and a digest can be put here. */
export interface Pinnable {
  readonly kind: "pinnable";
  readonly reference: Reference & { readonly digest?: never; readonly tag: Tag };
  readonly pin: PinPlace;
  readonly tagRange?: TextRange;
}

/** Seen, and not edited. */
export interface Reported {
  readonly kind: "reported";
  readonly reason: UnhandledReason;
  /** The reference where it could be read: worth watching all the same. */
  readonly reference?: Reference;
}

/** One replacement: this text, which must stand in this range, becomes that one. */
export interface TextEdit {
  readonly range: TextRange;
  readonly from: string;
  readonly to: string;
}

/** What a place shall name from now on; without a tag it keeps the one it has. */
export interface PinnedTo {
  readonly digest: Digest;
  readonly tag?: Tag;
}
