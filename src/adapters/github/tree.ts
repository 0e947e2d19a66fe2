import type { z } from "zod";
import type { CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { TREE } from "./answers.ts";
import type { Client } from "./client.ts";

/** One entry of a commit's tree, by its full path. */
export type TreeEntry = z.infer<typeof TREE>["tree"][number];

/** Which entries of a tree are of interest. */
export interface TreeQuery {
  readonly repository: CodeRepository;
  /** A commit or a tree. */
  readonly root: CommitId;
  readonly isWanted: (path: string) => boolean;
  /** Whether a directory (no slash at its end) may hold wanted entries; asked only where the tree is too large for one answer. */
  readonly mayHold: (directory: string) => boolean;
}

/** Requests for one tree. GitHub lists 100,000 entries in one: 200 of them are more than any tree we can be asked about. */
const TREE_REQUESTS_MAX = 200;

/** What came of listing a tree. */
export type TreeListing =
  | { readonly kind: "listed"; readonly entries: readonly TreeEntry[] }
  /** `reason`: for people. */
  | { readonly kind: "too-large"; readonly reason: string };

interface Directory {
  readonly sha: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
}

/**
 * The wanted entries of a tree, directories excepted. One request, unless GitHub cuts the answer short: then directory by
 * directory, in as few requests as each lets itself be listed whole, 200 at most.
 *
 * @throws {CodedError} `code-host-*`
 * @see GitHub REST API 2022-11-28, "Get a tree": `truncated` beyond 100,000 entries or 7 MB
 */
export async function readTree(client: Client, query: TreeQuery, signal: AbortSignal): Promise<TreeListing> {
  const wanted: TreeEntry[] = [];
  const open: Directory[] = [{ sha: query.root, prefix: "" }];
  const budget = { left: TREE_REQUESTS_MAX };

  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    const below = await listDirectory({ client, query, signal, budget }, directory);
    if (below.kind === "too-large") return below;
    const { entries, isWhole } = below;
    for (const entry of entries) {
      if (entry.type === "tree") {
        if (!isWhole && query.mayHold(entry.path)) open.push({ sha: entry.sha, prefix: `${entry.path}/` });
      } else if (query.isWanted(entry.path)) {
        wanted.push(entry);
      }
    }
  }
  return { kind: "listed", entries: wanted };
}

interface Walk {
  readonly client: Client;
  readonly query: TreeQuery;
  readonly signal: AbortSignal;
  readonly budget: { left: number };
}

/** Everything below a directory (`isWhole`), or what it holds itself. */
async function listDirectory(
  walk: Walk,
  directory: Directory,
): Promise<
  | { readonly kind: "listed"; readonly entries: readonly TreeEntry[]; readonly isWhole: boolean }
  | Extract<TreeListing, { kind: "too-large" }>
> {
  if (walk.budget.left < 1) return TOO_MANY;
  const below = await listOnce(walk, directory, "recursive");
  if (!below.truncated) return { kind: "listed", entries: below.entries, isWhole: true };
  if (walk.budget.left < 1) return TOO_MANY;
  const direct = await listOnce(walk, directory, "direct");
  if (direct.truncated) {
    return { kind: "too-large", reason: "one directory holds more files than GitHub lists" };
  }
  return { kind: "listed", entries: direct.entries, isWhole: false };
}

const TOO_MANY = {
  kind: "too-large",
  reason: `listing its files takes more than ${TREE_REQUESTS_MAX} requests`,
} as const;

async function listOnce(
  { client, query: { repository }, signal, budget }: Walk,
  { sha, prefix }: Directory,
  depth: "recursive" | "direct",
): Promise<{ readonly entries: readonly TreeEntry[]; readonly truncated: boolean }> {
  budget.left -= 1;
  const { tree, truncated } = await client.callKept(
    { operation: "get-tree", repository, signal, what: `tree ${sha} ${depth}` },
    TREE,
    (octokit, how) =>
      octokit.rest.git.getTree({
        owner: repository.owner,
        repo: repository.name,
        tree_sha: sha,
        // Any value asks for all levels, "false" too.
        ...(depth === "recursive" ? { recursive: "1" } : {}),
        ...how,
      }),
  );
  return { entries: tree.map((entry) => ({ ...entry, path: `${prefix}${entry.path}` })), truncated };
}
