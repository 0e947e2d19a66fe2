import { CodedError, quote } from "../../errors.ts";
import type { BranchContent, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { COMMIT, CREATED, REF } from "./answers.ts";
import { findHead } from "./branches.ts";
import type { Head } from "./branches.ts";
import type { Client } from "./client.ts";
import { demandWorkflows } from "./grants.ts";
import { readTree } from "./tree.ts";

const NEW_FILE_MODE = "100644";

type FileMode = "100644" | "100755";

/** One repository, by one client, for one job. */
interface Access {
  readonly client: Client;
  readonly repository: CodeRepository;
  readonly signal: AbortSignal;
}

/**
 * Makes one commit on top of `parent` and lets the branch point at it. Files keep their mode; those that `parent` does not have
 * become ordinary ones. Done already (same tree, parent and message at the head): returns that commit, so that a
 * repetition after a lost answer makes no second one.
 *
 * Requests: 1 for the parent, 1 for its tree (more where GitHub cuts it short), 1 to make the tree, 1 for the head of the branch
 * (2 when absent), 1 each for commit and branch.
 *
 * GitHub cannot move a branch on condition that it is where it was: a push between the look at its head and the move, one
 * request later, is lost from the branch (not from the repository).
 *
 * @throws {CodedError} `code-host-*`; `code-host-conflict` when the branch is not where it is expected
 */
export async function writeBranch(
  client: Client,
  wish: {
    readonly repository: CodeRepository;
    readonly content: BranchContent;
    /** Hears of a commit that was made, and not of one that was there. */
    readonly made?: (commit: CommitId) => void;
  },
  signal: AbortSignal,
): Promise<CommitId> {
  const { repository, content, made } = wish;
  const access = { client, repository, signal };
  await demandWritable(client, { repository, content }, signal);
  const parentTree = await treeOf(access, content.parent);
  const tree = await makeTree(access, content, parentTree);
  if (tree === parentTree) {
    throw new CodedError("code-host-rejected", `${attemptOf(repository, content)}: it would change nothing`);
  }

  const head = await findHead(client, { repository, branch: content.branch }, signal);
  if (head !== undefined && isSame(head, content, tree)) return head.commit;
  checkExpected(repository, content, head);

  // Without author and committer: GitHub fills them in and signs the commit of an App.
  const commit = await client.call(
    { operation: "create-commit", repository, signal },
    CREATED,
    (octokit, request) =>
      octokit.rest.git.createCommit({
        owner: repository.owner,
        repo: repository.name,
        message: content.message,
        tree,
        parents: [content.parent],
        request,
      }),
  );
  await pointBranchAt(access, content, commit.sha);
  made?.(commit.sha);
  return commit.sha;
}

/**
 * Refuses what would be refused after half of it was done: files that GitHub runs are written with a permission of their own.
 *
 * @throws {CodedError} `code-host-forbidden`
 */
export async function demandWritable(
  client: Client,
  { repository, content }: { readonly repository: CodeRepository; readonly content: BranchContent },
  signal: AbortSignal,
): Promise<void> {
  const grants = await client.grantsOn(repository, signal);
  try {
    demandWorkflows(
      repository,
      content.files.map(({ path }) => path),
      grants,
    );
  } catch (thrown) {
    // It may have been given since: next time somebody looks again.
    client.logInAnew(repository);
    throw thrown;
  }
}

async function treeOf({ client, repository, signal }: Access, commit: CommitId): Promise<string> {
  const { tree } = await client.call(
    { operation: "get-commit", repository, signal },
    COMMIT,
    (octokit, request) =>
      octokit.rest.git.getCommit({
        owner: repository.owner,
        repo: repository.name,
        commit_sha: commit,
        request,
      }),
  );
  return tree.sha;
}

async function makeTree(access: Access, content: BranchContent, parentTree: string): Promise<string> {
  const { client, repository, signal } = access;
  const modes = await modesOf(access, content, parentTree);
  const { sha } = await client.call(
    { operation: "create-tree", repository, signal },
    CREATED,
    (octokit, request) =>
      octokit.rest.git.createTree({
        owner: repository.owner,
        repo: repository.name,
        base_tree: parentTree,
        tree: content.files.map(({ path, text }) => ({
          path,
          mode: modes.get(path) ?? NEW_FILE_MODE,
          type: "blob",
          content: text,
        })),
        request,
      }),
  );
  return sha;
}

/** Modes of the files that are there already. A path that is something else than a file is refused. */
async function modesOf(
  { client, repository, signal }: Access,
  content: BranchContent,
  root: string,
): Promise<ReadonlyMap<string, FileMode>> {
  const paths = new Set(content.files.map(({ path }) => path));
  const query = {
    repository,
    root,
    isWanted: (path: string) => paths.has(path),
    mayHold: (directory: string) => [...paths].some((path) => path.startsWith(`${directory}/`)),
  };
  const modes = new Map<string, FileMode>();
  const listing = await readTree(client, query, signal);
  if (listing.kind === "too-large") {
    throw new CodedError("code-host-too-large", `${attemptOf(repository, content)}: ${listing.reason}`);
  }
  for (const { path, mode } of listing.entries) {
    if (mode !== "100644" && mode !== "100755") {
      const reason = `${quote(path)} is not a regular file (mode ${quote(mode)})`;
      throw new CodedError("code-host-rejected", `${attemptOf(repository, content)}: ${reason}`);
    }
    modes.set(path, mode);
  }
  return modes;
}

/** GitHub may drop line ends at the end of a message. */
function isSame(head: Head, { parent, message }: BranchContent, tree: string): boolean {
  return (
    head.tree === tree &&
    head.parents.length === 1 &&
    head.parents[0] === parent &&
    head.message.trimEnd() === message.trimEnd()
  );
}

function checkExpected(repository: CodeRepository, content: BranchContent, head: Head | undefined): void {
  const expected = content.expected.kind === "at" ? content.expected.commit : undefined;
  if (head?.commit === expected) return;
  const where = `it is ${placeOf(head?.commit)}, not ${placeOf(expected)}`;
  throw new CodedError("code-host-conflict", `${attemptOf(repository, content)}: ${where}`);
}

function placeOf(commit: CommitId | undefined): string {
  return commit === undefined ? "absent" : `at ${commit}`;
}

async function pointBranchAt(
  { client, repository, signal }: Access,
  { branch, expected }: BranchContent,
  sha: CommitId,
): Promise<void> {
  const where = { owner: repository.owner, repo: repository.name, sha };
  if (expected.kind === "absent") {
    await client.call({ operation: "create-ref", repository, signal }, REF, (octokit, request) =>
      octokit.rest.git.createRef({ ...where, ref: `refs/heads/${branch}`, request }),
    );
    return;
  }
  // Forced: the new commit stands on the base branch, not on the one it replaces.
  await client.call({ operation: "update-ref", repository, signal }, REF, (octokit, request) =>
    octokit.rest.git.updateRef({ ...where, ref: `heads/${branch}`, force: true, request }),
  );
}

function attemptOf({ owner, name }: CodeRepository, { branch }: BranchContent): string {
  return `could not write branch ${quote(branch)} of ${owner}/${name}`;
}
