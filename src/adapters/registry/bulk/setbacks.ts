import { BoundedMap } from "../bounded-map.ts";
import type { CodedError } from "../../../errors.ts";
import { renderRepository, type Repository } from "../../../image/reference.ts";
import { DAY_MS, HOUR_MS } from "../../../time.ts";

const REPOSITORIES_MAX = 10_000;
const REFUSALS: ReadonlySet<CodedError["code"]> = new Set([
  "registry-unauthorized",
  "registry-forbidden",
  "registry-not-found",
]);

/** Remembers, per repository, that its list was of no use: what refuses us for a day, what failed for an hour. */
export class Setbacks {
  readonly #elapsedMs: () => number;
  readonly #untilMs = new BoundedMap<number>(REPOSITORIES_MAX);

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** Whether the list of this repository is to be left alone for now. */
  hold(repository: Repository): boolean {
    return (this.#untilMs.get(renderRepository(repository)) ?? Number.NEGATIVE_INFINITY) > this.#elapsedMs();
  }

  /** @returns for how long the list is left alone */
  note(repository: Repository, { code, retryAfterMs }: CodedError): number {
    const key = renderRepository(repository);
    const forMs = REFUSALS.has(code) ? DAY_MS : Math.min(Math.max(retryAfterMs ?? 0, HOUR_MS), DAY_MS);
    this.#untilMs.set(key, this.#elapsedMs() + forMs);
    return forMs;
  }
}
