import type { Ssvc } from "../advisory/signal.ts";
import type { Severity } from "../advisory/severity.ts";
import type { Instant } from "../time.ts";
import { NEVER, type Period } from "./period.ts";
import type { RuleTable, SlaPolicy } from "./policy.ts";

/** What is known of a vulnerability at a moment, as far as rules ask. */
export interface Known {
  readonly severity: Severity;
  readonly kev?: { readonly addedAt: Instant; readonly dueAt?: Instant };
  readonly ssvc?: Ssvc;
}

/** What a table of rules says. */
export interface Outcome {
  readonly period: Period;
  /** For people: which row it is. */
  readonly row: string;
  /** Set where it must also be looked whether it was used against us already. */
  readonly triage?: true;
}

/**
 * The row of a table that speaks of a vulnerability.
 *
 * Where nobody knows, it is taken to be worse: an exposure that is unknown is exposed, and without SSVC data the technical impact is
 * total and a vulnerability likely to be exploited. Only automation is taken to be absent, as the directive says.
 */
export function outcomeOf(table: RuleTable, known: Known, exposure: SlaPolicy["exposure"]): Outcome {
  const isExposed = exposure !== "not-exposed";
  switch (table) {
    case "cisa-bod-26-04-1.0.0":
      return directiveOutcomeOf(known, isExposed);
    case "fedramp-vdr-a":
    case "fedramp-vdr-b":
    case "fedramp-vdr-c":
    case "fedramp-vdr-d":
      return responseOutcomeOf(table, known, isExposed);
    case "cisa-bod-22-01":
      // Its deadlines are dates, not periods.
      return { period: NEVER, row: "the catalogue's own due date" };
    default:
      return table satisfies never;
  }
}

/**
 * Sixteen rows: in the catalogue, exposed, automatable, technical impact; and what is to be done.
 *
 * @see CERTCC/SSVC, data/csv/cisa/cisa_bod_26_04_1_0_0.csv
 */
const DIRECTIVE_ROWS: Readonly<Record<string, "upgrade" | "60" | "14" | "3" | "3+">> = {
  "no no no partial": "upgrade",
  "no no no total": "upgrade",
  "no yes no partial": "60",
  "no no yes partial": "60",
  "no no yes total": "60",
  "yes no no partial": "14",
  "yes yes no partial": "14",
  "yes no yes partial": "14",
  "no yes yes partial": "14",
  "yes no no total": "14",
  "no yes no total": "14",
  "yes yes yes partial": "3",
  "no yes yes total": "3",
  "yes yes no total": "3+",
  "yes no yes total": "3+",
  "yes yes yes total": "3+",
};

function directiveOutcomeOf({ kev, ssvc }: Known, isExposed: boolean): Outcome {
  const words = [
    kev === undefined ? "no" : "yes",
    isExposed ? "yes" : "no",
    ssvc?.automatable ?? "no",
    ssvc?.technicalImpact ?? "total",
  ];
  const row = `exploited ${words[0]}, exposed ${words[1]}, automatable ${words[2]}, impact ${words[3]}`;
  const action = DIRECTIVE_ROWS[words.join(" ")];
  switch (action) {
    case "60":
      return { period: { kind: "days", count: 60 }, row };
    case "14":
      return { period: { kind: "days", count: 14 }, row };
    case "3":
      return { period: { kind: "days", count: 3 }, row };
    case "3+":
      return { period: { kind: "days", count: 3 }, row: `${row}: with forensic triage`, triage: true };
    case "upgrade":
    case undefined:
      return { period: NEVER, row: `${row}: with the next upgrade` };
    default:
      return action satisfies never;
  }
}

type ResponseTable = Exclude<RuleTable, "cisa-bod-26-04-1.0.0" | "cisa-bod-22-01">;
type Row = readonly [reachable: number, exploitable: number, unlikely: number];

/** Days by rating (N5 to N2): reachable and likely exploitable, not reachable and likely, not likely. Half a day is 12 hours. */
const RESPONSE_ROWS: Readonly<Record<ResponseTable, readonly [Row, Row, Row, Row]>> = {
  "fedramp-vdr-a": [
    [4, 8, 32],
    [8, 32, 64],
    [32, 64, 192],
    [96, 160, 192],
  ],
  "fedramp-vdr-b": [
    [4, 8, 32],
    [8, 32, 64],
    [32, 64, 192],
    [96, 160, 192],
  ],
  "fedramp-vdr-c": [
    [2, 4, 16],
    [4, 8, 64],
    [16, 32, 128],
    [48, 128, 192],
  ],
  "fedramp-vdr-d": [
    [0.5, 1, 8],
    [2, 8, 32],
    [8, 16, 64],
    [24, 96, 192],
  ],
};

/** A provider's own rating of the impact, which a severity stands for; what is not rated counts as N4. */
const RATINGS: Readonly<Record<Severity, 0 | 1 | 2 | 3 | undefined>> = {
  critical: 0,
  high: 1,
  medium: 2,
  low: 3,
  none: undefined,
  unknown: 1,
};

/** What is exploited has the directive's deadline too. */
function responseOutcomeOf(table: ResponseTable, known: Known, isReachable: boolean): Outcome {
  const rating = RATINGS[known.severity];
  const directive = known.kev === undefined ? undefined : directiveOutcomeOf(known, isReachable);
  if (rating === undefined) return directive ?? { period: NEVER, row: "without impact" };
  const isLikely = known.kev !== undefined || known.ssvc?.exploitation !== "none";
  const [reachable, exploitable, unlikely] = RESPONSE_ROWS[table][rating];
  const days = !isLikely ? unlikely : isReachable ? reachable : exploitable;
  const period: Period = days < 1 ? { kind: "hours", count: days * 24 } : { kind: "days", count: days };
  const likelihood = isLikely ? "likely exploited" : "not likely exploited";
  const row = `N${5 - rating}, ${isReachable ? "reachable" : "not reachable"}, ${likelihood}`;
  if (directive?.period.kind === "days" && directive.period.count < days) return directive;
  return { period, row };
}
