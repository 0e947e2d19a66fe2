import type { Instant } from "../time.ts";

/** An entry of CISA's catalogue of known exploited vulnerabilities. */
export interface KevEntry {
  readonly addedAt: Instant;
  /** As listed; not believed where it lies before {@link KevEntry.addedAt}. Advisory since BOD 26-04. */
  readonly dueAt?: Instant;
  readonly isRansomware: boolean;
}

/** CISA's SSVC decision points (Vulnrichment). */
export interface Ssvc {
  readonly exploitation: "none" | "poc" | "active";
  readonly automatable: "yes" | "no";
  readonly technicalImpact: "partial" | "total";
}

/** What is known about exploiting a vulnerability, beside how bad it is. All optional: not every source is configured. */
export interface Signals {
  readonly kev?: KevEntry;
  /** FIRST's EPSS: the chance that it is exploited within 30 days, and its rank, both 0 to 1. For display. */
  readonly epss?: { readonly score: number; readonly percentile: number };
  readonly ssvc?: Ssvc;
}
