import { type Extract, type ExtractEvents, extract, type Header } from "tar-stream";
import { type EntryType, entryOf, type LayerChange } from "../../../sbom/layers/stack.ts";
import type { Budget } from "./budget.ts";

/** Also archives from before POSIX, which say no format. */
const OPTIONS = { allowUnknownFormat: true, highWaterMark: 64 * 1024 };

const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ["file", "file"],
  ["contiguous-file", "file"],
  ["directory", "folder"],
  ["link", "link"],
  ["symlink", "link"],
]);

/**
 * Reads an archive as its bytes arrive and keeps what tells about packages. Nothing is written anywhere: paths are compared, never opened.
 *
 * @throws {LimitReached} when the budget is spent
 * @throws {Error} of the streams, when it is no archive
 */
export async function changesIn(
  bytes: AsyncIterable<Uint8Array>,
  budget: Budget,
): Promise<readonly LayerChange[]> {
  const changes: LayerChange[] = [];
  const archive = extract(OPTIONS);
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  // Whoever fails first is told about; the promise may have failed before somebody waits.
  ended.catch(() => undefined);
  archive.on("entry", (header, entry, next) => {
    // The archive's error says the same.
    entry.on("error", () => undefined);
    try {
      take(header, entry, next);
    } catch (error) {
      next(error instanceof Error ? error : new Error("an entry could not be taken", { cause: error }));
    }
  });
  archive.on("finish", resolve);
  archive.on("error", reject);
  archive.on("close", () => reject(new Error("the archive was closed")));

  try {
    for await (const piece of bytes) {
      budget.expanded(piece.byteLength);
      if (!archive.write(piece)) await Promise.race([drained(archive), ended]);
    }
    archive.end(null);
    await ended;
    return changes;
  } finally {
    archive.destroy();
  }

  function take(...[header, entry, next]: ExtractEvents["entry"]): void {
    budget.entry();
    const found = entryOf(header.name, typeOf(header));
    const pieces: Uint8Array[] = [];
    if (found?.kind === "wanted") {
      budget.kept(header.size);
      // No view: what a piece is cut from is much larger.
      entry.on("data", (piece) => {
        if (piece instanceof Uint8Array) pieces.push(Uint8Array.from(piece));
      });
    } else if (found !== undefined) {
      budget.kept(0);
      changes.push(found);
    }
    entry.on("end", () => {
      if (found?.kind === "wanted") {
        changes.push({ kind: "file", path: found.path, bytes: Buffer.concat(pieces) });
      }
      next(null);
    });
    entry.resume();
  }
}

function drained(archive: Extract): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  archive.once("drain", resolve);
  return promise;
}

function typeOf({ type }: Header): EntryType {
  return TYPES.get(type) ?? "other";
}
