import type { ImageLine } from "../image/reference.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { Breach } from "../sla/breach.ts";
import type { LineFact, TargetFact } from "../sla/facts.ts";
import type { Timer } from "../sla/timer.ts";
import type { Instant } from "../time.ts";

/** An image line in one branch of one code repository: what clocks run for. */
export interface TargetKey {
  readonly codeRepository: CodeRepository;
  readonly baseBranch: string;
  readonly line: ImageLine;
}

/** A target with its timer, for those who show it. Computed, never stored. */
export interface TimerRecord extends TargetKey {
  readonly timer: Timer;
}

/** A deadline that passed, and when we noticed. */
export interface BreachRecord extends Breach {
  readonly noticedAt: Instant;
  /** When we heard that the branch had the fix in time after all. */
  readonly retractedAt?: Instant;
}

/** Facts of a line, of a target, and breaches of a target at most: far more than years bring. */
export const FACTS_MAX = 50_000;

/**
 * What clocks are computed from. Facts are added and never changed: adding one that is there does nothing, in whatever order.
 */
export interface ClockFactStore {
  /** In no order. */
  lineFacts(line: ImageLine): Promise<readonly LineFact[]>;
  /** @throws {CodedError} `facts-full` with {@link FACTS_MAX} others */
  addLineFacts(line: ImageLine, facts: readonly LineFact[]): Promise<void>;
  /** In no order. */
  targetFacts(target: TargetKey): Promise<readonly TargetFact[]>;
  /** @throws {CodedError} `facts-full` with {@link FACTS_MAX} others */
  addTargetFacts(target: TargetKey, facts: readonly TargetFact[]): Promise<void>;
  /** Every target that has a fact, by name. */
  targets(): Promise<readonly TargetKey[]>;

  /** Of a target, the first deadline first. */
  breaches(target: TargetKey): Promise<readonly BreachRecord[]>;
  /**
   * Keeps the first record of a breach, for good.
   *
   * @throws {CodedError} `facts-full` with {@link FACTS_MAX} others
   * @returns whether there was none
   */
  addBreach(target: TargetKey, record: BreachRecord): Promise<boolean>;
  /** Takes note that there was none after all. The record stays. @returns whether that is new */
  retractBreach(
    target: TargetKey,
    breach: Pick<Breach, "place" | "id" | "dueAt">,
    at: Instant,
  ): Promise<boolean>;
}
