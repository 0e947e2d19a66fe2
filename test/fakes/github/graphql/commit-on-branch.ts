import { z } from "zod";
import { demandWorkflows, demandWritable, findVisible } from "../access.ts";
import { accountOf, webFlowAt } from "../git-routes.ts";
import type { TreeChange } from "../git-repository.ts";
import { updateRef } from "../refs.ts";
import type { Caller, Deed, World } from "../world.ts";
import { GraphFailure } from "./failure.ts";
import { findNodeOf } from "./nodes.ts";

const FILE_MODE = "100644";

const PATHS = z.array(z.object({ path: z.string(), contents: z.string() }));

/** The input of `createCommitOnBranch`. */
export const COMMIT_INPUT = z.object({
  branch: z.object({
    branchName: z.string().nullish(),
    id: z.string().nullish(),
    repositoryNameWithOwner: z.string().nullish(),
  }),
  expectedHeadOid: z.string(),
  fileChanges: z
    .object({ additions: PATHS.default([]), deletions: z.array(z.object({ path: z.string() })).default([]) })
    .nullish(),
  message: z.object({ headline: z.string(), body: z.string().nullish() }),
});

type CommitInput = z.infer<typeof COMMIT_INPUT>;

/** The branch, named `heads/…`, and where it is. */
export function branchOf(
  at: { readonly world: World; readonly caller: Caller },
  { id, branchName, repositoryNameWithOwner }: CommitInput["branch"],
): { readonly deed: Deed; readonly name: string } {
  if (typeof id === "string") return findNodeOf(at, "ref", id);
  const [owner = "", name = ""] = (repositoryNameWithOwner ?? "").split("/");
  const repository = findVisible(at.world, at.caller, { owner, name });
  if (repository === undefined || typeof branchName !== "string") {
    throw new GraphFailure(
      "NOT_FOUND",
      `Could not resolve to a Repository with the name '${repositoryNameWithOwner ?? ""}'.`,
    );
  }
  return { deed: { ...at, repository }, name: `heads/${branchName.replace(/^refs\/heads\//, "")}` };
}

/** Commits files onto the head of a branch, signed by GitHub. Returns the commit. */
export async function commitOnBranch(
  deed: Deed,
  name: string,
  { expectedHeadOid, fileChanges, message }: CommitInput,
): Promise<string> {
  const { world, caller, repository } = deed;
  const { git } = repository;
  demandWritable(repository);
  const head = await git.ref(name);
  if (head === undefined) {
    throw new GraphFailure("NOT_FOUND", `A branch named "${name.replace(/^heads\//, "")}" does not exist.`);
  }
  if (head !== expectedHeadOid) {
    throw new GraphFailure(
      "STALE_DATA",
      // GitHub writes two spaces.
      `Expected branch to point to "${expectedHeadOid}" but it did not.  Pull and try again.`,
    );
  }
  const changes = await changesOf(deed, head, fileChanges);
  const at = world.now();
  const sha = await git.writeCommit({
    tree: await git.writeTree((await git.commit(head)).tree, changes),
    parents: [head],
    author: accountOf(caller.login, at),
    committer: webFlowAt(at),
    message: message.body ? `${message.headline}\n\n${message.body}` : message.headline,
  });
  repository.signed.add(sha);
  await updateRef(deed, { name, sha, force: false });
  return sha;
}

/** A file that is there keeps its mode; a new one is an ordinary file: there is no way to say otherwise. */
async function changesOf(
  deed: Deed,
  head: string,
  fileChanges: CommitInput["fileChanges"],
): Promise<readonly TreeChange[]> {
  const { git } = deed.repository;
  const { additions, deletions } = fileChanges ?? { additions: [], deletions: [] };
  const paths = [...additions, ...deletions].map(({ path }) => path);
  for (const path of paths) checkPath(path);
  if (new Set(paths).size !== paths.length) {
    throw new GraphFailure("UNPROCESSABLE", "A path was specified more than once in fileChanges.");
  }
  demandWorkflows(deed, paths);
  const changes: TreeChange[] = [];
  for (const { path } of deletions) {
    if ((await git.entry(head, path)) === undefined) {
      throw new GraphFailure(
        "UNPROCESSABLE",
        `A path was requested for deletion which does not exist as of commit oid \`${head}\``,
      );
    }
    changes.push({ path, mode: FILE_MODE, sha: undefined });
  }
  for (const { path, contents } of additions) {
    const mode = (await git.entry(head, path))?.mode ?? FILE_MODE;
    changes.push({ path, mode, sha: await git.writeBlob(bytesOf(contents)) });
  }
  return changes;
}

function checkPath(path: string): void {
  if (path === "" || /^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|(?:^|\/)\.git(?:\/|$)|[\0\n]/i.test(path)) {
    throw new GraphFailure("UNPROCESSABLE", `The path "${path.slice(0, 80)}" is malformed.`);
  }
}

function bytesOf(contents: string): Buffer {
  if (
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(contents.replaceAll("\n", ""))
  ) {
    throw new GraphFailure("argumentLiteralsIncompatible", "Base64String is not valid base64.");
  }
  return Buffer.from(contents, "base64");
}
