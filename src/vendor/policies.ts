import {
  type ClassRules,
  DEFAULT_CLASS_RULES,
  DEFAULT_WEEKLY_HOUR,
  type WeeklyHour,
} from "../assess/class-rules.ts";
import { type Calendar, UTC_CALENDAR } from "../sla/calendar.ts";
import { DEFAULT_TERMS, joinTerms, type TermsLayer } from "../sla/layers.ts";
import { lengthOf } from "../sla/period.ts";
import type { SlaPolicy } from "../sla/policy.ts";
import { POLICY_DEFAULTS, type PolicyPreset } from "../sla/presets.ts";
import { versionAt } from "../sla/version-in-force.ts";
import type { Instant } from "../time.ts";
import type { Profile } from "./profile.ts";
import { DEFAULT_PULL_RULES, type PullRules } from "./pull-rules.ts";

/** By when updates have to be merged, as an organisation wrote it: what a vendor says fills its gaps. */
export interface WrittenPolicy extends Pick<
  SlaPolicy,
  | "version"
  | "exposure"
  | "onExpiry"
  | "rerating"
  | "noRegress"
  | "freezes"
  | "freezePauses"
  | "appliesToOpen"
> {
  /** Whose it is, for people: `your policy`. */
  readonly owner: string;
  /** A shipped policy that gives what {@link terms} does not. */
  readonly preset?: PolicyPreset;
  /** Not for every severity. */
  readonly terms: TermsLayer["terms"];
  /** `own`: these terms. `min`: the earlier deadline of these and of the vendor's. */
  readonly combine: "own" | "min";
  /** Absent: as the preset says, else from when an image is available and known to fix something. */
  readonly start?: SlaPolicy["start"];
  /** Absent: the vendor's where its terms are taken, else Monday to Friday in UTC. */
  readonly calendar?: Calendar;
  /** Absent: it always was in force. */
  readonly effectiveAt?: Instant;
  /** The version before. */
  readonly previous?: WrittenPolicy;
}

/** What an organisation wants of its code repositories, or of some of them. */
export interface PolicyRule {
  /** As configured under `policies`; `policy` for the one that holds for all others. */
  readonly name: string;
  /** Which code repositories: patterns of `owner/name` in lower case, anchored at both ends. Empty for all. */
  readonly repositories: readonly RegExp[];
  readonly sla: WrittenPolicy;
  readonly propose: ClassRules;
  readonly weekly: WeeklyHour;
  /** How its pull requests are made and kept. */
  readonly pulls: PullRules;
}

/** Everything an organisation wants. */
export interface Policies {
  /** The first one that names a code repository holds for it. */
  readonly rules: readonly PolicyRule[];
  /** For all others. */
  readonly otherwise: PolicyRule;
}

const { start: DEFAULT_START, calendar: _calendar, ...UNSAID } = POLICY_DEFAULTS;

/** What holds where nothing is configured. */
export const DEFAULT_POLICIES: Policies = {
  rules: [],
  otherwise: {
    name: "policy",
    repositories: [],
    sla: { ...UNSAID, owner: "your policy", terms: {}, combine: "own" },
    propose: DEFAULT_CLASS_RULES,
    weekly: DEFAULT_WEEKLY_HOUR,
    pulls: DEFAULT_PULL_RULES,
  },
};

/** The rule that holds for a code repository. */
export function ruleFor(
  { rules, otherwise }: Policies,
  { owner, name }: { readonly owner: string; readonly name: string },
): PolicyRule {
  const full = `${owner}/${name}`.toLowerCase();
  return rules.find(({ repositories }) => repositories.some((pattern) => pattern.test(full))) ?? otherwise;
}

/** By when updates of a vendor's images have to be merged in a code repository. */
export function policyFor(
  policies: Policies,
  codeRepository: { readonly owner: string; readonly name: string },
  profile: Pick<Profile, "ownTerms" | "vendorTerms">,
): SlaPolicy {
  const { name, sla } = ruleFor(policies, codeRepository);
  return policyOf(sla, name, profile);
}

/**
 * About how long the strictest of some code repositories has for a critical vulnerability of a vendor's images, in milliseconds; the
 * policy of all others where there is none of them. Undefined where nobody sets a deadline.
 */
export function criticalSpanOf(
  policies: Policies,
  codeRepositories: readonly { readonly owner: string; readonly name: string }[],
  { profile, at }: { readonly profile: Pick<Profile, "ownTerms" | "vendorTerms">; readonly at: Instant },
): number | undefined {
  const { otherwise } = policies;
  const rules = codeRepositories.map((codeRepository) => ruleFor(policies, codeRepository));
  const spans = [...new Set(rules.length === 0 ? [otherwise] : rules)].flatMap(({ name, sla }) => {
    const { terms, beside } = versionAt(policyOf(sla, name, profile), at);
    return [terms.critical, beside?.terms.critical].flatMap((period) =>
      period === undefined ? [] : [lengthOf(period)],
    );
  });
  const spanMs = spans.reduce((least, span) => Math.min(least, span), Number.POSITIVE_INFINITY);
  return Number.isFinite(spanMs) ? Math.ceil(spanMs) : undefined;
}

function policyOf(
  written: WrittenPolicy,
  name: string,
  profile: Pick<Profile, "ownTerms" | "vendorTerms">,
): SlaPolicy {
  const { owner, preset, terms: given, combine, start, calendar, previous, ...rest } = written;
  const { ownTerms, vendorTerms } = profile;
  const layers: readonly TermsLayer[] = [
    ...(ownTerms === undefined ? [] : [ownTerms]),
    { owner, terms: given },
    ...(preset === undefined ? [] : [{ owner: preset.id, terms: preset.terms }]),
    ...(vendorTerms === undefined ? [] : [{ owner: vendorTerms.owner, terms: vendorTerms.terms }]),
  ];
  const { terms, basis, owners } = joinTerms(layers, DEFAULT_TERMS);
  const isPresetAlone = preset !== undefined && owners.length === 1 && owners[0] === preset.id;
  const isVendors = vendorTerms !== undefined && owners.includes(vendorTerms.owner);
  const beside = combine === "min" ? vendorTerms : undefined;
  return {
    ...rest,
    id: isPresetAlone && name === "policy" ? preset.id : name,
    basis: isPresetAlone ? preset.basis : basis,
    terms,
    start: start ?? preset?.start ?? DEFAULT_START,
    calendar: calendar ?? (isVendors ? vendorTerms.calendar : UTC_CALENDAR),
    ...(isPresetAlone ? { source: preset.source, asOf: preset.asOf } : {}),
    ...(preset?.table === undefined ? {} : { table: preset.table }),
    ...(beside === undefined
      ? {}
      : { beside: { basis: beside.basis, terms: beside.terms, calendar: beside.calendar } }),
    ...(previous === undefined ? {} : { previous: policyOf(previous, name, profile) }),
  };
}
