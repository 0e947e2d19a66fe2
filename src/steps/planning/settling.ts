import type { Assessment } from "../../assess/assessment.ts";
import type { ImageLine } from "../../image/reference.ts";
import type { Store } from "../../ports/store.ts";
import { graveFixesOf } from "../../proposal/declined.ts";
import { type Instant, instantOf, later, MINUTE_MS } from "../../time.ts";
import type { Verdict } from "../../trust/verdict.ts";
import type { TagHistory } from "../../watch/history.ts";
import { wantedFor } from "../../watch/wanted.ts";
import type { PinnedPlaces } from "./pins.ts";

/**
 * How long a pull request waits for the rest of its group. Vendors rebuild their images together, and from the look that finds a new digest to its
 * assessment pass seconds, with a first retry rarely more than a minute; deadlines count in days.
 */
export const SETTLE_MS = MINUTE_MS;

/** A tag that moves again sooner than this may go on like that: nobody waits for it, or many such tags would hold a group in turns. */
const RESTLESS_MS = 2 * SETTLE_MS;

/** A watched tag that stands elsewhere than a pin of the group. */
export interface MovedTag {
  readonly history: TagHistory;
  /** On what the pin should stand on; undefined before there is one. */
  readonly verdict: Verdict["kind"] | undefined;
  /** Whether that was compared with what is pinned. */
  readonly isAssessed: boolean;
}

/** What decides whether a group is written. */
export interface Settling {
  /** Of what its pull request would propose and does not yet. */
  readonly news: readonly Assessment[];
  readonly moved: readonly MovedTag[];
  readonly now: Instant;
}

/**
 * When a group is to be written that waits for tags of it that moved a moment ago and whose digests are being judged; undefined where there is nothing to
 * wait for. Nothing waits longer than {@link SETTLE_MS} after it was assessed, and what fixes something grave not at all.
 */
export function settlingEnd({ news, moved, now }: Settling): Instant | undefined {
  if (news.some((assessment) => graveFixesOf(assessment).length > 0)) return undefined;
  const movedAt = moved.flatMap((tag) => awaitedSince(tag, now) ?? []);
  const readyAt = news.map(({ assessedAt }) => assessedAt);
  if (movedAt.length === 0 || readyAt.length === 0) return undefined;
  const since = instantOf(Math.min(Math.max(...movedAt), ...readyAt));
  return isRecent(since, now) ? later(since, SETTLE_MS) : undefined;
}

/** When a tag moved that is waited for. */
function awaitedSince({ history, verdict, isAssessed }: MovedTag, now: Instant): Instant | undefined {
  const [before, seen] = [history.at(-2), history.at(-1)];
  if (seen === undefined || !isRecent(seen.firstSeenAt, now)) return undefined;
  if (before !== undefined && seen.firstSeenAt - before.firstSeenAt < RESTLESS_MS) return undefined;
  // What lacks evidence may lack it for hours, and what is refused is not proposed.
  const isPending = verdict === undefined || (verdict === "verified" && !isAssessed);
  return isPending ? seen.firstSeenAt : undefined;
}

/** Not of a clock that has gone back since, either. */
function isRecent(at: Instant, now: Instant): boolean {
  return at <= now && now - at < SETTLE_MS;
}

/** The tags of these pins, and newer ones that they may move to, that stand elsewhere. Reads what a plan was made from. */
export async function movedTags(
  pins: readonly PinnedPlaces[],
  store: Pick<Store, "watch" | "verdict" | "assessment">,
): Promise<readonly MovedTag[]> {
  const found = pins.flatMap(({ line, from, newer }) => {
    const tags = newer === undefined ? [line.tag] : [line.tag, newer];
    return tags.map((tag) => movedTag({ repository: line.repository, tag }, from, store));
  });
  return (await Promise.all(found)).filter((tag) => tag !== undefined);
}

async function movedTag(
  line: ImageLine,
  from: PinnedPlaces["from"],
  store: Pick<Store, "watch" | "verdict" | "assessment">,
): Promise<MovedTag | undefined> {
  const { repository } = line;
  const { history } = await store.watch(line);
  const digest = history.at(-1)?.digest;
  if (digest === undefined || digest === from) return undefined;
  const pinned = await store.verdict({ repository, digest: from });
  const record = await store.verdict({ repository, digest });
  const wanted = wantedFor({ digest: from, shape: pinned?.shape }, { digest, shape: record?.shape });
  if (wanted.kind === "unclear" || wanted.digest === from) return undefined;
  // A platform is judged once its index is verified: before, it waits for what that waits for.
  const isOwn = wanted.digest === digest || record?.verdict.kind !== "verified";
  const judged = isOwn ? record : await store.verdict({ repository, digest: wanted.digest });
  const isAssessed = (await store.assessment(repository, from, wanted.digest)) !== undefined;
  return { history, verdict: judged?.verdict.kind, isAssessed };
}
