import { type ImageLine, type Repository, type Tag, renderRepository } from "../image/reference.ts";
import { type Instant, later, renderDay } from "../time.ts";

/** Images that a vendor stops to build at a known time. */
export interface Lifecycle {
  /** Patterns of the full name `registry/path`, anchored at both ends. */
  readonly images: readonly RegExp[];
  /** Only tags with this word in them: `debian12`. Absent: all. */
  readonly word?: string;
  /** The first instant at which it is over. */
  readonly endsAt: Instant;
  /** What users should do. */
  readonly notice: string;
}

/** An end that its vendor has told. */
export interface Ending {
  readonly kind: "ended" | "ending";
  readonly endsAt: Instant;
  readonly notice: string;
}

/** Where an image stands in its vendor's plan. `unknown`: the vendor says nothing that is known here. */
export type EndOfLife = Ending | { readonly kind: "unknown" };

/** Whether the vendor has stopped to build what this tag names, or says when it will. Of several statements the earliest end counts. */
export function endOfLifeOf(
  repository: Repository,
  tag: Tag,
  profile: { readonly lifecycle?: readonly Lifecycle[] },
  now: Instant,
): EndOfLife {
  const name = renderRepository(repository);
  const words = tag.split("-");
  const [first] = (profile.lifecycle ?? [])
    .filter(
      ({ images, word }) =>
        images.some((image) => image.test(name)) && (word === undefined || words.includes(word)),
    )
    .toSorted((a, b) => a.endsAt - b.endsAt);
  if (first === undefined) return { kind: "unknown" };
  const { endsAt, notice } = first;
  return { kind: endsAt <= now ? "ended" : "ending", endsAt, notice };
}

/** What its vendor has told of the end of an image; undefined where it has not. */
export function endingOf(
  { repository, tag }: ImageLine,
  profile: { readonly lifecycle?: readonly Lifecycle[] },
  now: Instant,
): Ending | undefined {
  const state = endOfLifeOf(repository, tag, profile, now);
  return state.kind === "unknown" ? undefined : state;
}

/** An end in words, a fragment: `its vendor builds it until 30 Sep 2026`. */
export function endingInWords({ kind, endsAt }: Pick<Ending, "kind" | "endsAt">): string {
  const [words, at] =
    kind === "ended"
      ? (["builds it no more since", endsAt] as const)
      : (["builds it until", later(endsAt, -1)] as const);
  return `its vendor ${words} ${renderDay(at)} ${new Date(at).getUTCFullYear()}`;
}
