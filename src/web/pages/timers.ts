import type { TimerRecord } from "../../ports/clock-facts.ts";
import { UPDATE_ID } from "../../sla/obligation.ts";
import { dueOf, stateOf, type TimerState } from "../../sla/timer.ts";
import { type Instant, renderSpan } from "../../time.ts";
import { type Html, html, renderBadge, renderLineLink, renderTime, type Tone, visible } from "./html.ts";
import { renderTable } from "./table.ts";

const STATE_BADGES = {
  open: { tone: "busy", words: "open" },
  "due-soon": { tone: "warn", words: "due soon" },
  breached: { tone: "bad", words: "breached" },
  met: { tone: "good", words: "met" },
  late: { tone: "warn", words: "late" },
  cancelled: { tone: "idle", words: "cancelled" },
} as const satisfies Record<TimerState, { readonly tone: Tone; readonly words: string }>;

/** A timer with its state. */
export interface TimerView {
  readonly record: TimerRecord;
  readonly state: TimerState;
}

/** Timers as the page shows them: running ones by due date, then closed ones, the last closed first. */
export function timerViewsOf(
  records: readonly TimerRecord[],
  now: Instant,
  dueSoonMs: number,
): readonly TimerView[] {
  const views = records.map((record) => ({ record, state: stateOf(record.timer, now, { dueSoonMs }) }));
  const [running, closed] = [views.filter(isRunning), views.filter((view) => !isRunning(view))];
  return [
    ...running.toSorted((a, b) => orderOf(a) - orderOf(b)),
    ...closed.toSorted((a, b) => closedAtOf(b) - closedAtOf(a)),
  ];
}

/** SLA clocks, the most urgent first. */
export function renderTimers(views: readonly TimerView[], now: Instant): Html {
  return renderTable({
    id: "timers",
    title: "SLA timers",
    noun: "timer",
    columns: ["Image line", "State", "Merge by", "Set by", "Code repository"],
    rows: views,
    cellsOf: (view) => {
      const { line, codeRepository, baseBranch } = view.record;
      return [
        renderLineLink(line),
        renderBadge(STATE_BADGES[view.state].tone, STATE_BADGES[view.state].words),
        renderDue(view, now),
        renderObligation(view),
        html`${visible(`${codeRepository.owner}/${codeRepository.name}`)}
          <small>${visible(baseBranch)}</small>`,
      ];
    },
    empty:
      "No timer runs. One starts when a verified digest is there that a code repository does not have yet, and ends when it is merged.",
  });
}

/** What stands in place of a deadline where there is none. */
export const NO_DEADLINE = html`<span class="quiet">no deadline</span>`;

/** Time left or over, and the moment it is measured to. */
export function renderCountdown(dueAt: Instant, now: Instant): Html {
  const isOver = now > dueAt;
  const words = isOver ? `overdue by ${renderSpan(now - dueAt)}` : `${renderSpan(dueAt - now)} left`;
  return html`<strong class="countdown${isOver ? " over" : ""}">${words}</strong>
    <small>${renderTime(dueAt)}</small>`;
}

function renderDue(view: TimerView, now: Instant): Html {
  const { dueAt, standing, acceptedUntil } = dueOf(view.record.timer);
  const { closedAt } = view.record.timer;
  if (isRunning(view)) {
    if (standing === "accepted" && acceptedUntil !== undefined) {
      return html`risk accepted <small>until ${renderTime(acceptedUntil)}</small>`;
    }
    if (dueAt === undefined) return NO_DEADLINE;
    return html`${renderCountdown(dueAt, now)} ${renderElapsed(view, dueAt, now)}`;
  }
  if (dueAt === undefined && view.state === "met") return html`merged ${NO_DEADLINE}`;
  if (dueAt === undefined || closedAt === undefined || view.state === "cancelled") {
    return html`<span class="quiet">no longer applies</span>`;
  }
  const words =
    closedAt <= dueAt
      ? `merged ${renderSpan(dueAt - closedAt)} before`
      : `merged ${renderSpan(closedAt - dueAt)} too late`;
  return html`${words} <small>${renderTime(dueAt)}</small>`;
}

/** The share of the time that is over, as a bar. What it says stands beside it in words. */
function renderElapsed(view: TimerView, dueAt: Instant, now: Instant): Html {
  const startedAt = Math.min(...view.record.timer.obligations.map((obligation) => obligation.startedAt));
  const share = dueAt > startedAt ? Math.min(1, Math.max(0, (now - startedAt) / (dueAt - startedAt))) : 1;
  return html`<svg
    class="elapsed ${view.state}"
    viewBox="0 0 100 4"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect class="whole" width="100" height="4" />
    <rect class="over" width="${Math.round(share * 100)}" height="4" />
  </svg>`;
}

function renderObligation({ record }: TimerView): Html {
  const first = dueOf(record.timer);
  const others = record.timer.obligations.length - 1;
  const name = first.id === UPDATE_ID ? html`an update` : html`${visible(first.id)}`;
  const severity = first.severity === "none" ? "no known vulnerability" : first.severity;
  return html`${name} <small>${severity}${others === 0 ? "" : `, and ${others} more`}</small>`;
}

/** What has no deadline comes last. */
function orderOf({ record }: TimerView): number {
  return dueOf(record.timer).dueAt ?? Number.MAX_SAFE_INTEGER;
}

function isRunning({ record }: TimerView): boolean {
  return record.timer.state === "open";
}

function closedAtOf({ record }: TimerView): number {
  return record.timer.closedAt ?? 0;
}
