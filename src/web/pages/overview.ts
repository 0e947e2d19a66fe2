import type { FeedRecord } from "../../ports/feeds.ts";
import type { TimerRecord } from "../../ports/clock-facts.ts";
import type { HostState } from "../../ports/host-gate.ts";
import type { BranchListing, RepositoryListing } from "../../ports/repositories.ts";
import type { ProposalRecord, StoreEvent } from "../../ports/store.ts";
import type { TrustRootState } from "../../ports/trust-roots.ts";
import type { TimerState } from "../../sla/timer.ts";
import type { Instant } from "../../time.ts";
import type { Scan } from "../../watch/scan.ts";
import { renderCoverage, renderHandled, renderScans, renderSeen } from "./code-repositories.ts";
import { renderEvents } from "./events.ts";
import { renderFeeds } from "./feeds.ts";
import { renderHosts } from "./hosts.ts";
import { type Html, html, type Tone } from "./html.ts";
import { renderProposals } from "./proposals.ts";
import { renderBranches, renderListing } from "./repository-notes.ts";
import { renderTimers, type TimerView, timerViewsOf } from "./timers.ts";
import { renderTrustRoots } from "./trust-roots.ts";
import { isAnswered, renderWatches, type WatchView } from "./watches.ts";

/** Everything the overview shows. */
export interface OverviewData {
  readonly now: Instant;
  readonly dueSoonMs: number;
  readonly timers: readonly TimerRecord[];
  readonly proposals: readonly ProposalRecord[];
  readonly watches: readonly WatchView[];
  readonly scans: readonly Scan[];
  /** Absent where the code host was not asked which code repositories there are. */
  readonly listing?: RepositoryListing | undefined;
  /** Of code repositories that are read at more than their default branch. */
  readonly branchListings: readonly BranchListing[];
  readonly hosts: readonly HostState[];
  readonly trustRoots: readonly TrustRootState[];
  readonly feeds: readonly FeedRecord[];
  /** Newest first. */
  readonly events: readonly StoreEvent[];
}

/** What a reader wants to know first: is something late, is something open, and do we know at all. */
export function renderOverview(data: OverviewData): Html {
  const { now } = data;
  const timers = timerViewsOf(data.timers, now, data.dueSoonMs);
  return html`<h1>Overview</h1>
    ${renderSummary(data, timers)} ${renderTimers(timers, now)} ${renderProposals(data.proposals, now)}
    ${renderWatches(data.watches, now)} ${renderHandled(data.scans, data.watches, now)}
    ${renderHosts(data.hosts, now)} ${renderFeeds(data.feeds, now)} ${renderTrustRoots(data.trustRoots, now)}
    <div class="columns">
      <div>
        ${renderScans(data.scans, now)} ${renderListing(data.listing, now)}
        ${renderBranches(data.branchListings)} ${renderCoverage(data.scans)} ${renderSeen(data.scans)}
      </div>
      <div>${renderEvents(data.events, now)}</div>
    </div>`;
}

function renderSummary({ now, proposals, watches }: OverviewData, timers: readonly TimerView[]): Html {
  const inState = (...states: readonly TimerState[]): number =>
    timers.filter(({ state }) => states.includes(state)).length;
  const standing = (kind: string): number =>
    watches.filter(
      ({ watch, verdict, mode }) =>
        // What a profile says that only observes is no alarm.
        isAnswered(watch, now) &&
        verdict?.verdict.kind === kind &&
        (kind === "verified" || mode !== "observed"),
    ).length;
  const unanswered = watches.filter(({ watch }) => !isAnswered(watch, now)).length;
  return html`<dl class="summary" aria-label="Summary">
    ${renderTile("timers breached", inState("breached"), "bad", "timers")}
    ${renderTile("timers due soon", inState("due-soon"), "warn", "timers")}
    ${renderTile("open proposals", proposals.filter(({ state }) => state === "open").length, "busy", "proposals")}
    ${renderTile("watches verified", standing("verified"), "good", "watches")}
    ${renderTile("watches rejected", standing("rejected"), "bad", "watches")}
    ${renderTile("watches not known", unanswered, "warn", "watches")}
  </dl>`;
}

function renderTile(words: string, count: number, tone: Tone, target: string): Html {
  return html`<div class="tile ${count === 0 ? "none" : tone}">
    <dt><a href="#${target}">${words}</a></dt>
    <dd>${count}</dd>
  </div>`;
}
