import { createHash } from "node:crypto";
import { CodedError } from "../../errors.ts";
import type { CommitId, FileListing, FileWish, SourceFile } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { BLOB } from "./answers.ts";
import type { Client } from "./client.ts";
import { inParallel } from "./parallel.ts";
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
  readonly isWanted: FileWish;
}

/**
 * The wanted regular files of a commit as exact text: one request for the tree and one for each different content. At most
 * 500 files, 1 MiB each, 32 MiB in all, those first that are wanted first; the rest is skipped with the reason. Sorted by path.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readFiles(
  client: Client,
  query: FilesQuery,
  signal: AbortSignal,
): Promise<FileListing> {
  const { repository, commit, isWanted } = query;
  const isRead = (path: string): boolean => isWanted(path) !== false;
  const tree = { repository, root: commit, isWanted: isRead, mayHold: () => true };
  const entries = (await readTree(client, tree, signal)).toSorted(byPath);
  const first = entries.filter(({ path }) => isWanted(path) === "first");
  const others = entries.filter(({ path }) => isWanted(path) !== "first");
  const { chosen, skipped } = choose([...first, ...others]);

  const shas = [...new Set(chosen.map(({ sha }) => sha))];
  const contents = await inParallel(shas, signal, async (sha, either) => ({
    sha,
    text: textOf(await readBlob(client, { repository, sha }, either)),
  }));
  const textBySha = new Map(contents.map(({ sha, text }) => [sha, text]));

  const files: SourceFile[] = [];
  for (const { path, sha } of chosen) {
    const text = textBySha.get(sha);
    if (text === undefined) skipped.push({ path, reason: "not UTF-8 text" });
    else files.push({ path, text });
  }
  return { files: files.toSorted(byPath), skipped: skipped.toSorted(byPath) };
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

/** A blob's bytes; they hash to its name. */
async function readBlob(
  client: Client,
  { repository, sha }: { readonly repository: CodeRepository; readonly sha: string },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { content } = await client.call(
    { operation: "get-blob", repository, signal },
    BLOB,
    // Not as `raw`: that comes with a charset, is read as text, and loses its byte-order mark.
    (octokit, request) =>
      octokit.rest.git.getBlob({ owner: repository.owner, repo: repository.name, file_sha: sha, request }),
  );
  const bytes = Buffer.from(content, "base64");
  const named = createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
  if (named === sha) return bytes;
  const what = `blob ${sha} of ${repository.owner}/${repository.name}`;
  throw new CodedError("code-host-unavailable", `could not read ${what}: other bytes came back`);
}

/** Exact text, byte-order mark included; undefined where decoding and encoding again would change a byte. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
