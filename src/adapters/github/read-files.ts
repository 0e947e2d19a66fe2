import type {
  BlobId,
  CommitId,
  FileListing,
  FilesWish,
  FileWish,
  ListedFile,
} from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { readBlobs } from "./blobs.ts";
import type { Client } from "./client.ts";
import type { Graphs } from "./graphs.ts";
import { readTree } from "./tree.ts";
import type { TreeEntry } from "./tree.ts";

const MEBIBYTE = 1024 * 1024;
const FILE_BYTES_MAX = MEBIBYTE;
const FILES_MAX = 500;
const ALL_BYTES_MAX = 32 * MEBIBYTE;

/** Mode of a tree's entry. @see git-fast-import, "filemodify" */
const REGULAR_MODES = new Set(["100644", "100755"]);
const NOT_FOLLOWED = new Map([
  ["120000", "a symbolic link, not followed"],
  ["160000", "a submodule, not followed"],
]);

type Skipped = FileListing["skipped"][number];

/** What {@link readFiles} reads. */
export interface FilesQuery {
  readonly repository: CodeRepository;
  readonly commit: CommitId;
  readonly wish: FileWish | FilesWish;
  /** Absent: REST alone is used. */
  readonly graphs?: Graphs;
}

/**
 * The wanted regular files of a commit as exact text: one request for the tree, and one for 50 different contents (GraphQL) or for each (REST). At most
 * 500 files, 1 MiB each, 32 MiB in all, those first that are wanted first; the rest is skipped with the reason. Sorted by path.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readFiles(
  client: Client,
  query: FilesQuery,
  signal: AbortSignal,
): Promise<FileListing> {
  const { repository, commit, wish, graphs } = query;
  const { isWanted, known, togetherOf } = wishOf(wish);
  const wishes = new Map<string, true | "first">();
  const isRead = (path: string): boolean => {
    const wanted = isWanted(path);
    if (wanted !== false) wishes.set(path, wanted);
    return wanted !== false;
  };
  const tree = { repository, root: commit, isWanted: isRead, mayHold: () => true };
  const listing = await readTree(client, tree, signal);
  if (listing.kind === "too-large") {
    return { files: [], skipped: [], unchanged: [], unlisted: listing.reason };
  }
  const entries = listing.entries.toSorted(byPath);
  const first = entries.filter(({ path }) => wishes.get(path) === "first");
  const others = entries.filter(({ path }) => wishes.get(path) !== "first");
  const { chosen, skipped } = choose([...first, ...others]);

  const isUnchanged = unchangedAmong(chosen, known, togetherOf);
  const read = chosen.filter((entry) => !isUnchanged(entry));
  const bytesOf = new Map(read.map(({ sha, size }) => [sha, size ?? FILE_BYTES_MAX]));
  const blobs = [...bytesOf].map(([blob, bytes]) => ({ blob, bytes }));
  const texts = await readBlobs(client, { repository, blobs, graphs }, signal);

  const files: ListedFile[] = [];
  for (const { path, sha: blob } of read) {
    const text = texts.get(blob);
    if (text === undefined) skipped.push({ path, reason: "not UTF-8 text", blob });
    else files.push({ path, text, blob });
  }
  return {
    files: files.toSorted(byPath),
    skipped: skipped.toSorted(byPath),
    unchanged: chosen
      .filter(isUnchanged)
      .map(({ path }) => path)
      .toSorted(),
  };
}

function wishOf(wish: FileWish | FilesWish): Required<FilesWish> {
  if (typeof wish === "function") return { isWanted: wish, known: new Map(), togetherOf: itself };
  return { togetherOf: itself, ...wish };
}

function itself(path: string): string {
  return path;
}

/** Which entries are as they were, with all that they are read together with. */
function unchangedAmong(
  entries: readonly TreeEntry[],
  known: ReadonlyMap<string, BlobId>,
  togetherOf: (path: string) => string,
): (entry: TreeEntry) => boolean {
  const isKnown = ({ path, sha }: TreeEntry): boolean => known.get(path) === sha;
  const there = new Set(entries.map(({ path }) => path));
  const gone = [...known.keys()].filter((path) => !there.has(path));
  const changed = entries.filter((entry) => !isKnown(entry)).map(({ path }) => path);
  const touched = new Set([...gone, ...changed].map(togetherOf));
  return (entry) => isKnown(entry) && !touched.has(togetherOf(entry.path));
}

function choose(entries: readonly TreeEntry[]): {
  readonly chosen: readonly TreeEntry[];
  readonly skipped: Skipped[];
} {
  const chosen: TreeEntry[] = [];
  const skipped: Skipped[] = [];
  let allBytes = 0;
  for (const entry of entries) {
    const bytes = entry.size ?? 0;
    const reason = reasonToSkip(entry) ?? reasonFromBudget(chosen.length, allBytes + bytes);
    if (reason === undefined) {
      chosen.push(entry);
      allBytes += bytes;
    } else {
      skipped.push({ path: entry.path, reason });
    }
  }
  return { chosen, skipped };
}

function reasonToSkip({ mode, size }: TreeEntry): string | undefined {
  const notFollowed = NOT_FOLLOWED.get(mode);
  if (notFollowed !== undefined) return notFollowed;
  if (!REGULAR_MODES.has(mode)) return "not a regular file";
  return size !== undefined && size > FILE_BYTES_MAX ? `larger than 1 MiB (${size} bytes)` : undefined;
}

function reasonFromBudget(files: number, allBytes: number): string | undefined {
  if (files >= FILES_MAX) return `more than ${FILES_MAX} files are wanted`;
  return allBytes > ALL_BYTES_MAX ? "the wanted files are larger than 32 MiB together" : undefined;
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
