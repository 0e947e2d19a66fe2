import { SEVERITIES, type Severity } from "../../advisory/severity.ts";
import { type Compliance, type ScorecardRow, SHARE_COUNT_MIN, type Spread } from "../../sla/compliance.ts";
import { type Instant, renderSpan } from "../../time.ts";
import { type Html, html, NOTHING, renderTime, visible } from "./html.ts";
import { renderTable } from "./table.ts";

/** Everything the page about compliance shows. */
export interface ComplianceData {
  readonly now: Instant;
  readonly all: Compliance;
  /** Sorted by name. */
  readonly repositories: readonly { readonly repository: string; readonly compliance: Compliance }[];
  readonly scorecard: readonly ScorecardRow[];
}

/** How deadlines are kept: by those who merge, and by vendors. */
export function renderCompliancePage(data: ComplianceData): Html {
  return html`<nav aria-label="Breadcrumb"><a href="/">Overview</a></nav>
    <h1>Compliance</h1>
    <p class="note">
      Each vulnerability counts once in each place that has it. All of them, with what they were computed
      from:
      <a href="/obligations.csv">obligations.csv</a>, <a href="/obligations.json">obligations.json</a>.
    </p>
    ${renderRepositories(data)} ${renderTimes(data.all)} ${renderAges(data.all)}
    ${renderScorecard(data.scorecard)}`;
}

function renderRepositories({ all, repositories }: ComplianceData): Html {
  const rows =
    repositories.length > 1 ? [{ repository: "all", compliance: all }, ...repositories] : repositories;
  return renderTable({
    id: "compliance",
    title: "Merged in time",
    noun: "code repository",
    columns: [
      "Code repository",
      "Of what is closed",
      "With what is overdue",
      "Overdue",
      "In time",
      "Accepted",
    ],
    rows,
    cellsOf: ({ repository, compliance }) => [
      html`${visible(repository)}`,
      shareOf(compliance.met, compliance.met + compliance.late),
      shareOf(compliance.met, compliance.met + compliance.late + compliance.overdue),
      renderOverdue(compliance),
      html`${compliance.openInTime} open`,
      renderAccepted(compliance),
    ],
    empty: "No obligation was ever there.",
    note: `What is overdue counts as late before somebody merges it. Below ${SHARE_COUNT_MIN} there is no percentage.`,
  });
}

/** `90 % of 20`; counts alone where they are too few to say more. */
function shareOf(met: number, count: number): Html {
  if (count === 0) return html`<span class="quiet">nothing yet</span>`;
  if (count < SHARE_COUNT_MIN) return html`${met} of ${count}`;
  return html`${percentOf(met / count)} <small>${met} of ${count}</small>`;
}

/** Rounded down: nothing that was late makes 100 %. */
function percentOf(share: number): string {
  return `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
}

function renderOverdue({ overdue, overdueMaxMs }: Compliance): Html {
  if (overdue === 0) return html`<span class="quiet">none</span>`;
  return html`${overdue} <small>by ${renderSpan(overdueMaxMs)} at most</small>`;
}

function renderAccepted({ accepted, nextExpiryAt, reopened, alreadyFixed }: Compliance): Html {
  const expiry =
    nextExpiryAt === undefined ? NOTHING : html`<small>until ${renderTime(nextExpiryAt)}</small>`;
  const others = [
    ...(reopened === 0 ? [] : [`${reopened} came back after the end`]),
    ...(alreadyFixed === 0 ? [] : [`${alreadyFixed} merged before it was known`]),
  ];
  return html`${accepted} ${expiry} ${others.map((words) => html`<small>${words}</small> `)}`;
}

function renderTimes({ timeToMerge }: Compliance): Html {
  return renderTable({
    id: "time-to-merge",
    title: "Time to merge",
    noun: "severity",
    columns: ["Severity", "Merged", "Half within", "Nine of ten within"],
    rows: SEVERITIES.filter((severity) => timeToMerge[severity].count > 0),
    cellsOf: (severity) => [html`${severityWords(severity)}`, ...spreadCells(timeToMerge[severity])],
    empty: "Nothing was merged yet whose clock ran.",
  });
}

function renderAges({ ages }: Compliance): Html {
  return renderTable({
    id: "ages",
    title: "Age of what is open",
    noun: "severity",
    columns: ["Severity", "0 to 7 d", "8 to 14 d", "15 to 30 d", "31 to 90 d", "over 90 d"],
    rows: SEVERITIES.filter((severity) => ages[severity].some((count) => count > 0)),
    cellsOf: (severity) => [
      html`${severityWords(severity)}`,
      ...ages[severity].map((count) => html`${count}`),
    ],
    empty: "Nothing is open.",
  });
}

function renderScorecard(rows: readonly ScorecardRow[]): Html {
  return renderTable({
    id: "scorecard",
    title: "Vendors and their promises",
    noun: "row",
    columns: [
      "Vendor",
      "Severity",
      "Kept",
      "Met, missed, neither",
      "Not fixed",
      "Fixes seen",
      "Half within",
      "Nine of ten within",
    ],
    rows,
    cellsOf: ({ vendor, severity, states, metShare, ...spread }) => [
      html`${visible(vendor)}`,
      html`${severityWords(severity)}`,
      metShare === undefined
        ? html`<span class="quiet">too few to say</span>`
        : html`${percentOf(metShare)} <small>of ${states.met + states.missed + states.overdue}</small>`,
      html`${states.met} met, ${states.missed} missed, ${states.inconclusive} inconclusive`,
      html`${states.overdue} overdue, ${states.running} running
        <small>${states["not-counted"]} published before anybody watched</small>`,
      ...spreadCells(spread),
    ],
    empty: "No vendor owes anything by its promise: none was made, or no plan is configured.",
    note: "From when the promise starts, or from the publication where it does not say, to when a verified image without the vulnerability was first seen. What lies between two looks is inconclusive.",
  });
}

function spreadCells({ count, p50Ms, p90Ms }: Spread): readonly Html[] {
  return [html`${count}`, renderSpanOf(p50Ms), renderSpanOf(p90Ms)];
}

function renderSpanOf(spanMs: number | undefined): Html {
  return spanMs === undefined ? html`<span class="quiet">not known</span>` : html`${renderSpan(spanMs)}`;
}

function severityWords(severity: Severity): string {
  if (severity === "none") return "none known";
  return severity === "unknown" ? "not rated" : severity;
}
