import type { Finding } from "../../src/advisory/finding.ts";
import type { Severity } from "../../src/advisory/severity.ts";
import { byDue, severityOf, UPDATE_ID } from "../../src/sla/obligation.ts";
import type { Timer } from "../../src/sla/timer.ts";
import { type Instant, later } from "../../src/time.ts";

/** How long deadlines are, in milliseconds. */
export type TermSpans = Readonly<Record<Severity, number>>;

/** The running timer of an update that fixes these, as it comes out of clocks that nothing has moved. */
export function timerFor({
  fixed,
  startedAt,
  assessedAt,
  terms,
}: {
  readonly fixed: readonly Finding[];
  readonly startedAt: Instant;
  readonly assessedAt: Instant;
  readonly terms: TermSpans;
}): Timer {
  const obligations = [...Map.groupBy(fixed, ({ id }) => id)].map(([id, findings]) => {
    const severity = severityOf(findings);
    const [published] = findings
      .map(({ publishedAt }) => publishedAt)
      .filter((at) => at <= assessedAt)
      .toSorted((a, b) => a - b);
    const start = published !== undefined && published > startedAt ? published : startedAt;
    return { id, severity, startedAt: start, dueAt: later(start, terms[severity]) };
  });
  const update = {
    id: UPDATE_ID,
    severity: "none",
    startedAt,
    dueAt: later(startedAt, terms.none),
  } as const;
  return { obligations: obligations.length === 0 ? [update] : obligations.toSorted(byDue), state: "open" };
}
