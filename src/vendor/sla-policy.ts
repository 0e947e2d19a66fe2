import type { Severity } from "../advisory/severity.ts";
import { UTC_CALENDAR } from "../sla/calendar.ts";
import { type Period, periodOfSpan } from "../sla/period.ts";
import type { SlaPolicy, VendorPromise } from "../sla/policy.ts";
import { POLICY_DEFAULTS } from "../sla/presets.ts";
import type { SlaTerms } from "../sla/terms.ts";
import type { Profile } from "./profile.ts";

/** The policy that updates of a profile are merged by. */
export function slaPolicyOf({ id, sla: { terms, basis } }: Pick<Profile, "id" | "sla">): SlaPolicy {
  return { ...POLICY_DEFAULTS, id, basis, terms: periodsOf(terms) };
}

/** The promise of a profile's vendor, if the operator's plan has one. Where it starts is not said by any of them here. */
export function vendorPromiseOf({ promise }: Pick<Profile, "promise">): VendorPromise | undefined {
  if (promise === undefined) return undefined;
  return {
    basis: promise.basis,
    terms: periodsOf(promise.terms),
    calendar: UTC_CALENDAR,
    startBasis: "not-stated",
    bestEffortPlatforms: [],
  };
}

function periodsOf(terms: SlaTerms): Readonly<Record<Severity, Period>> {
  return {
    critical: periodOfSpan(terms.critical),
    high: periodOfSpan(terms.high),
    medium: periodOfSpan(terms.medium),
    low: periodOfSpan(terms.low),
    none: periodOfSpan(terms.none),
    unknown: periodOfSpan(terms.unknown),
  };
}
