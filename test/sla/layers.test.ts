import { describe, expect, test } from "vitest";
import { DEFAULT_TERMS, joinTerms, renderTerms, type TermsLayer } from "../../src/sla/layers.ts";
import { NEVER, parsePeriod, type Period } from "../../src/sla/period.ts";

function period(text: string): Period {
  const parsed = parsePeriod(text);
  if (parsed === undefined) throw new Error(`no period: ${text}`);
  return parsed;
}

function layer(owner: string, terms: Readonly<Record<string, string>>): TermsLayer {
  return {
    owner,
    terms: Object.fromEntries(Object.entries(terms).map(([severity, text]) => [severity, period(text)])),
  };
}

const ALL = { critical: "7d", high: "14d", medium: "14d", low: "14d", none: "14d", unknown: "14d" };

describe("terms for people", () => {
  test.each([
    { terms: {}, text: "" },
    { terms: { critical: "7d" }, text: "7 days critical" },
    { terms: { critical: "7bd", high: "7bd" }, text: "7 working days critical and high" },
    {
      terms: { critical: "48h", high: "14d", medium: "14d" },
      text: "48 hours critical, 14 days high and medium",
    },
    { terms: ALL, text: "7 days critical, 14 days other" },
    { terms: { ...ALL, critical: "14d" }, text: "14 days" },
    {
      terms: { ...ALL, none: "never" },
      text: "7 days critical, 14 days high, medium, low and unknown, no deadline none",
    },
    {
      terms: { ...ALL, high: "P7D", none: "never", unknown: "never" },
      text: "7 days critical and high, 14 days medium and low, no deadline none and unknown",
    },
  ])("$text", ({ terms, text }) => {
    expect(renderTerms(layer("", terms).terms)).toBe(text);
  });
});

describe("layers", () => {
  test("the first that names a severity decides, and owners stand in their order", () => {
    const { terms, owners } = joinTerms([
      layer("first", { high: "1d" }),
      layer("second", { critical: "2d", high: "2d" }),
      layer("unheard", { critical: "3d" }),
    ]);
    expect(terms).toStrictEqual({
      ...DEFAULT_TERMS.terms,
      critical: period("2d"),
      high: period("1d"),
    });
    expect(owners).toStrictEqual(["first", "second", "Hullkeeper's defaults"]);
  });

  test("no deadline is an answer, not a gap", () => {
    expect(joinTerms([layer("first", { low: "never" })]).terms.low).toStrictEqual(NEVER);
  });

  test("one owner alone is named once", () => {
    const { basis, owners } = joinTerms([layer("ours", { critical: "7d" }), layer("ours", ALL)]);
    expect(owners).toStrictEqual(["ours"]);
    expect(basis).toBe("ours (7 days critical, 14 days other)");
  });
});
