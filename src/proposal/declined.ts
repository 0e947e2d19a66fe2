import type { Assessment } from "../assess/assessment.ts";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";

/** A digest that a person does not want in a pull request for a while: by closing one that proposed it, or by saying so. */
export interface DeclinedDigest {
  readonly digest: Digest;
  /** When. Absent in what a release wrote that kept nothing but the digest. */
  readonly at?: Instant;
  /** The first moment that it may be proposed again. Absent as `at` is: then nothing ends it. */
  readonly until?: Instant;
  /** Login of who did, where that is known. */
  readonly by?: string;
  /** Grave vulnerabilities that it was known to fix then, sorted. Absent where nobody knows: then nothing that it fixes brings it back. */
  readonly fixed?: readonly string[];
  /** It was proposed again since, and why. */
  readonly back?: Return;
}

/** Why a declined digest is proposed again. */
export interface Return {
  /** When it was decided. */
  readonly at: Instant;
  /** Grave vulnerabilities that it was not known to fix when it was declined, sorted; none when the time it was declined for is over. */
  readonly fixes: readonly string[];
}

/** A declined digest that is proposed again. */
export type ReturnedDigest = DeclinedDigest & { readonly back: Return };

/** Grave vulnerabilities that are kept and named of one digest: those that come first by name. */
const IDS_MAX = 100;

/**
 * Grave vulnerabilities that an update fixes: critical ones, and those that are known to be exploited, whatever their rating. Sorted, each once.
 */
export function graveFixesOf(assessment: Assessment | undefined): readonly string[] {
  if (assessment?.vulnerabilities.kind !== "assessed") return [];
  const { fixed } = assessment.vulnerabilities.delta;
  const grave = fixed.filter(({ severity, kev }) => severity === "critical" || kev !== undefined);
  return [...new Set(grave.map(({ id }) => id))].toSorted().slice(0, IDS_MAX);
}

/**
 * Why a declined digest is proposed all the same; undefined while it is not to be. One that was proposed again stays so, for the reason it
 * was: closing that pull request declines it anew.
 *
 * @param fixes what it is known to fix now, as {@link graveFixesOf} has it
 */
export function returnOf(
  declined: DeclinedDigest,
  fixes: readonly string[],
  now: Instant,
): Return | undefined {
  if (declined.back !== undefined) return declined.back;
  const { until, fixed } = declined;
  if (until === undefined) return undefined;
  const known = new Set(fixed);
  const news = fixed === undefined ? [] : fixes.filter((id) => !known.has(id));
  if (news.length > 0) return { at: now, fixes: news };
  return until <= now ? { at: until, fixes: [] } : undefined;
}

/** Declined digests of one group at most. */
const DECLINED_MAX = 1_000;

/** What is kept of a group when more are declined: not those whose time is over, and of too many not those that end first. */
export function keptDeclined(
  before: readonly DeclinedDigest[],
  added: readonly DeclinedDigest[],
  now: Instant,
): readonly DeclinedDigest[] {
  const names = new Set(added.map(({ digest }) => digest));
  const others = before.filter(
    ({ digest, until }) => !names.has(digest) && (until === undefined || until > now),
  );
  const longest = others.toSorted((a, b) => endOf(b) - endOf(a));
  return [...added, ...longest.slice(0, Math.max(0, DECLINED_MAX - added.length))];
}

function endOf({ until }: DeclinedDigest): number {
  return until ?? Number.MAX_SAFE_INTEGER;
}

/** When the first of those ends that are not to be proposed now; nothing where none ends. */
export function firstEndOf(
  declined: readonly DeclinedDigest[],
  now: Instant,
): { readonly declinedUntil?: Instant } {
  const ends = standing(declined, now).flatMap(({ until }) => until ?? []);
  const [declinedUntil] = ends.toSorted((a, b) => a - b);
  return declinedUntil === undefined ? {} : { declinedUntil };
}

/** Those whose time is not over, and that were not proposed again. */
export function standing(declined: readonly DeclinedDigest[], now: Instant): readonly DeclinedDigest[] {
  return declined.filter(({ until, back }) => back === undefined && (until === undefined || until > now));
}
