import type { EventKind } from "../../ports/store.ts";
import type { EvidenceSource, SkippedEvidence } from "../../trust/evidence.ts";
import type { CandidateResult, Rejection, TIME_PROOFS, Verdict } from "../../trust/verdict.ts";
import type { Tone } from "./html.ts";

/** Why a candidate proves nothing, for people. */
export const REFUSAL_WORDS = {
  "candidate-malformed": "not in the form it should have",
  "signer-distrusted": "signed by somebody who is distrusted",
  "signature-key-unknown": "signed by a key that the profile does not trust",
  "signature-missing": "there is no signature in it",
  "subject-mismatch": "signed by a trusted signer, but about another digest",
  "claim-type-unknown": "signed by a trusted signer, but says nothing about an image",
  "referrer-subject-mismatch": "attached to this digest, but names another one",
  "certificate-unsupported": "signed with a certificate; the profile trusts keys only",
  "bundle-content-unsupported": "signs bytes and does not say which image it means",
  "signature-key-expired": "signed with a trusted key, outside the time in which that may sign",
  "identity-mismatch": "signed, with a good certificate, by somebody whom the profile does not trust",
  "signature-invalid": "not signed with the certificate that comes with it",
  "trust-root-outdated": "by a log or an authority that no trust root of ours knows, which may be outdated",
  "certificate-invalid": "its certificate leads to no authority of ours, or may not sign",
  "certificate-expired": "its certificate was not valid when it was signed",
  "log-entry-missing": "not in a transparency log",
  "log-entry-invalid": "what proves that it is in a transparency log does not hold",
  "log-entry-mismatch": "its log entry is about another signature or signer",
  "timestamp-invalid": "its countersignature does not hold",
  "trusted-time-missing": "nothing trusted says when it was signed",
  "signature-expired": "past the end that its signer set",
  "critical-unknown": "demands that something be understood which is not",
  "algorithm-unsupported": "of a form or algorithm that is not supported",
  "sbom-refused": "it has an SBOM, and that proves nothing",
  "attestation-refused": "it has a statement that is required, and that proves nothing",
  "digest-distrusted": "this digest is distrusted by the operator",
} as const satisfies Record<Rejection, string>;

export const CANDIDATE_WORDS = {
  "cosign-signature": "signature",
  "cosign-attestation": "attestation",
  "sigstore-bundle": "Sigstore bundle",
  "signed-manifest": "statement in a signed manifest",
  "notation-signature": "Notation signature",
} as const satisfies Record<CandidateResult["kind"], string>;

/** What says when something was signed. */
export const TIME_PROOF_WORDS = {
  "log-promise": "a signed promise of the log",
  "log-proof": "a proof that the log has it",
  countersignature: "the countersignature of a timestamp authority",
} as const satisfies Record<(typeof TIME_PROOFS)[number], string>;

export const MISSING_WORDS = {
  signature: "signature",
  sbom: "SBOM",
  attestation: "statement that is required",
} as const satisfies Record<Extract<Verdict, { kind: "awaiting-evidence" }>["missing"], string>;

export const PLACE_WORDS = {
  "sig-tag": ".sig tag",
  "att-tag": ".att tag",
  referrer: "referrer",
  index: "list of the signed index",
} as const satisfies Record<EvidenceSource["place"], string>;

export const SKIPPED_WORDS = {
  "too-large": "too large to be read",
  "too-many": "more than are looked at",
  "unknown-type": "of a type we do not know",
  "not-a-manifest": "not a manifest",
  "other-subject": "about another digest",
  vanished: "listed, and not there any more",
} as const satisfies Record<SkippedEvidence["reason"], string>;

export const EVENT_WORDS = {
  "tag-moved": { words: "tag moved", tone: "busy" },
  "tag-moved-backwards": { words: "tag moved backwards", tone: "bad" },
  "tag-missing": { words: "tag missing", tone: "bad" },
  "tag-back": { words: "tag is back", tone: "good" },
  "tag-stale": { words: "tag stands still", tone: "warn" },
  verified: { words: "verified", tone: "good" },
  rejected: { words: "rejected", tone: "bad" },
  "evidence-overdue": { words: "evidence overdue", tone: "bad" },
  "profile-differs": { words: "profile differs", tone: "warn" },
  "service-ended": { words: "service ended", tone: "warn" },
  "end-of-life": { words: "end of life", tone: "warn" },
  "evidence-disappeared": { words: "evidence disappeared", tone: "bad" },
  unverifiable: { words: "unverifiable", tone: "warn" },
  proposed: { words: "proposed", tone: "busy" },
  refreshed: { words: "refreshed", tone: "busy" },
  "proposal-waiting": { words: "waits for its hour", tone: "idle" },
  declined: { words: "declined", tone: "idle" },
  reopened: { words: "opened again", tone: "busy" },
  merged: { words: "merged", tone: "good" },
  automerged: { words: "merged by policy", tone: "good" },
  superseded: { words: "superseded", tone: "idle" },
  "attention-unknown": { words: "people not known", tone: "warn" },
  "repository-file-invalid": { words: "repository file refused", tone: "warn" },
  "base-branches-differ": { words: "base branches differ", tone: "warn" },
  "repository-unread": { words: "repository not read", tone: "bad" },
  ordered: { words: "asked for", tone: "busy" },
  "branch-foreign": { words: "branch has foreign commits", tone: "warn" },
  "update-blocked": { words: "update blocked", tone: "bad" },
  "mirror-behind": { words: "mirror is behind", tone: "warn" },
  distrusted: { words: "distrusted", tone: "bad" },
  "distrust-lifted": { words: "distrust lifted", tone: "idle" },
  revoked: { words: "revoked", tone: "bad" },
  "proposal-flagged": { words: "no longer verified", tone: "bad" },
  "proposal-cleared": { words: "verified again", tone: "good" },
  approved: { words: "approved", tone: "busy" },
  "approval-withdrawn": { words: "approval withdrawn", tone: "warn" },
  "due-soon": { words: "due soon", tone: "warn" },
  breached: { words: "breached", tone: "bad" },
  "breach-retracted": { words: "breach taken back", tone: "good" },
  met: { words: "met", tone: "good" },
  "feed-failed": { words: "feed not mirrored", tone: "warn" },
  "feed-stale": { words: "feed is stale", tone: "bad" },
  accepted: { words: "risk accepted", tone: "warn" },
  "acceptance-lifted": { words: "risk no longer accepted", tone: "idle" },
  regression: { words: "regression", tone: "bad" },
  "webhooks-asked-again": { words: "webhooks asked for again", tone: "busy" },
  "webhooks-lost": { words: "webhooks lost", tone: "warn" },
  "clock-skewed": { words: "clock is wrong", tone: "bad" },
  "job-failed": { words: "job failed", tone: "bad" },
} as const satisfies Record<EventKind, { readonly words: string; readonly tone: Tone }>;
