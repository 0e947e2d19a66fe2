import type { Context } from "../context.ts";
import { CodedError, isDeferral, messageOf } from "../errors.ts";
import { type ImageLine, isSameRepository, type Repository, type Tag } from "../image/reference.ts";
import type { WatchedRepository } from "../ports/store.ts";
import { branchName } from "../proposal/plan.ts";
import { DISCOVER } from "../queues.ts";
import type { Instant } from "../time.ts";
import { ruleFor } from "../vendor/policies.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import type { StreamScope } from "../vendor/streams.ts";
import { newestTag } from "../vendor/tag-moves.ts";
import { candidatesOf, isSameCandidates, linesIn, type TagListing } from "../watch/candidates.ts";
import { changedAtOf, isListingDue } from "../watch/listing-due.ts";
import { rulesOf } from "../watch/rules-of.ts";
import { movableLines, type Scan } from "../watch/scan.ts";

/** Scans that are read at once: each lists every place of a branch. */
const SCANS_AT_ONCE = 50;

/** A branch that lets places move to newer tags of a repository of images. */
export interface Mover {
  readonly scan: Scan;
  readonly scope: StreamScope;
}

/** Branches that pin a line of a repository of images and have a policy that lets it move. None is the usual answer, and costs nothing. */
export async function moversOf(
  { watches }: Pick<WatchedRepository, "watches">,
  repository: Repository,
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<readonly Mover[]> {
  if (profileOf(settings.profiles, repository)?.mode !== "enforced") return [];
  const scopes = new Map<string, StreamScope>();
  const subscribers = watches.flatMap((watch) => watch.subscribers);
  const moving = [...new Map(subscribers.map((code) => [branchName(code), code]))].flatMap(([name, code]) => {
    const { tags: scope } = ruleFor(settings.policies, code.codeRepository).pulls;
    if (scope === "same") return [];
    scopes.set(name, scope);
    return [code];
  });
  const movers: Mover[] = [];
  for (let start = 0; start < moving.length; start += SCANS_AT_ONCE) {
    for (const scan of await store.scansOf(moving.slice(start, start + SCANS_AT_ONCE))) {
      const scope = scopes.get(branchName(scan));
      const isPinning = linesIn(repository, movableLines(scan)).length > 0;
      const { isEnabled } = rulesOf(settings.policies, scan.codeRepository, scan);
      if (scope !== undefined && isPinning && isEnabled) movers.push({ scan, scope });
    }
  }
  return movers;
}

/**
 * What the repository's list of tags says for those who may move: asked for again only when it is due. Undefined where nobody may.
 *
 * A list that cannot be read leaves what is known as it was: "could not ask" is not "nothing newer".
 */
export async function listingNow(
  {
    repository,
    known,
    movers,
  }: {
    readonly repository: Repository;
    readonly known: Pick<WatchedRepository, "poll" | "pushedAt" | "pushedElsewhereAt">;
    readonly movers: readonly Mover[];
  },
  { registry, clock, settings, log }: Context,
  signal: AbortSignal,
): Promise<TagListing | undefined> {
  const profile = profileOf(settings.profiles, repository);
  if (movers.length === 0 || profile === undefined) return undefined;
  const now = await clock.now();
  const { listing } = known.poll;
  const wanted = wantedBy(repository, movers);
  const pushes = [known.pushedAt, known.pushedElsewhereAt];
  const isDue = isListingDue(listing, {
    wanted: wanted.map(({ line: { tag }, scope }) => ({ tag, scope })),
    pushes,
    now,
  });
  if (!isDue) return listing;
  try {
    const tags = await registry.tags(repository, signal);
    const newest = newestIn(tags, { wanted, profile, now });
    return { askedAt: now, changedAt: changedAtOf(listing, newest, now), newest };
  } catch (error) {
    signal.throwIfAborted();
    if (isDeferral(error)) return listing;
    const failure = {
      code: error instanceof CodedError ? error.code : "unknown",
      message: messageOf(error),
      at: now,
    };
    log.warn({ repository: repository.path, code: failure.code }, "the list of tags could not be read");
    return { newest: [], ...listing, askedAt: now, failure };
  }
}

/** A line that somebody may move, and how far. */
interface Wanted {
  readonly line: ImageLine;
  readonly scope: StreamScope;
}

/** Each line and scope once. */
function wantedBy(repository: Repository, movers: readonly Mover[]): readonly Wanted[] {
  const wanted = movers.flatMap(({ scan, scope }) =>
    linesIn(repository, movableLines(scan)).map((line) => [`${line.tag} ${scope}`, { line, scope }] as const),
  );
  return [...new Map(wanted).values()];
}

/** The newest tag for each. */
function newestIn(
  tags: readonly Tag[],
  {
    wanted,
    profile,
    now,
  }: { readonly wanted: readonly Wanted[]; readonly profile: Profile; readonly now: Instant },
): TagListing["newest"] {
  return wanted.map(({ line, scope }) => {
    const to = newestTag(line, tags, { profile, scope, now });
    return { tag: line.tag, scope, ...(to === undefined ? {} : { to }) };
  });
}

/** Has those read again whose places may move elsewhere than their last scan says: what they subscribe to follows from that. */
export async function tellMovers(
  repository: Repository,
  listing: TagListing | undefined,
  movers: readonly Mover[],
  { enqueue }: Pick<Context, "enqueue">,
): Promise<void> {
  if (listing === undefined) return;
  for (const { scan, scope } of movers) {
    const expected = candidatesOf(linesIn(repository, movableLines(scan)), scope, listing);
    const known = (scan.candidates ?? []).filter(({ line }) => isSameRepository(line.repository, repository));
    if (!isSameCandidates(expected, known)) await enqueue(DISCOVER, { codeRepository: scan.codeRepository });
  }
}
