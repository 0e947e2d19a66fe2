import type { Instant } from "../time.ts";
import type { Severity } from "./severity.ts";
import type { Signals } from "./signal.ts";

/** A vulnerability that an advisory says a component list has. One per (vulnerability, source package). */
export interface Finding extends Signals {
  /** The CVE where the record has one, else the record's own id. */
  readonly id: string;
  /** The record it comes from, e.g. `BELL-CVE-2026-31337`. */
  readonly recordId: string;
  readonly severity: Severity;
  /** CVSS base score, 0.0 to 10.0, where the record carries a vector that can be scored. */
  readonly score?: number;
  /** The vector it was scored from. */
  readonly vector?: string;
  /** Who rated it: the id of a record, or `VEX`; absent where it is {@link Finding.recordId}. */
  readonly ratedBy?: string;
  /** The source package, and the versions of it that the image has and that fixes it. */
  readonly packageName: string;
  readonly installedVersion: string;
  readonly fixedVersion?: string;
  readonly publishedAt: Instant;
}

/** Why a vulnerability that an advisory names does not affect an image. */
export interface NotAffected {
  readonly id: string;
  readonly packageName: string;
  /** `backport`: the fix is in (VEX `inline_mitigations_already_exist`). `vex`: another justification. `withdrawn`: the record is. */
  readonly why: "backport" | "vex" | "withdrawn";
  /** OpenVEX justification or impact statement, or the withdrawn record's summary; foreign text. */
  readonly detail?: string;
  /** Who says so: a record's id, or the author of a VEX document. */
  readonly saidBy: string;
}
