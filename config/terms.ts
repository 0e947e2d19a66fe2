import { SEVERITIES, type Severity } from "../src/advisory/severity.ts";
import type { SlaTerms } from "../src/sla/terms.ts";
import { DAY_MS, renderSpan } from "../src/time.ts";

/** Deadlines somebody gave, in milliseconds; not for every severity. */
export interface TermsLayer {
  /** Whose they are, for people: `your policy`. */
  readonly owner: string;
  readonly terms: { readonly [Name in Severity]?: number };
}

/** What holds where nobody says anything else: the periods that written policies commonly name. */
export const DEFAULT_TERMS: TermsLayer & { readonly terms: SlaTerms } = {
  owner: "Hullkeeper's defaults",
  terms: {
    critical: 7 * DAY_MS,
    high: 14 * DAY_MS,
    medium: 30 * DAY_MS,
    low: 90 * DAY_MS,
    none: 90 * DAY_MS,
    unknown: 14 * DAY_MS,
  },
};

/**
 * The deadlines of several layers, the first one that names a severity deciding, and whose they are.
 *
 * @param base names all severities and comes last
 */
export function joinTerms(
  layers: readonly TermsLayer[],
  base: TermsLayer & { readonly terms: SlaTerms },
): { readonly terms: SlaTerms; readonly basis: string } {
  const owners = new Set<string>();
  const pick = (severity: Severity): number => {
    const layer = layers.find(({ terms }) => terms[severity] !== undefined) ?? base;
    owners.add(layer.owner);
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
  const inOrder = [...layers, base].map(({ owner }) => owner).filter((owner) => owners.has(owner));
  return { terms, basis: `${inOrder.join(", then ")} (${renderTerms(terms)})` };
}

/** `7 days critical, 14 days other`. */
export function renderTerms(terms: SlaTerms): string {
  const groups = Map.groupBy(SEVERITIES, (severity) => terms[severity]);
  const spans = [...groups].map(([spanMs, severities], index) => {
    if (groups.size === 1) return renderDays(spanMs);
    const isRest = index === groups.size - 1 && severities.length > 2;
    return `${renderDays(spanMs)} ${isRest ? "other" : severities.join(" and ")}`;
  });
  return spans.join(", ");
}

function renderDays(spanMs: number): string {
  if (spanMs % DAY_MS !== 0) return renderSpan(spanMs);
  return spanMs === DAY_MS ? "1 day" : `${spanMs / DAY_MS} days`;
}
