import type { CodedError } from "../../errors.ts";
import type { EvidenceSource, SkippedEvidence } from "../../trust/evidence.ts";

const DETAIL_LENGTH_MAX = 80;
/** Entries that are told apart at most; a list of ten thousand strange layers is one fact. */
const SKIPPED_MAX = 50;

/** What an error about one piece of evidence means; undefined when it means that we could not ask. */
export function skipOf(
  { code }: CodedError,
  place: EvidenceSource["place"],
  detail: string,
): SkippedEvidence | undefined {
  const reason = reasonOf(code);
  return reason === undefined ? undefined : { place, reason, detail: detail.slice(0, DETAIL_LENGTH_MAX) };
}

function reasonOf(code: CodedError["code"]): SkippedEvidence["reason"] | undefined {
  if (code === "registry-too-large") return "too-large";
  if (code === "registry-not-found") return "vanished";
  return code === "manifest-invalid" ? "not-a-manifest" : undefined;
}

/** Each entry once, cut to a length that people read; the last one counts what does not fit. */
export function condense(skipped: readonly SkippedEvidence[]): readonly SkippedEvidence[] {
  const distinct = new Map(
    skipped
      .map((entry) => ({ ...entry, detail: entry.detail.slice(0, DETAIL_LENGTH_MAX) }))
      .map((entry) => [JSON.stringify([entry.place, entry.reason, entry.detail]), entry] as const),
  );
  const kept = [...distinct.values()].slice(0, SKIPPED_MAX);
  const rest = distinct.size - kept.length;
  return rest === 0 ? kept : [...kept, { place: "referrer", reason: "too-many", detail: `${rest} more` }];
}
