import { HOUR_MS, type Instant, instantOf, MINUTE_MS } from "../../src/time.ts";
import { Limiter } from "./budget.ts";
import { PUBLISHED } from "./hosts.ts";
import { AFTER_MS, DAY_AT, DAY_END_AT, type SimulatedRepository } from "./population.ts";
import { createRandom } from "./random.ts";
import { Tally } from "./tally.ts";

const SWEEP_MS = 30 * MINUTE_MS;
/** Ten workers for each host, and 80 ms for each answer. */
const REQUEST_MS = 8;

/**
 * Lives through a day as tools do that know nothing of hosts: every 30 minutes every tag is asked for by itself, ten at a time for each host.
 * What a host refuses is asked for again in the next sweep.
 */
export function simulateSweeps(repositories: readonly SimulatedRepository[]): Tally {
  const tally = new Tally();
  for (const [host, ofHost] of Map.groupBy(repositories, ({ plan }) => plan.host)) {
    sweepHost(host, ofHost, tally);
  }
  return tally;
}

function sweepHost(host: string, repositories: readonly SimulatedRepository[], tally: Tally): void {
  const published = PUBLISHED.get(host);
  const limiter = published === undefined ? undefined : new Limiter(published);
  const tags = repositories.flatMap(({ groups }) =>
    groups.flatMap(({ tags: count, moves }) =>
      Array.from({ length: count }, () => ({ moves, seen: moves.findIndex((at) => at >= DAY_AT) })),
    ),
  );
  // Answers come in another order each time: nobody is refused for ever.
  const random = createRandom(11);
  const lastSweepAt = DAY_END_AT + AFTER_MS;
  for (let sweepAt: number = DAY_AT - HOUR_MS; sweepAt < lastSweepAt; sweepAt += SWEEP_MS) {
    const first = Math.floor(random() * tags.length);
    const inOrder = [...tags.slice(first), ...tags.slice(0, first)];
    for (const [position, tag] of inOrder.entries()) {
      const at = instantOf(sweepAt + position * REQUEST_MS);
      tally.requested(host, 1, at);
      if (limiter?.allows(at) === false) tally.refused(host, 1, at);
      else see(host, tag, at, tally);
    }
  }
}

function see(
  host: string,
  tag: { readonly moves: readonly Instant[]; seen: number },
  now: Instant,
  tally: Tally,
): void {
  if (tag.seen === -1) return;
  for (let movedAt = tag.moves[tag.seen]; movedAt !== undefined && movedAt <= now;) {
    tally.noticed(host, 1, movedAt, now);
    tag.seen += 1;
    movedAt = tag.moves[tag.seen];
  }
}
