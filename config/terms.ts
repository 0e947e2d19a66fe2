import { SEVERITIES } from "../src/advisory/severity.ts";
import { UTC_CALENDAR } from "../src/sla/calendar.ts";
import { type CompleteTerms, joinTerms, renderTerms, type TermsLayer } from "../src/sla/layers.ts";
import { lengthOf } from "../src/sla/period.ts";
import type { SlaTerms } from "../src/sla/terms.ts";
import { DAY_MS } from "../src/time.ts";
import type { Profile } from "../src/vendor/profile.ts";
import type { VendorFile } from "./vendor-file.ts";

/** What stands for "no deadline" where a number is needed: as far as any period goes. */
const LONGEST_MS = 3_660 * DAY_MS;

/** The deadlines of layers as spans, for what shows deadlines by span: months and working days are about so long. */
export function spanTermsOf(layers: readonly TermsLayer[]): Profile["sla"] {
  const { terms, basis } = joinTerms(layers);
  return { terms: spansOf(terms), basis };
}

function spansOf(terms: CompleteTerms): SlaTerms {
  const span = (severity: keyof CompleteTerms): number =>
    Math.min(LONGEST_MS, Math.ceil(lengthOf(terms[severity])));
  return {
    critical: span("critical"),
    high: span("high"),
    medium: span("medium"),
    low: span("low"),
    none: span("none"),
    unknown: span("unknown"),
  };
}

/** What a vendor says of deadlines, and what of it it owes to somebody with a plan. */
export function vendorTermsOf(
  { sla, publisher, asOf }: VendorFile,
  plan: string | undefined,
): Pick<Profile, "vendorTerms" | "vendorPromise" | "promise"> {
  if (sla === undefined) return { promise: undefined };
  const said = {
    terms: sla.terms,
    calendar: sla.calendar === undefined ? UTC_CALENDAR : { id: publisher, ...sla.calendar },
    startBasis: sla.start,
    bestEffortPlatforms: sla.bestEffortPlatforms,
    asOf: sla.asOf ?? asOf,
    ...(sla.source === undefined ? {} : { source: sla.source }),
  };
  const rendered = renderTerms(sla.terms);
  const owner = `${publisher}'s terms`;
  const vendorTerms = { ...said, owner, basis: `${owner} (${rendered})` };
  if (sla.plan !== undefined && sla.plan !== plan) return { vendorTerms, promise: undefined };
  const promiser = `${publisher}'s ${sla.plan === undefined ? "promise" : `${sla.plan} plan`}`;
  const basis = `${promiser} (${rendered})`;
  const isComplete = SEVERITIES.every((severity) => sla.terms[severity] !== undefined);
  return {
    vendorTerms,
    vendorPromise: { ...said, basis },
    promise: isComplete ? spanTermsOf([{ owner: promiser, terms: sla.terms }]) : undefined,
  };
}
