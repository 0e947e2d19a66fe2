import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deflateSync, inflateSync } from "node:zlib";

/*
 * Git's objects as git itself keeps new ones: each in a file of its own. Starting git takes some thirty times as long as reading or writing such a file,
 * and this process stands still for half of that.
 *
 * @see https://git-scm.com/book/en/v2/Git-Internals-Git-Objects, gitrepository-layout(5)
 */

/** One object: a commit, tree, blob or tag, and what it holds. */
export interface GitObject {
  readonly type: string;
  readonly bytes: Buffer;
}

/** One line of a tree, `type` left out: the mode says it. */
export interface RawEntry {
  /** As git writes it: without zeros before it, e.g. `100644`, `40000`. */
  readonly mode: string;
  readonly sha: string;
}

export const TREE_MODE = "40000";

let temporaries = 0;

/** Reads an object; undefined where it has no file of its own, as when it is in a pack. */
export async function readLoose(gitDirectory: string, sha: string): Promise<GitObject | undefined> {
  let packed: Buffer;
  try {
    packed = await readFile(pathOf(gitDirectory, sha));
  } catch {
    return undefined;
  }
  const all = inflateSync(packed);
  const end = all.indexOf(0);
  const [type = ""] = all.subarray(0, end).toString("latin1").split(" ");
  return { type, bytes: all.subarray(end + 1) };
}

/** Writes an object if it is not there; returns its name. */
export async function writeLoose(gitDirectory: string, { type, bytes }: GitObject): Promise<string> {
  const all = Buffer.concat([Buffer.from(`${type} ${bytes.byteLength}\0`, "latin1"), bytes]);
  const sha = createHash("sha1").update(all).digest("hex");
  const path = pathOf(gitDirectory, sha);
  if (await isThere(path)) return sha;
  temporaries += 1;
  const temporary = join(gitDirectory, "objects", `tmp_${process.pid}_${temporaries}`);
  await writeFile(temporary, deflateSync(all), { mode: 0o444 });
  await mkdir(dirname(path), { recursive: true });
  // Nobody sees half of it.
  await rename(temporary, path);
  return sha;
}

/** The entries of a tree, by their names. */
export function parseTree(bytes: Buffer): Map<string, RawEntry> {
  const entries = new Map<string, RawEntry>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    entries.set(bytes.toString("utf8", space + 1, end), {
      mode: bytes.toString("latin1", at, space),
      sha: bytes.toString("hex", end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}

/** A tree of these entries, in git's order: that of their bytes, folders as if their names ended in a slash. */
export function renderTree(entries: ReadonlyMap<string, RawEntry>): Buffer {
  const lines = [...entries].map(([name, { mode, sha }]) => ({
    key: Buffer.from(mode === TREE_MODE ? `${name}/` : name),
    bytes: Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(sha, "hex")]),
  }));
  return Buffer.concat(lines.toSorted((a, b) => Buffer.compare(a.key, b.key)).map(({ bytes }) => bytes));
}

function pathOf(gitDirectory: string, sha: string): string {
  return join(gitDirectory, "objects", sha.slice(0, 2), sha.slice(2));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
