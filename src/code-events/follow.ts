import type { CodeRepository } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";
import { later, SECOND_MS } from "../time.ts";
import { DEFAULT_BRANCH, isWantedBranch } from "../vendor/base-branches.ts";
import type { CodeEvent, EventIgnoredReason } from "./event.ts";

/** What is to be looked at, and when. */
export type FollowUp =
  | { readonly kind: "discover"; readonly codeRepository: CodeRepository; readonly at: Instant }
  | { readonly kind: "propose"; readonly proposal: KnownProposalKey; readonly at: Instant }
  | { readonly kind: "repositories"; readonly at: Instant };

/** What follows from an event: at least one look, or the reason why there is none. */
export type Following =
  | {
      readonly kind: "looks";
      readonly looks: readonly FollowUp[];
      /** Pull requests that are asked about at their next look, however young the last one is. */
      readonly wishes: readonly KnownProposalKey[];
    }
  | { readonly kind: "nothing"; readonly reason: EventIgnoredReason };

/** Identity of a pull request of ours. */
export interface KnownProposalKey {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  readonly group: string;
}

/** A pull request of ours, as far as events are about it. */
export interface KnownProposal extends KnownProposalKey {
  readonly branch: string;
  readonly number: number;
  readonly state: "open" | "closed" | "merged";
  /** It is merged without a person once its checks are green. */
  readonly mergesItself?: true;
}

/** What is known of the code repository that an event is about, under the names that are written down. */
export interface KnownRepository {
  /** Branches that are read: none where it is not read. */
  readonly scans: readonly { readonly codeRepository: CodeRepository; readonly branch: string }[];
  readonly proposals: readonly KnownProposal[];
  /** Which branches are wanted of it; absent where that is not known, or is the default branch alone. */
  readonly listing?: { readonly codeRepository: CodeRepository; readonly wanted: readonly string[] };
}

/** How events are obeyed. */
export interface FollowRules {
  /** Whether a file can name an image, or says how images are looked for. */
  readonly isWanted: (path: string) => boolean;
  /** The App that we are, by its number or its client id; absent with a token. */
  readonly ownApp?: string;
}

/** So long after the first of several changes the code host is asked which code repositories there are: they come in bursts. */
export const LISTING_DELAY_MS = 5 * SECOND_MS;

/** So long after the first of several checks and reviews that came to an end a pull request is looked at: they come in bursts too. */
export const CHECKS_DELAY_MS = 3 * SECOND_MS;

/** Whether a file is where the owners of a code repository say how it is dealt with. */
export function isSettings(path: string): boolean {
  return /^\.github\/hullkeeper\.ya?ml$/i.test(path);
}

/** The code repository that an event is about; undefined when it is about all of them. */
export function subjectOf(event: CodeEvent): CodeRepository | undefined {
  return event.kind === "repositories" ? undefined : event.codeRepository;
}

/** What follows from an event. Nothing of it says what is so: it has somebody look. */
export function followingOf(
  event: CodeEvent,
  known: KnownRepository,
  rules: FollowRules,
  now: Instant,
): Following {
  switch (event.kind) {
    case "repositories":
      return looks([{ kind: "repositories", at: later(now, LISTING_DELAY_MS) }]);
    case "default-branch":
      // Where names are wanted alone, another default one changes nothing.
      return looks(wantedIn(known).includes(DEFAULT_BRANCH) ? discoverAll(known, now) : []);
    case "branch-deleted":
      return isRead(event.branch, known)
        ? looks(discoverAll(known, now))
        : { kind: "nothing", reason: isKnown(known) ? "other-branch" : "not-known" };
    case "pushed":
      return ofPush(event, known, rules, now);
    case "pull-request":
      return ofPulls(
        known.proposals.filter(({ branch }) => branch === event.branch),
        event.isReopened ? discoverAll(known, now) : [],
        now,
      );
    case "checked":
      return ofChecks(event, known, rules, now);
    case "asked":
      return ofPulls(
        known.proposals.filter(({ number }) => number === event.number),
        [],
        now,
      );
    default:
      return event satisfies never;
  }
}

function ofPush(
  { branch, isDefault, files }: Extract<CodeEvent, { kind: "pushed" }>,
  known: KnownRepository,
  { isWanted }: FollowRules,
  now: Instant,
): Following {
  if (!isKnown(known)) return { kind: "nothing", reason: "not-known" };
  const isMeant = isRead(branch, known) || isWantedBranch(wantedIn(known), { branch, isDefault });
  if (!isMeant) return { kind: "nothing", reason: "other-branch" };
  if (files.kind === "listed" && !files.paths.some(isWanted)) {
    return { kind: "nothing", reason: "other-files" };
  }
  return looks(discoverAll(known, now));
}

/** Only where somebody waits for it: a look at any other would find what the last one found. */
function ofChecks(
  { branches, apps }: Extract<CodeEvent, { kind: "checked" }>,
  { proposals }: KnownRepository,
  { ownApp }: FollowRules,
  now: Instant,
): Following {
  if (ownApp !== undefined && apps.includes(ownApp)) return { kind: "nothing", reason: "own" };
  const meant = proposals.filter(({ branch, state }) => state === "open" && branches.includes(branch));
  if (meant.length === 0) return looks([]);
  const awaiting = meant.filter(({ mergesItself }) => mergesItself === true);
  if (awaiting.length === 0) return { kind: "nothing", reason: "not-awaited" };
  return ofPulls(awaiting, [], later(now, CHECKS_DELAY_MS));
}

/**
 * One that ended is on nobody's schedule: where it is open again, a scan of its code repository leads to it.
 */
function ofPulls(
  proposals: readonly KnownProposal[],
  reopened: readonly FollowUp[],
  now: Instant,
): Following {
  const keys = proposals.map(({ codeRepository, baseBranch, group }) => ({
    codeRepository,
    baseBranch,
    group,
  }));
  const open = proposals.flatMap(({ state }, position): readonly FollowUp[] => {
    const proposal = keys[position];
    return state === "open" && proposal !== undefined ? [{ kind: "propose", proposal, at: now }] : [];
  });
  if (open.length > 0) return looks(open, keys);
  return proposals.length === 0 ? looks([]) : looks(reopened, keys);
}

function isKnown({ scans, listing }: KnownRepository): boolean {
  return scans.length > 0 || listing !== undefined;
}

function isRead(branch: string, { scans }: KnownRepository): boolean {
  return scans.some((scan) => scan.branch === branch);
}

function wantedIn({ listing }: KnownRepository): readonly string[] {
  return listing?.wanted ?? [DEFAULT_BRANCH];
}

/** One look finds the heads of all branches; what has not moved is not read. */
function discoverAll({ scans, listing }: KnownRepository, at: Instant): readonly FollowUp[] {
  const known = listing === undefined ? scans : [...scans, listing];
  const byName = new Map(
    known.map(({ codeRepository }) => [`${codeRepository.owner}/${codeRepository.name}`, codeRepository]),
  );
  return [...byName.values()].map((codeRepository) => ({ kind: "discover", codeRepository, at }));
}

function looks(found: readonly FollowUp[], wishes: readonly KnownProposalKey[] = []): Following {
  return found.length === 0
    ? { kind: "nothing", reason: "not-known" }
    : { kind: "looks", looks: found, wishes };
}
