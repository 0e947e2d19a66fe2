import type { Instant } from "../time.ts";
import type { HookDeliveries } from "./hook-deliveries.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { HeadsWish } from "../vendor/base-branches.ts";

/** A commit's id: 40 hex digits. */
export type CommitId = string;

/** What git calls the content of a file: 40 hex digits. */
export type BlobId = string;

export interface Branch {
  readonly name: string;
  readonly commit: CommitId;
}

/** Branches of a code repository, as they are now. */
export interface HeadsSeen {
  /** The default branch, where it was wanted. */
  readonly default?: Branch;
  /** Those of the others that are there, each once, in no order; 1,000 of each prefix at most. */
  readonly branches: readonly Branch[];
  /** There are more that begin with one of the prefixes. */
  readonly isPartial: boolean;
}

/** A text file at one commit. */
export interface SourceFile {
  readonly path: string;
  /** Its exact content, byte-order mark included. */
  readonly text: string;
}

/** Whether a file is wanted; what is wanted `first` goes before the others where there are more than are read. */
export type FileWish = (path: string) => boolean | "first";

/** Which files are wanted by somebody who has read some of them before. */
export interface FilesWish {
  readonly isWanted: FileWish;
  /** Content of files that need not be read again, by path. */
  readonly known: ReadonlyMap<string, BlobId>;
  /** Files with the same answer are read together when one of them is new, changed or gone. Absent: each is by itself. */
  readonly togetherOf?: (path: string) => string;
}

/** A text file as a listing has it. */
export interface ListedFile extends SourceFile {
  readonly blob: BlobId;
}

/** The files of a commit that were wanted, and those that were wanted and could not be read, with the reason for people. */
export interface FileListing {
  readonly files: readonly ListedFile[];
  /** With its content where that was looked at. */
  readonly skipped: readonly { readonly path: string; readonly reason: string; readonly blob?: BlobId }[];
  /** Known ones that are as they were, and were not read. */
  readonly unchanged: readonly string[];
  /** Why the files cannot be listed, as there are too many for the host; for people. Then nothing else is told. */
  readonly unlisted?: string;
}

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly title: string;
  readonly body: string;
  readonly baseBranch: string;
  /** The commit at the head of its branch when it was read. */
  readonly headCommit: CommitId;
  /** Whether it can be merged without a conflict; absent where the host does not know yet. */
  readonly isMergeable?: boolean;
  /** When anything about it changed last: what it says, its labels, a comment below it. Absent where the host does not say. */
  readonly updatedAt?: Instant;
  /** ISO 8601 in UTC, for a merged or closed one. */
  readonly closedAt?: string;
  /** Login of who closed it without merging it; absent where the host does not say. */
  readonly closedBy?: string;
}

/** What a pull request shall say. */
export interface PullRequestContent {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/** What a pull request shall say, where its labels may stay as they are. */
export type PullRequestChange = Pick<PullRequestContent, "title" | "body"> &
  Partial<Pick<PullRequestContent, "labels">>;

export interface CommitStatus {
  /** E.g. `hullkeeper/verification`. */
  readonly context: string;
  readonly state: "success" | "failure" | "pending" | "error";
  /** At most 140 characters. */
  readonly description: string;
  readonly url?: string;
}

/** What to put on a branch: one commit on top of `parent`, changing exactly these files. */
export interface BranchContent {
  readonly branch: string;
  readonly parent: CommitId;
  readonly files: readonly SourceFile[];
  readonly message: string;
  /**
   * Where the branch is expected to be now: `absent`, or at this commit. Anything else is a `code-host-conflict`, and nothing
   * is changed.
   */
  readonly expected: { readonly kind: "absent" } | { readonly kind: "at"; readonly commit: CommitId };
  /** When it has to be merged: who is short of time goes first where the host lets only so many through. */
  readonly dueAt?: Instant;
}

/** What is asked before a pull request is written or left alone. */
export interface LookQuestion {
  readonly baseBranch: string;
  /** Of the pull request. */
  readonly branch: string;
  /** Files of the base branch whose text is wanted. */
  readonly paths: readonly string[];
}

/** Everything a pull request rests on, as it is now. */
export interface ProposalLook {
  readonly base: Branch;
  /** The branch of the pull request, where it is there. */
  readonly head?: CommitFacts;
  /** The newest pull request of that branch, whatever its state. */
  readonly pull?: PullRequest;
  /** Those of the wanted files that are there, as exact text. */
  readonly files: readonly SourceFile[];
}

/** A pull request with its branch, as it shall be. */
export interface ProposalWish extends BranchContent, PullRequestContent {
  readonly base: Branch;
  /** What is open for the branch already: it is brought to this. Absent: one is opened. */
  readonly current?: PullRequest;
}

/** A pull request as it was written. */
export interface WrittenPull {
  readonly commit: CommitId;
  readonly pull: PullRequest;
}

/** People and plans that a pull request is brought to the notice of; what the host does not know of is left out and answered. */
export interface Attention {
  readonly assignees: readonly string[];
  /** `@login` or `@organisation/team`, without the `@`. */
  readonly reviewers: readonly string[];
  /** By its title. */
  readonly milestone?: string;
}

/** A check of a commit with more to say than a status. */
export interface CheckRun {
  /** E.g. `hullkeeper/verification`. */
  readonly name: string;
  readonly conclusion: "success" | "failure" | "neutral";
  /** At most 140 characters. */
  readonly title: string;
  /** Markdown, at most 60,000 characters. */
  readonly summary: string;
  /** At most 50. */
  readonly annotations: readonly {
    readonly path: string;
    readonly line: number;
    readonly level: "notice" | "warning" | "failure";
    readonly message: string;
  }[];
  readonly url?: string;
}

/** What somebody wrote below a pull request. */
export interface PullComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Instant;
}

/**
 * What the checks of others say about a commit: `none` where there are none, `unknown` where we may not see them or there are too many.
 */
export type ChecksStanding = "green" | "running" | "failed" | "none" | "unknown";

/** What somebody may do in a code repository. */
export type RepositoryRole = "none" | "read" | "write";

/** A code repository that the host lets us see, with what keeps it from being read. */
export interface ListedRepository {
  readonly codeRepository: CodeRepository;
  readonly isArchived: boolean;
  readonly isFork: boolean;
  readonly isEmpty: boolean;
  /** What the App or the token lacks there, as the host names it: `pull_requests: write`. Empty: nothing. */
  readonly missing: readonly string[];
}

/** What the host tells of code repositories. */
export interface RepositoriesSeen {
  /** 10,000 at most; sorted by name. */
  readonly repositories: readonly ListedRepository[];
  /** There may be more: a bound was reached, or somebody suspended an installation. */
  readonly isPartial: boolean;
}

/** Who wrote what is at the head of a branch. */
export interface CommitFacts {
  readonly commit: CommitId;
  readonly message: string;
  readonly parents: readonly CommitId[];
}

/**
 * Reads and writes code repositories.
 *
 * Every method throws {CodedError} `code-host-*` when there is no answer or the host refuses.
 */
export interface CodeHost {
  /** The webhooks it sends us; absent where nobody can look at them: with a token. */
  readonly deliveries?: HookDeliveries;

  /** What time it was at the host when it answered last, and how long ago that was; undefined before it said. */
  readonly time?: () => { readonly at: Instant; readonly agoMs: number } | undefined;

  /** The version of the host where it has one; undefined for one that is always the newest. */
  readonly version?: (signal: AbortSignal) => Promise<string | undefined>;

  /** The default branch, the named branches and those of given prefixes that there are, in one question. @throws `code-host-not-found` for the repository */
  heads(repository: CodeRepository, wish: HeadsWish, signal: AbortSignal): Promise<HeadsSeen>;

  /** The newest pull request of a branch of the code repository itself, whatever its state. */
  newestPull(
    repository: CodeRepository,
    branch: string,
    signal: AbortSignal,
  ): Promise<PullRequest | undefined>;

  /** All wanted text files of a commit that are not known, by one listing of its tree. Symbolic links and submodules are not followed. */
  files(
    repository: CodeRepository,
    commit: CommitId,
    wish: FileWish | FilesWish,
    signal: AbortSignal,
  ): Promise<FileListing>;

  /** Brings title, body and labels to what is wanted; labels of others stay, and so do all where none are given. Calls only for what differs. */
  updatePullRequest(
    repository: CodeRepository,
    current: PullRequest,
    content: PullRequestChange,
    signal: AbortSignal,
  ): Promise<void>;

  /** Closes a pull request without merging it; its branch stays. One that is closed already is left so. */
  closePullRequest(repository: CodeRepository, current: PullRequest, signal: AbortSignal): Promise<void>;

  /** Sets the statuses of a commit; the newest one of a context counts. */
  setStatuses(
    repository: CodeRepository,
    commit: CommitId,
    statuses: readonly CommitStatus[],
    signal: AbortSignal,
  ): Promise<void>;

  /** The code repositories that the App is installed for, or that the token may see. */
  repositories(signal: AbortSignal): Promise<RepositoriesSeen>;

  /** Everything that is asked before a pull request is written, in one question. @throws `code-host-not-found` */
  look(repository: CodeRepository, question: LookQuestion, signal: AbortSignal): Promise<ProposalLook>;

  /**
   * Makes the commit, lets the branch point at it, and opens the pull request or brings it to what is wanted: in as few calls as there can be,
   * each of which may be repeated. Labels of others stay.
   *
   * @throws `code-host-conflict` when the branch is not where it is expected
   */
  propose(repository: CodeRepository, wish: ProposalWish, signal: AbortSignal): Promise<WrittenPull>;

  /** Asks for attention; tells who or what the host does not know. */
  bringTo(
    repository: CodeRepository,
    pull: PullRequest,
    attention: Attention,
    signal: AbortSignal,
  ): Promise<{ readonly unknown: readonly string[] }>;

  /** Sets a check of a commit; `unsupported` where the host has none for us, which is so for personal tokens. */
  setCheck(
    repository: CodeRepository,
    commit: CommitId,
    check: CheckRun,
    signal: AbortSignal,
  ): Promise<"set" | "unsupported">;

  /** Writes below a pull request. */
  comment(repository: CodeRepository, number: number, body: string, signal: AbortSignal): Promise<void>;

  /** What was written below a pull request since then, or in the same second, by others than us, oldest first, 100 at most. */
  comments(
    repository: CodeRepository,
    number: number,
    since: Instant,
    signal: AbortSignal,
  ): Promise<readonly PullComment[]>;

  /** Whether something that holds this text was written below a pull request since then, by whomever. 500 comments are looked at. */
  isWritten(
    repository: CodeRepository,
    number: number,
    wanted: { readonly text: string; readonly since: Instant },
    signal: AbortSignal,
  ): Promise<boolean>;

  /** What this person may do there. */
  roleOf(repository: CodeRepository, login: string, signal: AbortSignal): Promise<RepositoryRole>;

  /** Whether a commit is in the history of another, or is that one: then it holds nothing beside it. */
  isContained(
    repository: CodeRepository,
    commit: CommitId,
    within: CommitId,
    signal: AbortSignal,
  ): Promise<boolean>;

  /** Removes a branch that is at this commit; one that is elsewhere or gone is left so. */
  deleteBranch(
    repository: CodeRepository,
    branch: string,
    commit: CommitId,
    signal: AbortSignal,
  ): Promise<void>;

  /** What the checks of others say about a commit. */
  standing(repository: CodeRepository, commit: CommitId, signal: AbortSignal): Promise<ChecksStanding>;

  /** Merges a pull request whose head is this commit, if the host finds that it may be: checks green, no conflict, approved where needed. */
  merge(
    repository: CodeRepository,
    pull: PullRequest,
    method: "merge" | "squash" | "rebase",
    signal: AbortSignal,
  ): Promise<"merged" | "not-yet" | "conflict">;
}
