import type { Redis } from "ioredis";
import { renderLine } from "../../image/reference.ts";
import { branchName } from "../../proposal/plan.ts";
import { linesOf } from "../../watch/scan.ts";
import { allOf, asking, parseRecord } from "./asking.ts";
import { branchIn, codeName, keys, nameIn } from "./keys.ts";
import { scanSchema } from "./records.ts";
import { MOVE_SCAN, UNSUBSCRIBE } from "./scripts.ts";

/** Scans as a release before kept them: one per code repository, under its name alone. */
export interface ScansBefore {
  /** Resolves when all of them are kept by their branch. Looked at once per process. */
  readonly moved: () => Promise<void>;
}

/**
 * Moves scans of a release before to where scans are kept by their branch, with their subscriptions and what their files held: each in one step, so that
 * a process that dies, or another that does the same, loses and doubles nothing.
 */
export function createScansBefore(redis: Redis): ScansBefore {
  let moving: Promise<void> | undefined;
  return {
    moved: async () => {
      moving ??= moveAll(redis);
      try {
        await moving;
      } catch (thrown) {
        moving = undefined;
        throw thrown;
      }
    },
  };
}

async function moveAll(redis: Redis): Promise<void> {
  const names = await asking(() => redis.smembers(keys.scans()));
  for (const name of names) {
    if (branchIn(name) === undefined) await move(name, redis);
  }
}

async function move(name: string, redis: Redis): Promise<void> {
  const code = nameIn(name);
  const before = keys.scanBefore(code);
  const text = await asking(() => redis.get(before));
  if (text === null) {
    await asking(() => redis.srem(keys.scans(), name));
    return;
  }
  const scan = parseRecord(before, text, scanSchema);
  const touched = [
    before,
    keys.scan(scan),
    keys.fileIndexBefore(code),
    keys.fileIndex(scan),
    keys.scans(),
    keys.branches(code),
    ...linesOf(scan).map(keys.subscribers),
  ];
  const words = [text, codeName(code), branchName(scan), scan.branch];
  const step = redis.multi().eval(MOVE_SCAN, touched.length, ...touched, ...words);
  for (const line of linesOf(scan)) {
    const watched = [keys.subscribers(line), keys.tags(line.repository), keys.watches()];
    step.eval(UNSUBSCRIBE, watched.length, ...watched, codeName(code), line.tag, renderLine(line));
  }
  await allOf(step);
}
