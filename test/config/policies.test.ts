import { describe, expect, test } from "vitest";
import type { Config } from "../../config/config.ts";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import { NEVER, periodText } from "../../src/sla/period.ts";
import type { SlaPolicy } from "../../src/sla/policy.ts";
import { parseInstant, renderInstant } from "../../src/time.ts";
import { DEFAULT_POLICIES, policyFor, ruleFor } from "../../src/vendor/policies.ts";
import { faultsOf, load, PUBLIC_KEY, type Sections } from "./folder.ts";

/** What an organisation says of deadlines, and what comes of it for a code repository and a vendor. */

const SHOP = { owner: "acme", name: "shop" };
const PAY = { owner: "Acme", name: "Pay-Api" };
const KEYS = [{ pem: PUBLIC_KEY }];

interface Asked {
  readonly vendor?: string;
  readonly codeRepository?: typeof SHOP;
}

function policyIn(
  { profiles, policies }: Config,
  { vendor = "bellsoft", codeRepository = SHOP }: Asked,
): SlaPolicy {
  const profile = profiles.find(({ id }) => id === vendor);
  if (profile === undefined) throw new Error(`no profile ${vendor}`);
  return policyFor(policies, codeRepository, profile);
}

async function policyOf(sections: Sections, asked: Asked = {}): Promise<SlaPolicy> {
  return policyIn(await load({ sections }), asked);
}

/** `critical high medium low none unknown`, as periods. */
function written({ terms }: Pick<SlaPolicy, "terms">): string {
  const { critical, high, medium, low, none, unknown } = terms;
  return [critical, high, medium, low, none, unknown].map(periodText).join(" ");
}

const vendorIn = async (id: string, plan?: string) => {
  const { profiles } = await load({ sections: plan === undefined ? {} : { vendors: { [id]: { plan } } } });
  return profiles.find((profile) => profile.id === id);
};

const previous = (...versions: readonly unknown[]) => ({ sla: { critical: "3d" }, previous: versions });

const calendarIn = async (calendar: unknown) =>
  (await policyOf({ policy: { calendar: "office" }, calendars: { office: calendar } })).calendar;

describe("terms", () => {
  test.each<{ title: string; policy: unknown; vendor?: string; terms: string; basis: string; id?: string }>([
    {
      title: "nobody's: the vendor's",
      policy: {},
      terms: "P7D P14D P14D P14D P14D P14D",
      basis: "BellSoft's terms (7 days critical, 14 days other)",
    },
    {
      title: "the vendor's for some severities, then defaults",
      policy: {},
      vendor: "docker-hardened-images",
      terms: "7BD 7BD P30D P90D P90D P14D",
      basis:
        "Docker's terms, then Hullkeeper's defaults (7 working days critical and high, 30 days medium, 90 days low and none, 14 days unknown)",
    },
    {
      title: "nobody's at all",
      policy: {},
      vendor: "wolfi",
      terms: "P7D P14D P30D P90D P90D P14D",
      basis:
        "Hullkeeper's defaults (7 days critical, 14 days high and unknown, 30 days medium, 90 days low and none)",
    },
    {
      title: "in every form",
      policy: {
        sla: { critical: "PT48H", high: "P7D", medium: "1mo", low: "20bd", none: "never", unknown: "2w" },
      },
      terms: "PT48H P7D P1M 20BD never P14D",
      basis:
        "your policy (48 hours critical, 7 days high, 1 month medium, 20 working days low, no deadline none, 14 days unknown)",
    },
    {
      title: "a shipped policy's",
      policy: { sla: "pci-4.0.1" },
      terms: "P1M P3M P3M P6M never P3M",
      basis: "PCI DSS 4.0.1, 6.3.3 (one month critical; others by your own ranking, here 3, 3 and 6 months)",
      id: "pci-4.0.1",
    },
    {
      title: "a shipped policy's, and some of one's own",
      policy: { sla: { preset: "pci-4.0.1", critical: "7d" } },
      terms: "P7D P3M P3M P6M never P3M",
      basis:
        "your policy, then pci-4.0.1 (7 days critical, 3 months high, medium and unknown, 6 months low, no deadline none)",
    },
  ])("are $title", async ({ policy, vendor, terms, basis, id = "policy" }) => {
    const found = await policyOf({ policy }, vendor === undefined ? {} : { vendor });
    expect(written(found)).toBe(terms);
    expect(found.basis).toBe(basis);
    expect(found.id).toBe(id);
  });

  test("those for a vendor go before the policy's", async () => {
    const found = await policyOf({
      policy: { sla: { critical: "3d", high: "5d" } },
      vendors: { bellsoft: { sla: { critical: "1d" }, keys: KEYS } },
    });
    expect(written(found)).toBe("P1D P5D P14D P14D P14D P14D");
    expect(found.basis).toBe(
      "your terms for BellSoft, then your policy, then BellSoft's terms (1 day critical, 5 days high, 14 days other)",
    );
  });

  test("of a shipped policy bring its table, start, source and day", async () => {
    expect(await policyOf({ policy: { sla: "bod-26-04" } })).toMatchObject({
      id: "bod-26-04",
      table: "cisa-bod-26-04-1.0.0",
      start: "earliest-of-kev-and-detection",
      asOf: "2026-06-10",
    });
  });

  test("of one's own beside a shipped table keep the table, and are nobody's source", async () => {
    const found = await policyOf({ policy: { sla: { preset: "fedramp-vdr-b", low: "30d" } } });
    expect(found.table).toBe("fedramp-vdr-b");
    expect(found.source).toBeUndefined();
  });

  test("of a shipped policy that is revoked are a warning", async () => {
    const { warnings } = await load({ sections: { policy: { sla: "bod-19-02" } } });
    expect(warnings).toContain(
      "policy.sla: bod-19-02 is no longer in force: revoked by BOD 26-04 on 2026-06-10",
    );
  });

  test("combined with the vendor's stand beside them", async () => {
    const sections = { policy: { sla: { critical: "3d" }, combine: "min" } };
    expect((await policyOf(sections)).beside).toMatchObject({
      basis: "BellSoft's terms (7 days critical, 14 days other)",
      terms: { critical: { kind: "days", count: 7 } },
    });
    expect((await policyOf(sections, { vendor: "wolfi" })).beside).toBeUndefined();
    expect((await policyOf({ policy: { sla: { critical: "3d" } } })).beside).toBeUndefined();
  });
});

describe("everything else of a policy", () => {
  test("is the least surprising where nothing is said", async () => {
    const { policies, profiles } = await load({});
    expect(policies).toStrictEqual(DEFAULT_POLICIES);
    expect(policyIn({ ...(await load({})), policies, profiles }, {})).toMatchObject({
      version: 1,
      start: "available-and-known",
      calendar: UTC_CALENDAR,
      exposure: "unknown",
      onExpiry: "original",
      rerating: "from-now",
      noRegress: "high",
      freezes: [],
      freezePauses: false,
      appliesToOpen: false,
    });
  });

  test("is as it is said", async () => {
    const found = await policyOf({
      policy: {
        exposed: false,
        onExpiry: "restart",
        rerating: "retroactive",
        noRegress: "critical",
        freezePauses: true,
        appliesToOpen: true,
        version: 3,
        start: "detection",
        effectiveAt: "2026-12-01",
        freezes: [
          { from: "2027-12-20", until: "2028-01-02", reason: "next" },
          { from: "2026-12-20T12:00:00+01:00", until: "2027-01-02", reason: "Christmas" },
        ],
      },
    });
    expect(found).toMatchObject({
      exposure: "not-exposed",
      onExpiry: "restart",
      rerating: "retroactive",
      noRegress: "critical",
      freezePauses: true,
      appliesToOpen: true,
      version: 3,
      start: "detection",
      effectiveAt: parseInstant("2026-12-01T00:00:00Z"),
    });
    expect(
      found.freezes.map(({ from, until, reason }) => [renderInstant(from), renderInstant(until), reason]),
    ).toStrictEqual([
      ["2026-12-20T11:00:00.000Z", "2027-01-03T00:00:00.000Z", "Christmas"],
      ["2027-12-20T00:00:00.000Z", "2028-01-03T00:00:00.000Z", "next"],
    ]);
  });

  test("exposed is exposed", async () => {
    expect((await policyOf({ policy: { exposed: true } })).exposure).toBe("exposed");
  });

  test("versions before are kept, each with its own terms", async () => {
    const found = await policyOf({
      policy: {
        sla: { critical: "3d" },
        effectiveAt: "2026-11-01",
        exposed: true,
        previous: [
          { version: 4, sla: "pci-4.0.1", effectiveAt: "2026-06-01" },
          { version: 2, sla: { critical: "30d" }, combine: "min" },
        ],
      },
    });
    expect([found, found.previous, found.previous?.previous].map((policy) => policy?.version)).toStrictEqual([
      5, 4, 2,
    ]);
    expect(found.previous?.terms.critical).toStrictEqual({ kind: "months", count: 1 });
    expect(found.previous?.exposure).toBe("exposed");
    expect(found.previous?.previous?.terms.critical).toStrictEqual({ kind: "days", count: 30 });
    expect(found.previous?.previous?.beside).toBeDefined();
    expect(found.previous?.previous?.previous).toBeUndefined();
  });
});

describe("policies for some code repositories", () => {
  const sections = {
    github: { token: { env: "TOKEN" }, repositories: ["acme/shop", "Acme/Pay-Api"] },
    policy: { sla: { critical: "7d" }, combine: "min", exposed: false, propose: { content: "now" } },
    policies: {
      payments: { repositories: ["acme/pay-*"], sla: "pci-4.0.1", propose: { rebuild: "never" } },
      rest: { repositories: ["acme/*"], exposed: true },
    },
  };

  test("the first that names one holds, whatever the case of letters", async () => {
    const { policies } = await load({ sections });
    expect(ruleFor(policies, PAY).name).toBe("payments");
    expect(ruleFor(policies, SHOP).name).toBe("rest");
    expect(ruleFor(policies, { owner: "other", name: "pay-api" }).name).toBe("policy");
    expect(ruleFor(policies, { owner: "acme", name: "pay-/x" }).name).toBe("policy");
  });

  test("what they do not say is as the policy says it", async () => {
    const config = await load({ sections });
    const payments = policyIn(config, { codeRepository: PAY });
    expect(payments).toMatchObject({ id: "payments", exposure: "not-exposed" });
    expect(payments.terms.critical).toStrictEqual({ kind: "months", count: 1 });
    expect(payments.beside).toBeDefined();
    const rest = policyIn(config, { codeRepository: SHOP });
    expect(rest).toMatchObject({ id: "rest", exposure: "exposed" });
    expect(rest.terms.critical).toStrictEqual({ kind: "days", count: 7 });
    expect(ruleFor(config.policies, PAY).propose).toMatchObject({ content: "now", rebuild: "never" });
  });

  test("terms of their own have no history of the policy's", async () => {
    const found = await policyOf(
      {
        ...sections,
        policy: {
          version: 9,
          effectiveAt: "2026-11-01",
          sla: { critical: "7d" },
          previous: [{ version: 8 }],
        },
      },
      { codeRepository: PAY },
    );
    expect(found.version).toBe(1);
    expect(found.effectiveAt).toBeUndefined();
    expect(found.previous).toBeUndefined();
  });

  test("one that names no repository is a warning", async () => {
    const { warnings } = await load({
      sections: { policies: { payments: { repositories: ["acme/pay-*", "acme/shop"] } } },
    });
    expect(warnings).toContain("policies.payments.repositories[0]: names none of github.repositories");
    expect(warnings.filter((warning) => warning.startsWith("policies"))).toHaveLength(1);
  });
});

describe("when updates are proposed", () => {
  test("by their class", async () => {
    const { policies } = await load({
      sections: { policy: { propose: { regression: "now", "evidence-only": "block" } } },
    });
    expect(policies.otherwise.propose).toStrictEqual({
      fixes: "now",
      content: "weekly",
      rebuild: "weekly",
      "evidence-only": "block",
      "moved-backwards": "block",
      regression: "now",
      unassessed: "now",
    });
  });

  test.each([
    { weekly: {}, hour: { weekday: 1, minute: 360, zone: "UTC" } },
    {
      weekly: { day: "sun", at: "23:59", zone: "Europe/Berlin" },
      hour: { weekday: 0, minute: 1_439, zone: "Europe/Berlin" },
    },
  ])("at an hour of the week: $hour.minute", async ({ weekly, hour }) => {
    const { policies } = await load({ sections: { policy: { weekly } } });
    expect(policies.otherwise.weekly).toStrictEqual(hour);
  });
});

describe("calendars", () => {
  test("are Monday to Friday in UTC unless they say otherwise", async () => {
    expect(await calendarIn({})).toStrictEqual({
      id: "office",
      zone: "UTC",
      weekend: [0, 6],
      holidays: new Set(),
    });
  });

  test("have a zone, a weekend and days of their own", async () => {
    expect(
      await calendarIn({ zone: "Asia/Dubai", weekend: ["sat", "fri", "fri"], holidays: ["2026-12-02"] }),
    ).toStrictEqual({ id: "office", zone: "Asia/Dubai", weekend: [5, 6], holidays: new Set(["2026-12-02"]) });
  });

  test("have the public holidays of a country, of a part of it, and days beside them", async () => {
    const { holidays } = await calendarIn({ holidays: { country: "US", also: ["2026-12-24"] } });
    expect(["2026-12-25", "2026-11-26", "2026-07-03", "2026-12-24"].every((day) => holidays.has(day))).toBe(
      true,
    );
    // Observances are worked through.
    expect(["2026-02-14", "2026-10-31", "2026-12-23"].some((day) => holidays.has(day))).toBe(false);
    const bavaria = await calendarIn({ holidays: { country: "DE", state: "BY" } });
    expect(bavaria.holidays.has("2026-01-06")).toBe(true);
    expect((await calendarIn({ holidays: { country: "DE" } })).holidays.has("2026-01-06")).toBe(false);
  });

  test("are the vendor's where its working days are taken", async () => {
    const found = await policyOf({ calendars: { office: {} } }, { vendor: "docker-hardened-images" });
    expect(found.calendar).toStrictEqual(UTC_CALENDAR);
  });
});

describe("what vendors promise", () => {
  test.each([
    { id: "bellsoft", plan: "commercial", critical: "P7D", low: "P14D", start: "not-stated" },
    { id: "chainguard-private", plan: "production", critical: "P7D", low: "P14D", start: "upstream-fix" },
    { id: "docker-hardened-images", plan: "paid", critical: "7BD", low: undefined, start: "upstream-fix" },
    { id: "bitnami-secure", plan: "paid", critical: "2BD", low: "30BD", start: "upstream-fix" },
    { id: "root-io", plan: "paid", critical: "P7D", low: undefined, start: "upstream-fix" },
  ])("$id with the plan $plan", async ({ id, plan, critical, low, start }) => {
    const promise = (await vendorIn(id, plan))?.vendorPromise;
    expect(periodText(promise?.terms.critical ?? NEVER)).toBe(critical);
    expect(promise?.terms.low === undefined ? undefined : periodText(promise.terms.low)).toBe(low);
    expect(promise?.startBasis).toBe(start);
    expect(promise?.source).not.toBe("");
    const without = await vendorIn(id);
    expect(without?.vendorPromise).toBeUndefined();
    expect(without?.vendorTerms?.terms).toStrictEqual(promise?.terms);
  });

  test("is best effort alone on some platforms", async () => {
    expect((await vendorIn("bitnami-secure", "paid"))?.vendorPromise?.bestEffortPlatforms).toStrictEqual([
      "linux/arm64",
    ]);
  });
});

describe("faults, each with its path", () => {
  test.each<{ title: string; sections: Sections; path: string; reason: string }>([
    {
      title: "a policy that does not ship",
      sections: { policy: { sla: "pci-5" } },
      path: "policy.sla",
      reason: "must be periods by severity, or one of bellsoft-default, ",
    },
    {
      title: "a preset that does not ship",
      sections: { policy: { sla: { preset: "pci-5" } } },
      path: "policy.sla.preset",
      reason: "no policy ships as ",
    },
    {
      title: "a list of terms",
      sections: { policy: { sla: ["7d"] } },
      path: "policy.sla",
      reason: "is a list",
    },
    {
      title: "a severity that is none",
      sections: { policy: { sla: { urgent: "1d" } } },
      path: "policy.sla.urgent",
      reason: "unknown key; known here: preset, critical, ",
    },
    {
      title: "a period of nothing",
      sections: { policy: { sla: { high: "0d" } } },
      path: "policy.sla.high",
      reason: "must be a period such as",
    },
    {
      title: "a minute or a month",
      sections: { policy: { sla: { high: "1m" } } },
      path: "policy.sla.high",
      reason: "must be a period such as",
    },
    {
      title: "a number",
      sections: { policy: { sla: { high: 7 } } },
      path: "policy.sla.high",
      reason: "is a number",
    },
    {
      title: "more than ten years",
      sections: { policy: { sla: { low: "11y" } } },
      path: "policy.sla.low",
      reason: "of ten years at most",
    },
    {
      title: "another way to combine",
      sections: { policy: { combine: "max" } },
      path: "policy.combine",
      reason: "must be one of own, min",
    },
    {
      title: "an unknown calendar",
      sections: { policy: { calendar: "uk" }, calendars: { us: {} } },
      path: "policy.calendar",
      reason: "unknown calendar; known: us",
    },
    {
      title: "an unknown calendar of a policy",
      sections: { policies: { pay: { repositories: ["acme/shop"], calendar: "uk" } } },
      path: "policies.pay.calendar",
      reason: "unknown calendar; known: none",
    },
    {
      title: "a rule that is none",
      sections: { policy: { propose: { fixes: "daily" } } },
      path: "policy.propose.fixes",
      reason: "must be one of now, weekly, never, block",
    },
    {
      title: "a class that is none",
      sections: { policy: { propose: { minor: "now" } } },
      path: "policy.propose.minor",
      reason: "unknown key",
    },
    {
      title: "an hour that is none",
      sections: { policy: { weekly: { at: "24:00" } } },
      path: "policy.weekly.at",
      reason: "must be a time of day",
    },
    {
      title: "a day of no week",
      sections: { policy: { weekly: { day: "monday" } } },
      path: "policy.weekly.day",
      reason: "must be one of sun, mon",
    },
    {
      title: "a zone that is none",
      sections: { policy: { weekly: { zone: "Mars/Olympus" } } },
      path: "policy.weekly.zone",
      reason: "must be a time zone",
    },
    {
      title: "a freeze that ends before it begins",
      sections: { policy: { freezes: [{ from: "2027-01-02", until: "2026-12-20", reason: "x" }] } },
      path: "policy.freezes[0].until",
      reason: "must be later than from",
    },
    {
      title: "freezes that overlap",
      sections: {
        policy: {
          freezes: [
            { from: "2026-12-20", until: "2027-01-02", reason: "x" },
            { from: "2027-01-02", until: "2027-01-05", reason: "y" },
          ],
        },
      },
      path: "policy.freezes[1]",
      reason: "overlaps freezes[0]",
    },
    {
      title: "a freeze without a reason",
      sections: { policy: { freezes: [{ from: "2026-12-20", until: "2027-01-02" }] } },
      path: "policy.freezes[0].reason",
      reason: "is missing",
    },
    {
      title: "a day of no calendar",
      sections: { policy: { effectiveAt: "2026-02-30" } },
      path: "policy.effectiveAt",
      reason: "must be a day",
    },
    {
      title: "a version of nought",
      sections: { policy: { version: 0 } },
      path: "policy.version",
      reason: "must be 1 or more",
    },
    {
      title: "a version before without a day from which this one holds",
      sections: { policy: previous({ version: 1 }) },
      path: "policy.effectiveAt",
      reason: "is missing",
    },
    {
      title: "a version that is not above the one before",
      sections: { policy: { ...previous({ version: 2 }), version: 2, effectiveAt: "2026-12-01" } },
      path: "policy.version",
      reason: "must be greater",
    },
    {
      title: "versions out of order",
      sections: {
        policy: {
          ...previous({ version: 1, effectiveAt: "2026-01-01" }, { version: 2 }),
          effectiveAt: "2026-12-01",
        },
      },
      path: "policy.previous[0].version",
      reason: "must be greater",
    },
    {
      title: "days out of order",
      sections: {
        policy: { ...previous({ version: 1, effectiveAt: "2026-12-02" }), effectiveAt: "2026-12-01" },
      },
      path: "policy.effectiveAt",
      reason: "must be later",
    },
    {
      title: "a policy without code repositories",
      sections: { policies: { pay: {} } },
      path: "policies.pay.repositories",
      reason: "is missing",
    },
    {
      title: "a pattern of too much",
      sections: { policies: { pay: { repositories: ["acme/**/x"] } } },
      path: "policies.pay.repositories[0]",
      reason: "must be owner/name",
    },
    {
      title: "a pattern of many stars",
      sections: { policies: { pay: { repositories: ["acme/*a*b*c*d*"] } } },
      path: "policies.pay.repositories[0]",
      reason: "must be owner/name",
    },
    {
      title: "a name of somebody else",
      sections: { policies: { policy: { repositories: ["acme/*"] } } },
      path: "policies.policy",
      reason: "is the name of what holds for all others",
    },
    {
      title: "a name that is none",
      sections: { policies: { "1": { repositories: ["acme/*"] } } },
      path: 'policies."1"',
      reason: "must be a name such as payments",
    },
    {
      title: "what is the organisation's alone",
      sections: { policies: { pay: { repositories: ["acme/*"], sbom: "required" } } },
      path: "policies.pay.sbom",
      reason: "unknown key",
    },
    {
      title: "a week without a working day",
      sections: { calendars: { us: { weekend: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] } } },
      path: "calendars.us.weekend",
      reason: "has more than 6 entries",
    },
    {
      title: "a holiday of no calendar",
      sections: { calendars: { us: { holidays: ["2026-12-25", "2026-02-30"] } } },
      path: "calendars.us.holidays[1]",
      reason: "must be a day such as 2026-12-25",
    },
    {
      title: "holidays of nowhere",
      sections: { calendars: { us: { holidays: { country: "XX" } } } },
      path: "calendars.us.holidays.country",
      reason: "is not known; known: ",
    },
    {
      title: "holidays of a part of nothing",
      sections: { calendars: { us: { holidays: { country: "US", state: "ZZ" } } } },
      path: "calendars.us.holidays.state",
      reason: "is not known; known: AL, ",
    },
    {
      title: "holidays as a text",
      sections: { calendars: { us: { holidays: "US" } } },
      path: "calendars.us.holidays",
      reason: "must be a list of days, or { country: US }, is a text",
    },
    {
      title: "a key of holidays that is none",
      sections: { calendars: { us: { holidays: { country: "US", city: "NYC" } } } },
      path: "calendars.us.holidays.city",
      reason: "unknown key",
    },
    {
      title: "a calendar's name that is none",
      sections: { calendars: { "U S": {} } },
      path: 'calendars."U S"',
      reason: "must be a name such as us-office",
    },
  ])("$title", async ({ sections, path, reason }) => {
    expect(await faultsOf({ sections })).toStrictEqual([{ path, reason: expect.stringContaining(reason) }]);
  });
});
