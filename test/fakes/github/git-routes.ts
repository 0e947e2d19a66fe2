import { z } from "zod";
import { demandWorkflows } from "./access.ts";
import type { GitPerson, GitTreeEntry, TreeChange } from "./git-repository.ts";
import { createRef as createRefOf, deleteRef as deleteRefOf, updateRef as updateRefOf } from "./refs.ts";
import {
  apiUrlOf,
  nodeIdOf,
  renderBranch,
  renderCommit,
  renderGitCommit,
  renderRef,
  renderRepository,
  webUrlOf,
} from "./shapes.ts";
import { Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, RepositoryState, Routes, World } from "./world.ts";

const SHA = /^[0-9a-f]{40}$/;

/** Repositories, branches and the git database. */
export const GIT_ROUTES: Routes = {
  "GET /repos/{owner}/{repo}": async ({ world, repository }) => ({
    status: 200,
    body: renderRepository(world, repository),
  }),
  "GET /repos/{owner}/{repo}/branches/{branch}": getBranch,
  "GET /repos/{owner}/{repo}/compare/{basehead}": compareCommits,
  "GET /repos/{owner}/{repo}/git/matching-refs/{ref}": listMatchingRefs,
  "GET /repos/{owner}/{repo}/git/ref/{ref}": getRef,
  "POST /repos/{owner}/{repo}/git/refs": createRef,
  "PATCH /repos/{owner}/{repo}/git/refs/{ref}": updateRef,
  "DELETE /repos/{owner}/{repo}/git/refs/{ref}": deleteRef,
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}": getCommit,
  "POST /repos/{owner}/{repo}/git/commits": createCommit,
  "GET /repos/{owner}/{repo}/git/trees/{tree_sha}": getTree,
  "POST /repos/{owner}/{repo}/git/trees": createTree,
  "GET /repos/{owner}/{repo}/git/blobs/{file_sha}": getBlob,
  "POST /repos/{owner}/{repo}/git/blobs": createBlob,
};

/** The commit of a full id or of a branch. */
export async function findCommit({ git }: RepositoryState, name: string): Promise<string | undefined> {
  if (SHA.test(name)) return (await git.typeOf(name)) === "commit" ? name : undefined;
  return git.ref(`heads/${name}`);
}

async function getBranch({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const name = parameter("branch");
  const sha = await repository.git.ref(`heads/${name}`);
  if (sha === undefined) throw new Refused(404, "Branch not found");
  const commit = await repository.git.commit(sha);
  return { status: 200, body: renderBranch(world, repository, { name, commit }) };
}

/** Without files: they stand on the first page alone, which nobody asks for. */
async function compareCommits({ world, repository, parameter, query }: ApiRequest): Promise<ApiAnswer> {
  const [base = "", head = ""] = parameter("basehead").split("...");
  const { git } = repository;
  const shas = [await findCommit(repository, base), await findCommit(repository, head)] as const;
  const [from, to] = shas;
  if (from === undefined || to === undefined) throw new Refused(404, "Not Found");
  if (query.get("page") === null) throw new Refused(501, "the double compares no files");
  const [ahead, behind] = [
    await git.commitsSince(from, to, 10_000),
    await git.commitsSince(to, from, 10_000),
  ];
  const merge = await git.mergeBase(from, to);
  if (merge === undefined) throw new Refused(404, "No common ancestor between the two commits");
  const rendered = async (sha: string): Promise<object> =>
    renderCommit(world, repository, await git.commit(sha));
  const statuses = [
    ["identical", "behind"],
    ["ahead", "diverged"],
  ] as const;
  const page = `${webUrlOf(world, repository)}/compare/${from}...${to}`;
  return {
    status: 200,
    body: {
      url: `${apiUrlOf(world, repository)}/compare/${from}...${to}`,
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: await rendered(from),
      merge_base_commit: await rendered(merge),
      status: statuses[ahead.length > 0 ? 1 : 0][behind.length > 0 ? 1 : 0],
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: [],
    },
  };
}

async function listMatchingRefs({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const refs = await repository.git.refs();
  const matching = refs.filter(({ name }) => name.startsWith(parameter("ref")));
  return { status: 200, body: matching.map((ref) => renderRef(world, repository, ref)) };
}

async function getRef({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const name = parameter("ref");
  const sha = await repository.git.ref(name);
  if (sha === undefined) throw new Refused(404, "Not Found");
  return { status: 200, body: renderRef(world, repository, { name, sha }) };
}

const NEW_REF = z.object({ ref: z.string(), sha: z.string() });

async function createRef(request: ApiRequest): Promise<ApiAnswer> {
  const { ref, sha } = NEW_REF.parse(request.body);
  if (!ref.startsWith("refs/")) throw new Refused(422, "Reference name is not valid");
  const wish = { name: ref.slice("refs/".length), sha };
  await createRefOf(request, wish);
  return { status: 201, body: renderRef(request.world, request.repository, wish) };
}

const REF_CHANGE = z.object({ sha: z.string(), force: z.boolean().default(false) });

async function updateRef(request: ApiRequest): Promise<ApiAnswer> {
  const { sha, force } = REF_CHANGE.parse(request.body);
  const name = request.parameter("ref");
  await updateRefOf(request, { name, sha, force });
  return { status: 200, body: renderRef(request.world, request.repository, { name, sha }) };
}

async function deleteRef(request: ApiRequest): Promise<ApiAnswer> {
  await deleteRefOf(request, request.parameter("ref"));
  return { status: 204 };
}

async function getCommit({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const sha = parameter("commit_sha");
  if ((await repository.git.typeOf(sha)) !== "commit") throw new Refused(404, "Not Found");
  return { status: 200, body: renderGitCommit(world, repository, await repository.git.commit(sha)) };
}

const PERSON = z.object({
  name: z.string(),
  email: z.string(),
  date: z.iso.datetime({ offset: true }).optional(),
});
const NEW_COMMIT = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.array(z.string()).default([]),
  author: PERSON.optional(),
  committer: PERSON.partial().optional(),
});

async function createCommit({ world, repository, caller, body }: ApiRequest): Promise<ApiAnswer> {
  const { message, tree, parents, author, committer } = NEW_COMMIT.parse(body);
  const { git } = repository;
  if ((await git.typeOf(tree)) !== "tree") throw new Refused(422, "Tree SHA does not exist");
  for (const parent of parents) {
    if ((await git.typeOf(parent)) !== "commit") {
      throw new Refused(422, "Parent SHA does not exist or is not a commit object");
    }
  }
  const at = world.now();
  const actor = accountOf(caller.login, at);
  const person = (given: z.infer<typeof PERSON> | undefined): GitPerson | undefined =>
    given === undefined ? undefined : { ...given, at: given.date === undefined ? at : new Date(given.date) };
  const byAuthor = person(author) ?? actor;
  const sha = await git.writeCommit({
    tree,
    parents,
    message,
    author: byAuthor,
    committer: author === undefined ? webFlowAt(at) : byAuthor,
  });
  if (author === undefined && committer === undefined) repository.signed.add(sha);
  return { status: 201, body: renderGitCommit(world, repository, await git.commit(sha)) };
}

/** Who GitHub writes into a commit for an account. */
export function accountOf(login: string, at: Date): GitPerson {
  return { name: login, email: `${login}@users.noreply.github.com`, at };
}

/** Who commits what is made by the API and signed by GitHub. */
export function webFlowAt(at: Date): GitPerson {
  return { name: "GitHub", email: "noreply@github.com", at };
}

async function getTree({ world, repository, parameter, query }: ApiRequest): Promise<ApiAnswer> {
  const { git } = repository;
  const sha = await treeOf(repository, parameter("tree_sha"));
  const entries = await git.tree(sha, query.has("recursive") ? "recursive" : "direct");
  const shown = entries.slice(0, world.treeEntriesMax);
  return { status: 200, body: renderTree({ world, repository, sha }, shown, shown.length < entries.length) };
}

async function treeOf(repository: RepositoryState, name: string): Promise<string> {
  const commit = await findCommit(repository, name);
  if (commit !== undefined) return (await repository.git.commit(commit)).tree;
  if ((await repository.git.typeOf(name)) === "tree") return name;
  throw new Refused(404, "Not Found");
}

function renderTree(
  {
    world,
    repository,
    sha,
  }: { readonly world: World; readonly repository: RepositoryState; readonly sha: string },
  entries: readonly GitTreeEntry[],
  truncated: boolean,
): object {
  const url = `${apiUrlOf(world, repository)}/git`;
  return {
    sha,
    url: `${url}/trees/${sha}`,
    tree: entries.map(({ path, mode, type, sha: object, size }) => ({
      path,
      mode,
      type,
      sha: object,
      ...(size === undefined ? {} : { size }),
      ...(type === "commit" ? {} : { url: `${url}/${type}s/${object}` }),
    })),
    truncated,
  };
}

const NEW_TREE = z.object({
  base_tree: z.string().optional(),
  tree: z.array(
    z.object({
      path: z.string().min(1),
      mode: z.string(),
      type: z.string().optional(),
      sha: z.string().nullish(),
      content: z.string().optional(),
    }),
  ),
});

async function createTree(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, body } = request;
  const { base_tree: base, tree } = NEW_TREE.parse(body);
  demandWorkflows(
    request,
    tree.map(({ path }) => path),
  );
  const { git } = repository;
  if (base !== undefined && (await git.typeOf(base)) !== "tree") {
    throw new Refused(422, "base_tree is not a valid tree oid");
  }
  const changes: TreeChange[] = [];
  for (const entry of tree) changes.push(await changeOf(repository, entry));
  const sha = await git.writeTree(base, changes);
  const entries = await git.tree(sha, "direct");
  return { status: 201, body: renderTree({ world, repository, sha }, entries, false) };
}

async function changeOf(
  { git }: RepositoryState,
  { path, mode, sha, content }: z.infer<typeof NEW_TREE>["tree"][number],
): Promise<TreeChange> {
  if (/^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|(?:^|\/)\.git(?:\/|$)|[\0\n]/i.test(path)) {
    throw new Refused(422, "tree.path contains a malformed path component");
  }
  if (content !== undefined) return { path, mode, sha: await git.writeBlob(content) };
  if (sha === null || sha === undefined) return { path, mode, sha: undefined };
  if ((await git.typeOf(sha)) === undefined) throw new Refused(422, `tree.sha ${sha} is not a valid blob`);
  return { path, mode, sha };
}

async function getBlob({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const sha = parameter("file_sha");
  if ((await repository.git.typeOf(sha)) !== "blob") throw new Refused(404, "Not Found");
  const bytes = await repository.git.blob(sha);
  const lines = bytes.toString("base64").match(/.{1,60}/g) ?? [];
  return {
    status: 200,
    body: {
      sha,
      node_id: nodeIdOf("Blob", sha),
      size: bytes.byteLength,
      url: `${apiUrlOf(world, repository)}/git/blobs/${sha}`,
      content: lines.map((line) => `${line}\n`).join(""),
      encoding: "base64",
    },
  };
}

const NEW_BLOB = z.object({ content: z.string(), encoding: z.enum(["utf-8", "base64"]).default("utf-8") });

async function createBlob({ world, repository, body }: ApiRequest): Promise<ApiAnswer> {
  const { content, encoding } = NEW_BLOB.parse(body);
  const sha = await repository.git.writeBlob(Buffer.from(content, encoding));
  return { status: 201, body: { sha, url: `${apiUrlOf(world, repository)}/git/blobs/${sha}` } };
}
