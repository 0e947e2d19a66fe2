import { renderRepository } from "../../image/reference.ts";
import type { EvidenceSource } from "../../trust/evidence.ts";
import type { Signer } from "../../trust/signer.ts";
import { wordsOf } from "../../trust/signer-words.ts";
import type { Accepted, CandidateResult, Verdict } from "../../trust/verdict.ts";
import { type Html, html, NOTHING, renderBadge, renderDigest, renderTime, visible } from "./html.ts";
import { renderTable } from "./table.ts";
import { CANDIDATE_WORDS, PLACE_WORDS, REFUSAL_WORDS, SKIPPED_WORDS, TIME_PROOF_WORDS } from "./words.ts";

/** What was found about the digest, and what became of each piece. */
export function renderEvidence(verdict: Verdict): Html {
  if (verdict.kind === "unverifiable") return NOTHING;
  return html`${renderTable({
    id: "evidence",
    title: "Evidence",
    noun: "candidate",
    columns: ["Candidate", "Outcome", "Found at"],
    rows: verdict.results,
    cellsOf: (result) => [
      html`${CANDIDATE_WORDS[result.kind]}
      ${result.predicateType === undefined ? NOTHING : html`<small>${visible(result.predicateType)}</small>`}`,
      renderOutcome(result.outcome),
      renderSource(result.source),
    ],
    empty: "Nothing claims to prove anything about this digest.",
  })}
  ${
    verdict.skipped.length === 0
      ? NOTHING
      : renderTable({
          id: "skipped",
          title: "Evidence not looked at",
          noun: "piece",
          columns: ["Found at", "Why not", "Detail"],
          rows: verdict.skipped,
          cellsOf: ({ place, reason, detail }) => [
            html`${PLACE_WORDS[place]}`,
            html`${SKIPPED_WORDS[reason]} <code class="code">${reason}</code>`,
            html`${visible(detail)}`,
          ],
          empty: "",
        })
  }`;
}

function renderOutcome(outcome: CandidateResult["outcome"]): Html {
  switch (outcome.kind) {
    case "accepted":
      return renderAccepted(outcome);
    case "refused":
      return html`${renderBadge("bad", "refused")} ${REFUSAL_WORDS[outcome.refusal]}
        <code class="code">${outcome.refusal}</code> <small>${visible(outcome.detail)}</small>`;
    default:
      return outcome satisfies never;
  }
}

/** Who signed it, when, and what proves that. */
function renderAccepted({
  signer,
  groups,
  proves,
  signedAt,
  timeProof,
  log,
  unchecked = [],
}: Accepted): Html {
  return html`${renderBadge("good", "accepted")} proves the ${proves}
    <small
      >${renderSignerExactly(signer)}${
        groups.length === 0 ? NOTHING : html`; for ${visible(groups.join(", "))}`
      }</small
    >
    ${
      signedAt === undefined
        ? html`<small>nothing that we trust says when it was signed</small>`
        : html`<small
            >signed
            ${renderTime(signedAt)}${
              timeProof === undefined ? NOTHING : html`, by ${TIME_PROOF_WORDS[timeProof]}`
            }</small
          >`
    }
    ${
      log === undefined
        ? NOTHING
        : html`<small
            >log <code class="code" title="${visible(log.logId)}">${visible(log.logId.slice(0, 12))}</code>,
            entry ${visible(log.index)}</small
          >`
    }
    ${unchecked.length === 0 ? NOTHING : html`<small>not checked: ${visible(unchecked.join("; "))}</small>`}`;
}

/** Where it was found. */
export function renderSource({ place, manifest, layer, subject, repository }: EvidenceSource): Html {
  return html`${PLACE_WORDS[place]}${
      repository === undefined ? NOTHING : html` in ${visible(renderRepository(repository))}`
    }
    <small
      >manifest ${renderDigest(manifest)}, layer
      ${renderDigest(layer)}${subject === undefined ? NOTHING : html`, says it is about ${renderDigest(subject)}`}</small
    >`;
}

/** A signer by name, and exactly. */
export function renderSignerExactly(signer: Signer): Html {
  const { what, who, by } = wordsOf(signer);
  return html`${visible(signer.name)}
    <small
      >${what} <code class="code">${visible(who)}</code>${
        by === undefined ? NOTHING : html`, ${by.how} <code class="code">${visible(by.whom)}</code>`
      }${signer.kind === "identity" ? html`, trust root <code class="code">${visible(signer.root)}</code>` : NOTHING}</small
    >`;
}
