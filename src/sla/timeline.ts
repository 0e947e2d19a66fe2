import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { PlaceId, TargetFact } from "./facts.ts";
import { placeName } from "./facts.ts";
import type { Line, Presence } from "./line.ts";

/** What a place stood at from a moment on: a digest, or nothing. */
export type Stay =
  | {
      readonly kind: "pinned";
      readonly digest: Digest;
      readonly at: Instant;
      readonly how: "merged" | "scanned";
    }
  | { readonly kind: "ended"; readonly at: Instant; readonly how: "gone" | "cancelled" };

/** One place through time. */
export interface Timeline {
  readonly place: PlaceId;
  /** Oldest first, never empty; no two in a row are the same. */
  readonly stays: readonly Stay[];
}

/** Stays of a place that count, the last ones: what was done before them is over. */
const STAYS_MAX = 50;

/** Every place of a target through time, by name. */
export function timelinesOf(facts: readonly TargetFact[], now: Instant): readonly Timeline[] {
  const places = new Map<string, { readonly place: PlaceId; readonly stays: Stay[] }>();
  for (const fact of facts) {
    if (fact.kind !== "pinned" || fact.at > now) continue;
    const name = placeName(fact.place);
    const known = places.get(name) ?? { place: fact.place, stays: [] };
    known.stays.push({ kind: "pinned", digest: fact.digest, at: fact.at, how: fact.how });
    places.set(name, known);
  }
  for (const fact of facts) {
    if (fact.kind !== "ended" || fact.at > now) continue;
    const { place, at, how } = fact;
    const ending = place === undefined ? [...places.values()] : [places.get(placeName(place))];
    for (const known of ending) known?.stays.push({ kind: "ended", at, how });
  }
  return [...places.entries()]
    .toSorted(([a], [b]) => compareTexts(a, b))
    .map(([, { place, stays }]) => ({ place, stays: inOrder(stays) }));
}

/** How it went with a vulnerability at a place. */
export interface Course {
  /** At the end: the place has it, has not, nobody can say, or the place is no more. */
  readonly now: Presence | "gone" | "cancelled";
  /** Whether it ever had it. */
  readonly hadIt: boolean;
  /** When it lost it last, or ended having it. */
  readonly stoppedAt?: Instant;
  /** Times that it had lost it before, and got it again. */
  readonly relapses: readonly { readonly stoppedAt: Instant; readonly againAt: Instant }[];
}

/** How a place came by a vulnerability and got rid of it. */
export function courseOf({ stays }: Timeline, presenceOf: (digest: Digest) => Presence): Course {
  let state: Course["now"] = "unknown";
  let hadIt = false;
  let stoppedAt: Instant | undefined;
  const relapses: { readonly stoppedAt: Instant; readonly againAt: Instant }[] = [];
  for (const stay of stays) {
    const next = stay.kind === "ended" ? stay.how : presenceOf(stay.digest);
    const isRid = next === "clean" || stay.kind === "ended";
    if (next === "affected" || (next === "unknown" && state === "affected")) {
      if (stoppedAt !== undefined) relapses.push({ stoppedAt, againAt: stay.at });
      stoppedAt = undefined;
      hadIt ||= next === "affected";
      state = next;
      continue;
    }
    // Where it was rid of it, being moved to what cannot be told does not bring it back; nor does being taken away.
    if (stoppedAt !== undefined && (isRid || next === "unknown")) continue;
    if (isRid && hadIt) stoppedAt = stay.at;
    state = next;
  }
  return { now: state, hadIt, ...(stoppedAt === undefined ? {} : { stoppedAt }), relapses };
}

/** The digest a place stands at; undefined when it is no more. */
export function pinnedNow({ stays }: Timeline): Digest | undefined {
  const last = stays.at(-1);
  return last?.kind === "pinned" ? last.digest : undefined;
}

/** Whether a digest may follow another: it was seen after it, or offered all the same. */
export function isAfter(
  line: Line,
  digest: Digest,
  { pinned, offered }: { readonly pinned: Digest; readonly offered: ReadonlySet<Digest> },
): boolean {
  if (digest === pinned) return false;
  if (offered.has(digest)) return true;
  const candidate = line.digests.get(digest);
  // What the tag never stood on belongs to a newer one, and is for those alone who were offered it.
  if (candidate?.observedAt === undefined || candidate.isBackwards) return false;
  const before = line.digests.get(pinned)?.observedAt;
  return before === undefined || candidate.observedAt >= before;
}

function inOrder(stays: readonly Stay[]): readonly Stay[] {
  const sorted = stays.toSorted((a, b) => a.at - b.at || compareTexts(keyOf(a), keyOf(b)));
  const changes = sorted.filter((stay, position) => {
    const before = sorted[position - 1];
    return before === undefined || contentOf(before) !== contentOf(stay);
  });
  return changes.slice(-STAYS_MAX);
}

/** Of what happened in one moment, an end comes first: what is pinned then is. */
function keyOf(stay: Stay): string {
  return stay.kind === "ended" ? `0 ${stay.how}` : `1 ${stay.digest} ${stay.how}`;
}

function contentOf(stay: Stay): string {
  return stay.kind === "ended" ? stay.how : stay.digest;
}
