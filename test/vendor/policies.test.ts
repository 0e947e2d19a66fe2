import { describe, expect, test } from "vitest";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import { DAY_MS, HOUR_MS, instantOf } from "../../src/time.ts";
import {
  criticalSpanOf,
  DEFAULT_POLICIES,
  type Policies,
  type PolicyRule,
  type WrittenPolicy,
} from "../../src/vendor/policies.ts";

const AT = instantOf(Date.UTC(2026, 10, 24));
const SHOP = { owner: "acme", name: "shop" };
const PAY = { owner: "Acme", name: "Pay" };
const VENDOR = {
  owner: "Acme's terms",
  basis: "Acme's terms",
  terms: { critical: { kind: "days", count: 2 } },
  calendar: UTC_CALENDAR,
  startBasis: "not-stated",
  bestEffortPlatforms: [],
} as const;

const ruleOf = (sla: Partial<WrittenPolicy>, repositories: readonly RegExp[] = []): PolicyRule => ({
  ...DEFAULT_POLICIES.otherwise,
  repositories,
  sla: { ...DEFAULT_POLICIES.otherwise.sla, ...sla },
});

const critical = (count: number): Pick<WrittenPolicy, "terms"> => ({
  terms: { critical: { kind: "days", count } },
});

const withPay = (sla: Partial<WrittenPolicy>, otherwise: Partial<WrittenPolicy> = {}): Policies => ({
  rules: [ruleOf(sla, [/^acme\/pay$/])],
  otherwise: ruleOf(otherwise),
});

const spanOf = (policies: Policies, ...repositories: readonly (typeof SHOP)[]): number | undefined =>
  criticalSpanOf(policies, repositories, { profile: {}, at: AT });

describe("the time for a critical vulnerability", () => {
  test("is the default where nobody says anything, and nobody subscribes", () => {
    expect(spanOf(DEFAULT_POLICIES)).toBe(7 * DAY_MS);
  });

  test("is the strictest of those who subscribe", () => {
    const policies = withPay(critical(1), critical(3));
    expect(spanOf(policies, SHOP)).toBe(3 * DAY_MS);
    expect(spanOf(policies, SHOP, PAY)).toBe(DAY_MS);
    expect(spanOf(policies)).toBe(3 * DAY_MS);
  });

  test("is none where nobody sets a deadline", () => {
    const never = { terms: { critical: { kind: "never" } } } as const;
    expect(spanOf(withPay(never, never), SHOP, PAY)).toBeUndefined();
    expect(spanOf(withPay(never, critical(3)), SHOP, PAY)).toBe(3 * DAY_MS);
  });

  test("is the vendor's beside it, where both hold", () => {
    const facts = { profile: { vendorTerms: VENDOR }, at: AT };
    const min = withPay({}, { ...critical(3), combine: "min" });
    expect(criticalSpanOf(min, [SHOP], facts)).toBe(2 * DAY_MS);
    expect(criticalSpanOf(withPay({}, critical(3)), [SHOP], facts)).toBe(3 * DAY_MS);
  });

  test("is that of the version in force", () => {
    const { otherwise } = withPay({}, critical(5));
    const next = {
      ...critical(1),
      version: 2,
      previous: otherwise.sla,
      effectiveAt: instantOf(AT + HOUR_MS),
    };
    const policies = withPay({}, next);
    expect(spanOf(policies, SHOP)).toBe(5 * DAY_MS);
    const later = { profile: {}, at: instantOf(AT + HOUR_MS) };
    expect(criticalSpanOf(policies, [SHOP], later)).toBe(DAY_MS);
  });
});
