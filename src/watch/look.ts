import type { Instant } from "../time.ts";
import { type Movement, observe, type Sighting } from "./history.ts";
import { missingAfter } from "./missing.ts";
import { stalenessOf } from "./staleness.ts";
import type { LookFailure, TagRecord } from "./tag-record.ts";

/** What is known of a tag after a look that found it, and what the look means. */
export function recordAfterFound(
  known: TagRecord,
  sighting: Sighting,
  criticalMs: number | undefined,
  at: Instant,
): { readonly record: TagRecord; readonly movement: Movement } {
  const { movement, history, held } = observe(known, sighting, at);
  const stale = stalenessOf(history, criticalMs, at);
  return {
    movement,
    record: {
      history,
      checkedAt: at,
      ...(held === undefined ? {} : { held }),
      ...(stale === undefined ? {} : { stale }),
    },
  };
}

/** What is known of a tag after a look that did not find it. Where it was last stays known. */
export function recordAfterMissing(known: TagRecord, at: Instant): TagRecord {
  return {
    ...recordAfterFailure(known, {
      code: "tag-missing",
      message: "the registry has no such tag",
      at,
    }),
    missing: missingAfter(known.missing, at),
  };
}

/** What is known of a tag after a question without an answer: what was known, and that. */
export function recordAfterFailure(
  { history, held, checkedAt, missing, stale }: TagRecord,
  failure: LookFailure,
): TagRecord {
  return {
    history,
    failure,
    ...(held === undefined ? {} : { held }),
    ...(checkedAt === undefined ? {} : { checkedAt }),
    ...(missing === undefined ? {} : { missing }),
    ...(stale === undefined ? {} : { stale }),
  };
}
