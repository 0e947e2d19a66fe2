import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { gunzipped, linesOf } from "../adapters/advisories/unpack.ts";
import { createLog } from "../adapters/log/pino.ts";
import { archiveLines, type ArchiveCounts, storeArchive } from "../adapters/redis/archive.ts";
import { createRedisClock } from "../adapters/redis/clock.ts";
import { checkRedis, connect } from "../adapters/redis/connect.ts";
import { createRedisStore } from "../adapters/redis/store.ts";
import type { Command } from "./arguments.ts";
import { openRedis } from "./redis.ts";

const GIB = 1024 * 1024 * 1024;
const ARCHIVE_BYTES_MAX = 64 * GIB;
const LINE_LENGTH_MAX = GIB / 4;

type ArchiveCommand = Extract<Command, { readonly file: string }>;

/** Writes what images can be assessed from into a file: component lists, and feeds that may be passed on. */
export async function exportArchive(
  { config: path, file }: ArchiveCommand,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const counts = { lists: 0, feeds: 0, documents: 0 };
  await withRedis(config, environment, async (redis) => {
    const kept = new Set(config.feeds.filter(({ isPrivate }) => isPrivate !== true).map(({ id }) => id));
    // A file that is not complete never has the name of one that is.
    const part = `${file}.part`;
    try {
      const lines = counted(
        archiveLines(redis, (feed) => kept.has(feed)),
        counts,
      );
      await pipeline(Readable.from(lines), createGzip(), createWriteStream(part, { mode: 0o600 }));
      await rename(part, file);
    } finally {
      await rm(part, { force: true });
    }
  });
  process.stdout.write(`exported ${inWords(counts)}: ${(await stat(file)).size} bytes\n`);
  return 0;
}

/** Stores what {@link exportArchive} wrote, here or on another machine. */
export async function importArchive(
  { config: path, file }: ArchiveCommand,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const counts = await withRedis(config, environment, async (redis) => {
    const lines = linesOf(gunzipped(createReadStream(file), ARCHIVE_BYTES_MAX), LINE_LENGTH_MAX);
    return storeArchive(lines, createRedisStore(redis), await createRedisClock(redis).now());
  });
  process.stdout.write(`imported ${inWords(counts)}\n`);
  return 0;
}

async function* counted(
  lines: AsyncIterable<string>,
  counts: { -readonly [Name in keyof ArchiveCounts]: number },
): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line.startsWith('{"kind":"list"')) counts.lists += 1;
    if (line.startsWith('{"kind":"feed"')) counts.feeds += 1;
    if (line.startsWith('{"kind":"document"')) counts.documents += 1;
    yield `${line}\n`;
  }
}

function inWords({ lists, feeds, documents }: ArchiveCounts): string {
  return `${lists} component lists and ${feeds} feeds with ${documents} documents`;
}

async function withRedis<Answer>(
  config: Config,
  environment: NodeJS.ProcessEnv,
  act: (redis: ReturnType<typeof connect>) => Promise<Answer>,
): Promise<Answer> {
  const used = await openRedis(config, environment);
  try {
    await checkRedis(used.address);
    const redis = connect(used.address, createLog("error"));
    try {
      return await act(redis);
    } finally {
      redis.disconnect();
    }
  } finally {
    await used.close();
  }
}
