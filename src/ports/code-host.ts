import type { Instant } from "../time.ts";
import type { CodeRepository } from "../proposal/plan.ts";

/** A commit's id: 40 hex digits. */
export type CommitId = string;

export interface Branch {
  readonly name: string;
  readonly commit: CommitId;
}

/** A text file at one commit. */
export interface SourceFile {
  readonly path: string;
  /** Its exact content, byte-order mark included. */
  readonly text: string;
}

/** The files of a commit that were wanted, and those that were wanted and could not be read, with the reason for people. */
export interface FileListing {
  readonly files: readonly SourceFile[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
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
  /** ISO 8601 in UTC, for a merged or closed one. */
  readonly closedAt?: string;
}

/** What a pull request shall say. */
export interface PullRequestContent {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

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
  /** What time it was at the host when it answered last, and how long ago that was; undefined before it said. */
  readonly time?: () => { readonly at: Instant; readonly agoMs: number } | undefined;

  /** The named branch, or the default branch. @throws `code-host-not-found` */
  branch(repository: CodeRepository, name: string | undefined, signal: AbortSignal): Promise<Branch>;

  /** The branch if it exists, with its head commit. */
  branchHead(repository: CodeRepository, name: string, signal: AbortSignal): Promise<CommitFacts | undefined>;

  /** All wanted text files of a commit, by one listing of its tree. Symbolic links and submodules are not followed. */
  files(
    repository: CodeRepository,
    commit: CommitId,
    isWanted: (path: string) => boolean,
    signal: AbortSignal,
  ): Promise<FileListing>;

  /** Makes the commit and lets the branch point at it, as one step as far as others can see. Returns the commit. */
  writeBranch(repository: CodeRepository, content: BranchContent, signal: AbortSignal): Promise<CommitId>;

  /** The newest pull request whose head is this branch of the repository itself, whatever its state. */
  findPullRequest(
    repository: CodeRepository,
    branch: string,
    signal: AbortSignal,
  ): Promise<PullRequest | undefined>;

  /** Opens a pull request. Where one is open for the branch already, returns that one, unchanged. */
  openPullRequest(
    repository: CodeRepository,
    branches: { readonly head: string; readonly base: string },
    content: PullRequestContent,
    signal: AbortSignal,
  ): Promise<PullRequest>;

  /** Brings title, body and labels to what is wanted; labels of others stay. Calls only for what differs. */
  updatePullRequest(
    repository: CodeRepository,
    current: PullRequest,
    content: PullRequestContent,
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
}
