import { SEVERITIES, type Severity } from "../advisory/severity.ts";
import { type Period, periodText, renderPeriod } from "./period.ts";

/** Terms somebody gave, not for every severity. */
export interface TermsLayer {
  /** Whose they are, for people: `your policy`. */
  readonly owner: string;
  readonly terms: { readonly [Name in Severity]?: Period };
}

/** Terms for every severity. */
export type CompleteTerms = Readonly<Record<Severity, Period>>;

const days = (count: number): Period => ({ kind: "days", count });

/** What holds where nobody says anything else: the periods that written policies commonly name. */
export const DEFAULT_TERMS: TermsLayer & { readonly terms: CompleteTerms } = {
  owner: "Hullkeeper's defaults",
  terms: {
    critical: days(7),
    high: days(14),
    medium: days(30),
    low: days(90),
    none: days(90),
    unknown: days(14),
  },
};

/** What several layers make together. */
export interface JoinedTerms {
  readonly terms: CompleteTerms;
  /** For people: `your policy, then BellSoft's terms (3 days critical, 14 days other)`. */
  readonly basis: string;
  /** Whose terms there are among them, in the order of the layers. */
  readonly owners: readonly string[];
}

/**
 * The terms of several layers, the first one that names a severity deciding, and whose they are.
 *
 * @param base names all severities and comes last
 */
export function joinTerms(
  layers: readonly TermsLayer[],
  base: TermsLayer & { readonly terms: CompleteTerms } = DEFAULT_TERMS,
): JoinedTerms {
  const found = new Set<string>();
  const pick = (severity: Severity): Period => {
    const layer = layers.find(({ terms }) => terms[severity] !== undefined) ?? base;
    found.add(layer.owner);
    return layer.terms[severity] ?? base.terms[severity];
  };
  const terms = {
    critical: pick("critical"),
    high: pick("high"),
    medium: pick("medium"),
    low: pick("low"),
    none: pick("none"),
    unknown: pick("unknown"),
  };
  const inOrder = [...layers, base].map(({ owner }) => owner);
  const owners = [...new Set(inOrder)].filter((owner) => found.has(owner));
  return { terms, basis: `${owners.join(", then ")} (${renderTerms(terms)})`, owners };
}

/** `7 days critical, 14 days other`; `7 days` where all are the same, `7 days critical and high` where no others are named. */
export function renderTerms(terms: TermsLayer["terms"]): string {
  const named = SEVERITIES.flatMap((severity) => {
    const period = terms[severity];
    return period === undefined ? [] : [{ severity, period }];
  });
  const isComplete = named.length === SEVERITIES.length;
  const groups = [...Map.groupBy(named, ({ period }) => periodText(period)).values()];
  return groups
    .map((group, index) => {
      const [first] = group;
      const period = first === undefined ? "" : renderPeriod(first.period);
      if (isComplete && groups.length === 1) return period;
      const isRest = isComplete && index === groups.length - 1 && group.length > 2;
      return `${period} ${isRest ? "other" : listOf(group.map(({ severity }) => severity))}`;
    })
    .join(", ");
}

function listOf(words: readonly string[]): string {
  return words.length > 2
    ? `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`
    : words.join(" and ");
}
