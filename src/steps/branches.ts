import type { Context } from "../context.ts";
import type { Branch, HeadsSeen } from "../ports/code-host.ts";
import type { BranchListing } from "../ports/repositories.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { PROPOSE } from "../queues.ts";
import type { Instant } from "../time.ts";
import {
  branchesInWords,
  type BranchChoice,
  chosenBranches,
  DEFAULT_BRANCH,
  headsWishOf,
  isWantedBranch,
} from "../vendor/base-branches.ts";
import { ruleFor } from "../vendor/policies.ts";
import { rulesOf } from "../watch/rules-of.ts";
import { left, type Scan } from "../watch/scan.ts";
import { proposalKeyOf } from "./current-proposal.ts";

/** A branch that is read. */
export interface ReadBranch extends Branch {
  /** It is not read as the default branch. */
  readonly isNamed: boolean;
}

/** Branches of a code repository as they are now. */
export interface BranchesNow {
  readonly listing: BranchListing;
  readonly branches: readonly ReadBranch[];
  /** The one that says what owners say of all: the first that the operator wants. Absent where none of those is there. */
  readonly home?: ReadBranch;
}

/**
 * Asks once for the branches of a code repository, and chooses those that are read.
 *
 * @param last what is known of it, with what its owners say
 * @throws {CodedError} `code-host-*`
 */
export async function branchesNow(
  codeRepository: CodeRepository,
  last: Pick<Scan, "own"> | undefined,
  { codeHost, clock, settings }: Context,
  signal: AbortSignal,
): Promise<BranchesNow> {
  const wanted = wantedBranches(codeRepository, last, { settings });
  const listedAt = await clock.now();
  const seen = await codeHost.heads(codeRepository, headsWishOf(wanted), signal);
  const read = readAmong(wanted, seen);
  const [first] = readAmong(ruleFor(settings.policies, codeRepository).pulls.baseBranches, seen).branches;
  const home = read.branches.find(({ name }) => name === first?.name);
  return {
    listing: { ...read, codeRepository, listedAt, wanted, branches: read.branches.map(({ name }) => name) },
    branches: read.branches,
    ...(home === undefined ? {} : { home }),
  };
}

/** Which of the branches that there are, are read, and what there is to say of the others that are wanted. */
export function readAmong(
  wanted: readonly string[],
  { branches, default: main, isPartial }: HeadsSeen,
): Omit<BranchChoice, "branches"> & {
  readonly branches: readonly ReadBranch[];
  readonly isPartial: boolean;
} {
  const heads = new Map(
    [...branches, ...(main === undefined ? [] : [main])].map((head) => [head.name, head]),
  );
  const names = branches.map(({ name }) => name);
  const choice = chosenBranches(wanted, { names, ...(main === undefined ? {} : { default: main.name }) });
  const read = choice.branches.flatMap((name): readonly ReadBranch[] => {
    const head = heads.get(name);
    return head === undefined ? [] : [{ ...head, isNamed: name !== main?.name }];
  });
  return { ...choice, branches: read, isPartial };
}

/** Which branches are wanted by the operator, and by the owners as their branch says now. */
export function wantedBranches(
  codeRepository: CodeRepository,
  last: Pick<Scan, "own"> | undefined,
  { settings }: Pick<Context, "settings">,
): readonly string[] {
  return rulesOf(settings.policies, codeRepository, last).pulls.baseBranches;
}

/** Keeps which branches are read, where that is more than the default branch, and tells where it is not all that are wanted. */
export async function keepListing(listing: BranchListing, { store, record }: Context): Promise<void> {
  const { codeRepository, listedAt } = listing;
  const last = await store.branchListing(codeRepository);
  const words = branchesInWords(listing);
  if (words !== undefined && (last === undefined || branchesInWords(last) !== words)) {
    const subject = `${codeRepository.owner}/${codeRepository.name}`;
    const key = `base-branches-differ ${subject} ${last?.listedAt ?? 0} ${words}`;
    await record({ kind: "base-branches-differ", at: listedAt, subject, message: words, key });
  }
  const isPlain = listing.wanted.every((entry) => entry === DEFAULT_BRANCH);
  if (!isPlain) await store.saveBranchListing(listing);
  else if (last !== undefined) await store.removeBranchListing(codeRepository);
}

/**
 * Forgets what was read of branches that are gone or not wanted any more, and has their open pull requests looked at. One that is wanted and that a partial
 * listing does not tell of stays.
 */
export async function leaveOthers(
  scans: readonly Scan[],
  { branches, wanted, isPartial }: BranchListing,
  at: Instant,
  { store, enqueue }: Pick<Context, "store" | "enqueue">,
): Promise<void> {
  const others = scans.filter(({ branch, isLeft }) => {
    if (isLeft === true || branches.includes(branch)) return false;
    return !isPartial || !isWantedBranch(wanted, { branch, isDefault: false });
  });
  if (others.length === 0) return;
  for (const scan of others) {
    await store.saveScan(left(scan, at));
    await store.saveFileIndex(scan, undefined);
  }
  const names = new Set(others.map(({ branch }) => branch));
  const { codeRepository } = others[0] ?? {};
  for (const proposal of await store.proposals()) {
    const isOfThis =
      proposal.codeRepository.owner === codeRepository?.owner &&
      proposal.codeRepository.name === codeRepository.name;
    if (isOfThis && proposal.state === "open" && names.has(proposal.baseBranch)) {
      await enqueue(PROPOSE, proposalKeyOf(proposal));
    }
  }
}
