import type { VerdictRecord, WatchState } from "../../ports/store.ts";
import { subscriberNames } from "./subscribers.ts";
import { DAY_MS, type Instant, renderMoment } from "../../time.ts";
import { agoOf, countOf, type Html, html, renderAgo, renderBadge, renderDigest } from "./html.ts";
import { NOTHING, renderLineLink, visible } from "./html.ts";
import type { ProfileMode } from "../../vendor/profile.ts";
import { renderTable } from "./table.ts";
import { renderSigns } from "./watch-signs.ts";
import { renderVerdictBadge, renderVerdictReason } from "./verdict.ts";

/** A watch and what is known of the digest its tag was last seen on. */
export interface WatchView {
  readonly watch: WatchState;
  readonly verdict?: VerdictRecord;
  /** Of the profile that claims it; absent where none does any more. */
  readonly mode?: ProfileMode;
}

/** An answer older than this is shown as old, whatever the interval is: nothing is polled that rarely. */
const STALE_AFTER_MS = DAY_MS;

/** Whether the last answer says where the tag points today. */
export function isAnswered({ failure, checkedAt }: WatchState, now: Instant): boolean {
  return failure === undefined && checkedAt !== undefined && now - checkedAt <= STALE_AFTER_MS;
}

/** All watches: where each tag points, whether that is proven, and whether we could ask at all. */
export function renderWatches(views: readonly WatchView[], now: Instant): Html {
  return renderTable({
    id: "watches",
    title: "Watches",
    noun: "watch",
    columns: ["Image line", "Digest", "Verdict", "Asked", "Used by"],
    rows: views,
    cellsOf: (view) => [
      renderLineLink(view.watch.line),
      renderCurrentDigest(view.watch, now),
      renderStanding(view, now),
      renderAsked(view.watch, now),
      html`<span class="short" title="${visible(subscriberNames(view.watch.subscribers).join(", "))}"
        >${countOf(subscriberNames(view.watch.subscribers).length, "repository", "repositories")}</span
      >`,
    ],
    empty:
      "Nothing is watched yet. Image lines that a vendor profile claims appear here once a code repository was read.",
  });
}

function renderCurrentDigest(watch: WatchState, now: Instant): Html {
  const current = watch.history.at(-1);
  if (current === undefined) return html`<span class="quiet">not seen yet</span>`;
  return html`${renderDigest(current.digest)}
    <small
      >${
        isAnswered(watch, now)
          ? html`since ${renderAgo(current.firstSeenAt, now)}`
          : html`last known, ${renderAgo(current.lastSeenAt, now)}`
      }</small
    >`;
}

/** The verdict on the current digest, behind a word of warning where that digest may be old or suspicious. */
export function renderStanding({ watch, verdict, mode }: WatchView, now: Instant): Html {
  if (mode === "discontinued")
    return html`${renderBadge("bad", "service ended")} <small>not watched any more</small>`;
  if (watch.history.length === 0 && watch.missing === undefined) return renderBadge("idle", "not seen yet");
  const warning = renderSigns(watch, now).map((sign) => html`${sign} `);
  return isAnswered(watch, now)
    ? html`${warning} ${renderVerdictBadge(verdict)}
        <small>${renderVerdictReason(verdict, now)}</small> ${mode === "observed" ? OBSERVED : NOTHING}`
    : html`${warning} ${renderBadge("idle", "not known")}
        <small>the last known digest: ${renderVerdictReason(verdict, now)}</small>`;
}

/** Why nothing comes of a verdict. */
export const OBSERVED = html`<small>observed: not proposed until enforced</small>`;

/** When the tag was asked about, and what came of it. */
export function renderAsked(watch: WatchState, now: Instant): Html {
  const { checkedAt, failure } = watch;
  if (failure?.code === "tag-missing") {
    const last = checkedAt === undefined ? "never found" : `found last ${agoOf(checkedAt, now)}`;
    return html`${renderAgo(failure.at, now)} <small>no such tag; ${last}</small>`;
  }
  if (failure !== undefined) {
    const since = checkedAt === undefined ? "never an answer" : `since ${renderMoment(checkedAt)}`;
    return html`${renderBadge("bad", "could not ask")} ${since}
      <small
        >tried ${renderAgo(failure.at, now)}: ${visible(failure.message)}
        <code class="code">${visible(failure.code)}</code></small
      >`;
  }
  if (checkedAt === undefined) return renderBadge("idle", "not asked yet");
  return isAnswered(watch, now)
    ? renderAgo(checkedAt, now)
    : html`${renderBadge("warn", "not asked lately")} <small>last answer ${agoOf(checkedAt, now)}</small>`;
}
