import type { Tag } from "../../image/reference.ts";
import type { HostState } from "../../ports/host-gate.ts";
import type { TrustRootState } from "../../ports/trust-roots.ts";
import type { LoginOutcome, LoginReport } from "../../ports/registry-logins.ts";
import { printable } from "../printable.ts";
import { renderMoment, renderSpan, type Instant } from "../../time.ts";

/** One thing that was looked at. */
export interface Finding {
  /** What it is: `redis`, `registry docker.io`, `code repository acme/shop`. */
  readonly subject: string;
  readonly state: "well" | "warning" | "fault" | "not-checked";
  /** What was found, and what to do about it; a sentence for people. */
  readonly detail: string;
}

/** How a registry takes our log-in. */
export interface Inspection {
  readonly registry: string;
  /** Absent when the credentials could not be had. */
  readonly login?: LoginReport;
  /** The image line that was asked about, if one was. */
  readonly asked?: string;
  /** Tags that are there, where the one that was asked about is not. */
  readonly alike?: readonly Tag[];
  readonly outcome:
    | LoginOutcome
    | { readonly kind: "not-asked" }
    | { readonly kind: "fails"; readonly code: string; readonly message: string };
}

/** What the doctor found, as data and for people. */
export interface DoctorReport {
  readonly version: string;
  readonly at: Instant;
  readonly findings: readonly Finding[];
  readonly registries: readonly Inspection[];
  /** As they were found here; nothing of other processes but what they kept in a folder that is shared. */
  readonly trustRoots: readonly TrustRootState[];
  /** Budgets, penalties and breakers as all processes share them; empty without a shared Redis. */
  readonly hosts: readonly HostState[];
}

const SIGNS = { well: "✔", warning: "▲", fault: "✖", "not-checked": "–" } as const satisfies Record<
  Finding["state"],
  string
>;

/** Whether nothing keeps Hullkeeper from doing its work. */
export function isWell({ findings }: DoctorReport): boolean {
  return findings.every(({ state }) => state !== "fault");
}

/** The report for a terminal. Ends in one line of totals. */
export function renderReport(report: DoctorReport): string {
  const { findings, hosts, at } = report;
  const count = (state: Finding["state"]): number =>
    findings.filter((finding) => finding.state === state).length;
  const lines = [
    ...findings.map(
      ({ subject, state, detail }) => `${SIGNS[state]} ${printable(subject)}\n    ${printable(detail)}`,
    ),
    ...hosts.map((host) => hostLine(host, at)),
    `${count("fault")} faults, ${count("warning")} warnings, ${count("well")} well, ${count("not-checked")} not checked`,
  ];
  return `${lines.join("\n")}\n`;
}

/** The report for programs. */
export function renderReportJson(report: DoctorReport): string {
  return `${JSON.stringify({ ...report, well: isWell(report) }, undefined, 2)}\n`;
}

function hostLine(host: HostState, now: Instant): string {
  const { limits, perSecondNow, budgetLeft, breaker, penalty, lastError, pullsLeft } = host;
  const facts = [
    `${Math.floor(budgetLeft)} of ${limits.burst} requests left at ${perSecondNow}/s`,
    ...(penalty === undefined || penalty.until <= now
      ? []
      : [
          `${penalty.limits === "pull" ? "pulls wait" : "everything waits"} for ${renderSpan(penalty.until - now)}`,
        ]),
    ...(pullsLeft === undefined ? [] : [`${pullsLeft.remaining} of ${pullsLeft.limit} pulls left`]),
    ...(breaker === "closed" ? [] : [`breaker ${breaker}`]),
    ...(lastError === undefined
      ? []
      : [`last error ${renderMoment(lastError.at)}: ${lastError.code}: ${lastError.message}`]),
  ];
  return `  host ${printable(host.host)} as ${printable(host.credential)}: ${printable(facts.join("; "))}`;
}
