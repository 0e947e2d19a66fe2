import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";
import { type Instant, isInstant } from "../../time.ts";
import { readText } from "./files.ts";
import type { TufRepository } from "./tuf.ts";

const FOLDER = "trust-roots";
const RECORD = "verified.json";
const WRITABLE_BY_OTHERS = 0o022;

const recordSchema = z.object({
  confirmedAt: z.number().refine(isInstant),
  trustedRoot: z.string(),
});

/** The last root of a repository that was verified. */
export interface KeptRoot {
  readonly trustedRoot: string;
  readonly confirmedAt: Instant;
}

/** Keeps what was fetched and verified, from one start of the process to the next. Losing it costs nothing but its age. */
export interface RootCache {
  /** Where the TUF client keeps the metadata of a repository. */
  metadataFolder(repository: TufRepository): string;
  /** What was kept of a repository; undefined when there is nothing that can be read. */
  kept(repository: TufRepository): Promise<KeptRoot | undefined>;
  keep(repository: TufRepository, root: KeptRoot): Promise<void>;
  close(): Promise<void>;
}

/**
 * The cache in a folder, which processes may share. What lies there is believed, so it must be ours alone: in a folder that others may write to, or
 * that cannot be written to, nothing is kept, and a new one serves as long as the process runs.
 *
 * @param purpose `look`: whoever only wants to know what is kept makes no folder, which would then belong to the wrong user
 */
export async function openCache(
  directory: string | undefined,
  purpose: "keep" | "look",
  log: Log,
): Promise<RootCache> {
  const folder = directory === undefined ? undefined : await ownFolder(join(directory, FOLDER), purpose, log);
  if (folder !== undefined) return cacheIn(folder, async () => undefined);
  if (purpose === "look") return cacheIn(devNull, async () => undefined);
  try {
    const passing = await mkdtemp(join(tmpdir(), "hullkeeper-trust-roots-"));
    return cacheIn(passing, () => rm(passing, { recursive: true, force: true }));
  } catch (thrown) {
    // What is embedded or in files is held all the same; each update says that it cannot write.
    log.warn({ error: messageOf(thrown) }, "trust roots cannot be kept at all");
    return cacheIn(devNull, async () => undefined);
  }
}

async function ownFolder(path: string, purpose: "keep" | "look", log: Log): Promise<string | undefined> {
  try {
    if (purpose === "keep") await mkdir(path, { recursive: true, mode: 0o700 });
    const facts = await lstat(path);
    if (!facts.isDirectory()) throw new Error("it is not a folder");
    if (facts.uid !== process.getuid?.()) throw new Error("it belongs to another user");
    if ((facts.mode & WRITABLE_BY_OTHERS) !== 0) throw new Error("others may write to it");
    return path;
  } catch (thrown) {
    if (purpose === "keep") {
      log.warn({ path, error: messageOf(thrown) }, "trust roots are kept only while this process runs");
    }
    return undefined;
  }
}

function cacheIn(folder: string, close: RootCache["close"]): RootCache {
  const placeOf = (repository: TufRepository): string => join(folder, idOf(repository));
  return {
    metadataFolder: (repository) => join(placeOf(repository), "metadata"),
    async kept(repository) {
      try {
        const text = await readText(join(placeOf(repository), RECORD));
        return recordSchema.safeParse(JSON.parse(text)).data;
      } catch {
        return undefined;
      }
    },
    async keep(repository, { trustedRoot, confirmedAt }) {
      const place = placeOf(repository);
      await mkdir(place, { recursive: true, mode: 0o700 });
      const draft = join(place, `${RECORD}.${process.pid}`);
      await writeFile(draft, JSON.stringify({ confirmedAt, trustedRoot }), { mode: 0o600 });
      await rename(draft, join(place, RECORD));
    },
    close,
  };
}

/** A repository elsewhere, or with another beginning, is another one: what was trusted before says nothing about it. */
function idOf({ url, root }: TufRepository): string {
  return createHash("sha256")
    .update(JSON.stringify([url, root]))
    .digest("hex")
    .slice(0, 32);
}
