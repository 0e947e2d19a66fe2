import { limitsFor } from "../../src/adapters/registry/budgets.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import type { HostLimits } from "../../src/ports/host-gate.ts";
import { HOUR_MS, type Instant, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import { recordAfterFound } from "../../src/watch/look.ts";
import { type NextPoll, nextPollAt, type PollRules } from "../../src/watch/next-poll.ts";
import { phasedAt, phaseOf } from "../../src/watch/phase.ts";
import { type PollRecord, reconciledBefore, type Round, roundAt } from "../../src/watch/round.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { Budgets, Limiter } from "./budget.ts";
import { PUBLISHED } from "./hosts.ts";
import { AFTER_MS, DAY_AT, DAY_END_AT, type SimulatedRepository, type TagGroup } from "./population.ts";
import { createRandom } from "./random.ts";
import { Tally } from "./tally.ts";
import { Timeline } from "./timeline.ts";

/** What an installation has that configures nothing. */
const RULES: PollRules = { pollMs: 30 * MINUTE_MS, maxStalenessMs: HOUR_MS };
/** Runs before the day, so that the day begins in the middle of things. */
const BEFORE_MS = 6 * HOUR_MS;
/** How late past moves were noticed: histories hold what was seen. */
const PAST_DELAY_MS = 10 * MINUTE_MS;
const HISTORY_READ = 21;
/** Requests that one question to the gate pays for, as the client's. */
const BATCH_MAX = 8;
/** Tags from which on the client reads a list. */
const LIST_TAGS_MIN = 3;

interface WatchedGroup extends TagGroup {
  /** Moves that were noticed or overtaken. */
  seen: number;
  record: TagRecord;
}

/** Requests to one host, and what they answer when all were sent. */
interface Step {
  readonly host: string;
  left: number;
  readonly done: (now: Instant) => void;
}

interface Watched {
  readonly simulated: SimulatedRepository;
  readonly groups: readonly WatchedGroup[];
  poll: PollRecord;
  round: Round | undefined;
  steps: Step[];
  tokenUntil: number;
}

/** What a host may be asked by us. The one that is one's own is reached inside one's network. */
export function budgetOf(host: string): HostLimits {
  return limitsFor(host, "anonymous", host.endsWith(".example") ? { allowPrivate: true } : undefined);
}

/**
 * Lives through a day as the poll worker does, with its own decisions: when to look, with which requests, and whether the budget allows
 * them. Requests take no time. A list tells in one request which tags moved; each of those is asked for by its tag, and each digest is read.
 */
export function simulateWatcher(repositories: readonly SimulatedRepository[]): Tally {
  const random = createRandom(7);
  const simulation = new Simulation(random);
  for (const simulated of repositories) simulation.watch(simulated);
  simulation.run(instantOf(DAY_END_AT + AFTER_MS));
  return simulation.tally;
}

class Simulation {
  readonly tally = new Tally();
  readonly #random: () => number;
  readonly #budgets: Budgets;
  readonly #limiters = new Map([...PUBLISHED].map(([host, limits]) => [host, new Limiter(limits)]));
  readonly #timeline = new Timeline<Watched>();

  constructor(random: () => number) {
    this.#random = random;
    this.#budgets = new Budgets(budgetOf, random);
  }

  watch(simulated: SimulatedRepository): void {
    const startAt = later(DAY_AT, -BEFORE_MS);
    const groups = simulated.groups.map((group) => ({ ...group, ...pastOf(group, startAt) }));
    const watched = { simulated, groups, poll: {}, round: undefined, steps: [], tokenUntil: 0 };
    this.#timeline.add(later(startAt, phaseOf(simulated.repository, RULES.pollMs)), watched);
  }

  run(until: Instant): void {
    for (let due = this.#timeline.next(); due !== undefined && due.at < until; due = this.#timeline.next()) {
      const { at, item } = due;
      if (item.round === undefined) this.#begin(item, at);
      const waitMs = this.#send(item, at);
      this.#timeline.add(waitMs === undefined ? this.#end(item, at) : later(at, waitMs), item);
    }
  }

  #begin(watched: Watched, now: Instant): void {
    const { simulated, groups, poll } = watched;
    const { host, listsAt, tokenMs } = simulated.plan;
    watched.round = roundAt(poll, undefined, now);
    if (tokenMs !== undefined && watched.tokenUntil <= now) {
      watched.steps.push({ host, left: 1, done: () => (watched.tokenUntil = now + tokenMs) });
    }
    const tags = groups.reduce((sum, group) => sum + group.tags, 0);
    if (watched.round.lists === "allowed" && listsAt !== undefined && tags >= LIST_TAGS_MIN) {
      const read = (at: Instant): void => {
        for (const group of groups) {
          if (movesUpTo(group, at) > group.seen) this.#ask(watched, group);
          else this.#see(watched, group, group.seen, at);
        }
      };
      watched.steps.push({ host: listsAt, left: 1, done: read });
      return;
    }
    for (const group of groups) this.#ask(watched, group);
  }

  /** Asks for each tag of a group, and reads what it moved to. */
  #ask(watched: Watched, group: WatchedGroup): void {
    const { host } = watched.simulated.plan;
    const answered = (at: Instant): void => {
      const moves = movesUpTo(group, at);
      if (moves === group.seen) return this.#see(watched, group, moves, at);
      watched.steps.push({ host, left: group.tags, done: (read) => this.#see(watched, group, moves, read) });
    };
    watched.steps.push({ host, left: group.tags, done: answered });
  }

  /** Sends what the budget allows. Answers with how long to wait with the rest, or nothing when there is none. */
  #send({ steps }: Watched, now: Instant): number | undefined {
    for (let [step] = steps; step !== undefined; [step] = steps) {
      while (step.left > 0) {
        const admission = this.#budgets.admit(step.host, Math.min(step.left, BATCH_MAX), now);
        if (admission.kind === "wait") return admission.waitMs;
        step.left -= admission.count;
        this.#count(step.host, admission.count, now);
      }
      steps.shift();
      step.done(now);
    }
    return undefined;
  }

  #count(host: string, count: number, now: Instant): void {
    this.tally.requested(host, count, now);
    const limiter = this.#limiters.get(host);
    for (let sent = 0; sent < count; sent += 1) {
      if (limiter?.allows(now) === false) this.tally.refused(host, 1, now);
    }
  }

  #see({ simulated }: Watched, group: WatchedGroup, moves: number, now: Instant): void {
    for (const movedAt of group.moves.slice(group.seen, moves)) {
      this.tally.noticed(simulated.plan.host, group.tags, movedAt, now);
    }
    group.seen = moves;
    group.record = recordAfterFound(group.record, { digest: digestAfter(moves) }, undefined, now).record;
  }

  /** The end of a round: when the next one is due. */
  #end(watched: Watched, now: Instant): Instant {
    const { simulated, groups, poll, round } = watched;
    const startedAt = round?.startedAt ?? now;
    const soonest = groups
      .map(({ record }) => nextPollAt(record, undefined, RULES, now))
      .reduce<NextPoll | undefined>(
        (first, step) => (first === undefined || step.at < first.at ? step : first),
        undefined,
      );
    if (soonest === undefined) throw new Error("a repository without tags");
    watched.round = undefined;
    watched.poll = {
      reconciledAt:
        round?.lists === "ignored"
          ? startedAt
          : (poll.reconciledAt ?? reconciledBefore(simulated.repository, startedAt)),
    };
    return phasedAt(simulated.repository, soonest, now, this.#random());
  }
}

/** What was seen of a group before the simulation begins. */
function pastOf(group: TagGroup, startAt: Instant): Pick<WatchedGroup, "seen" | "record"> {
  const seen = movesUpTo(group, startAt);
  const history = group.moves.slice(0, seen).map((movedAt, position) => {
    const at = later(movedAt, PAST_DELAY_MS);
    return { digest: digestAfter(position + 1), firstSeenAt: at, lastSeenAt: at };
  });
  const first = { digest: digestAfter(0), firstSeenAt: startAt, lastSeenAt: startAt };
  return { seen, record: { history: history.length === 0 ? [first] : history.slice(-HISTORY_READ) } };
}

function movesUpTo({ moves }: TagGroup, at: Instant): number {
  const first = moves.findIndex((movedAt) => movedAt > at);
  return first === -1 ? moves.length : first;
}

const digests: Digest[] = [];

/** Where a group's tags are after so many moves; groups do not know of each other's digests. */
function digestAfter(moves: number): Digest {
  return (digests[moves] ??= parseDigest(`sha256:${moves.toString(16).padStart(64, "0")}`));
}
