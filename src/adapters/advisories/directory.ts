import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, quote } from "../../errors.ts";
import type { FeedItem, FeedReading } from "../../ports/feed-sources.ts";
import { instantOf, type Instant } from "../../time.ts";
import { itemsIn } from "./documents.ts";
import { unavailable } from "./http.ts";
import type { FeedLimits } from "./limits.ts";
import { type OsvFile, osvFilesOf, textsIn } from "./osv-files.ts";

const FILES_MAX = 500_000;

/**
 * Records in a directory that somebody else keeps fresh: a clone of a feed, an unpacked dump. It is read again when a file was added, removed or
 * written. Made sure of it was when a file was last written, or the clone was last fetched.
 */
export async function readDirectory(
  { directory, limits }: { readonly directory: string; readonly limits: FeedLimits },
  { validator, now }: { readonly validator: string | undefined; readonly now: Instant },
): Promise<FeedReading> {
  const files = await filesOf(directory);
  const fetchedMs = await fetchedAt(directory);
  const newestMs = files.reduce((newest, { modifiedMs }) => Math.max(newest, modifiedMs), fetchedMs ?? 0);
  const checkedAt = instantOf(Math.min(Math.floor(newestMs), now));
  const signature = signatureOf(files);
  if (signature === validator) return { kind: "unchanged", checkedAt };
  return {
    kind: "content",
    scope: "all",
    items: itemsOf(files, limits),
    validator: () => signature,
    checkedAt: () => checkedAt,
  };
}

async function filesOf(directory: string): Promise<readonly OsvFile[]> {
  try {
    return await osvFilesOf(directory, FILES_MAX);
  } catch (cause) {
    throw unavailable(`reading ${quote(directory)}: ${quote(messageOf(cause))}`, { cause });
  }
}

/** When git last asked where a clone comes from, whether or not that had anything new. */
async function fetchedAt(directory: string): Promise<number | undefined> {
  try {
    return (await stat(join(directory, ".git", "FETCH_HEAD"))).mtimeMs;
  } catch {
    return undefined;
  }
}

/** Another one when a file was added, removed or written. */
function signatureOf(files: readonly OsvFile[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes, modifiedMs } of files) hash.update(JSON.stringify([path, bytes, modifiedMs]));
  return hash.digest("hex");
}

async function* itemsOf(files: readonly OsvFile[], limits: FeedLimits): AsyncGenerator<FeedItem> {
  const { recordBytesMax, unpackedBytesMax, recordsMax } = limits;
  let records = 0;
  for (const file of files) {
    try {
      for await (const part of textsIn(file, { recordBytesMax, fileBytesMax: unpackedBytesMax })) {
        const place = part.line === undefined ? file.path : `${file.path}, line ${part.line}`;
        if (part.kind === "fault") {
          yield { kind: "fault", fault: { place, reason: part.reason } };
          continue;
        }
        records += 1;
        if (records > recordsMax) throw unavailable(`the directory has more than ${recordsMax} records`);
        yield* itemsIn(part.text, place);
      }
    } catch (thrown) {
      if (records > recordsMax) throw thrown;
      yield { kind: "fault", fault: { place: file.path, reason: messageOf(thrown) } };
    }
  }
}
