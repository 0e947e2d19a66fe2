import { HOUR_MS, type Instant } from "../../src/time.ts";
import { DAY_AT, DAY_END_AT } from "./population.ts";

const HOURS = 24;

/** What a day of watching did to one host: requests by the hour, and those above a limit. */
export interface HostTally {
  readonly requestsByHour: readonly number[];
  readonly refused: number;
}

/** How long tags had been elsewhere when that was noticed, each tag's move by itself. */
export interface Delays {
  readonly moves: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counts what happens in the measured day, and nothing before and after. */
export class Tally {
  readonly #requests = new Map<string, number[]>();
  readonly #refused = new Map<string, number>();
  readonly #delays = new Map<string, { readonly delayMs: number; readonly tags: number }[]>();

  requested(host: string, count: number, at: Instant): void {
    if (at < DAY_AT || at >= DAY_END_AT) return;
    const hours = this.#requests.get(host) ?? Array.from({ length: HOURS }, () => 0);
    const hour = Math.floor((at - DAY_AT) / HOUR_MS);
    hours[hour] = (hours[hour] ?? 0) + count;
    this.#requests.set(host, hours);
  }

  /** The host would have refused so many of them. */
  refused(host: string, count: number, at: Instant): void {
    if (at < DAY_AT || at >= DAY_END_AT) return;
    this.#refused.set(host, (this.#refused.get(host) ?? 0) + count);
  }

  /** So many tags moved together, and were seen where they are now. */
  noticed(host: string, tags: number, movedAt: Instant, at: Instant): void {
    if (movedAt < DAY_AT || movedAt >= DAY_END_AT || tags === 0) return;
    const delays = this.#delays.get(host) ?? [];
    delays.push({ delayMs: at - movedAt, tags });
    this.#delays.set(host, delays);
  }

  host(host: string): HostTally {
    return { requestsByHour: this.#requests.get(host) ?? [0], refused: this.#refused.get(host) ?? 0 };
  }

  /** Of these hosts together. */
  delays(hosts: readonly string[]): Delays {
    const sorted = hosts
      .flatMap((host) => this.#delays.get(host) ?? [])
      .toSorted((a, b) => a.delayMs - b.delayMs);
    const moves = sorted.reduce((sum, { tags }) => sum + tags, 0);
    const at = (part: number): number => {
      let before = 0;
      for (const { delayMs, tags } of sorted) {
        before += tags;
        if (before >= part * moves) return delayMs;
      }
      return Number.NaN;
    };
    return { moves, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
  }
}
