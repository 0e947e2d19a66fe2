import type { Clock } from "../../src/ports/clock.ts";
import { type Instant, later } from "../../src/time.ts";

/** A clock that stands until it is told to go on. */
export interface FakeClock extends Clock {
  advance(byMs: number): void;
  /** What {@link Clock.now} answers, without asking. */
  readonly at: Instant;
}

export function createFakeClock(start: Instant): FakeClock {
  let at = start;
  return {
    async now() {
      return at;
    },
    advance(byMs) {
      at = later(at, byMs);
    },
    get at() {
      return at;
    },
  };
}
