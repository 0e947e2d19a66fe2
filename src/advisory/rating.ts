import cvss from "ae-cvss-calculator";
import type { OsvAffected, OsvRecord, OsvSeverity } from "./osv.ts";
import type { Severity } from "./severity.ts";

/** How bad a vulnerability is. */
export interface Rating {
  readonly severity: Severity;
  /** CVSS base score, 0.0 to 10.0, where a vector could be scored. */
  readonly score?: number;
  /** What it was scored from. */
  readonly vector?: string;
}

const UNRATED: Rating = { severity: "unknown" };

/**
 * How bad a record says it is: for the package in question if it says so there, else altogether. CVSS 4 before 3 before 2, before
 * words. What has none of these, or only a vector that cannot be scored, is `unknown` and never harmless.
 *
 * @param known what was scored before in the same work
 */
export function severityOf(record: OsvRecord, affected?: OsvAffected, known: Scores = new Map()): Rating {
  const ofPackage =
    affected === undefined
      ? undefined
      : ratingOf(affected.severity, [affected.ecosystem_specific, affected.database_specific], known);
  return ofPackage ?? ratingOf(record.severity, [record.database_specific], known) ?? UNRATED;
}

/**
 * Base scores by type and vector, to be added to: thousands of records share a few hundred vectors, and scoring one costs more than
 * everything else that is done with a record.
 */
export type Scores = Map<string, number | undefined>;

function ratingOf(
  severities: readonly OsvSeverity[] = [],
  words: readonly ({ readonly severity?: string | undefined } | undefined)[],
  known: Scores,
): Rating | undefined {
  for (const scale of SCALES) {
    for (const { type, score: vector } of severities) {
      const score = type === scale.type ? knownScoreOf(scale, vector, known) : undefined;
      if (score !== undefined) return { severity: scale.bandOf(score), score, vector };
    }
  }
  const texts = [
    ...severities.flatMap(({ type, score }) => (type.startsWith("CVSS_") ? [] : [score])),
    ...words.flatMap((word) => word?.severity ?? []),
  ];
  const [severity] = texts.flatMap((text) => WORDS.get(text.trim().toLowerCase()) ?? []);
  return severity === undefined ? undefined : { severity };
}

/** Scales of vendors in words: Red Hat's, Ubuntu's, GitHub's. What is not triaged yet is not rated. */
const WORDS: ReadonlyMap<string, Severity> = new Map([
  ["critical", "critical"],
  ["important", "high"],
  ["high", "high"],
  ["moderate", "medium"],
  ["medium", "medium"],
  ["low", "low"],
  ["negligible", "low"],
  ["none", "none"],
]);

interface Scale {
  readonly type: string;
  /** The base score; undefined for an incomplete vector. @throws whatever the library throws for what is no vector */
  readonly baseOf: (vector: string) => number | undefined;
  readonly bandOf: (score: number) => Severity;
}

/** The base score only: what else a vector may hold is about a moment or an environment that is not ours. */
const SCALES: readonly Scale[] = [
  {
    type: "CVSS_V4",
    baseOf: (vector) => {
      const parsed = new cvss.Cvss4P0(vector);
      // Of an incomplete vector the library makes 0, and with threat metrics its `base` is no base score.
      return parsed.isBaseFullyDefined() ? parsed.calculateScores().baseMetricsOnly : undefined;
    },
    bandOf,
  },
  {
    type: "CVSS_V3",
    baseOf: (vector) => {
      const parsed = vector.startsWith("CVSS:3.0/") ? new cvss.Cvss3P0(vector) : new cvss.Cvss3P1(vector);
      return parsed.isBaseFullyDefined() ? parsed.calculateScores().base : undefined;
    },
    bandOf,
  },
  {
    type: "CVSS_V2",
    baseOf: (vector) => {
      const parsed = new cvss.Cvss2(vector);
      return parsed.isBaseFullyDefined() ? parsed.calculateScores().base : undefined;
    },
    // CVSS 2 has no critical: its 10.0 is where CVSS 3 begins to distinguish.
    bandOf: (score) => (score >= 9 ? "high" : bandOf(score)),
  },
];

function knownScoreOf(scale: Scale, vector: string, known: Scores): number | undefined {
  const key = `${scale.type} ${vector}`;
  if (known.has(key)) return known.get(key);
  const score = scoreOf(scale, vector);
  known.set(key, score);
  return score;
}

function scoreOf({ baseOf }: Scale, vector: string): number | undefined {
  try {
    const score = baseOf(vector);
    return score !== undefined && score >= 0 && score <= 10 ? score : undefined;
  } catch {
    return undefined;
  }
}

/** @see CVSS 3.1 and 4.0 specifications, qualitative severity rating scale */
function bandOf(score: number): Severity {
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  if (score >= 4) return "medium";
  return score > 0 ? "low" : "none";
}
