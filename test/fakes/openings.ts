import { OPENING_TTL_S } from "../../src/adapters/redis/keys.ts";
import type { OpeningStore } from "../../src/ports/openings.ts";
import type { ProposalKey } from "../../src/ports/store.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import { HOUR_MS, type Instant, later } from "../../src/time.ts";

const GRACE_MS = OPENING_TTL_S * 1_000;

/** The writes of a code repository in an hour. */
interface Hour {
  readonly taken: Map<string, Instant>;
  readonly line: Map<string, { readonly rank: number; readonly since: Instant; readonly keptUntil: Instant }>;
}

/** Lines of groups that are about to open a pull request, in memory. */
export function createFakeOpenings(): OpeningStore {
  const lines = new Map<string, { readonly group: string; readonly until: Instant }[]>();
  const hours = new Map<string, Hour>();
  const hourOf = ({ owner, name }: CodeRepository): Hour => {
    const hour = hours.get(`${owner}/${name}`) ?? { taken: new Map(), line: new Map() };
    hours.set(`${owner}/${name}`, hour);
    return hour;
  };
  return {
    async lineUpToOpen(key, now) {
      const line = (lines.get(nameOf(key)) ?? []).filter(({ until }) => until > now);
      if (!line.some(({ group }) => group === key.group)) {
        line.push({ group: key.group, until: later(now, OPENING_TTL_S * 1_000) });
      }
      lines.set(nameOf(key), line);
      return line
        .slice(
          0,
          line.findIndex(({ group }) => group === key.group),
        )
        .map(({ group }) => group);
    },
    async leaveOpening(key) {
      const line = lines.get(nameOf(key)) ?? [];
      lines.set(
        nameOf(key),
        line.filter(({ group }) => group !== key.group),
      );
    },
    async takeOfHour({ key, write, max, dueAt, turn, now }) {
      const { taken, line } = hourOf(key.codeRepository);
      const me = JSON.stringify([key.baseBranch, key.group]);
      for (const [each, at] of taken) if (at <= later(now, -HOUR_MS)) taken.delete(each);
      for (const [each, { keptUntil }] of line) if (each !== me && keptUntil < now) line.delete(each);
      const rank = dueAt ?? Number.MAX_SAFE_INTEGER;
      const since = line.get(me)?.since ?? now;
      const ahead = [...line].filter(
        ([each, other]) =>
          each !== me && (other.rank - rank || other.since - since || (each < me ? -1 : 1)) < 0,
      ).length;
      const free = max - taken.size;
      const has = taken.has(`${me} ${write}`);
      if (has || turn === "at-once" || ahead < free) {
        if (!has) taken.set(`${me} ${write}`, now);
        line.delete(me);
        return { kind: "taken" };
      }
      const times = [...taken.values()].toSorted((a, b) => a - b);
      const oldest = times[Math.min(ahead - free, times.length - 1)];
      const soon = later(now, GRACE_MS);
      const freed = oldest === undefined ? soon : later(oldest, HOUR_MS);
      const until = free > 0 && soon < freed ? soon : freed;
      line.set(me, { rank, since, keptUntil: later(until, GRACE_MS) });
      return { kind: "waits", until, takenCount: taken.size };
    },
  };
}

function nameOf({ codeRepository: { owner, name }, baseBranch }: ProposalKey): string {
  return `${owner}/${name} ${baseBranch}`;
}
