import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { CodedError, messageOf } from "../../errors.ts";
import type { FeedItem, FeedReading } from "../../ports/feed-sources.ts";
import { itemsIn } from "./documents.ts";
import { type FeedHttp, unavailable } from "./http.ts";
import type { FeedLimits } from "./limits.ts";
import { gunzipped } from "./unpack.ts";

/** Where a repository of records can be had as one packed archive. */
export interface ArchivePlace {
  readonly url: string;
  readonly etag: string | undefined;
  readonly limits: FeedLimits;
}

/** A repository of OSV, OpenVEX or CVE records, as a tar archive packed with gzip: code hosts give them of each branch. */
export async function readArchive(
  http: FeedHttp,
  { url, etag, limits }: ArchivePlace,
  signal: AbortSignal,
): Promise<FeedReading> {
  const question = { url, operation: "archive", bytesMax: limits.packedBytesMax };
  const answer = await http.ask({ ...question, ...(etag === undefined ? {} : { etag }) }, signal);
  if (answer.kind === "unchanged") return answer;
  if (answer.kind === "missing") throw unavailable("the archive is not there");
  return {
    kind: "content",
    scope: "all",
    items: archiveItems(gunzipped(answer.body, limits.unpackedBytesMax), limits),
    validator: () => answer.etag,
  };
}

/**
 * What the JSON files of a tar archive hold. Nothing is written anywhere; links and the like are passed over.
 *
 * @throws {CodedError} `advisories-unavailable` for what is no archive or ends early
 */
export async function* archiveItems(
  tar: AsyncIterable<Uint8Array>,
  { recordBytesMax, recordsMax }: Pick<FeedLimits, "recordBytesMax" | "recordsMax">,
): AsyncGenerator<FeedItem> {
  const source = Readable.from(tar);
  const archive = extract();
  source.on("error", (error) => archive.destroy(error));
  source.pipe(archive);
  let records = 0;
  try {
    for await (const entry of archive) {
      const { name: path, type, size } = entry.header;
      // The first folder is named after a commit, and another one every time.
      const name = path.slice(path.indexOf("/") + 1);
      if (type !== "file" || !isRecordName(name)) {
        entry.resume();
        continue;
      }
      records += 1;
      if (records > recordsMax) throw unavailable(`the archive has more than ${recordsMax} records`);
      if (size > recordBytesMax) {
        entry.resume();
        yield { kind: "fault", fault: { place: name, reason: `more than ${recordBytesMax} bytes` } };
        continue;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
      yield* itemsIn(Buffer.concat(chunks).toString("utf8"), name);
    }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw unavailable(`the archive cannot be read: ${messageOf(cause)}`, { cause });
  } finally {
    archive.destroy();
    source.destroy();
  }
}

/** What begins with a dot is not about records: settings of the repository. */
function isRecordName(name: string): boolean {
  return name.endsWith(".json") && !name.split("/").some((part) => part.startsWith("."));
}
