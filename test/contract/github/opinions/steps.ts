import type {
  LookQuestion,
  ProposalLook,
  ProposalWish,
  PullRequest,
  SourceFile,
  WrittenPull,
} from "../../../../src/ports/code-host.ts";
import { CONTENT, PATIENT } from "../harness.ts";
import type { Stage } from "./opinion.ts";

const FIXED = "FROM scratch AS fixed\n";

/** What a worker asks before it writes. */
export function questionOf({ baseBranch, branch }: Stage): LookQuestion {
  return { baseBranch, branch, paths: ["Dockerfile", "deep/run.sh", "gone"] };
}

/** Looks as a worker does. */
export async function lookAt(stage: Stage): Promise<ProposalLook> {
  return stage.host.look(stage.repository, questionOf(stage), PATIENT);
}

/** Opens the pull request, or brings it to a change, as a worker does. */
export async function proposeTo(stage: Stage, change: Partial<ProposalWish> = {}): Promise<WrittenPull> {
  const look = await lookAt(stage);
  const wish: ProposalWish = {
    ...CONTENT,
    branch: stage.branch,
    parent: look.base.commit,
    files: [{ path: "Dockerfile", text: FIXED }],
    message: "Update jre-25\n\nHullkeeper-Image: jre-25",
    expected: look.head === undefined ? { kind: "absent" } : { kind: "at", commit: look.head.commit },
    base: look.base,
    ...(look.pull?.state === "open" ? { current: look.pull } : {}),
    ...change,
  };
  return stage.host.propose(stage.repository, wish, PATIENT);
}

/** The pull request as it is now. */
export async function pullAt(stage: Stage): Promise<PullRequest> {
  const { pull } = await lookAt(stage);
  if (pull === undefined) throw new Error("there is no pull request");
  return pull;
}

/** What two GitHubs can have in common of a pull request. */
export function shownOf({ state, title, body, closedAt }: PullRequest) {
  return { state, title, body, isClosed: closedAt !== undefined };
}

/** Files as path and text, whatever else is told of them. */
export function textsOf(files: readonly SourceFile[]): readonly (readonly [string, string])[] {
  return files.map(({ path, text }) => [path, text]);
}

/** Labels of the pull request, sorted, past the adapter. */
export async function labelsOf(stage: Stage, number: number): Promise<readonly string[]> {
  const { data } = await stage.person.rest.issues.listLabelsOnIssue({
    ...addressOf(stage),
    issue_number: number,
  });
  return data.map(({ name }) => name).toSorted();
}

/** The repository, as octokit names it. */
export function addressOf({ repository }: Stage): { readonly owner: string; readonly repo: string } {
  return { owner: repository.owner, repo: repository.name };
}

/** A commit of a person on a branch, past the adapter. */
export async function commitBy(stage: Stage, branch: string, content: string): Promise<string> {
  const { git } = stage.person.rest;
  const where = addressOf(stage);
  const { data: ref } = await git.getRef({ ...where, ref: `heads/${branch}` });
  const { data: parent } = await git.getCommit({ ...where, commit_sha: ref.object.sha });
  const { data: tree } = await git.createTree({
    ...where,
    base_tree: parent.tree.sha,
    tree: [{ path: "Dockerfile", mode: "100644", type: "blob", content }],
  });
  const { data: commit } = await git.createCommit({
    ...where,
    message: "By hand",
    tree: tree.sha,
    parents: [parent.sha],
  });
  await git.updateRef({ ...where, ref: `heads/${branch}`, sha: commit.sha });
  return commit.sha;
}
