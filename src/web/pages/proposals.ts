import { type Digest, shortOf } from "../../image/digest.ts";
import type { ProposalRecord } from "../../ports/store.ts";
import { isSnoozed } from "../../proposal/orders.ts";
import { type Instant, renderMoment } from "../../time.ts";
import {
  type Html,
  html,
  NOTHING,
  renderAgo,
  renderBadge,
  renderLineLink,
  renderLink,
  visible,
} from "./html.ts";
import { isFlagged } from "../../proposal/flaw.ts";
import { renderTable } from "./table.ts";
import { NO_DEADLINE, renderCountdown } from "./timers.ts";

/** Images of one proposal that are listed. */
const UPDATES_MAX = 10;

/** Open pull requests, the most urgent first. */
export function renderProposals(proposals: readonly ProposalRecord[], now: Instant): Html {
  return renderTable({
    id: "proposals",
    title: "Open proposals",
    noun: "proposal",
    columns: ["Pull request", "Images", "Merge by", "Opened"],
    rows: proposals.filter(({ state }) => state === "open").toSorted((a, b) => orderOf(a) - orderOf(b)),
    cellsOf: (proposal) => [
      html`${renderLink(proposal.url, html`${visible(proposal.title)}`)}
        <small
          >${visible(`${proposal.codeRepository.owner}/${proposal.codeRepository.name}`)} #${proposal.number}
          into ${visible(proposal.baseBranch)}</small
        >
        ${isFlagged(proposal) ? renderBadge("bad", "no longer verified") : NOTHING}
        ${renderSnooze(proposal, now)}`,
      renderUpdates(proposal.updates),
      proposal.dueAt === undefined ? NO_DEADLINE : renderCountdown(proposal.dueAt, now),
      renderAgo(proposal.openedAt, now),
    ],
    empty: "No open pull request. One appears when a watched tag moved to a digest that was verified.",
  });
}

/** It is left alone for a while; its deadline stands beside it and runs on. */
function renderSnooze(proposal: ProposalRecord, now: Instant): Html {
  const { snooze } = proposal;
  if (snooze === undefined || !isSnoozed(proposal, now)) return NOTHING;
  const by = snooze.by === undefined ? "" : ` by ${visible(snooze.by)}`;
  return html`${renderBadge("idle", "snoozed")} <small>until ${renderMoment(snooze.until)}${by}</small>`;
}

/** What has no deadline comes last. */
function orderOf({ dueAt }: ProposalRecord): number {
  return dueAt ?? Number.MAX_SAFE_INTEGER;
}

function renderUpdates(updates: ProposalRecord["updates"]): Html {
  return html`<ul class="plain">
    ${updates.slice(0, UPDATES_MAX).map(
      ({ line, from, to, toTag }) =>
        html`<li>
          ${renderLineLink(line)}
          ${toTag === undefined ? NOTHING : html`<small>to the tag <code>${visible(toTag)}</code></small>`}
          <small
            >${renderFrom(from)} <span aria-hidden="true">→</span><span class="hidden">to</span>
            <code title="${to}">${shortOf(to)}</code></small
          >
        </li>`,
    )}
    ${updates.length > UPDATES_MAX ? html`<li>and ${updates.length - UPDATES_MAX} more</li>` : NOTHING}
  </ul>`;
}

/** What a place had before: a digest, or its tag alone. */
function renderFrom(from: Digest | undefined): Html {
  return from === undefined ? html`no digest` : html`<code title="${from}">${shortOf(from)}</code>`;
}
