import type { HostState } from "../../ports/host-gate.ts";
import type { Instant } from "../../time.ts";
import { renderSpan } from "../../time.ts";
import { type Html, html, NOTHING, renderAgo, renderBadge, visible } from "./html.ts";
import { renderTable } from "./table.ts";

/** Hosts that were asked lately: whether they may be asked now, and how much of the budget is left. */
export function renderHosts(hosts: readonly HostState[], now: Instant): Html {
  return renderTable({
    id: "hosts",
    title: "Registry hosts",
    noun: "host",
    columns: ["Host", "State", "Budget", "Pull limit", "Last answer", "Last error"],
    rows: hosts,
    cellsOf: (host) => [
      html`${visible(host.host)} <small>${visible(host.credential)}</small>`,
      renderHostState(host, now),
      renderBudget(host),
      renderPullsLeft(host, now),
      host.lastAnswerAt === undefined
        ? html`<span class="quiet">none yet</span>`
        : renderAgo(host.lastAnswerAt, now),
      renderLastError(host, now),
    ],
    empty: "No registry was asked lately.",
    note: "All processes share one budget per host and log-in. What has to wait is asked later, not left out.",
  });
}

function renderHostState({ breaker, unreachableSince, penalty }: HostState, now: Instant): Html {
  if (breaker !== "closed") {
    return html`${renderBadge("bad", "unreachable")}
      ${unreachableSince === undefined ? NOTHING : html`<small>since ${renderAgo(unreachableSince, now)}</small>`}
      <small>${breaker === "open" ? "left alone for a while" : "being tried by one request"}</small>`;
  }
  if (penalty !== undefined && penalty.until > now) {
    const what = penalty.limits === "pull" ? "pulls wait" : "everything waits";
    return html`${renderBadge("warn", "asked us to wait")}
      <small>${what} for ${renderSpan(penalty.until - now)}</small>`;
  }
  return unreachableSince === undefined
    ? renderBadge("good", "may be asked")
    : html`${renderBadge("warn", "not answering")} <small>since ${renderAgo(unreachableSince, now)}</small>`;
}

function renderBudget({ budgetLeft, limits, perSecondNow }: HostState): Html {
  const slowed =
    perSecondNow < limits.perSecond
      ? html` <small>slowed down from ${shown(limits.perSecond)}/s</small>`
      : NOTHING;
  return html`<span class="short">${shown(Math.floor(budgetLeft))} of ${shown(limits.burst)} left</span>
    <small>${shown(perSecondNow)}/s</small>${slowed}`;
}

function renderPullsLeft({ pullsLeft }: HostState, now: Instant): Html {
  if (pullsLeft === undefined) return html`<span class="quiet">none known</span>`;
  return html`<span class="short">${pullsLeft.remaining} of ${pullsLeft.limit} left</span>
    <small>${renderAgo(pullsLeft.at, now)}</small>`;
}

function renderLastError({ lastError }: HostState, now: Instant): Html {
  if (lastError === undefined) return html`<span class="quiet">none</span>`;
  return html`${visible(lastError.message)}
    <small><code class="code">${visible(lastError.code)}</code> ${renderAgo(lastError.at, now)}</small>`;
}

function shown(value: number): string {
  return String(Math.round(value * 100) / 100);
}
