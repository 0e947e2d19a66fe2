import { createHash } from "node:crypto";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { BlobId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { BLOB } from "./answers.ts";
import type { Client } from "./client.ts";
import { askGraph } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { inParallel } from "./parallel.ts";

/** Blobs in one document, and their bytes: an answer is bounded. */
const GRAPH_BLOBS_MAX = 50;
const GRAPH_BYTES_MAX = 8 * 1024 * 1024;
/** GraphQL cuts longer texts short. @see GitHub GraphQL API, `Blob.isTruncated` */
const GRAPH_TEXT_BYTES_MAX = 500_000;

const REPOSITORY = z.looseObject({ nameWithOwner: z.string() });
const TEXT = z.object({ text: z.string().nullish() });

/** What {@link readBlobs} reads. */
export interface BlobsQuery {
  readonly repository: CodeRepository;
  /** Each once. */
  readonly blobs: readonly { readonly blob: BlobId; readonly bytes: number }[];
  /** Absent: REST alone is used. */
  readonly graphs?: Graphs | undefined;
}

/**
 * Exact texts of blobs by their names; undefined for what is no UTF-8 text. Many at once by GraphQL, 50 a request; what does not come back with
 * the bytes that its name is the hash of is read by REST, one a request.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readBlobs(
  client: Client,
  { repository, blobs, graphs }: BlobsQuery,
  signal: AbortSignal,
): Promise<ReadonlyMap<BlobId, string | undefined>> {
  const texts = new Map<BlobId, string | undefined>();
  const small = blobs.filter(({ bytes }) => bytes <= GRAPH_TEXT_BYTES_MAX);
  if (graphs !== undefined && small.length > 1) {
    const answers = await inParallel(batchesOf(small), signal, async (batch, either) =>
      graphs.areAbsent("read") ? new Map() : readByGraph(client, { repository, batch, graphs }, either),
    );
    for (const answer of answers) for (const [blob, text] of answer) texts.set(blob, text);
  }
  const others = blobs.map(({ blob }) => blob).filter((blob) => !texts.has(blob));
  await inParallel(others, signal, async (blob, either) => {
    texts.set(blob, textOf(await readBlob(client, { repository, blob }, either)));
  });
  return texts;
}

type Blobs = BlobsQuery["blobs"];

function batchesOf(blobs: Blobs): readonly (readonly BlobId[])[] {
  const batches: BlobId[][] = [];
  let bytesLeft = 0;
  for (const { blob, bytes } of blobs) {
    const last = batches.at(-1);
    if (last !== undefined && last.length < GRAPH_BLOBS_MAX && bytes <= bytesLeft) {
      last.push(blob);
      bytesLeft -= bytes;
    } else {
      batches.push([blob]);
      bytesLeft = GRAPH_BYTES_MAX - bytes;
    }
  }
  return batches;
}

/** Those that came back whole. */
async function readByGraph(
  client: Client,
  {
    repository,
    batch,
    graphs,
  }: { readonly repository: CodeRepository; readonly batch: readonly BlobId[]; readonly graphs: Graphs },
  signal: AbortSignal,
): Promise<ReadonlyMap<BlobId, string>> {
  const declared = batch.map((_, index) => `$b${index}: GitObjectID!`).join(", ");
  const fields = batch.map((_, index) => `b${index}: object(oid: $b${index}) { ... on Blob { text } }`);
  const query = `query Texts($owner: String!, $name: String!, ${declared}) {
  repository(owner: $owner, name: $name) { nameWithOwner ${fields.join(" ")} }
}`;
  const variables = Object.fromEntries(batch.map((blob, index) => [`b${index}`, blob]));
  const call = { operation: "get-blobs", repository, signal } as const;
  const told = await askGraph({ client, graphs, document: "read" }, call, query, {
    owner: repository.owner,
    name: repository.name,
    ...variables,
  });
  const found = REPOSITORY.safeParse(told?.data["repository"]);
  const whole = new Map<BlobId, string>();
  batch.forEach((blob, index) => {
    const { text } = TEXT.safeParse(found.data?.[`b${index}`]).data ?? {};
    if (typeof text === "string" && blobNameOf(Buffer.from(text, "utf8")) === blob) whole.set(blob, text);
  });
  return whole;
}

/** A blob's bytes; they hash to its name. */
async function readBlob(
  client: Client,
  { repository, blob }: { readonly repository: CodeRepository; readonly blob: BlobId },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { content } = await client.call(
    { operation: "get-blob", repository, signal },
    BLOB,
    // Not as `raw`: that comes with a charset, is read as text, and loses its byte-order mark.
    (octokit, request) =>
      octokit.rest.git.getBlob({ owner: repository.owner, repo: repository.name, file_sha: blob, request }),
  );
  const bytes = Buffer.from(content, "base64");
  if (blobNameOf(bytes) === blob) return bytes;
  const what = `blob ${blob} of ${repository.owner}/${repository.name}`;
  throw new CodedError("code-host-unavailable", `could not read ${what}: other bytes came back`);
}

/** What git calls these bytes. */
export function blobNameOf(bytes: Uint8Array): BlobId {
  return createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}

/** Exact text, byte-order mark included; undefined where decoding and encoding again would change a byte. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
