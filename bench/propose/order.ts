/** What GitHub lets one account create. */
export interface Limits {
  readonly perMinute: number;
  readonly perHour: number;
}

/** A pull request that was opened. */
export interface Opening {
  /** Milliseconds since 1970; GitHub tells whole seconds. */
  readonly openedAt: number;
  /** When it has to be merged; absent without a deadline. */
  readonly dueAt?: number;
}

const MINUTE_S = 60;
const HOUR_S = 3_600;
/** After so long every deadline is known, and all that are left wait in the line. */
const KNOWN_MS = 30_000;

/** Seconds from the first to the last of so many, if each goes as soon as the limits let it through. */
export function minimumSeconds(count: number, { perMinute, perHour }: Limits): number {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const afterMinute = (times[index - perMinute] ?? -MINUTE_S) + MINUTE_S;
    const afterHour = (times[index - perHour] ?? -HOUR_S) + HOUR_S;
    times.push(Math.max(times[index - 1] ?? 0, afterMinute, afterHour));
  }
  return times.at(-1) ?? 0;
}

/** Seconds from the first to the last. */
export function spanSeconds(openings: readonly Opening[]): number {
  const times = openings.map(({ openedAt }) => openedAt);
  return openings.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1_000;
}

/** Those that are let through together may pass each other on their way through git. */
const TOGETHER_MS = 5_000;
/** Deadlines of what moved together differ by the moment that it was seen at: this close they are one. */
const SAME_MS = 60_000;

/**
 * How many were overtaken: some other one was opened more than five seconds before it that has more time. The first half minute is left out: it
 * knows only some of the deadlines.
 */
export function overtakenCount(openings: readonly Opening[]): number {
  const first = Math.min(...openings.map(({ openedAt }) => openedAt));
  const late = openings.filter(({ openedAt }) => openedAt - first >= KNOWN_MS);
  const dueOf = ({ dueAt = Number.POSITIVE_INFINITY }: Opening): number => dueAt;
  return late.filter((one) =>
    late.some((other) => other.openedAt < one.openedAt - TOGETHER_MS && dueOf(other) > dueOf(one) + SAME_MS),
  ).length;
}
