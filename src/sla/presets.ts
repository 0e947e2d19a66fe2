import type { Severity } from "../advisory/severity.ts";
import { type Calendar, UTC_CALENDAR } from "./calendar.ts";
import { NEVER, type Period } from "./period.ts";
import type { RuleTable, SlaPolicy } from "./policy.ts";

/** A policy that ships with the product. Data: each with whose numbers they are, where from and of which day. */
export interface PolicyPreset {
  /** As configurations name it, e.g. `pci-4.0.1`. */
  readonly id: string;
  /** For people: whose numbers they are. */
  readonly basis: string;
  readonly source: string;
  readonly asOf: string;
  readonly terms: Readonly<Record<Severity, Period>>;
  readonly table?: RuleTable;
  readonly start: SlaPolicy["start"];
  /** Set for rules that no longer hold: who asks for one is told. */
  readonly revoked?: string;
}

const days = (count: number): Period => ({ kind: "days", count });
const hours = (count: number): Period => ({ kind: "hours", count });
const months = (count: number): Period => ({ kind: "months", count });
const workingDays = (count: number): Period => ({ kind: "business-days", count });

/**
 * Terms by severity. `unknown` is in no promise: taken as its longest term, as a rating that comes later moves the deadline. What is
 * rated `none`, and an update that fixes nothing known, has no deadline.
 */
const termsOf = (
  critical: Period,
  high: Period,
  medium: Period,
  { low = medium, unknown = medium }: { readonly low?: Period; readonly unknown?: Period } = {},
): Readonly<Record<Severity, Period>> => ({ critical, high, medium, low, none: NEVER, unknown });

/** Promises of vendors, taken as what their customers merge by. They say when an image is there; the clock of a consumer starts then. */
const VENDOR_PRESETS: readonly PolicyPreset[] = [
  {
    id: "bellsoft-default",
    basis: "BellSoft's terms (7 days critical, 14 days other)",
    source: "Hardened container images: benefits, security and adoption, bell-sw.com/blog; commercial plans",
    asOf: "2026-11-23",
    terms: termsOf(days(7), days(14), days(14)),
    start: "available-and-known",
  },
  {
    id: "chainguard",
    basis: "Chainguard's terms (7 days critical, 14 days other)",
    source: "chainguard.dev/cve-sla; production plans, supported streams",
    asOf: "2025-10-22",
    terms: termsOf(days(7), days(14), days(14)),
    start: "available-and-known",
  },
  {
    id: "dhi",
    basis: "Docker Hardened Images' terms (7 working days critical and high)",
    source: "docs.docker.com/dhi/features/support; Select and Enterprise plans",
    asOf: "2026-05-12",
    terms: termsOf(workingDays(7), workingDays(7), NEVER, { unknown: workingDays(7) }),
    start: "available-and-known",
  },
  {
    id: "minimus",
    basis: "Minimus's terms (48 hours critical, 14 days high and medium)",
    source: "Minimus's service terms as collected by a third party; the service has ended",
    asOf: "2026-07-20",
    terms: termsOf(hours(48), days(14), days(14), { low: NEVER }),
    start: "available-and-known",
  },
  {
    id: "bitnami",
    basis: "Bitnami Secure Images' terms (2 working days critical and high, 30 medium and low)",
    source: "Broadcom knowledge base article 430374; paid plans",
    asOf: "2026-11-23",
    terms: termsOf(workingDays(2), workingDays(2), workingDays(30)),
    start: "available-and-known",
  },
  {
    id: "root",
    basis: "Root.io's terms (7 days critical, 14 high, 60 medium)",
    source: "Root.io's documentation; an older agreement says 30 days for medium",
    asOf: "2026-11-23",
    terms: termsOf(days(7), days(14), days(60), { low: NEVER }),
    start: "available-and-known",
  },
];

/** Rules of authorities and industries. */
const RULE_PRESETS: readonly PolicyPreset[] = [
  {
    id: "pci-4.0.1",
    basis: "PCI DSS 4.0.1, 6.3.3 (one month critical; others by your own ranking, here 3, 3 and 6 months)",
    source: "PCI DSS 4.0.1, requirement 6.3.3: critical within one month of the patch's release",
    asOf: "2024-06-11",
    terms: termsOf(months(1), months(3), months(3), { low: months(6) }),
    start: "available-and-known",
  },
  {
    id: "fedramp-rev5",
    basis: "FedRAMP Rev5 (30 days critical and high, 90 medium, 180 low)",
    source: "FedRAMP continuous monitoring performance management, Rev5",
    asOf: "2026-07-14",
    // Not rated may be high: the shortest term, as an auditor would count it.
    terms: termsOf(days(30), days(30), days(90), { low: days(180), unknown: days(30) }),
    start: "detection",
  },
  {
    id: "bod-26-04",
    basis: "CISA BOD 26-04 (3, 14 or 60 days by exploitation, exposure and impact)",
    source: "CISA BOD 26-04 of 2026-06-10; CERTCC/SSVC cisa_bod_26_04_1_0_0.csv, 16 rows",
    asOf: "2026-06-10",
    // The table alone decides, but for what could not be assessed: that counts as its row for nothing known.
    terms: { ...termsOf(NEVER, NEVER, NEVER), unknown: days(14) },
    table: "cisa-bod-26-04-1.0.0",
    start: "earliest-of-kev-and-detection",
  },
  ...vulnerabilityDetectionAndResponse(),
];

/** FedRAMP's VDR by class: the tables decide, and the terms are their last column, for what is not likely exploited. */
function vulnerabilityDetectionAndResponse(): readonly PolicyPreset[] {
  const lastColumns = [
    { name: "a", table: "fedramp-vdr-a", columns: [32, 64, 192, 192] },
    { name: "b", table: "fedramp-vdr-b", columns: [32, 64, 192, 192] },
    { name: "c", table: "fedramp-vdr-c", columns: [16, 64, 128, 192] },
    { name: "d", table: "fedramp-vdr-d", columns: [8, 32, 64, 192] },
  ] as const;
  return lastColumns.map(({ name, table, columns: [critical, high, medium, low] }) => ({
    id: `fedramp-vdr-${name}`,
    basis: `FedRAMP VDR, class ${name.toUpperCase()} (${critical} to ${low} days, shorter where reachable or likely exploited)`,
    source:
      "FedRAMP/rules, Vulnerability Detection and Response; obtain from 2026-12-07, grace to 2027-03-07",
    asOf: "2026-07-14",
    terms: termsOf(days(critical), days(high), days(medium), { low: days(low), unknown: days(high) }),
    table,
    start: "detection",
  }));
}

/** No longer in force; kept for who still has to report by them. */
const REVOKED_PRESETS: readonly PolicyPreset[] = [
  {
    id: "bod-19-02",
    basis: "CISA BOD 19-02 (15 days critical, 30 high)",
    source: "CISA BOD 19-02",
    asOf: "2019-04-29",
    terms: termsOf(days(15), days(30), NEVER, { unknown: days(30) }),
    start: "detection",
    revoked: "revoked by BOD 26-04 on 2026-06-10",
  },
  {
    id: "bod-22-01",
    basis: "CISA BOD 22-01 (due dates of the catalogue of known exploited vulnerabilities)",
    source: "CISA BOD 22-01",
    asOf: "2021-11-03",
    terms: { ...termsOf(NEVER, NEVER, NEVER), unknown: NEVER },
    table: "cisa-bod-22-01",
    start: "earliest-of-kev-and-detection",
    revoked: "revoked by BOD 26-04 on 2026-06-10",
  },
];

/** Every policy that ships. Revoked ones hold only for who names them. */
export const POLICY_PRESETS: readonly PolicyPreset[] = [
  ...VENDOR_PRESETS,
  ...RULE_PRESETS,
  ...REVOKED_PRESETS,
];

/** The shipped policy of a name. */
export function presetOf(id: string): PolicyPreset | undefined {
  return POLICY_PRESETS.find((preset) => preset.id === id);
}

/** What a policy says beside its numbers, where nobody chose otherwise: the forms that surprise least. */
export const POLICY_DEFAULTS = {
  version: 1,
  start: "available-and-known",
  calendar: UTC_CALENDAR satisfies Calendar,
  exposure: "unknown",
  onExpiry: "original",
  rerating: "from-now",
  noRegress: "high",
  freezes: [],
  freezePauses: false,
  appliesToOpen: false,
} as const satisfies Partial<SlaPolicy>;

/** A shipped policy as it is, with the defaults of everything else. */
export function policyOfPreset(preset: PolicyPreset): SlaPolicy {
  const { id, basis, source, asOf, terms, table, start } = preset;
  const policy = { ...POLICY_DEFAULTS, id, basis, source, asOf, terms, start };
  return table === undefined ? policy : { ...policy, table };
}
