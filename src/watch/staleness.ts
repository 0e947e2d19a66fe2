import { DAY_MS, type Instant, renderSpan } from "../time.ts";
import type { TagHistory } from "./history.ts";
import { usualGapMs } from "./moves.ts";

/** A tag that has not moved for too long, and by which measure. */
export interface Staleness {
  readonly kind: "usual-gap" | "sla";
  /** What it was measured against, in milliseconds: its usual gap, or the SLA period for critical vulnerabilities. */
  readonly measureMs: number;
  /** When the tag was first seen where it is. */
  readonly since: Instant;
}

const GAPS_MAX = 3;
const SLA_PART = 0.5;
/** Nobody has to publish more often than this, however fast it went before. */
const AGE_MIN_MS = DAY_MS;

/**
 * Whether a tag stands still for longer than it should: three times its usual gap, or half of the SLA period for critical vulnerabilities
 * where it has no usual gap yet. Perhaps nothing is published any more, or somebody keeps it from us.
 *
 * @param criticalMs the SLA period; undefined when there is none
 */
export function stalenessOf(
  history: TagHistory,
  criticalMs: number | undefined,
  now: Instant,
): Staleness | undefined {
  const since = history.at(-1)?.firstSeenAt;
  if (since === undefined) return undefined;
  const ageMs = now - since;
  const gapMs = usualGapMs(history);
  if (gapMs !== undefined) {
    const isStale = ageMs > Math.max(GAPS_MAX * gapMs, AGE_MIN_MS);
    return isStale ? { kind: "usual-gap", measureMs: gapMs, since } : undefined;
  }
  if (criticalMs === undefined || ageMs <= Math.max(SLA_PART * criticalMs, AGE_MIN_MS)) return undefined;
  return { kind: "sla", measureMs: criticalMs, since };
}

/** Why a tag counts as standing still, a sentence for people without its full stop. */
export function stalenessInWords({ kind, measureMs }: Staleness): string {
  switch (kind) {
    case "usual-gap":
      return `no move for more than ${GAPS_MAX} times the usual ${renderSpan(measureMs)}`;
    case "sla":
      return `no move for more than half of the ${renderSpan(measureMs)} in which a critical vulnerability is to be fixed`;
    default:
      return kind satisfies never;
  }
}
