import { digestOf, hexOf } from "../image/digest.ts";
import { renderRepository, type Repository } from "../image/reference.ts";
import { type Instant, instantOf } from "../time.ts";

/** Part of an interval by which a poll comes earlier or later than its place in the order. */
export const SPREAD = 0.05;
/** A poll sooner than this part of the interval after the last one waits for the next place. */
const EARLY = 0.1;

/**
 * Where in an interval a repository has its place, in milliseconds after each multiple of it: the same after every restart, and spread
 * evenly over repositories, so that many of them never come at once.
 */
export function phaseOf(repository: Repository, intervalMs: number): number {
  const hash = Number.parseInt(hexOf(digestOf(Buffer.from(renderRepository(repository)))).slice(0, 12), 16);
  return hash % intervalMs;
}

/**
 * When a repository is polled that is to be polled at about this time.
 *
 * @param wanted.at when it should be, and never much later; at the earliest `intervalMs` before that
 * @param random from 0 to 1
 */
export function phasedAt(
  repository: Repository,
  wanted: { readonly at: Instant; readonly intervalMs: number },
  now: Instant,
  random: number,
): Instant {
  const intervalMs = Math.max(1, Math.round(wanted.intervalMs));
  // What waits for longer than an interval waits for a certain moment, and must not come before it.
  const waitsMore = wanted.at - now > intervalMs;
  const earliest = waitsMore ? wanted.at : now + EARLY * intervalMs;
  const phase = phaseOf(repository, intervalMs);
  const place = Math.ceil((earliest - phase) / intervalMs) * intervalMs + phase;
  const spreadMs = SPREAD * intervalMs * (2 * random - 1);
  const latest = waitsMore ? wanted.at + (1 + SPREAD) * intervalMs : now + (1 + SPREAD) * intervalMs;
  return instantOf(Math.round(Math.min(place + spreadMs, latest)));
}
