import type { TrustRootState } from "../../ports/trust-roots.ts";
import { DAY_MS, type Instant } from "../../time.ts";
import { type Html, html, NOTHING, renderAgo, renderBadge, visible } from "./html.ts";
import { renderTable } from "./table.ts";

/** From then on a root may lack keys that are in use. */
const OLD_MS = 7 * DAY_MS;

/** Whom certificates and log entries lead to, as this process holds it. Nothing where no root is configured. */
export function renderTrustRoots(roots: readonly TrustRootState[], now: Instant): Html {
  if (roots.length === 0) return NOTHING;
  return renderTable({
    id: "trust-roots",
    title: "Trust roots",
    noun: "trust root",
    columns: ["Root", "State", "Comes from", "Holds", "Last fault"],
    rows: roots,
    cellsOf: (root) => [
      html`${visible(root.name)}`,
      renderState(root, now),
      renderOrigin(root, now),
      html`<span class="short">${root.logs} logs, ${root.authorities} authorities</span>`,
      root.fault === undefined ? html`<span class="quiet">none</span>` : html`${visible(root.fault)}`,
    ],
    empty: "There is none.",
    note: "As the process holds them that shows this page. What cannot be renewed stays in force as it was last verified.",
  });
}

function renderState({ origin, renewal, fault, confirmedAt }: TrustRootState, now: Instant): Html {
  if (renewal === "unused") return renderBadge("idle", "no policy names it");
  if (origin === "none") return renderBadge("bad", "not held");
  if (confirmedAt !== undefined && now - confirmedAt > OLD_MS) return renderBadge("warn", "old");
  if (fault !== undefined) return renderBadge("warn", "not renewed");
  return renewal === "off" ? renderBadge("good", "held, updates are off") : renderBadge("good", "held");
}

function renderOrigin({ origin, confirmedAt }: TrustRootState, now: Instant): Html {
  const ago = confirmedAt === undefined ? NOTHING : html` <small>${renderAgo(confirmedAt, now)}</small>`;
  switch (origin) {
    case "file":
      return html`its file${ago}`;
    case "update":
      return html`its mirror${ago}`;
    case "embedded":
      return html`this release`;
    case "none":
      return html`<span class="quiet">nowhere yet</span>`;
    default:
      return origin satisfies never;
  }
}
