import { type Repository, type Tag, renderRepository } from "../image/reference.ts";

/** Images that a vendor stops to build at a known time. */
export interface Lifecycle {
  /** Patterns of the full name `registry/path`, anchored at both ends. */
  readonly images: readonly RegExp[];
  /** Only tags with this word in them: `debian12`. Absent: all. */
  readonly word?: string;
  /** The first instant at which it is over. */
  readonly endsAt: Date;
  /** What users should do. */
  readonly notice: string;
}

/** Where an image stands in its vendor's plan. `unknown`: the vendor says nothing that is known here. */
export type EndOfLife =
  | { readonly kind: "ended" | "ending"; readonly endsAt: Date; readonly notice: string }
  | { readonly kind: "unknown" };

/** Whether the vendor has stopped to build what this tag names, or says when it will. Of several statements the earliest end counts. */
export function endOfLifeOf(
  repository: Repository,
  tag: Tag,
  profile: { readonly lifecycle?: readonly Lifecycle[] },
  now: Date,
): EndOfLife {
  const name = renderRepository(repository);
  const words = tag.split("-");
  const [first] = (profile.lifecycle ?? [])
    .filter(
      ({ images, word }) =>
        images.some((image) => image.test(name)) && (word === undefined || words.includes(word)),
    )
    .toSorted((a, b) => a.endsAt.getTime() - b.endsAt.getTime());
  if (first === undefined) return { kind: "unknown" };
  const { endsAt, notice } = first;
  return { kind: endsAt.getTime() <= now.getTime() ? "ended" : "ending", endsAt, notice };
}
