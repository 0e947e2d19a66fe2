import type { ProposalRecord } from "../../ports/store.ts";
import { type DeclinedDigest, standing } from "../../proposal/declined.ts";
import { type Instant, renderMoment } from "../../time.ts";
import {
  type Html,
  html,
  NOTHING,
  renderAgo,
  renderDigest,
  renderLineLink,
  renderLink,
  visible,
} from "./html.ts";
import { renderTable } from "./table.ts";

/** Lines of one digest that are named. */
const LINES_MAX = 5;

/** The last pull request of a group, with what people declined for that group. */
export interface DeclinedGroup {
  readonly proposal: ProposalRecord;
  readonly declined: readonly DeclinedDigest[];
}

interface DeclinedRow extends DeclinedDigest {
  readonly proposal: ProposalRecord;
}

/** Digests that are not proposed because people declined them, those first that may be proposed again first. */
export function renderDeclined(groups: readonly DeclinedGroup[], now: Instant): Html {
  const rows: readonly DeclinedRow[] = groups.flatMap(({ proposal, declined }) =>
    standing(declined, now).map((each) => ({ ...each, proposal })),
  );
  return renderTable({
    id: "declined",
    title: "Declined digests",
    noun: "digest",
    columns: ["Digest", "Not proposed to", "By", "Since", "Until"],
    rows: rows.toSorted((a, b) => orderOf(a) - orderOf(b)),
    cellsOf: ({ digest, proposal, by, at, until }) => [
      html`${renderDigest(digest)} ${renderLines(proposal, digest)}`,
      renderWhere(proposal),
      html`${by === undefined ? html`<span class="quiet">a person</span>` : visible(by)}`,
      at === undefined ? html`<span class="quiet">not known</span>` : renderAgo(at, now),
      until === undefined ? html`<span class="quiet">not known yet</span>` : html`${renderMoment(until)}`,
    ],
    empty: "Nobody declined a digest that could be proposed.",
    note: "By closing a pull request. Over sooner for a digest that is found to fix a critical or exploited vulnerability; opening it again takes it back.",
  });
}

function orderOf({ until }: DeclinedDigest): number {
  return until ?? Number.MAX_SAFE_INTEGER;
}

/** The lines that the last pull request proposed it for; older ones are not kept. */
function renderLines({ updates }: ProposalRecord, digest: DeclinedDigest["digest"]): Html {
  const lines = updates.filter(({ to }) => to === digest).map(({ line }) => line);
  if (lines.length === 0) return NOTHING;
  return html`<ul class="plain">
    ${lines.slice(0, LINES_MAX).map((line) => html`<li>${renderLineLink(line)}</li>`)}
    ${lines.length > LINES_MAX ? html`<li>and ${lines.length - LINES_MAX} more</li>` : NOTHING}
  </ul>`;
}

function renderWhere({
  codeRepository: { owner, name },
  baseBranch,
  group,
  number,
  url,
}: ProposalRecord): Html {
  return html`${renderLink(url, html`${visible(`${owner}/${name}`)} #${number}`)}
    <small>${visible(baseBranch)}, group ${visible(group)}</small>`;
}
