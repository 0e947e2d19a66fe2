import type { Context } from "../context.ts";
import { CodedError, isDeferral, messageOf } from "../errors.ts";
import { isSameRepository, type Repository, type Tag } from "../image/reference.ts";
import type { WatchedRepository } from "../ports/store.ts";
import { branchName } from "../proposal/plan.ts";
import { DISCOVER } from "../queues.ts";
import { HOUR_MS, type Instant } from "../time.ts";
import { ruleFor } from "../vendor/policies.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import type { StreamScope } from "../vendor/streams.ts";
import { newestTag } from "../vendor/tag-moves.ts";
import { candidatesOf, isSameCandidates, linesIn, type TagListing } from "../watch/candidates.ts";
import { rulesOf } from "../watch/rules-of.ts";
import { movableLines, type Scan } from "../watch/scan.ts";

/** How old a list of tags has to be before it is asked for again: it is long, and new versions are rare. */
const LISTED_AGAIN_MS = HOUR_MS;
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
 * What the repository's list of tags says for those who may move: asked for again only after an hour. Undefined where nobody may.
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
    readonly known: TagListing | undefined;
    readonly movers: readonly Mover[];
  },
  { registry, clock, settings, log }: Context,
  signal: AbortSignal,
): Promise<TagListing | undefined> {
  const profile = profileOf(settings.profiles, repository);
  if (movers.length === 0 || profile === undefined) return undefined;
  const now = await clock.now();
  // An hour that lies ahead was written by a clock that was wrong.
  if (known !== undefined && known.askedAt <= now && now - known.askedAt < LISTED_AGAIN_MS) return known;
  try {
    const tags = await registry.tags(repository, signal);
    return { askedAt: now, newest: newestIn(repository, tags, { movers, profile, now }) };
  } catch (error) {
    signal.throwIfAborted();
    if (isDeferral(error)) return known;
    const failure = {
      code: error instanceof CodedError ? error.code : "unknown",
      message: messageOf(error),
      at: now,
    };
    log.warn({ repository: repository.path, code: failure.code }, "the list of tags could not be read");
    return { newest: [], ...known, askedAt: now, failure };
  }
}

/** The newest tag for each line and scope that is wanted. */
function newestIn(
  repository: Repository,
  tags: readonly Tag[],
  {
    movers,
    profile,
    now,
  }: { readonly movers: readonly Mover[]; readonly profile: Profile; readonly now: Instant },
): TagListing["newest"] {
  const wanted = new Map(
    movers.flatMap(({ scan, scope }) =>
      linesIn(repository, movableLines(scan)).map(
        (line) => [`${line.tag} ${scope}`, { line, scope }] as const,
      ),
    ),
  );
  return [...wanted.values()].map(({ line, scope }) => {
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
