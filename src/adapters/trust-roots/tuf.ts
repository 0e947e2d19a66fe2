import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { Updater, type BaseFetcher } from "tuf-js";
import { TRUST_ROOT_LENGTH_MAX } from "../../trust/trust-root.ts";
import { TRUSTED_ROOT_TARGET } from "./embedded.ts";

/** A TUF repository, and what is trusted of it to begin with. */
export interface TufRepository {
  readonly url: string;
  /** Root metadata (JSON). */
  readonly root: string;
}

const FILES = { mode: 0o600 };
const FOLDERS = { mode: 0o700, recursive: true };

/**
 * The `trusted_root.json` of a repository, as its metadata says now: signed by who may, not older than what was seen before, not expired,
 * the bytes that it names.
 *
 * @param directory keeps the metadata that was seen, so that nobody gives an older one. One repository each; may be lost
 * @throws {Error} when it cannot be had or is not right
 * @see The Update Framework Specification v1.0.33, section 5
 */
export async function fetchTrustedRoot(
  repository: TufRepository,
  directory: string,
  fetcher: BaseFetcher,
): Promise<string> {
  const updater = await openUpdater(repository, directory, fetcher);
  await updater.refresh();
  const target = await updater.getTargetInfo(TRUSTED_ROOT_TARGET);
  if (target === undefined) throw new Error(`the repository has no target ${TRUSTED_ROOT_TARGET}`);
  if (target.length > TRUST_ROOT_LENGTH_MAX) {
    throw new Error(`${TRUSTED_ROOT_TARGET} is larger than ${TRUST_ROOT_LENGTH_MAX} bytes`);
  }
  const path = (await updater.findCachedTarget(target)) ?? (await updater.downloadTarget(target));
  const bytes = await readFile(path);
  // Another process may have written there since the library looked.
  await target.verify(Readable.from([bytes]));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

async function openUpdater(
  { url, root }: TufRepository,
  directory: string,
  fetcher: BaseFetcher,
): Promise<Updater> {
  const targets = join(directory, "targets");
  await mkdir(targets, FOLDERS);
  const options = {
    metadataBaseUrl: url,
    targetBaseUrl: `${url}/targets`,
    metadataDir: directory,
    targetDir: targets,
    fetcher,
  };
  try {
    return new Updater(options);
  } catch {
    // Nothing is there yet, or it was cut off while it was written.
    await writeFile(join(directory, "root.json"), root, FILES);
    return new Updater(options);
  }
}
