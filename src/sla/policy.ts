import type { Instant } from "../time.ts";
import type { Calendar } from "./calendar.ts";
import type { Severity } from "../advisory/severity.ts";
import type { Period } from "./period.ts";

/** Tables of rules beside terms by severity: each row gives a period by what is known of the vulnerability and of the target. */
export const RULE_TABLES = [
  "cisa-bod-26-04-1.0.0",
  "fedramp-vdr-a",
  "fedramp-vdr-b",
  "fedramp-vdr-c",
  "fedramp-vdr-d",
  // Revoked in 2026: the due dates of CISA's catalogue itself.
  "cisa-bod-22-01",
] as const;

export type RuleTable = (typeof RULE_TABLES)[number];

/** Where a consumer's clock starts. */
export const CLOCK_STARTS = [
  "available-and-known",
  "detection",
  "publication",
  "earliest-of-kev-and-detection",
] as const;

/** By when an organisation wants updates merged, and how it counts. One version of it. */
export interface SlaPolicy {
  /** E.g. `pci-4.0.1`. */
  readonly id: string;
  /** Counts up with each change of its terms. */
  readonly version: number;
  /** For people: whose numbers they are, e.g. `your policy (7 days critical, 14 days other)`. */
  readonly basis: string;
  /** Where the numbers are from, and of which day, for shipped policies. */
  readonly source?: string;
  readonly asOf?: string;
  readonly terms: Readonly<Record<Severity, Period>>;
  /** A rule beside the terms: the earlier deadline of both holds. */
  readonly table?: RuleTable;
  /** Other terms that hold as well, e.g. the vendor's own: the earlier deadline of both holds. */
  readonly beside?: {
    readonly basis: string;
    readonly terms: { readonly [Name in Severity]?: Period };
    readonly calendar: Calendar;
  };
  readonly start: (typeof CLOCK_STARTS)[number];
  readonly calendar: Calendar;
  /** Whether targets can be reached from outside; `unknown` counts as exposed. */
  readonly exposure: "exposed" | "not-exposed" | "unknown";
  /** What becomes of a deadline when an acceptance of the risk ends. */
  readonly onExpiry: "original" | "extend" | "restart";
  /** How a new rating moves a running deadline. `retroactive`: as if it had been rated so from the start. */
  readonly rerating: "from-now" | "retroactive";
  /** Severities whose return makes an update a regression, which is not proposed: this one and graver ones. */
  readonly noRegress: "critical" | "high" | "medium" | "low";
  /** Times in which nobody merges, sorted; whether clocks stand still in them. */
  readonly freezes: readonly { readonly from: Instant; readonly until: Instant; readonly reason: string }[];
  readonly freezePauses: boolean;
  /** When this version came into force; absent for one that always was. */
  readonly effectiveAt?: Instant;
  /** The version before, for what was open then: it keeps its deadlines, unless {@link SlaPolicy.appliesToOpen}. */
  readonly previous?: SlaPolicy;
  readonly appliesToOpen: boolean;
}

/** What a vendor promises, and how it counts. */
export interface VendorPromise {
  readonly basis: string;
  /** Absent severities are not promised. */
  readonly terms: { readonly [Name in Severity]?: Period };
  readonly calendar: Calendar;
  /** `upstream-fix`: no source of ours knows that moment, so the vendor's publication stands for it, and is said to be approximate. */
  readonly startBasis: "disclosure" | "vendor-published" | "upstream-fix" | "kev" | "not-stated";
  readonly source?: string;
  readonly asOf?: string;
  /** Platforms that are promised with best effort only: they never hold the vendor's clock. */
  readonly bestEffortPlatforms: readonly string[];
}
