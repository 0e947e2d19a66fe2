import type { StoreEvent } from "../../ports/store.ts";
import type { Instant } from "../../time.ts";
import { type Html, html, renderAgo, renderBadge, visible } from "./html.ts";
import { renderTable } from "./table.ts";
import { EVENT_WORDS } from "./words.ts";

/** What happened, newest first. */
export function renderEvents(events: readonly StoreEvent[], now: Instant): Html {
  return renderTable({
    id: "events",
    title: "Recent events",
    noun: "event",
    columns: ["Event", "About", "When"],
    rows: events,
    cellsOf: ({ kind, subject, message, at }) => [
      renderBadge(EVENT_WORDS[kind].tone, EVENT_WORDS[kind].words),
      html`${visible(message)} <small>${visible(subject)}</small>`,
      renderAgo(at, now),
    ],
    empty: "Nothing happened yet.",
  });
}
