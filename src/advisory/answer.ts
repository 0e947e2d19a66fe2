import { type Instant, parseInstant } from "../time.ts";
import type { FeedState } from "./feed.ts";
import type { OsvRecord } from "./osv.ts";
import type { Signals } from "./signal.ts";
import type { VexStatement } from "./vex.ts";

/** What feeds say about packages, all of one snapshot: both sides of a comparison are read against the same answer. */
export interface AdvisoryAnswer {
  /** Feeds that speak of the ecosystem of any of the packages. */
  readonly feeds: readonly FeedState[];
  /** Records that name any of the packages, withdrawn ones included. No order; of one id, one. */
  readonly records: readonly OsvRecord[];
  /** Other records of the same vulnerabilities, by alias or upstream: for names and ratings, never for who is affected. */
  readonly related: readonly OsvRecord[];
  /** Statements of feeds that the operator trusts. */
  readonly vex: readonly VexStatement[];
  /** By CVE; only those that something is known of. */
  readonly signals: ReadonlyMap<string, Signals>;
}

/** What could have been known at a moment: without the records that were published after it. */
export function answerAsOf(answer: AdvisoryAnswer, at: Instant): AdvisoryAnswer {
  const wasThere = ({ published, modified }: OsvRecord): boolean =>
    (parseInstant(published ?? modified) ?? Infinity) <= at;
  return {
    ...answer,
    records: answer.records.filter(wasThere),
    related: answer.related.filter(wasThere),
    vex: answer.vex.filter((statement) => statement.at <= at),
  };
}
