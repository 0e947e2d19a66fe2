import { HOUR_MS, type Instant } from "../time.ts";
import type { TagListing } from "./candidates.ts";

/** Lists are long, and new versions are rare. */
const AGAIN_MIN_MS = HOUR_MS;
const AGAIN_MAX_MS = 6 * HOUR_MS;
/** Questions in a span as long as nothing was new. */
const QUESTIONS_PER_SPAN = 10;

/** What makes a list of tags due. */
export interface ListingWish {
  /** Where somebody may move from, and how far. */
  readonly wanted: readonly Pick<TagListing["newest"][number], "tag" | "scope">[];
  /** When somebody last said that the repository was pushed to, be it to a tag that nobody watches yet. */
  readonly pushes: readonly (Instant | undefined)[];
  readonly now: Instant;
}

/**
 * Whether a repository's list of tags is to be asked for: a tenth of the time after which nothing of it was new, an hour at least and six at most. Sooner
 * when somebody said that the repository was pushed to, or may move from where the list was not looked at for. A list that could not be read waits for an hour.
 */
export function isListingDue(listing: TagListing | undefined, { wanted, pushes, now }: ListingWish): boolean {
  if (listing === undefined) return true;
  const { askedAt, failure } = listing;
  // A question that lies ahead was written by a clock that was wrong.
  if (askedAt > now) return true;
  if (now - askedAt >= againMs(listing)) return true;
  if (failure !== undefined) return false;
  return (
    pushes.some((at) => at !== undefined && at > askedAt && at <= now) ||
    wanted.some((one) => entryFor(listing, one) === undefined)
  );
}

/** How long the list is left alone. */
function againMs({ askedAt, changedAt, failure }: TagListing): number {
  if (failure !== undefined || changedAt === undefined || changedAt > askedAt) return AGAIN_MIN_MS;
  return Math.min(Math.max((askedAt - changedAt) / QUESTIONS_PER_SPAN, AGAIN_MIN_MS), AGAIN_MAX_MS);
}

/**
 * Since when a list says what it says: whatever somebody may move to. That somebody else may move now, or no longer, is no change of it.
 *
 * @param now when it was asked for
 */
export function changedAtOf(
  before: TagListing | undefined,
  newest: TagListing["newest"],
  now: Instant,
): Instant {
  const { changedAt } = before ?? {};
  if (before === undefined || changedAt === undefined || changedAt > now) return now;
  const isNews = newest.some((entry) => {
    const known = entryFor(before, entry);
    return known !== undefined && known.to !== entry.to;
  });
  return isNews ? now : changedAt;
}

function entryFor(
  { newest }: TagListing,
  { tag, scope }: ListingWish["wanted"][number],
): TagListing["newest"][number] | undefined {
  return newest.find((entry) => entry.tag === tag && entry.scope === scope);
}
