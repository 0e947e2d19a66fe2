import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/advisory/finding.ts";
import type { Assessment, VulnerabilityDelta } from "../../src/assess/assessment.ts";
import { saysTheSame } from "../../src/assess/same.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../src/time.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { comparedWith } from "../fixtures/diffs.ts";
import { feedOf } from "../fixtures/feeds.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const KEV = { kev: { addedAt: NOW, isRansomware: false }, epss: { score: 0.5, percentile: 0.9 } };
const FINDING: Finding = {
  id: "CVE-2026-0001",
  recordId: "A-1",
  severity: "high",
  packageName: "zlib",
  installedVersion: "1",
  publishedAt: NOW,
};

function assessmentOf(delta: Partial<VulnerabilityDelta>, afterMs = 0): Assessment {
  return {
    class: "content",
    components: comparedWith([], { equalCount: 10 }),
    vulnerabilities: { kind: "assessed", delta: emptyDelta(delta) },
    assessedAt: later(NOW, afterMs),
  };
}

const KNOWN = assessmentOf({ remaining: [{ ...FINDING, ...KEV }] });
const remaining = [{ ...FINDING, ...KEV }];

describe("says the same", () => {
  test.each([
    { title: "later", current: assessmentOf({ remaining }, 9 * DAY_MS) },
    {
      title: "with its fields in another order",
      current: assessmentOf({ remaining: [{ epss: KEV.epss, kev: KEV.kev, ...FINDING }] }),
    },
    {
      title: "with feeds that were looked at again",
      current: assessmentOf(
        { remaining, feeds: [feedOf({ snapshot: "s2", recordCount: 7, asOf: NOW, checkedAt: NOW })] },
        HOUR_MS,
      ),
    },
  ])("$title", ({ current }) => {
    expect(saysTheSame(KNOWN, current)).toBe(true);
  });
});

describe("says something else", () => {
  test.each([
    { title: "another class", current: { ...KNOWN, class: "rebuild" as const } },
    { title: "one vulnerability less", current: assessmentOf({}) },
    {
      title: "another rating",
      current: assessmentOf({ remaining: [{ ...FINDING, ...KEV, severity: "low" }] }),
    },
    { title: "no longer exploited", current: assessmentOf({ remaining: [FINDING] }) },
    { title: "another feed", current: assessmentOf({ remaining, feeds: [feedOf({ id: "other" })] }) },
    {
      title: "not assessed",
      current: { ...KNOWN, vulnerabilities: { kind: "not-assessed" as const, reason: "stale" } },
    },
    {
      title: "feeds that were looked at again, a day later",
      current: assessmentOf({ remaining, feeds: [feedOf({ snapshot: "s2" })] }, DAY_MS),
    },
  ])("$title", ({ current }) => {
    expect(saysTheSame(KNOWN, current)).toBe(false);
  });
});
