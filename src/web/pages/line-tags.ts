import type { Tag } from "../../image/reference.ts";
import { DAY_MS, type Instant } from "../../time.ts";
import { type Ending, endingInWords } from "../../vendor/lifecycle.ts";
import type { TagListing } from "../../watch/candidates.ts";
import { type Html, html, NOTHING, renderAgo, renderBadge, visible } from "./html.ts";

/** Tags that are named. */
const TAGS_MAX = 10;

/** That the vendor has stopped to build an image, or says when it will, and how far that is. */
export function renderEnding(ending: Ending, now: Instant): Html {
  const isOver = ending.kind === "ended";
  const days = Math.floor(Math.abs(ending.endsAt - now) / DAY_MS);
  const far = `${days} ${days === 1 ? "day" : "days"} ${isOver ? "ago" : "from now"}`;
  return html`${renderBadge(isOver ? "bad" : "warn", isOver ? "ended" : "ending")} ${endingInWords(ending)},
    ${far} <small>${visible(ending.notice)}</small>`;
}

/** Newer tags that policies let places move to from this one, and older ones whose places may come here; undefined where nobody may move. */
export function renderNewerTags(tag: Tag, listing: TagListing | undefined, now: Instant): Html | undefined {
  const newest = listing?.newest.filter((entry) => entry.tag === tag) ?? [];
  const older = namesOf(listing?.newest.flatMap((entry) => (entry.to === tag ? [entry.tag] : [])) ?? []);
  if (listing === undefined || (newest.length === 0 && older === "")) return undefined;
  const newer = namesOf(newest.flatMap(({ to }) => to ?? []));
  const { failure, askedAt } = listing;
  return html`${older === "" ? NOTHING : html`places may move here from ${visible(older)} `}
  ${newest.length === 0 ? NOTHING : html`${newer === "" ? "none is newer in its stream" : visible(newer)} `}
  ${
    failure === undefined
      ? html`<small>listed ${renderAgo(askedAt, now)}</small>`
      : html`${renderBadge("warn", "not asked")}
          <small>the list of tags could not be read ${renderAgo(failure.at, now)}: ${failure.code}</small>`
  }`;
}

function namesOf(tags: readonly Tag[]): string {
  const names = [...new Set(tags)];
  const rest = names.length - TAGS_MAX;
  return `${names.slice(0, TAGS_MAX).join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}
