import type { VerdictRecord } from "../../ports/store.ts";
import { type Instant, renderSpan } from "../../time.ts";
import { renderSigner } from "../../trust/signer.ts";
import type { Verdict } from "../../trust/verdict.ts";
import { type Html, html, NOTHING, renderBadge, type Tone, visible } from "./html.ts";
import { MISSING_WORDS, REFUSAL_WORDS } from "./words.ts";

const VERDICT_BADGES = {
  verified: { tone: "good", words: "verified" },
  rejected: { tone: "bad", words: "rejected" },
  "awaiting-evidence": { tone: "warn", words: "awaiting evidence" },
  unverifiable: { tone: "warn", words: "unverifiable" },
} as const satisfies Record<Verdict["kind"], { readonly tone: Tone; readonly words: string }>;

/** The verdict as a badge; without a record nobody asked yet, which is not the same as any verdict. */
export function renderVerdictBadge(record: VerdictRecord | undefined): Html {
  if (record === undefined) return renderBadge("idle", "not verified yet");
  const { tone, words } = VERDICT_BADGES[record.verdict.kind];
  return renderBadge(tone, words);
}

/** The reason of a verdict, in a sentence. */
export function renderVerdictReason(record: VerdictRecord | undefined, now: Instant): Html {
  if (record === undefined) return html`nobody has asked who signed it`;
  const { verdict, since } = record;
  switch (verdict.kind) {
    case "verified":
      return html`signed by
      ${verdict.signers.map(
        (signer, at) =>
          html`${at === 0 ? "" : ", "}<span title="${visible(renderSigner(signer))}"
              >${visible(signer.name)}</span
            >`,
      )};
      ${verdict.sbom.kind === "verified" ? "SBOM verified" : "no SBOM"}${
        verdict.insecure.length === 0 ? NOTHING : html` ${renderBadge("bad", "weakened by configuration")}`
      }`;
    case "rejected":
      return html`${REFUSAL_WORDS[verdict.reason]} <code class="code">${verdict.reason}</code>`;
    case "awaiting-evidence":
      return html`no ${MISSING_WORDS[verdict.missing]} yet, missing for ${renderSpan(now - since)}`;
    case "unverifiable":
      return html`${visible(verdict.reason)}`;
    default:
      return verdict satisfies never;
  }
}
