import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { AdvisoryAnswer } from "../../advisory/answer.ts";
import type { FeedState } from "../../advisory/feed.ts";
import type { OsvRecord } from "../../advisory/osv.ts";
import { CodedError, messageOf, quote } from "../../errors.ts";
import type { Advisories } from "../../ports/advisories.ts";
import { instantOf, SECOND_MS } from "../../time.ts";
import { type OsvFile, osvFilesOf } from "./osv-files.ts";
import { type OsvFault, type OsvSnapshot, snapshotOf } from "./osv-snapshot.ts";

/** What was read from the directory, each time it was. */
export interface OsvReadReport {
  readonly directory: string;
  readonly fileCount: number;
  /** Records that are not withdrawn. */
  readonly recordCount: number;
  /** Files and lines that could not be read and were left out. */
  readonly faultCount: number;
  /** The first of them. */
  readonly faults: readonly OsvFault[];
}

export interface OsvDirectoryOptions {
  /** Holds OSV records: `*.json` (one each), `*.jsonl` and `*.jsonl.gz` (one a line), also in folders below. */
  readonly directory: string;
  /** How people call the source; the directory's name by default. */
  readonly name?: string;
  /** How old the newest record may be before the source proves nothing. Without it the age is shown and not judged. */
  readonly staleAfterMs?: number;
  /** How often the directory is looked at for changes, at most. */
  readonly checkEveryMs?: number;
  readonly filesMax?: number;
  readonly recordsMax?: number;
  /** Bytes of one record: of a `*.json`, or of a line. */
  readonly recordBytesMax?: number;
  /** Bytes of one file of lines, unpacked. */
  readonly fileBytesMax?: number;
  /** Is told what was read, for the log. */
  readonly onRead?: (report: OsvReadReport) => void;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

const CHECK_EVERY_MS = 5 * SECOND_MS;
const FILES_MAX = 100_000;
const RECORDS_MAX = 500_000;
const RECORD_BYTES_MAX = 8 * 1024 * 1024;
const FILE_BYTES_MAX = 1024 * 1024 * 1024;

interface Loaded {
  readonly signature: string;
  readonly snapshot: OsvSnapshot;
  readonly checkedMs: number;
}

/**
 * Advisories from a directory that somebody else keeps fresh: a clone of BellSoft's feed, an unpacked dump. It is read when first
 * asked and again when its files have changed.
 */
export function createOsvDirectory(options: OsvDirectoryOptions): Advisories {
  const nowMs = options.nowMs ?? Date.now;
  const checkEveryMs = options.checkEveryMs ?? CHECK_EVERY_MS;
  const name = options.name ?? basename(options.directory);
  let loaded: Loaded | undefined;
  let loading: Promise<Loaded> | undefined;

  /** One reading at a time, whoever asks. It has its own bounds, so that nobody's signal ends it for the others. */
  const load = (): Promise<Loaded> => {
    if (loaded !== undefined && Math.abs(nowMs() - loaded.checkedMs) < checkEveryMs)
      return Promise.resolve(loaded);
    loading ??= loadedFrom(options, loaded, nowMs())
      .then((result) => (loaded = result))
      .finally(() => (loading = undefined));
    return loading;
  };

  return {
    async about(packages, signal): Promise<AdvisoryAnswer> {
      signal.throwIfAborted();
      const current = await unlessAborted(load(), signal);
      const records = new Set<OsvRecord>();
      for (const key of packages) for (const record of current.snapshot.recordsOf(key)) records.add(record);
      const feed = feedOf(current, options, name);
      return { feeds: [feed], records: [...records], related: [], vex: [], signals: new Map() };
    },
  };
}

/** Who keeps the directory fresh is not known: it was last looked at when its newest record was modified. */
function feedOf(
  { signature, snapshot }: Loaded,
  { staleAfterMs = Number.MAX_SAFE_INTEGER }: OsvDirectoryOptions,
  name: string,
): FeedState {
  const { asOf, recordCount, ecosystems } = snapshot;
  return {
    id: "directory",
    name,
    snapshot: signature,
    ...(asOf === undefined ? {} : { asOf }),
    checkedAt: asOf ?? instantOf(0),
    recordCount,
    ecosystems,
    staleAfterMs,
  };
}

async function loadedFrom(
  options: OsvDirectoryOptions,
  before: Loaded | undefined,
  checkedMs: number,
): Promise<Loaded> {
  const files = await filesOf(options);
  const signature = signatureOf(files);
  if (before?.signature === signature) return { ...before, checkedMs };
  const limits = {
    recordsMax: options.recordsMax ?? RECORDS_MAX,
    recordBytesMax: options.recordBytesMax ?? RECORD_BYTES_MAX,
    fileBytesMax: options.fileBytesMax ?? FILE_BYTES_MAX,
  };
  const snapshot = await snapshotOf(files, limits, checkedMs);
  const { recordCount, faultCount, faults } = snapshot;
  options.onRead?.({
    directory: options.directory,
    fileCount: files.length,
    recordCount,
    faultCount,
    faults,
  });
  if (snapshot.readCount > 0) return { signature, snapshot, checkedMs };
  const [first] = faults;
  throw new CodedError(
    "advisories-unavailable",
    `no OSV record in ${quote(options.directory)}: ${files.length} files` +
      (first === undefined
        ? ""
        : `, ${faultCount} faults, the first in ${quote(first.path)}: ${quote(first.reason)}`),
  );
}

async function filesOf({ directory, filesMax }: OsvDirectoryOptions): Promise<readonly OsvFile[]> {
  try {
    return await osvFilesOf(directory, filesMax ?? FILES_MAX);
  } catch (cause) {
    const reason = quote(messageOf(cause));
    throw new CodedError("advisories-unavailable", `reading ${quote(directory)}: ${reason}`, { cause });
  }
}

/** Another one when a file was added, removed or written. */
function signatureOf(files: readonly OsvFile[]): string {
  const hash = createHash("sha256");
  for (const { path, bytes, modifiedMs } of files) hash.update(JSON.stringify([path, bytes, modifiedMs]));
  return hash.digest("hex");
}

/** Stops waiting, not working. */
async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { signal: stop.signal });
      }),
    ]);
  } finally {
    stop.abort();
  }
}
