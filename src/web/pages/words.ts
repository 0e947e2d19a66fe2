import type { EventKind } from "../../ports/store.ts";
import type { EvidenceSource, SkippedEvidence } from "../../trust/evidence.ts";
import type { CandidateResult, Rejection } from "../../trust/verdict.ts";
import type { Tone } from "./html.ts";

/** Why a candidate proves nothing, for people. */
export const REFUSAL_WORDS = {
  "candidate-malformed": "not in the form it should have",
  "signature-key-unknown": "signed by a key that the profile does not trust",
  "signature-missing": "there is no signature in it",
  "subject-mismatch": "signed by a trusted key, but about another digest",
  "claim-type-unknown": "signed by a trusted key, but says nothing about an image",
  "referrer-subject-mismatch": "attached to this digest, but names another one",
  "certificate-unsupported": "signed with a certificate; the profile trusts keys only",
  "bundle-content-unsupported": "signs bytes and does not say which image it means",
  "sbom-refused": "it has an SBOM, and that proves nothing",
} as const satisfies Record<Rejection, string>;

export const CANDIDATE_WORDS = {
  "cosign-signature": "signature",
  "cosign-attestation": "attestation",
  "sigstore-bundle": "Sigstore bundle",
} as const satisfies Record<CandidateResult["kind"], string>;

export const PLACE_WORDS = {
  "sig-tag": ".sig tag",
  "att-tag": ".att tag",
  referrer: "referrer",
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
  unverifiable: { words: "unverifiable", tone: "warn" },
  proposed: { words: "proposed", tone: "busy" },
  refreshed: { words: "refreshed", tone: "busy" },
  declined: { words: "declined", tone: "idle" },
  merged: { words: "merged", tone: "good" },
  "branch-foreign": { words: "branch has foreign commits", tone: "warn" },
  "mirror-behind": { words: "mirror is behind", tone: "warn" },
  "due-soon": { words: "due soon", tone: "warn" },
  breached: { words: "breached", tone: "bad" },
  met: { words: "met", tone: "good" },
  "job-failed": { words: "job failed", tone: "bad" },
} as const satisfies Record<EventKind, { readonly words: string; readonly tone: Tone }>;
