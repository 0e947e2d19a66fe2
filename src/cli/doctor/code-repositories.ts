import { CodedError, messageOf } from "../../errors.ts";
import type { Branch, CodeHost, RepositoriesSeen } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { type Instant, renderMoment } from "../../time.ts";
import {
  chooseRepositories,
  type RepositorySelection,
  skippedInWords,
} from "../../steps/repository-choice.ts";
import { branchesInWords, headsWishOf } from "../../vendor/base-branches.ts";
import { type Policies, ruleFor } from "../../vendor/policies.ts";
import { readAmong } from "../../steps/branches.ts";
import { namedExactly } from "../../watch/repository-patterns.ts";
import type { Scan } from "../../watch/scan.ts";
import type { Finding } from "./report.ts";

/** The code host, and what is wanted of it. */
export interface CodeHostToLookAt {
  readonly now: Instant;
  readonly codeHost: Pick<CodeHost, "heads" | "look" | "repositories" | "standing" | "version">;
  readonly selection: RepositorySelection;
  /** Which branches pull requests go to, by code repository. */
  readonly policies: Policies;
  /** Branches that could not be read when they were last looked at, where there is a Redis that can be asked. */
  readonly unread: readonly Pick<Scan, "codeRepository" | "branch" | "unread">[];
}

/** Code repositories that are looked at one by one. */
const LOOKED_AT_MAX = 50;
/** No pull request is made from it: only whether such can be seen is asked. */
const NO_BRANCH = "hullkeeper/doctor";
/** Names in one sentence. */
const NAMES_MAX = 10;

/** What there is to say about code repositories: which are read, which are not, and what may not be done where. */
export async function codeRepositoryFindings(
  host: CodeHostToLookAt,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  return [...(await versionFindings(host, signal)), ...(await repositoryFindings(host, signal))];
}

/** What the host is: nothing to say of one that is always the newest. */
async function versionFindings(
  { codeHost }: CodeHostToLookAt,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const subject = "code host";
  try {
    const version = await codeHost.version?.(signal);
    if (version === undefined) return [];
    return [{ subject, state: "well", detail: `is a GitHub Enterprise Server, version ${version}` }];
  } catch (error) {
    return [{ subject, state: "warning", detail: `could not be asked for its version: ${inWords(error)}` }];
  }
}

async function repositoryFindings(host: CodeHostToLookAt, signal: AbortSignal): Promise<readonly Finding[]> {
  const exact = namedExactly(host.selection.repositories);
  const subject = "code repositories";
  let listed: RepositoriesSeen;
  try {
    listed = await host.codeHost.repositories(signal);
  } catch (error) {
    // Names need no list: only what may be done there is not known then.
    const detail = `could not be listed: ${inWords(error)}`;
    const state = exact === undefined ? "fault" : "warning";
    return [...(await lookAt(exact ?? [], host, signal)), { subject, state, detail }];
  }
  const { chosen, listing } = chooseRepositories(listed, host.selection, host.now);
  const looked = [...(await lookAt(exact ?? chosen, host, signal)), ...permissionFindings(listing.lacking)];
  // What is named is read whatever a list says.
  if (exact !== undefined) return looked;
  return [
    ...looked,
    ...listing.skipped.map(({ codeRepository, reason }) => ({
      subject: `code repository ${nameOf(codeRepository)}`,
      state: "not-checked" as const,
      detail: `is not read: ${skippedInWords(reason)}`,
    })),
    ...(listing.isPartial
      ? [
          {
            subject,
            state: "warning" as const,
            detail: "there may be more than are listed: an installation is suspended, or there are too many",
          },
        ]
      : []),
    ...(chosen.length === 0
      ? [{ subject, state: "fault" as const, detail: "github.repositories lets in none of those there are" }]
      : []),
  ];
}

async function lookAt(
  repositories: readonly CodeRepository[],
  host: CodeHostToLookAt,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const some = repositories.slice(0, LOOKED_AT_MAX);
  const findings = await Promise.all(some.map((repository) => lookAtOne(repository, host, signal)));
  const left = repositories.length - some.length;
  if (left === 0) return findings;
  const detail = `${left} more were not looked at one by one`;
  return [...findings, { subject: "code repositories", state: "not-checked", detail }];
}

async function lookAtOne(
  codeRepository: CodeRepository,
  { codeHost, policies, unread }: CodeHostToLookAt,
  signal: AbortSignal,
): Promise<Finding> {
  const subject = `code repository ${nameOf(codeRepository)}`;
  try {
    const wanted = ruleFor(policies, codeRepository).pulls.baseBranches;
    const choice = readAmong(wanted, await codeHost.heads(codeRepository, headsWishOf(wanted), signal));
    const differs = branchesInWords(choice);
    const read = choice.branches;
    const [first] = read;
    if (first === undefined) return { subject, state: "fault", detail: differs ?? "has no branch" };
    const faults = unread.flatMap(({ branch, codeRepository: each, unread: why }) =>
      why !== undefined && nameOf(each) === nameOf(codeRepository) && read.some(({ name }) => name === branch)
        ? [`${branch} could not be read on ${renderMoment(why.at)}: ${why.reason}`]
        : [],
    );
    if (faults.length > 0) return { subject, state: "fault", detail: faults.join("; ") };
    const { name, commit } = first;
    const unseen = await unseenIn({ codeRepository, name, commit }, codeHost, signal);
    if (unseen.length > 0) return { subject, state: "fault", detail: unseen.join("; ") };
    const detail = `can be read; pull requests go to ${read.map((branch) => branch.name).join(", ")}`;
    return differs === undefined
      ? { subject, state: "well", detail }
      : { subject, state: "warning", detail: `${detail}; ${differs}` };
  } catch (error) {
    return { subject, state: "fault", detail: inWords(error) };
  }
}

/** What cannot be read beside files, in words: of a fine-grained token nobody says what it may do, so each is tried. */
async function unseenIn(
  { codeRepository, name, commit }: Branch & { readonly codeRepository: CodeRepository },
  codeHost: CodeHostToLookAt["codeHost"],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const question = { baseBranch: name, branch: NO_BRANCH, paths: [] };
  const tried = await Promise.allSettled([
    codeHost.look(codeRepository, question, signal),
    codeHost.standing(codeRepository, commit, signal),
  ]);
  return tried.flatMap((one) => (one.status === "rejected" ? [inWords(one.reason)] : []));
}

/** One finding for each permission: an App lacks it for a whole account, most likely. */
function permissionFindings(
  lacking: readonly { readonly codeRepository: CodeRepository; readonly missing: readonly string[] }[],
): readonly Finding[] {
  const byPermission = new Map<string, string[]>();
  for (const { codeRepository, missing } of lacking) {
    for (const permission of missing) {
      byPermission.set(permission, [...(byPermission.get(permission) ?? []), nameOf(codeRepository)]);
    }
  }
  return [...byPermission].map(([permission, names]) => ({
    subject: `permission ${permission}`,
    state: /^(?:workflows|checks):/.test(permission) ? ("warning" as const) : ("fault" as const),
    detail: `is missing for ${namesInWords(names)}: ${stoppedBy(permission)}`,
  }));
}

function stoppedBy(permission: string): string {
  const [name = ""] = permission.split(":");
  switch (name) {
    case "workflows":
      return "images in files below .github/workflows cannot be updated there";
    case "checks":
      return "no check run can be set there; commit statuses say the same in short";
    case "statuses":
      return "no commit status can be set there";
    case "pull_requests":
      return "no pull request can be opened there";
    default:
      return "nothing can be proposed there";
  }
}

function namesInWords(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  return `${names.slice(0, NAMES_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}

function inWords(error: unknown): string {
  return `${messageOf(error)} (${error instanceof CodedError ? error.code : "unknown"})`;
}
