import type { Digest } from "../image/digest.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, MINUTE_MS, renderSpan } from "../time.ts";

/** How we learnt of an observation: by asking for the tag, from a list, or afterwards from the registry's own history. */
export const OBSERVATION_SOURCES = ["head", "bulk", "history"] as const;

export type ObservationSource = (typeof OBSERVATION_SOURCES)[number];

/** Why a digest that was never seen before may be an old one all the same. */
export const DOUBTS = ["created-earlier"] as const;

/** What is known of a digest beside its name. */
export interface DigestFacts {
  readonly source?: ObservationSource;
  /** Stands for the images that an index lists; equal contents, equal images. Absent for a single image. */
  readonly content?: Digest;
  /** When the vendor says it was made. */
  readonly createdAt?: Instant;
}

/** At this time this tag pointed at this digest. */
export interface Observation extends DigestFacts {
  readonly digest: Digest;
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  readonly doubt?: (typeof DOUBTS)[number];
}

/** Where a tag has been, oldest first. The last one is where it is now; a digest stands twice if the tag came back to it. */
export type TagHistory = readonly Observation[];

/** Observations of one tag that are kept. */
export const OBSERVATIONS_MAX = 100;

/** A move that is not believed yet, because the tag goes to and fro. */
export interface HeldMove {
  readonly digest: Digest;
  /** Since when every look has found this digest. */
  readonly since: Instant;
}

/** Where a tag has been, with the move that is held back, if one is. */
export interface TagPast {
  readonly history: TagHistory;
  readonly held?: HeldMove;
}

/** What a look at a tag found. */
export interface Sighting extends DigestFacts {
  readonly digest: Digest;
  /** Digests the tag had between the last look and this one, oldest first. */
  readonly missed?: readonly { readonly digest: Digest; readonly movedAt: Instant }[];
}

/**
 * What a look means against what was known.
 *
 * `attestation-only`: another index of the same images. `backwards`: a digest, or images, that the tag had left. `rollback-suspected`: never
 * seen, but made long before what it replaces. `flapping`: to and fro between two digests; nothing is changed until that ends.
 */
export type MovementKind =
  "first" | "same" | "forward" | "attestation-only" | "backwards" | "rollback-suspected" | "flapping";

export interface Movement {
  readonly kind: MovementKind;
  /** A fragment for people, such as `a digest it had left before`. */
  readonly reason: string;
}

const FIRST: Movement = { kind: "first", reason: "seen for the first time" };

/** Moves between two digests within {@link FLAPPING_WITHIN_MS} that are still believed. */
const FLAPPING_MOVES_MAX = 4;
const FLAPPING_WITHIN_MS = HOUR_MS;
/** How far apart two equal looks at a tag that was flapping have to be. */
export const SETTLED_AFTER_MS = 5 * MINUTE_MS;
/** Builds of one release are not made in the order they are published; a day apart they are. */
export const CREATED_SLACK_MS = DAY_MS;
/** Builds without a clock say 1970, or the year 1. */
const CREATED_MIN = Date.UTC(2000, 0, 1);

/** The history with one more look at the tag, and what that look means. Pure: running it twice changes only `lastSeenAt`. */
export function observe(
  past: TagPast,
  sighting: Sighting,
  at: Instant,
): TagPast & { readonly movement: Movement } {
  const { history } = past;
  const current = history.at(-1);
  if (current?.digest === sighting.digest) {
    const seen = { ...current, lastSeenAt: at > current.lastSeenAt ? at : current.lastSeenAt };
    return {
      history: [...history.slice(0, -1), seen],
      movement: { kind: "same", reason: "where it was" },
    };
  }
  if (isHeldBack(past, sighting.digest, at)) {
    return {
      history,
      held: heldSince(past.held, sighting.digest, at),
      movement: {
        kind: "flapping",
        reason: `more than ${FLAPPING_MOVES_MAX} moves between two digests within ${renderSpan(FLAPPING_WITHIN_MS)}`,
      },
    };
  }
  const before = [...history, ...missedIn(sighting, current, at)];
  const seen = observationOf(sighting, before, at);
  const next = [...before, seen].slice(-OBSERVATIONS_MAX);
  return { history: next, movement: movementOf(next) ?? FIRST };
}

/** Whether a look that finds this digest changes nothing yet: the tag goes to and fro, and has not stayed there. */
export function isHeldBack({ history, held }: TagPast, digest: Digest, at: Instant): boolean {
  const isSettled = held?.digest === digest && at - held.since >= SETTLED_AFTER_MS;
  return !isSettled && isFlapping(history, digest, at);
}

/**
 * Whether the tag stands where an ordinary update does not lead: on a digest or images that it had left before, on a digest that was made
 * before the one it replaced, or on another index of the images of such a digest.
 */
export function isBackwards(history: TagHistory): boolean {
  const current = history.at(-1);
  if (current === undefined) return false;
  if (current.doubt !== undefined || isKnownDigest(history) || isKnownContent(history)) return true;
  const before = history.slice(0, -1);
  const readAt = before.findLastIndex((observation) => !isUnread(observation));
  const isSame = current.content !== undefined && current.content === before[readAt]?.content;
  return isSame && isBackwards(before.slice(0, readAt + 1));
}

/** Whether two digests are known to be indexes of the same images. */
export function isSameContent(history: TagHistory, a: Digest, b: Digest): boolean {
  const content = contentIn(history, a);
  return a !== b && content !== undefined && content === contentIn(history, b);
}

function contentIn(history: TagHistory, digest: Digest): Digest | undefined {
  return history.findLast((observation) => observation.digest === digest)?.content;
}

function heldSince(held: HeldMove | undefined, digest: Digest, at: Instant): HeldMove {
  // A clock that was set back has not waited.
  return held?.digest === digest && held.since <= at ? held : { digest, since: at };
}

function isFlapping(history: TagHistory, digest: Digest, at: Instant): boolean {
  const pair = [history.at(-1)?.digest, digest];
  let moves = 1;
  for (const [position, observation] of [...history.entries()].toReversed()) {
    const left = history[position - 1]?.digest;
    const isRecent = Math.abs(at - observation.firstSeenAt) < FLAPPING_WITHIN_MS;
    if (left === undefined || !isRecent) break;
    if (!pair.includes(left) || !pair.includes(observation.digest)) break;
    moves += 1;
  }
  return moves > FLAPPING_MOVES_MAX;
}

/** What happened between two looks, as far as the registry remembers it, at times that fit between them. */
function missedIn(
  { digest, missed = [] }: Sighting,
  current: Observation | undefined,
  at: Instant,
): readonly Observation[] {
  let movedAt = current === undefined ? undefined : Math.min(current.lastSeenAt, at);
  const found: Observation[] = [];
  for (const step of missed.slice(-OBSERVATIONS_MAX)) {
    const previous = found.at(-1) ?? current;
    if (step.digest === previous?.digest) continue;
    movedAt = Math.min(Math.max(step.movedAt, movedAt ?? step.movedAt), at);
    const seenAt = instantOf(movedAt);
    found.push({ digest: step.digest, firstSeenAt: seenAt, lastSeenAt: seenAt, source: "history" });
  }
  // The last of them is where the tag is now: that is the look itself.
  return found.at(-1)?.digest === digest ? found.slice(0, -1) : found;
}

function observationOf(
  { digest, source, content, createdAt }: Sighting,
  before: TagHistory,
  at: Instant,
): Observation {
  const seen = {
    digest,
    firstSeenAt: at,
    lastSeenAt: at,
    ...(source === undefined ? {} : { source }),
    ...(content === undefined ? {} : { content }),
    ...(createdAt === undefined || !isCreation(createdAt, at) ? {} : { createdAt }),
  };
  const doubt = doubtOf(seen, before);
  return doubt === undefined ? seen : { ...seen, doubt };
}

/** Nothing was made before containers were, nor will be. */
function isCreation(createdAt: Instant, at: Instant): boolean {
  return createdAt >= CREATED_MIN && createdAt <= at + CREATED_SLACK_MS;
}

function doubtOf(seen: Observation, before: TagHistory): Observation["doubt"] {
  const previous = readBefore(before);
  if (seen.content !== undefined && seen.content === previous?.content) return previous.doubt;
  const lead = leadOver(seen, before);
  return lead !== undefined && lead > CREATED_SLACK_MS ? "created-earlier" : undefined;
}

/** How much later the last digest beyond doubt was made, in milliseconds. */
function leadOver({ createdAt }: Observation, before: TagHistory): number | undefined {
  const trusted = before.findLast((other) => other.doubt === undefined && other.createdAt !== undefined);
  if (createdAt === undefined || trusted?.createdAt === undefined) return undefined;
  return trusted.createdAt - createdAt;
}

/** How the tag came to where it is; undefined before it was ever seen. */
export function movementOf(history: TagHistory): Movement | undefined {
  const current = history.at(-1);
  const before = history.slice(0, -1);
  if (current === undefined) return undefined;
  if (before.length === 0) return FIRST;
  if (isKnownDigest(history)) return { kind: "backwards", reason: "a digest it had left before" };
  if (current.content !== undefined && current.content === readBefore(before)?.content) {
    return { kind: "attestation-only", reason: "another index of the same images" };
  }
  if (isKnownContent(history)) {
    return { kind: "backwards", reason: "images it had left before, in another index" };
  }
  if (current.doubt !== undefined) {
    const lead = renderSpan(leadOver(current, before) ?? 0);
    return { kind: "rollback-suspected", reason: `a digest made ${lead} before the one it had` };
  }
  return { kind: "forward", reason: "a new digest" };
}

function isKnownDigest(history: TagHistory): boolean {
  const current = history.at(-1);
  return history.slice(0, -1).some(({ digest }) => digest === current?.digest);
}

/** Whether the tag had the images it has now, then others, then these again. */
function isKnownContent(history: TagHistory): boolean {
  const content = history.at(-1)?.content;
  if (content === undefined) return false;
  const leftAt = history.findLastIndex((other) => other.content !== content && !isUnread(other));
  return history.slice(0, Math.max(leftAt, 0)).some((other) => other.content === content);
}

/** The last digest whose manifest was read. */
function readBefore(history: TagHistory): Observation | undefined {
  return history.findLast((observation) => !isUnread(observation));
}

/** Only heard of: what it listed is not known. */
function isUnread({ source, content }: Observation): boolean {
  return source === "history" && content === undefined;
}
