import type { ListedRepository, RepositoriesSeen } from "../ports/code-host.ts";
import type { RepositoryListing, SkippedRepositoryReason } from "../ports/repositories.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";
import { choiceOf, type RepositoryRule } from "../watch/repository-patterns.ts";
import type { Scan } from "../watch/scan.ts";

/** What is configured about which code repositories are read. */
export interface RepositorySelection {
  readonly repositories: readonly RepositoryRule[];
  /** Whether forks are read, where a pattern lets them in; one that is named is read in any case. */
  readonly forks: boolean;
}

/** Which of the listed code repositories are read, and what there is to say of the others. */
export function chooseRepositories(
  { repositories: listed, isPartial }: RepositoriesSeen,
  selection: RepositorySelection,
  now: Instant,
): { readonly chosen: readonly CodeRepository[]; readonly listing: RepositoryListing } {
  const chosen: CodeRepository[] = [];
  const skipped: RepositoryListing["skipped"][number][] = [];
  const lacking: RepositoryListing["lacking"][number][] = [];
  let notNamedCount = 0;
  for (const repository of listed) {
    const { codeRepository, missing } = repository;
    const choice = choiceOf(selection.repositories, codeRepository);
    if (choice === "not-named") {
      notNamedCount += 1;
      continue;
    }
    const reason = choice === "denied" ? "denied" : reasonAgainst(repository, selection);
    if (reason !== undefined) {
      skipped.push({ codeRepository, reason });
      continue;
    }
    chosen.push(codeRepository);
    if (missing.length > 0) lacking.push({ codeRepository, missing });
  }
  // One that is named and not told of is tried all the same: reading it says what is wrong.
  const told = new Set(listed.map(({ codeRepository }) => keyOf(codeRepository).toLowerCase()));
  for (const { kind, owner, name } of exactRules(selection.repositories)) {
    if (kind === "deny" || told.has(keyOf({ owner, name }).toLowerCase())) continue;
    if (choiceOf(selection.repositories, { owner, name }) === "allowed") chosen.push({ owner, name });
  }
  return {
    chosen,
    listing: { listedAt: now, readCount: chosen.length, notNamedCount, isPartial, skipped, lacking },
  };
}

function reasonAgainst(
  { codeRepository, isArchived, isFork, isEmpty }: ListedRepository,
  { repositories, forks }: RepositorySelection,
): SkippedRepositoryReason | undefined {
  if (isArchived) return "archived";
  if (isFork && !forks && !isNamed(repositories, codeRepository)) return "fork";
  return isEmpty ? "empty" : undefined;
}

function isNamed(rules: readonly RepositoryRule[], codeRepository: CodeRepository): boolean {
  return choiceOf(exactRules(rules), codeRepository) === "allowed";
}

function exactRules(rules: readonly RepositoryRule[]): readonly RepositoryRule[] {
  return rules.filter(({ owner, name }) => !owner.includes("*") && !name.includes("*"));
}

/**
 * Scans of code repositories that are to be forgotten. One that a partial listing does not tell of stays, unless the list keeps it
 * out whatever the host says.
 */
export function forgotten(
  scans: readonly Scan[],
  chosen: readonly CodeRepository[],
  listing: Pick<RepositoryListing, "isPartial" | "skipped"> | undefined,
  rules: readonly RepositoryRule[],
): readonly Scan[] {
  const kept = new Set(chosen.map(keyOf));
  const skipped = new Set(listing?.skipped.map(({ codeRepository }) => keyOf(codeRepository)));
  return scans.filter(({ codeRepository, isUnsubscribed }) => {
    if (isUnsubscribed === true || kept.has(keyOf(codeRepository))) return false;
    if (listing?.isPartial !== true) return true;
    return skipped.has(keyOf(codeRepository)) || choiceOf(rules, codeRepository) !== "allowed";
  });
}

/** As scans are kept: a repository that is written in other letters is read anew under its name. */
function keyOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}

/** Why a code repository is not read, in words for its owner. */
export function skippedInWords(reason: SkippedRepositoryReason): string {
  switch (reason) {
    case "denied":
      return "the configuration leaves it out";
    case "archived":
      return "archived: nothing can be proposed there";
    case "fork":
      return "a fork: read only where github.forks says so";
    case "empty":
      return "empty: nothing to read";
    default:
      return reason satisfies never;
  }
}
