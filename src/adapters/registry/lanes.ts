import { CodedError } from "../../errors.ts";
import { renderRepository, type Repository } from "../../image/reference.ts";
import type { Survey } from "../../ports/registry.ts";
import { instantOf, MINUTE_MS, renderInstant, SECOND_MS } from "../../time.ts";

/** Surveys of one host that one process does at a time. The rest of its places are for other hosts. */
export const LANES_MAX = 16;
/** What a host that answers keeps a place for: who waits this long for one is put off. */
const TURN_MS_MAX = 2 * SECOND_MS;
const FIRST_GUESS_MS = 5 * SECOND_MS;
const WAIT_MS_MIN = SECOND_MS;
const WAIT_MS_MAX = 15 * MINUTE_MS;
/** How much the last survey changes what is expected of the next. */
const WEIGHT = 0.2;
const HOSTS_MAX = 1_000;

/** A survey under way. */
interface Begun {
  readonly atMs: number;
}

interface Lane {
  /** The oldest first. */
  readonly begun: Set<Begun>;
  /** Those that wait for a place, the first of them first. */
  readonly waiting: Set<() => void>;
  /** Milliseconds a survey takes, lately. */
  averageMs: number;
  /** When the next place is likely to be free for somebody who was sent away. */
  nextMs: number;
}

/** Does something after a while, unless it is told not to. */
export type After = (ms: number, act: () => void) => { cancel(): void };

const after: After = (ms, act) => {
  const timer = setTimeout(act, ms);
  return { cancel: () => clearTimeout(timer) };
};

/**
 * Keeps a host that hangs from taking all the places of a process. Above 16 surveys at a time, the next wait for a place as long as the host
 * answers within two seconds; else they are put off to moments when a place is likely to be free, each to another one.
 */
export class Lanes {
  readonly #elapsedMs: () => number;
  readonly #after: After;
  readonly #lanes = new Map<string, Lane>();

  /** @param elapsedMs milliseconds of a clock that never goes back */
  constructor(elapsedMs: () => number, inTime: After = after) {
    this.#elapsedMs = elapsedMs;
    this.#after = inTime;
  }

  /** Runs a survey, or says when to come back: then nothing was asked. */
  async survey(repository: Repository, run: () => Promise<Survey>): Promise<Survey> {
    const lane = this.#laneOf(repository.registry);
    const begun = await this.#begin(lane);
    if (begun === undefined) return { answers: new Map(), deferred: this.#sentAway(lane, repository) };
    try {
      return await run();
    } finally {
      lane.begun.delete(begun);
      lane.averageMs += WEIGHT * (this.#elapsedMs() - begun.atMs - lane.averageMs);
      const [next] = lane.waiting;
      next?.();
    }
  }

  /** Takes a place, or waits for one; undefined when there is none in time. */
  #begin(lane: Lane): Promise<Begun | undefined> {
    const begin = (): Begun => {
      const begun = { atMs: this.#elapsedMs() };
      lane.begun.add(begun);
      return begun;
    };
    const [oldest] = lane.begun;
    if (oldest === undefined || lane.begun.size < LANES_MAX) return Promise.resolve(begin());
    const isSlow = this.#elapsedMs() - oldest.atMs >= TURN_MS_MAX;
    if (isSlow) return Promise.resolve(undefined);

    const { promise, resolve } = Promise.withResolvers<Begun | undefined>();
    const take = (): void => leave(begin());
    const timer = this.#after(TURN_MS_MAX, () => leave(undefined));
    const leave = (begun: Begun | undefined): void => {
      lane.waiting.delete(take);
      timer.cancel();
      resolve(begun);
    };
    lane.waiting.add(take);
    return promise;
  }

  #laneOf(host: string): Lane {
    const known = this.#lanes.get(host);
    if (known !== undefined) return known;
    if (this.#lanes.size >= HOSTS_MAX) {
      for (const [name, { begun, waiting }] of this.#lanes) {
        if (begun.size + waiting.size === 0) this.#lanes.delete(name);
      }
    }
    const lane: Lane = {
      begun: new Set(),
      waiting: new Set(),
      averageMs: FIRST_GUESS_MS,
      nextMs: 0,
    };
    this.#lanes.set(host, lane);
    return lane;
  }

  #sentAway(lane: Lane, repository: Repository): CodedError {
    const nowMs = this.#elapsedMs();
    const atMs = Math.max(nowMs + lane.averageMs, lane.nextMs);
    const waitMs = Math.ceil(Math.min(Math.max(atMs - nowMs, WAIT_MS_MIN), WAIT_MS_MAX));
    lane.nextMs = Math.min(atMs + lane.averageMs / LANES_MAX, nowMs + WAIT_MS_MAX);
    const when = renderInstant(instantOf(Date.now() + waitMs));
    return new CodedError(
      "registry-deferred",
      `${renderRepository(repository)} is not asked before ${when}: ${LANES_MAX} surveys of ${repository.registry} are under way`,
      { retryAfterMs: waitMs },
    );
  }
}
