import { blobNameOf } from "../../src/adapters/github/blobs.ts";
import type { FileListing, FilesWish, FileWish } from "../../src/ports/code-host.ts";
import type { Files } from "./code-host-world.ts";

function itself(path: string): string {
  return path;
}

/** What a listing of these files is. Files that cannot be read are there by path, with the reason. */
export function listingOf(
  files: Files,
  wish: FileWish | FilesWish,
  unreadable: ReadonlyMap<string, string>,
): FileListing {
  const {
    isWanted,
    known,
    togetherOf = itself,
  } = typeof wish === "function" ? { isWanted: wish, known: new Map<string, string>() } : wish;
  const wanted = Object.entries(files)
    .filter(([path]) => isWanted(path) !== false)
    .map(([path, text]) => ({ path, text, blob: blobNameOf(Buffer.from(text, "utf8")) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const readable = wanted.filter(({ path }) => !unreadable.has(path));
  const there = new Set(readable.map(({ path }) => path));
  const touched = new Set(
    [
      ...[...known.keys()].filter((path) => !there.has(path)),
      ...readable.filter(({ path, blob }) => known.get(path) !== blob).map(({ path }) => path),
    ].map(togetherOf),
  );
  const isUnchanged = ({ path }: { readonly path: string }): boolean => !touched.has(togetherOf(path));
  return {
    files: readable.filter((file) => !isUnchanged(file)),
    skipped: wanted.flatMap(({ path }) => {
      const reason = unreadable.get(path);
      return reason === undefined ? [] : [{ path, reason }];
    }),
    unchanged: readable.filter(isUnchanged).map(({ path }) => path),
  };
}
