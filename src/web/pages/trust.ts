import { renderImage } from "../../image/reference.ts";
import type { ApprovalRecord, DistrustRecord } from "../../ports/operators.ts";
import type { AffectedImage } from "../../steps/affected.ts";
import type { Instant } from "../../time.ts";
import { distrustId, type DistrustSubject } from "../../trust/distrust.ts";
import type { Distrust } from "../../trust/policy.ts";
import { renderFingerprint } from "../../trust/signer.ts";
import {
  countOf,
  type Html,
  html,
  NOTHING,
  renderAgo,
  renderDigest,
  renderLineLink,
  renderLink,
  visible,
} from "./html.ts";
import { type DeclinedGroup, renderDeclined } from "./declined.ts";
import { renderTable } from "./table.ts";
import { renderVerdictBadge, renderVerdictReason } from "./verdict.ts";

/** Users of one digest that are listed. */
const USES_MAX = 100;

/** Everything the page about decisions of people shows. */
export interface TrustData {
  readonly now: Instant;
  /** By the configuration. */
  readonly configured: Distrust;
  /** By operators since. */
  readonly distrusted: readonly DistrustRecord[];
  readonly approvals: readonly ApprovalRecord[];
  readonly affected: readonly AffectedImage[];
  readonly declined: readonly DeclinedGroup[];
}

/** What is no longer trusted, whom that affects, and which steps backwards were approved, and what people declined. */
export function renderTrustPage(data: TrustData): Html {
  return html`<nav aria-label="Breadcrumb"><a href="/">Overview</a></nav>
    <h1>Distrust, approvals and declined digests</h1>
    ${renderDistrusted(data)} ${renderAffected(data)} ${renderApprovals(data)}
    ${renderDeclined(data.declined, data.now)}`;
}

interface DistrustRow {
  readonly what: Html;
  readonly record?: DistrustRecord;
}

function renderDistrusted({ configured, distrusted, now }: TrustData): Html {
  const known = new Set(distrusted.map(({ subject }) => distrustId(subject)));
  const others = [...configured.signers, ...configured.digests.map((digest) => `digest ${digest}`)];
  const rows: readonly DistrustRow[] = [
    ...distrusted.map((record) => ({ what: renderSubject(record.subject), record })),
    ...others.filter((id) => !known.has(id)).map((id) => ({ what: html`<code>${visible(id)}</code>` })),
  ];
  return renderTable({
    id: "distrusted",
    title: "Distrusted",
    noun: "entry",
    columns: ["What", "Why", "By", "Since"],
    rows,
    cellsOf: ({ what, record }) =>
      record === undefined
        ? [what, html`<span class="quiet">see there</span>`, html`the configuration`, NOTHING]
        : [what, visible(record.reason), visible(record.by), renderAgo(record.at, now)].map(
            (cell) => html`${cell}`,
          ),
    empty: "Nothing is distrusted.",
  });
}

function renderSubject(subject: DistrustSubject): Html {
  switch (subject.kind) {
    case "key":
      return html`key <code class="code">${renderFingerprint(subject)}</code>`;
    case "identity":
      return html`identity <code>${visible(subject.subject)}</code>
        <small>named by ${visible(subject.issuer)}</small>`;
    case "certificate":
      return html`certificate <code>${visible(subject.subject)}</code>
        <small>of ${visible(subject.root)}</small>`;
    case "digest":
      return html`digest ${renderDigest(subject.digest)}`;
    default:
      return subject satisfies never;
  }
}

function renderAffected({ affected, now }: TrustData): Html {
  return renderTable({
    id: "affected",
    title: "Affected",
    noun: "digest",
    columns: ["Image", "Verdict", "Used by"],
    rows: affected,
    cellsOf: ({ image, record, uses }) => [
      html`<code title="${renderImage(image)}">${visible(image.repository.path)}</code>
        <small>${visible(image.repository.registry)}</small> ${renderDigest(image.digest)}`,
      html`${renderVerdictBadge(record)} <small>${renderVerdictReason(record, now)}</small>`,
      html`<ul class="plain">
        ${uses.slice(0, USES_MAX).map((use) => html`<li>${renderUse(use)}</li>`)}
        ${uses.length > USES_MAX ? html`<li>and ${countOf(uses.length - USES_MAX, "other")}</li>` : NOTHING}
      </ul>`,
    ],
    empty: "No digest that is in use rests on anything that is distrusted.",
  });
}

function renderUse(use: AffectedImage["uses"][number]): Html {
  switch (use.kind) {
    case "tag":
      return html`${renderLineLink(use.line)} <small>points at it</small>`;
    case "pin":
      return html`${visible(`${use.codeRepository.owner}/${use.codeRepository.name}`)}
        <small>${visible(use.branch)} pins it</small>`;
    case "open":
    case "merged": {
      const { codeRepository, number, url } = use.proposal;
      const name = `${codeRepository.owner}/${codeRepository.name}#${number}`;
      const words = use.kind === "open" ? "proposes it" : "brought it in";
      return html`${renderLink(url, html`${visible(name)}`)} <small>${words}</small>`;
    }
    default:
      return use satisfies never;
  }
}

function renderApprovals({ approvals, now }: TrustData): Html {
  return renderTable({
    id: "approvals",
    title: "Approved steps backwards",
    noun: "approval",
    columns: ["Image line", "Digest", "Why", "By", "Since"],
    rows: approvals,
    cellsOf: ({ line, digest, reason, by, at }) => [
      renderLineLink(line),
      renderDigest(digest),
      html`${visible(reason)}`,
      html`${visible(by)}`,
      renderAgo(at, now),
    ],
    empty: "No step backwards was approved.",
  });
}
