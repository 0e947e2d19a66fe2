import { isStale } from "../../advisory/feed.ts";
import type { FeedRecord } from "../../ports/feeds.ts";
import type { Instant } from "../../time.ts";
import { type Html, html, NOTHING, renderAgo, renderBadge, visible } from "./html.ts";
import { renderTable } from "./table.ts";

const KIB = 1024;

/** Feeds of advisories as they are mirrored: how fresh they are, what they hold, what is wrong with them. */
export function renderFeeds(feeds: readonly FeedRecord[], now: Instant): Html {
  const bytes = feeds.reduce((sum, feed) => sum + feed.bytes, 0);
  return renderTable({
    id: "feeds",
    title: "Feeds",
    noun: "feed",
    columns: ["Feed", "State", "Newest record", "Holds", "Left out", "Last failure"],
    rows: feeds,
    cellsOf: (feed) => [
      html`${visible(feed.name)}
        <small>${visible(feed.id)}</small>
        ${feed.licenceNote === undefined ? NOTHING : html`<small>${visible(feed.licenceNote)}</small>`}`,
      renderState(feed, now),
      feed.asOf === undefined ? html`<span class="quiet">not said</span>` : renderAgo(feed.asOf, now),
      html`<span class="short">${feed.recordCount} records</span> <small>${sizeOf(feed.bytes)}</small>`,
      renderFaults(feed),
      renderFailure(feed, now),
    ],
    empty: "None is mirrored: pull requests say that vulnerabilities were not assessed.",
    note: `Read by each process from Redis, where they take ${sizeOf(bytes)}. What a stale feed speaks of is not assessed.`,
  });
}

function renderState(feed: FeedRecord, now: Instant): Html {
  if (feed.checkedAt === 0) return renderBadge("bad", "never read");
  const ago = html` <small>made sure of ${renderAgo(feed.checkedAt, now)}</small>`;
  if (isStale(feed, now)) return html`${renderBadge("bad", "stale")}${ago}`;
  return feed.failure === undefined
    ? html`${renderBadge("good", "fresh")}${ago}`
    : html`${renderBadge("warn", "not reached")}${ago}`;
}

function renderFaults({ faultCount, faults }: FeedRecord): Html {
  const [first] = faults;
  if (first === undefined) return html`<span class="quiet">nothing</span>`;
  return html`<span class="short">${faultCount} unreadable</span>
    <small>first ${visible(first.place)}: ${visible(first.reason)}</small>`;
}

function renderFailure({ failure }: FeedRecord, now: Instant): Html {
  if (failure === undefined) return html`<span class="quiet">none</span>`;
  return html`${visible(failure.message)}
    <small><code class="code">${visible(failure.code)}</code> since ${renderAgo(failure.since, now)}</small>`;
}

function sizeOf(bytes: number): string {
  return bytes < KIB * KIB ? `${Math.ceil(bytes / KIB)} KiB` : `${(bytes / KIB / KIB).toFixed(1)} MiB`;
}
