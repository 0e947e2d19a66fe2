import { describe, expect, test } from "vitest";
import { SEVERITIES } from "../../src/advisory/severity.ts";
import { isZone } from "../../src/sla/calendar.ts";
import { parsePeriod, periodText } from "../../src/sla/period.ts";
import { RULE_TABLES } from "../../src/sla/policy.ts";
import { POLICY_PRESETS, policyOfPreset, presetOf } from "../../src/sla/presets.ts";

/** `critical high medium low none unknown`, as the sources state them. */
const TERMS: Readonly<Record<string, string>> = {
  "bellsoft-default": "P7D P14D P14D P14D never P14D",
  chainguard: "P7D P14D P14D P14D never P14D",
  dhi: "7BD 7BD never never never 7BD",
  minimus: "PT48H P14D P14D never never P14D",
  bitnami: "2BD 2BD 30BD 30BD never 30BD",
  root: "P7D P14D P60D never never P60D",
  "pci-4.0.1": "P1M P3M P3M P6M never P3M",
  "fedramp-rev5": "P30D P30D P90D P180D never P30D",
  "bod-26-04": "never never never never never P14D",
  "fedramp-vdr-a": "P32D P64D P192D P192D never P64D",
  "fedramp-vdr-b": "P32D P64D P192D P192D never P64D",
  "fedramp-vdr-c": "P16D P64D P128D P192D never P64D",
  "fedramp-vdr-d": "P8D P32D P64D P192D never P32D",
  "bod-19-02": "P15D P30D never never never P30D",
  "bod-22-01": "never never never never never never",
};

describe("policies that ship", () => {
  test("are these", () => {
    expect(
      Object.fromEntries(
        POLICY_PRESETS.map(({ id, terms }) => [
          id,
          SEVERITIES.map((severity) => periodText(terms[severity])).join(" "),
        ]),
      ),
    ).toEqual(TERMS);
  });

  test.each(POLICY_PRESETS.map((preset) => ({ ...preset, preset })))(
    "$id says where its numbers are from",
    ({ preset }) => {
      expect(preset.id).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
      expect(preset.source).not.toBe("");
      expect(preset.asOf).toMatch(/^20\d{2}-\d{2}-\d{2}$/);
      for (const severity of SEVERITIES) {
        const period = preset.terms[severity];
        expect(parsePeriod(periodText(period))).toEqual(period);
      }
      expect([undefined, ...RULE_TABLES]).toContain(preset.table);
      const policy = policyOfPreset(preset);
      expect(policy.version).toBe(1);
      expect(isZone(policy.calendar.zone)).toBe(true);
      expect(policy).not.toHaveProperty("revoked");
    },
  );

  test("only the directives that were revoked are", () => {
    expect(POLICY_PRESETS.filter(({ revoked }) => revoked !== undefined).map(({ id }) => id)).toEqual([
      "bod-19-02",
      "bod-22-01",
    ]);
  });

  test("are found by name, and by no other", () => {
    expect(presetOf("pci-4.0.1")?.id).toBe("pci-4.0.1");
    for (const name of ["", "pci", "PCI-4.0.1", "__proto__", "toString"]) {
      expect(presetOf(name)).toBeUndefined();
    }
  });
});
