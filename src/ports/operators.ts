import type { Digest } from "../image/digest.ts";
import type { ImageLine } from "../image/reference.ts";
import type { Instant } from "../time.ts";
import type { DistrustSubject } from "../trust/distrust.ts";

/** Who decided something, when and why. */
export interface Decision {
  /** As they called themselves; foreign text. */
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
}

/** Somebody said that a step backwards is meant: of exactly this line, to exactly this digest. */
export interface ApprovalRecord extends Decision {
  readonly line: ImageLine;
  readonly digest: Digest;
}

/** Somebody said that something is no longer trusted. */
export interface DistrustRecord extends Decision {
  readonly subject: DistrustSubject;
}

/** Entries of either list at most: they are read whole. */
export const DECISIONS_MAX = 1_000;

/** What operators decided by hand. Part of the store, and lost with it. */
export interface OperatorStore {
  /** Sorted by what they are about. */
  distrusted(): Promise<readonly DistrustRecord[]>;
  /**
   * Keeps the first decision about a subject.
   *
   * @throws {CodedError} `decisions-full` with {@link DECISIONS_MAX} others
   * @returns whether there was none
   */
  distrust(record: DistrustRecord): Promise<boolean>;
  /** @returns whether there was one */
  liftDistrust(subject: DistrustSubject): Promise<boolean>;

  /** Sorted by line and digest. */
  approvals(): Promise<readonly ApprovalRecord[]>;
  approval(line: ImageLine, digest: Digest): Promise<ApprovalRecord | undefined>;
  /**
   * Keeps the first decision about a line and digest.
   *
   * @throws {CodedError} `decisions-full` with {@link DECISIONS_MAX} others
   * @returns whether there was none
   */
  approve(record: ApprovalRecord): Promise<boolean>;
  /** @returns whether there was one */
  withdrawApproval(line: ImageLine, digest: Digest): Promise<boolean>;
}
