import type { GitTreeEntry } from "../git-repository.ts";
import { nodeIdOf, renderDate } from "../shapes.ts";
import type { Deed } from "../world.ts";
import { connectionOf } from "./connection.ts";
import type { PageArguments } from "./connection.ts";

/** GitHub gives no more of a text than this. */
const TEXT_BYTES_MAX = 512_000;
const SNIFFED_BYTES = 8_000;

/** A commit, tree or blob by its id. */
export async function gitObjectOf(deed: Deed, oid: string): Promise<object | null> {
  switch (await deed.repository.git.typeOf(oid)) {
    case "commit":
      return commitOf(deed, oid);
    case "tree":
      return treeOf(deed, oid);
    case "blob":
      return blobOf(deed, oid);
    default:
      return null;
  }
}

/** A commit. */
export async function commitOf(deed: Deed, oid: string): Promise<object> {
  const { repository } = deed;
  const { tree, parents, message, committer } = await repository.git.commit(oid);
  const isSigned = repository.signed.has(oid);
  return {
    __typename: "Commit",
    id: nodeIdOf("Commit", oid),
    oid,
    message,
    messageHeadline: message.split("\n", 1)[0],
    committedDate: renderDate(committer.at),
    signature: isSigned
      ? { __typename: "GpgSignature", isValid: true, state: "VALID", wasSignedByGitHub: true }
      : null,
    tree: () => treeOf(deed, tree),
    parents: async (page: PageArguments) =>
      connectionOf("parents", await Promise.all(parents.map(async (parent) => commitOf(deed, parent))), page),
    file: async ({ path }: { readonly path: string }) => {
      const entry = await repository.git.entry(oid, path);
      return entry === undefined ? null : entryOf(deed, entry);
    },
  };
}

function treeOf(deed: Deed, oid: string): object {
  return {
    __typename: "Tree",
    id: nodeIdOf("Tree", oid),
    oid,
    entries: async () => (await deed.repository.git.tree(oid, "direct")).map((entry) => entryOf(deed, entry)),
  };
}

function entryOf(deed: Deed, { mode, type, sha, path, size }: GitTreeEntry): object {
  return {
    // A number whose octal form is git's mode.
    mode: Number.parseInt(mode, 8),
    name: path.split("/").at(-1),
    path,
    oid: sha,
    type,
    size: size ?? 0,
    // A submodule's commit is in another repository.
    object: async () => (type === "commit" ? null : gitObjectOf(deed, sha)),
  };
}

async function blobOf({ repository }: Deed, oid: string): Promise<object> {
  const bytes = await repository.git.blob(oid);
  const isBinary = bytes.subarray(0, SNIFFED_BYTES).includes(0);
  return {
    __typename: "Blob",
    id: nodeIdOf("Blob", oid),
    oid,
    byteSize: bytes.byteLength,
    isBinary,
    isTruncated: !isBinary && bytes.byteLength > TEXT_BYTES_MAX,
    text: isBinary ? null : bytes.subarray(0, TEXT_BYTES_MAX).toString("utf8"),
  };
}
