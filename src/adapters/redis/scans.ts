import type { Redis } from "ioredis";
import type { Store } from "../../ports/store.ts";
import { renderLine } from "../../image/reference.ts";
import { branchName, type CodeBranch } from "../../proposal/plan.ts";
import { linesOf, type Scan } from "../../watch/scan.ts";
import { allOf, asking, readAll } from "./asking.ts";
import { branchIn, keys } from "./keys.ts";
import type { Reading } from "./kept-reading.ts";
import type { ScansBefore } from "./scans-before.ts";
import { dueMemberOf } from "./records.ts";
import { UNSUBSCRIBE } from "./scripts.ts";

/** Scans of branches, and who subscribes to what by them. */
export function createScanStore(
  redis: Redis,
  before: ScansBefore,
  reading: Reading<Scan>,
): Pick<Store, "saveScan" | "scan" | "scansOf" | "scansIn" | "scans"> {
  const scan = async (of: CodeBranch): Promise<Scan | undefined> => {
    await before.moved();
    const text = await asking(() => redis.get(keys.scan(of)));
    return text === null ? undefined : reading(keys.scan(of), text);
  };
  const scansOf = async (branches: readonly CodeBranch[]): Promise<readonly Scan[]> => {
    await before.moved();
    return readAll(redis, branches.map(keys.scan), reading);
  };
  return {
    scan,
    scansOf,
    async scansIn(codeRepository) {
      await before.moved();
      const branches = await asking(() => redis.smembers(keys.branches(codeRepository)));
      return scansOf(branches.toSorted().map((branch) => ({ codeRepository, branch })));
    },
    async scans() {
      await before.moved();
      const names = await asking(() => redis.smembers(keys.scans()));
      return scansOf(names.toSorted().flatMap((name) => branchIn(name) ?? []));
    },
    async saveScan(next) {
      const name = branchName(next);
      const previous = await scan(next);
      const current = new Map(linesOf(next).map((line) => [renderLine(line), line]));
      const gone = (previous === undefined ? [] : linesOf(previous)).filter(
        (line) => !current.has(renderLine(line)),
      );

      const step = redis.multi();
      step.set(keys.scan(next), JSON.stringify(next)).sadd(keys.scans(), name);
      step.sadd(keys.branches(next.codeRepository), next.branch);
      for (const line of current.values()) {
        step.sadd(keys.subscribers(line), name);
        step.sadd(keys.tags(line.repository), line.tag);
        step.sadd(keys.watches(), renderLine(line));
        // In the same step, so that a poll that found nobody to poll for does not take the last one away.
        const poll = dueMemberOf({ kind: "poll", repository: line.repository });
        step.zadd(keys.due(), "NX", next.scannedAt, poll);
      }
      for (const line of gone) {
        const touched = [keys.subscribers(line), keys.tags(line.repository), keys.watches()];
        step.eval(UNSUBSCRIBE, touched.length, ...touched, name, line.tag, renderLine(line));
      }
      await allOf(step);
    },
  };
}
