import { UTC_CALENDAR } from "../src/sla/calendar.ts";
import { renderTerms } from "../src/sla/layers.ts";
import type { Profile } from "../src/vendor/profile.ts";
import type { VendorFile } from "./vendor-file.ts";

/** What a vendor says of deadlines, and what of it it owes to somebody with a plan. */
export function vendorTermsOf(
  { sla, publisher, asOf }: VendorFile,
  plan: string | undefined,
): Pick<Profile, "vendorTerms" | "vendorPromise"> {
  if (sla === undefined) return {};
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
  if (sla.plan !== undefined && sla.plan !== plan) return { vendorTerms };
  const promiser = `${publisher}'s ${sla.plan === undefined ? "promise" : `${sla.plan} plan`}`;
  const basis = `${promiser} (${rendered})`;
  return { vendorTerms, vendorPromise: { ...said, basis } };
}
