import { CodedError } from "../../errors.ts";
import { renderRepository, type Repository } from "../../image/reference.ts";
import type { Survey } from "../../ports/registry.ts";
import { instantOf, MINUTE_MS, renderInstant, SECOND_MS } from "../../time.ts";

/** Surveys of one host that one process does at a time. The rest of its places are for other hosts. */
export const LANES_MAX = 16;
const FIRST_GUESS_MS = 5 * SECOND_MS;
const WAIT_MS_MIN = SECOND_MS;
const WAIT_MS_MAX = 15 * MINUTE_MS;
/** How much the last survey changes what is expected of the next. */
const WEIGHT = 0.2;
const HOSTS_MAX = 1_000;

interface Lane {
  inFlight: number;
  /** Milliseconds a survey takes, lately. */
  averageMs: number;
  /** When the next place is likely to be free for somebody who was sent away. */
  nextMs: number;
}

/**
 * Keeps a host that hangs from taking all the places of a process: above 16 surveys at a time, the next are put off to moments when a place
 * is likely to be free, each to another one.
 */
export class Lanes {
  readonly #elapsedMs: () => number;
  readonly #lanes = new Map<string, Lane>();

  /** @param elapsedMs milliseconds of a clock that never goes back */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** Runs a survey, or says when to come back: then nothing was asked. */
  async survey(repository: Repository, run: () => Promise<Survey>): Promise<Survey> {
    const lane = this.#laneOf(repository.registry);
    if (lane.inFlight >= LANES_MAX) return { answers: new Map(), deferred: this.#sentAway(lane, repository) };
    lane.inFlight += 1;
    const startedMs = this.#elapsedMs();
    try {
      return await run();
    } finally {
      lane.inFlight -= 1;
      lane.averageMs += WEIGHT * (this.#elapsedMs() - startedMs - lane.averageMs);
    }
  }

  #laneOf(host: string): Lane {
    const known = this.#lanes.get(host);
    if (known !== undefined) return known;
    if (this.#lanes.size >= HOSTS_MAX) {
      for (const [name, { inFlight }] of this.#lanes) if (inFlight === 0) this.#lanes.delete(name);
    }
    const lane = { inFlight: 0, averageMs: FIRST_GUESS_MS, nextMs: 0 };
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
