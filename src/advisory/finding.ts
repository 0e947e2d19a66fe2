import type { Instant } from "../time.ts";
import type { Severity } from "./severity.ts";

/** A vulnerability that an advisory says a component list has. One per (vulnerability, source package). */
export interface Finding {
  /** The CVE where the record has one, else the record's own id. */
  readonly id: string;
  /** The record it comes from, e.g. `BELL-CVE-2026-31337`. */
  readonly recordId: string;
  readonly severity: Severity;
  /** CVSS base score, 0.0 to 10.0, where the record carries a vector that can be scored. */
  readonly score?: number;
  /** The source package, and the versions of it that the image has and that fixes it. */
  readonly packageName: string;
  readonly installedVersion: string;
  readonly fixedVersion?: string;
  readonly publishedAt: Instant;
}
