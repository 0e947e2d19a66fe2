import { type Digest, shortOf } from "../image/digest.ts";
import { HOUR_MS, type Instant, renderSpan } from "../time.ts";
import { CREATED_SLACK_MS, isBackwards, isSameContent, movementOf, type TagHistory } from "./history.ts";

/** When an image was made, by those who can know. */
export interface Age {
  /** When it was signed, by a clock that is trusted. Nobody can sign in the past. */
  readonly trustedAt?: Instant;
  /** When its vendor says it was built: what is asked where trusted time is missing on either side. */
  readonly createdAt?: Instant;
}

/** How much earlier one image was made than another, and by which clock. */
export interface Lead {
  readonly by: "signed" | "made";
  readonly leadMs: number;
}

/** The builds of one release are signed within the hour, in any order. */
const SIGNED_SLACK_MS = HOUR_MS;

/** How much earlier an image was made than another one; undefined when it was not, or nothing tells. */
export function leadOf(image: Age, other: Age): Lead | undefined {
  if (image.trustedAt !== undefined && other.trustedAt !== undefined) {
    const leadMs = other.trustedAt - image.trustedAt;
    return leadMs > SIGNED_SLACK_MS ? { by: "signed", leadMs } : undefined;
  }
  if (image.createdAt === undefined || other.createdAt === undefined) return undefined;
  const leadMs = other.createdAt - image.createdAt;
  return leadMs > CREATED_SLACK_MS ? { by: "made", leadMs } : undefined;
}

/** What decides whether a tag stepped backwards. */
export interface StepFacts {
  /** Where the tag has been; the last is where it is. */
  readonly history: TagHistory;
  /** What is to be replaced by where the tag is. */
  readonly pinned: Digest;
  /** When digests were signed; only of those that are verified. */
  readonly trustedAt: ReadonlyMap<Digest, Instant>;
}

/**
 * Why the tag is no ordinary update: `left`: it had left this digest or these images, or they were made before what it had. `replaced`:
 * signed before something that it had. `pinned`: signed or made before what is pinned.
 */
export interface StepBack {
  readonly kind: "left" | "replaced" | "pinned";
  /** A fragment for people, such as `signed 3 days before 0123456789ab, which the tag had`. */
  readonly reason: string;
}

/**
 * Why it is a step backwards to go from what is pinned to where the tag is; undefined when it is none.
 *
 * Everything the tag ever had counts, not only what it had last: who moves it back in two steps, over something that nobody signed, gains
 * nothing. Another index of the same images is no step.
 */
export function stepBackOf({ history, pinned, trustedAt }: StepFacts): StepBack | undefined {
  const current = history.at(-1);
  if (current === undefined) return undefined;
  if (isBackwards(history)) return { kind: "left", reason: leftReason(history) };

  const ageOf = (digest: Digest): Age => {
    const createdAt = history.findLast((seen) => seen.digest === digest)?.createdAt;
    const signedAt = trustedAt.get(digest);
    return {
      ...(signedAt === undefined ? {} : { trustedAt: signedAt }),
      ...(createdAt === undefined ? {} : { createdAt }),
    };
  };
  const leadBefore = (digest: Digest): Lead | undefined =>
    digest === current.digest || isSameContent(history, digest, current.digest)
      ? undefined
      : leadOf(ageOf(current.digest), ageOf(digest));

  const replaced = history
    .map(({ digest }) => ({ digest, lead: leadBefore(digest) }))
    // By their builds the history itself has compared those that follow each other.
    .filter(({ lead }) => lead?.by === "signed")
    .toSorted((a, b) => (b.lead?.leadMs ?? 0) - (a.lead?.leadMs ?? 0))[0];
  if (replaced?.lead !== undefined) {
    const reason = `${inWords(replaced.lead)} before ${shortOf(replaced.digest, 12)}, which the tag had`;
    return { kind: "replaced", reason };
  }
  const lead = leadBefore(pinned);
  return lead === undefined
    ? undefined
    : { kind: "pinned", reason: `${inWords(lead)} before ${shortOf(pinned, 12)}, which is pinned` };
}

function leftReason(history: TagHistory): string {
  const movement = movementOf(history);
  return movement?.kind === "backwards" || movement?.kind === "rollback-suspected"
    ? movement.reason
    : "another index of images that were a step backwards";
}

function inWords({ by, leadMs }: Lead): string {
  return `${by} ${renderSpan(leadMs)}`;
}
