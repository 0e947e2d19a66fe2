import type { TimerRecord } from "../../ports/clock-facts.ts";
import type { ProposalRecord, VerdictRecord, WatchState } from "../../ports/store.ts";
import { subscriberNames } from "./subscribers.ts";
import { familiarNameOf, renderLine } from "../../image/reference.ts";
import type { ApprovalRecord } from "../../ports/operators.ts";
import { type Instant, renderSpan } from "../../time.ts";
import type { Verdict } from "../../trust/verdict.ts";
import type { ProfileMode } from "../../vendor/profile.ts";
import type { Movement, Observation } from "../../watch/history.ts";
import { pollReasonInWords } from "../../watch/next-poll.ts";
import type { Ending } from "../../vendor/lifecycle.ts";
import type { TagListing } from "../../watch/candidates.ts";
import type { PollRecord } from "../../watch/round.ts";
import {
  type Html,
  html,
  NOTHING,
  renderAgo,
  renderBadge,
  renderDigest,
  renderTime,
  renderWholeDigest,
  visible,
} from "./html.ts";
import { renderEvidence, renderSignerExactly, renderSource } from "./evidence.ts";
import { type ConfigsData, renderImageConfigs } from "./image-configs.ts";
import { renderEnding, renderNewerTags } from "./line-tags.ts";
import { renderProposals } from "./proposals.ts";
import { renderTable } from "./table.ts";
import { renderTimers, timerViewsOf } from "./timers.ts";
import { renderVerdictBadge, renderVerdictReason } from "./verdict.ts";
import { renderMovement } from "./watch-signs.ts";
import { renderAsked, renderStanding } from "./watches.ts";
import { MISSING_WORDS } from "./words.ts";

/** Code repositories that are named. */
const SUBSCRIBERS_MAX = 50;

/** Everything the page about an image line shows. */
export interface LineData {
  readonly now: Instant;
  readonly dueSoonMs: number;
  readonly watch: WatchState;
  /** Of the profile that claims it; absent where none does any more. */
  readonly mode?: ProfileMode;
  /** When the tag is looked at next, and why then. */
  readonly next: PollRecord["next"];
  /** Newer tags of its repository, where somebody may move to one. */
  readonly listing?: TagListing;
  /** What its vendor has told of its end. */
  readonly endOfLife?: Ending;
  /** Where the tag has been, newest first, each with how it came there and what is known of it. */
  readonly history: readonly {
    readonly observation: Observation;
    readonly movement: Movement | undefined;
    readonly verdict?: VerdictRecord;
  }[];
  /** How the images of the digest are run that the tag stands on. */
  readonly configs: ConfigsData;
  /** Why the tag stands where no ordinary update leads, and who approved of it all the same. */
  readonly stepBack?: string;
  readonly approval?: ApprovalRecord;
  readonly timers: readonly TimerRecord[];
  readonly proposals: readonly ProposalRecord[];
}

/** One image line: where its tag points, who proves it, and where it has been. */
export function renderLinePage(data: LineData): Html {
  const { watch, history, now } = data;
  const { repository, tag } = watch.line;
  const verdict = history[0]?.verdict;
  return html`<nav aria-label="Breadcrumb"><a href="/">Overview</a></nav>
    <h1 class="line">${visible(familiarNameOf(repository))}<span class="tag">:${visible(tag)}</span></h1>
    ${renderFacts(data, verdict)} ${verdict === undefined ? NOTHING : renderEvidence(verdict.verdict)}
    ${renderImageConfigs(data.configs)} ${renderHistory(history, now)}
    ${renderTimers(timerViewsOf(data.timers, now, data.dueSoonMs), now)}
    ${renderProposals(data.proposals, now)}`;
}

function renderFacts(data: LineData, record: VerdictRecord | undefined): Html {
  const { watch, mode, now, next, endOfLife } = data;
  const newerTags = renderNewerTags(watch.line.tag, data.listing, now);
  const current = watch.history.at(-1);
  const view = {
    watch,
    ...(record === undefined ? {} : { verdict: record }),
    ...(mode === undefined ? {} : { mode }),
  };
  return html`<dl class="facts">
    ${renderFact("Registry", html`${visible(watch.line.repository.registry)}`)}
    ${renderFact("Digest", current === undefined ? html`not seen yet` : renderWholeDigest(current.digest))}
    ${renderFact("Verdict", renderStanding(view, now))}
    ${data.stepBack === undefined ? NOTHING : renderFact("Step backwards", renderStepBack(data, data.stepBack))}
    ${endOfLife === undefined ? NOTHING : renderFact("End of life", renderEnding(endOfLife, now))}
    ${record === undefined ? NOTHING : renderVerdictFacts(record, now)}
    ${newerTags === undefined ? NOTHING : renderFact("Newer tags", newerTags)}
    ${renderFact("Asked", renderAsked(watch, now))}
    ${next === undefined ? NOTHING : renderFact("Next look", html`${renderTime(next.at)} <small>${pollReasonInWords(next.reason)}</small>`)}
    ${renderFact("Used by", renderSubscribers(watch))}
  </dl>`;
}

/** Why it is one, and who approved of it; else how to. */
function renderStepBack({ watch, approval }: LineData, reason: string): Html {
  const current = watch.history.at(-1)?.digest;
  if (approval !== undefined) {
    return html`${renderBadge("warn", "approved")} ${visible(reason)}
      <small
        >approved by ${visible(approval.by)}, ${renderTime(approval.at)}: ${visible(approval.reason)}</small
      >`;
  }
  return html`${renderBadge("bad", "not proposed")} ${visible(reason)}
    <small
      >if it is meant:
      <code
        >hullkeeper approve ${visible(`${renderLine(watch.line)}@${current ?? ""}`)} --reason …</code
      ></small
    >`;
}

function renderSubscribers({ subscribers }: WatchState): Html {
  if (subscribers.length === 0) return html`nobody any more`;
  const all = subscriberNames(subscribers);
  const names = all.slice(0, SUBSCRIBERS_MAX).map((name) => visible(name));
  const others = all.length - names.length;
  return html`${names.join(", ")}${others > 0 ? `, and ${others} more` : ""}`;
}

function renderVerdictFacts(record: VerdictRecord, now: Instant): Html {
  const { verdict, since, checkedAt, platforms, sbomFault, policyHash } = record;
  return html`${verdict.kind === "rejected" ? renderFact("Detail", html`${visible(verdict.detail)}`) : NOTHING}
  ${
    verdict.kind === "awaiting-evidence"
      ? renderFact(
          "Missing",
          html`${MISSING_WORDS[verdict.missing]} since ${renderTime(since)} (${renderSpan(now - since)})`,
        )
      : NOTHING
  }
  ${verdict.kind === "verified" ? renderSignerFacts(verdict) : NOTHING}
  ${sbomFault === undefined ? NOTHING : renderFact("SBOM not read", html`${visible(sbomFault)}`)}
  ${renderListFacts(record)} ${renderLayerFacts(record)}
  ${renderFact(
    "Verified against",
    html`policy <code title="${visible(policyHash)}">${visible(policyHash.slice(0, 12))}</code>, last
      ${renderAgo(checkedAt, now)}, first asked ${renderTime(since)}`,
  )}
  ${platforms.length === 0 ? NOTHING : renderFact("Platforms", html`${visible(platforms.join(", "))}`)}`;
}

/** What is kept of the packages, and what it takes. */
function renderListFacts({ lists = [] }: VerdictRecord): Html {
  const sizes = lists.flatMap(({ bytes }) => bytes ?? []);
  if (sizes.length === 0) return NOTHING;
  const kilobytes = sizes.reduce((sum, bytes) => sum + bytes, 0) / 1_000;
  const count = sizes.length === 1 ? "1 component list" : `${sizes.length} component lists`;
  return renderFact("Kept", html`${count}, ${kilobytes.toFixed(1)} kB`);
}

/** What stands in for an SBOM, where layers were read or were to be. */
function renderLayerFacts({ lists = [], unreadLayers = [] }: VerdictRecord): Html {
  const isRead = lists.some(({ format }) => format === "layers");
  const unread = unreadLayers.map(
    ({ platform, reason }) =>
      html`<div>${platform === undefined ? NOTHING : html`${visible(platform)}: `}${visible(reason)}</div>`,
  );
  return html`${isRead ? renderFact("Packages", html`read from the image's layers, not vendor-signed`) : NOTHING}
  ${unread.length === 0 ? NOTHING : renderFact("Layers not read", html`${unread}`)}`;
}

type Verified = Extract<Verdict, { kind: "verified" }>;

/** Who stands behind the digest, exactly; since when; and what weakens that. */
function renderSignerFacts({ signers, trustedAt, coveredBy, insecure, sbom }: Verified): Html {
  return html`${
    insecure.length === 0
      ? NOTHING
      : renderFact(
          "Weakened",
          html`${renderBadge("bad", "weakened by configuration")}
            <ul>
              ${insecure.map((sentence) => html`<li>${visible(sentence)}</li>`)}
            </ul>`,
        )
  }
  ${renderFact("Signed by", html`${signers.map((signer) => html`<p>${renderSignerExactly(signer)}</p>`)}`)}
  ${renderFact(
    "Signed at",
    trustedAt === undefined ? html`nothing that we trust says when` : html`by ${renderTime(trustedAt)}`,
  )}
  ${
    coveredBy === undefined
      ? NOTHING
      : renderFact("Covered by", html`the verified index ${renderDigest(coveredBy)}, which lists it`)
  }
  ${renderFact("SBOM", renderSbom(sbom))}`;
}

function renderSbom(sbom: Verified["sbom"]): Html {
  return sbom.kind === "missing"
    ? renderBadge("warn", "none came with it")
    : html`${renderBadge("good", "verified")}
        <small>${visible(sbom.predicateType)}, ${renderSource(sbom.source)}</small>`;
}

function renderFact(name: string, value: Html): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function renderHistory(history: LineData["history"], now: Instant): Html {
  return renderTable({
    id: "history",
    title: "Where the tag has been",
    noun: "digest",
    columns: ["Digest", "Verdict", "Move", "First seen", "Last seen"],
    rows: history,
    cellsOf: ({ observation, movement, verdict }) => [
      renderDigest(observation.digest),
      html`${renderVerdictBadge(verdict)} <small>${renderVerdictReason(verdict, now)}</small>`,
      html`${movement === undefined ? NOTHING : renderMovement(movement)}
      ${observation.source === "history" ? html`<small>heard of afterwards</small>` : NOTHING}
      ${renderSignedAt(verdict)}
      ${observation.createdAt === undefined ? NOTHING : html`<small>made ${renderTime(observation.createdAt)}</small>`}`,
      renderTime(observation.firstSeenAt),
      renderTime(observation.lastSeenAt),
    ],
    empty: "The registry has not said yet where this tag points.",
  });
}

function renderSignedAt(record: VerdictRecord | undefined): Html {
  const at = record?.verdict.kind === "verified" ? record.verdict.trustedAt : undefined;
  return at === undefined ? NOTHING : html`<small>signed ${renderTime(at)}</small>`;
}
