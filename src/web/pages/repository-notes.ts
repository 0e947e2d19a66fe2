import type { BranchListing, RepositoryListing } from "../../ports/repositories.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { skippedInWords } from "../../steps/repository-choice.ts";
import type { Instant } from "../../time.ts";
import { branchesInWords } from "../../vendor/base-branches.ts";
import { faultInWords } from "../../watch/own-faults.ts";
import type { OwnFile, Scan } from "../../watch/scan.ts";
import { agoOf, countOf, type Html, html, NOTHING, renderBadge, visible } from "./html.ts";
import { renderTable } from "./table.ts";

/** Faults of one file that are shown. */
const FAULTS_SHOWN = 5;

/** What there is to know of a code repository: that nobody reads it any more, what its owners say of it, and what is wrong with that. */
export function renderNotes({ isUnsubscribed, isLeft, unread, own }: Scan): Html {
  if (isLeft === true) return renderBadge("idle", "gone, or not wanted any more");
  if (isUnsubscribed === true) return renderBadge("idle", "not read any more");
  return html`${unread === undefined ? NOTHING : renderUnread(unread)}${own === undefined ? NOTHING : renderOwn(own)}`;
}

function renderUnread({ commit, reason }: NonNullable<Scan["unread"]>): Html {
  return html`${renderBadge("bad", "cannot be read")}
    <small
      >${visible(reason)}; what was known before holds, and not
      <code title="${visible(commit)}">${visible(commit.slice(0, 7))}</code></small
    >`;
}

function renderOwn(own: OwnFile): Html {
  const { settings, faults, ignoredCount = 0, path = "" } = own;
  return html`${settings?.enabled === false ? renderBadge("idle", "its owners want no pull requests") : NOTHING}
  ${
    ignoredCount === 0
      ? NOTHING
      : html`<small>${countOf(ignoredCount, "file")} left out by ${visible(path)}</small>`
  }
  ${
    faults.length === 0
      ? NOTHING
      : html`${renderBadge("warn", `${countOf(faults.length, "fault")} in ${visible(path)}`)}
          <ul class="plain">
            ${faults.slice(0, FAULTS_SHOWN).map((fault) => html`<li><small>${visible(faultInWords(fault))}</small></li>`)}
          </ul>
          <small>${settings === undefined ? "the policy alone holds" : "what it said before holds"}</small>`
  }`;
}

/** Code repositories that the code host tells of and that are not read, and those where a right is missing. Nothing where it was not asked. */
export function renderListing(listing: RepositoryListing | undefined, now: Instant): Html {
  if (listing === undefined) return NOTHING;
  const { skipped, lacking, readCount, notNamedCount, isPartial, listedAt } = listing;
  const rows = [
    ...lacking.map(({ codeRepository, missing }) => ({
      codeRepository,
      state: renderBadge("warn", "read, a right is missing"),
      why: missing.join(", "),
    })),
    ...skipped.map(({ codeRepository, reason }) => ({
      codeRepository,
      state: renderBadge("idle", "not read"),
      why: skippedInWords(reason),
    })),
  ];
  const others =
    notNamedCount === 0 ? "" : ` ${countOf(notNamedCount, "other")} not named by the configuration.`;
  const partial = isPartial ? " There may be more: the listing is not whole." : "";
  return renderTable({
    id: "not-read",
    title: "Code repositories that are not read, or lack a right",
    noun: "repository",
    columns: ["Code repository", "State", "Why"],
    rows,
    cellsOf: ({ codeRepository, state, why }) => [
      html`${nameOf(codeRepository)}`,
      state,
      html`${visible(why)}`,
    ],
    empty: "None.",
    note: `Listed ${agoOf(listedAt, now)}: ${countOf(readCount, "code repository", "code repositories")} read.${others}${partial}`,
  });
}

/** Code repositories where not all branches are read that are wanted. Nothing where all are. */
export function renderBranches(listings: readonly BranchListing[]): Html {
  const rows = listings.flatMap((listing) => {
    const why = branchesInWords(listing);
    return why === undefined ? [] : [{ ...listing, why }];
  });
  if (rows.length === 0) return NOTHING;
  return renderTable({
    id: "branches",
    title: "Branches that are wanted and not read",
    noun: "repository",
    columns: ["Code repository", "Read", "Why not all"],
    rows,
    cellsOf: ({ codeRepository, branches, why }) => [
      html`${nameOf(codeRepository)}`,
      branches.length === 0 ? renderBadge("warn", "none") : html`${visible(branches.join(", "))}`,
      html`${visible(why)}`,
    ],
    empty: "None.",
  });
}

function nameOf({ owner, name }: CodeRepository): string {
  return visible(`${owner}/${name}`);
}
