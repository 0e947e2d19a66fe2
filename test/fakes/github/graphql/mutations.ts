import { z } from "zod";
import { demand } from "../access.ts";
import { createCheckRun, updateCheckRun } from "../check-runs.ts";
import { createComment } from "../comments.ts";
import { addLabels, createLabel, removeLabels } from "../labels.ts";
import { changePull, createPull } from "../pulls.ts";
import { createRef, deleteRef, updateRef } from "../refs.ts";
import type { Caller, Deed, World } from "../world.ts";
import { CHECK_RUN_INPUT, checkRunWishOf } from "./check-run-input.ts";
import { branchOf, commitOnBranch, COMMIT_INPUT } from "./commit-on-branch.ts";
import { GraphFailure } from "./failure.ts";
import { commitOf } from "./git-objects.ts";
import { findNodeOf } from "./nodes.ts";
import { checkRunOf, commentOf, labelOf, pullOf, refOf } from "./objects.ts";

/** One mutation: its input in, its payload out. */
export type Mutation = (
  at: { readonly world: World; readonly caller: Caller },
  input: unknown,
) => Promise<object>;

const REF = z.object({ repositoryId: z.string(), name: z.string(), oid: z.string() });
const REF_CHANGE = z.object({ refId: z.string(), oid: z.string(), force: z.boolean().nullish() });
const REF_ID = z.object({ refId: z.string() });
const PULL = z.object({
  repositoryId: z.string(),
  baseRefName: z.string(),
  headRefName: z.string(),
  title: z.string(),
  body: z.string().nullish(),
});
const PULL_CHANGE = z.object({
  pullRequestId: z.string(),
  title: z.string().nullish(),
  body: z.string().nullish(),
  baseRefName: z.string().nullish(),
  state: z.enum(["OPEN", "CLOSED"]).nullish(),
  labelIds: z.array(z.string()).nullish(),
});
const PULL_ID = z.object({ pullRequestId: z.string() });
const LABELS = z.object({ labelableId: z.string(), labelIds: z.array(z.string()) });
const LABEL = z.object({
  repositoryId: z.string(),
  name: z.string(),
  color: z.string(),
  description: z.string().nullish(),
});
const COMMENT = z.object({ subjectId: z.string(), body: z.string() });

/** By the name of their field. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  async createRef(at, input) {
    const { repositoryId, name, oid } = REF.parse(input);
    const { deed } = findNodeOf(at, "repository", repositoryId);
    return inTurn(deed, { contents: "write" }, async () => {
      if (!name.startsWith("refs/")) throw new GraphFailure("UNPROCESSABLE", "Reference name is not valid");
      const ref = name.slice("refs/".length);
      if ((await deed.repository.git.ref(ref)) !== undefined) {
        throw new GraphFailure("UNPROCESSABLE", `A ref named "${name}" already exists in the repository.`);
      }
      await createRef(deed, { name: ref, sha: oid });
      return { ref: await refOf(deed, ref) };
    });
  },
  async updateRef(at, input) {
    const { refId, oid, force } = REF_CHANGE.parse(input);
    const { deed, name } = findNodeOf(at, "ref", refId);
    return inTurn(deed, { contents: "write" }, async () => {
      await updateRef(deed, { name, sha: oid, force: force === true });
      return { ref: await refOf(deed, name) };
    });
  },
  async deleteRef(at, input) {
    const { deed, name } = findNodeOf(at, "ref", REF_ID.parse(input).refId);
    return inTurn(deed, { contents: "write" }, async () => {
      await deleteRef(deed, name);
      return {};
    });
  },
  async createCommitOnBranch(at, input) {
    const wish = COMMIT_INPUT.parse(input);
    const { deed, name } = branchOf(at, wish.branch);
    return inTurn(deed, { contents: "write" }, async () => {
      const sha = await commitOnBranch(deed, name, wish);
      return { commit: await commitOf(deed, sha), ref: await refOf(deed, name) };
    });
  },
  async createPullRequest(at, input) {
    const { repositoryId, baseRefName, headRefName, title, body } = PULL.parse(input);
    const { deed } = findNodeOf(at, "repository", repositoryId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      const [base, head] = [baseRefName, headRefName].map((name) => name.replace(/^refs\/heads\//, ""));
      const wish = { base: base ?? "", head: head ?? "", title, body: body ?? null };
      await demandBranches(deed, wish);
      return { pullRequest: pullOf(deed, await createPull(deed, wish)) };
    });
  },
  async updatePullRequest(at, input) {
    const { pullRequestId, title, body, baseRefName, state, labelIds } = PULL_CHANGE.parse(input);
    const { deed, pull } = findNodeOf(at, "pull", pullRequestId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      const names = labelIds?.map((id) => findNodeOf(at, "label", id).label.name);
      await changePull(deed, pull, {
        title: title ?? undefined,
        body: body ?? undefined,
        base: baseRefName ?? undefined,
        state: state === "OPEN" ? "open" : state === "CLOSED" ? "closed" : undefined,
      });
      if (names !== undefined) pull.labels = names;
      return { pullRequest: pullOf(deed, pull) };
    });
  },
  async closePullRequest(at, input) {
    const { deed, pull } = findNodeOf(at, "pull", PULL_ID.parse(input).pullRequestId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      await changePull(deed, pull, { state: "closed" });
      return { pullRequest: pullOf(deed, pull) };
    });
  },
  async reopenPullRequest(at, input) {
    const { deed, pull } = findNodeOf(at, "pull", PULL_ID.parse(input).pullRequestId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      await changePull(deed, pull, { state: "open" });
      return { pullRequest: pullOf(deed, pull) };
    });
  },
  async addLabelsToLabelable(at, input) {
    const { labelableId, labelIds } = LABELS.parse(input);
    const { deed, pull } = findNodeOf(at, "pull", labelableId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      addLabels(
        deed,
        pull,
        labelIds.map((id) => findNodeOf(at, "label", id).label.name),
      );
      return { labelable: pullOf(deed, pull) };
    });
  },
  async removeLabelsFromLabelable(at, input) {
    const { labelableId, labelIds } = LABELS.parse(input);
    const { deed, pull } = findNodeOf(at, "pull", labelableId);
    return inTurn(deed, { pull_requests: "write" }, async () => {
      removeLabels(
        deed,
        pull,
        labelIds.map((id) => findNodeOf(at, "label", id).label.name),
      );
      return { labelable: pullOf(deed, pull) };
    });
  },
  async createLabel(at, input) {
    const { repositoryId, ...wish } = LABEL.parse(input);
    const { deed } = findNodeOf(at, "repository", repositoryId);
    return inTurn(deed, { issues: "write" }, async () => ({ label: labelOf(deed, createLabel(deed, wish)) }));
  },
  async addComment(at, input) {
    const { subjectId, body } = COMMENT.parse(input);
    const { deed, pull } = findNodeOf(at, "pull", subjectId);
    return inTurn(deed, { pull_requests: "write" }, async () => ({
      commentEdge: { node: commentOf(deed, pull, createComment(deed, pull, body)) },
      subject: pullOf(deed, pull),
    }));
  },
  async createCheckRun(at, input) {
    const wish = CHECK_RUN_INPUT.extend({
      repositoryId: z.string(),
      headSha: z.string(),
      name: z.string(),
    }).parse(input);
    const { deed } = findNodeOf(at, "repository", wish.repositoryId);
    return inTurn(deed, {}, async () => {
      const { headSha: commit, name } = wish;
      return {
        checkRun: checkRunOf(deed, await createCheckRun(deed, { ...checkRunWishOf(wish), commit, name })),
      };
    });
  },
  async updateCheckRun(at, input) {
    const wish = CHECK_RUN_INPUT.extend({ checkRunId: z.string() }).parse(input);
    const { deed, run } = findNodeOf(at, "check-run", wish.checkRunId);
    return inTurn(deed, {}, async () => {
      updateCheckRun(deed, run, checkRunWishOf(wish));
      return { checkRun: checkRunOf(deed, run) };
    });
  },
};

async function inTurn(
  { caller, repository }: Deed,
  needs: Readonly<Record<string, string>>,
  work: () => Promise<object>,
): Promise<object> {
  demand(caller, needs);
  return repository.exclusively(work);
}

/** GraphQL says all that is wrong with branches that are not there, in one sentence. */
async function demandBranches(
  { repository: { git } }: Deed,
  { base, head }: { readonly base: string; readonly head: string },
): Promise<void> {
  const hasBase = (await git.ref(`heads/${base}`)) !== undefined;
  const hasHead = (await git.ref(`heads/${head}`)) !== undefined;
  if (hasBase && hasHead) return;
  const words = [
    "Head sha can't be blank",
    "Base sha can't be blank",
    `No commits between ${base} and ${head}`,
    ...(hasHead ? [] : ["Head ref must be a branch"]),
    ...(hasBase ? [] : ["Base ref must be a branch"]),
  ];
  throw new GraphFailure("UNPROCESSABLE", words.join(", "));
}
