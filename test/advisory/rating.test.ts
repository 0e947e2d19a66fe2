import { describe, expect, test } from "vitest";
import type { OsvSeverity } from "../../src/advisory/osv.ts";
import { severityOf } from "../../src/advisory/rating.ts";

const record = { id: "X", modified: "2026-11-20T00:00:00Z" };
const V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
const V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U";
const v4 = { type: "CVSS_V4", score: V4 };
const v3 = { type: "CVSS_V3", score: `${V31}/C:N/I:N/A:H` };
const v2 = { type: "CVSS_V2", score: "AV:N/AC:L/Au:N/C:P/I:P/A:P" };

describe("one vector", () => {
  test.each([
    {
      title: "3.1 critical",
      type: "CVSS_V3",
      vector: `${V31}/C:H/I:H/A:H`,
      rating: { severity: "critical", score: 9.8 },
    },
    {
      title: "3.1 high",
      type: "CVSS_V3",
      vector: `${V31}/C:N/I:N/A:H`,
      rating: { severity: "high", score: 7.5 },
    },
    {
      title: "3.1 medium",
      type: "CVSS_V3",
      vector: `${V31}/C:N/I:N/A:L`,
      rating: { severity: "medium", score: 5.3 },
    },
    {
      title: "3.1 low",
      type: "CVSS_V3",
      vector: "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N",
      rating: { severity: "low", score: 1.8 },
    },
    {
      title: "3.1 none",
      type: "CVSS_V3",
      vector: `${V31}/C:N/I:N/A:N`,
      rating: { severity: "none", score: 0 },
    },
    {
      title: "3.0",
      type: "CVSS_V3",
      vector: "CVSS:3.0/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H",
      rating: { severity: "medium", score: 5.5 },
    },
    {
      title: "3.1 by its base, whatever the moment",
      type: "CVSS_V3",
      vector: `${V31}/C:H/I:H/A:H/E:U/RL:O/RC:U`,
      rating: { severity: "critical", score: 9.8 },
    },
    { title: "4.0", type: "CVSS_V4", vector: V4, rating: { severity: "critical", score: 9.3 } },
    {
      title: "4.0 by its base, whatever the threat",
      type: "CVSS_V4",
      vector: `${V4}/E:U`,
      rating: { severity: "critical", score: 9.3 },
    },
    {
      title: "U16: 2 without critical",
      type: "CVSS_V2",
      vector: "AV:N/AC:L/Au:N/C:C/I:C/A:C",
      rating: { severity: "high", score: 10 },
    },
    {
      title: "2 high",
      type: "CVSS_V2",
      vector: "AV:N/AC:L/Au:N/C:P/I:P/A:P",
      rating: { severity: "high", score: 7.5 },
    },
    {
      title: "2 medium",
      type: "CVSS_V2",
      vector: "AV:N/AC:L/Au:N/C:N/I:N/A:P",
      rating: { severity: "medium", score: 5 },
    },
  ])("$title", ({ type, vector, rating }) => {
    expect(severityOf({ ...record, severity: [{ type, score: vector }] })).toStrictEqual({
      ...rating,
      vector,
    });
  });
});

describe("unknown, never harmless", () => {
  test.each([
    { title: "U15: incomplete 3.1", type: "CVSS_V3", vector: "CVSS:3.1/AV:N" },
    { title: "incomplete 4.0", type: "CVSS_V4", vector: "CVSS:4.0/AV:N" },
    { title: "incomplete 2", type: "CVSS_V2", vector: "AV:N/AC:L" },
    { title: "a metric of no value", type: "CVSS_V3", vector: `${V31}/C:H/I:H/A:Q` },
    { title: "nothing", type: "CVSS_V3", vector: "" },
    { title: "text", type: "CVSS_V3", vector: "garbage" },
    { title: "a number", type: "CVSS_V3", vector: "9.8" },
    { title: "a vector of another version", type: "CVSS_V3", vector: V4 },
    { title: "a word that is no rating", type: "Ubuntu", vector: "untriaged" },
    { title: "a word in the place of a vector", type: "CVSS_V3", vector: "high" },
    { title: "a word of a prototype", type: "Ubuntu", vector: "constructor" },
  ])("$title", ({ type, vector }) => {
    expect(severityOf({ ...record, severity: [{ type, score: vector }] })).toStrictEqual({
      severity: "unknown",
    });
  });

  test("no rating at all", () => {
    expect(severityOf(record)).toStrictEqual({ severity: "unknown" });
    expect(severityOf({ ...record, severity: [] })).toStrictEqual({ severity: "unknown" });
  });
});

describe("of several", () => {
  const low: OsvSeverity = { type: "CVSS_V3", score: "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" };
  const broken: OsvSeverity = { type: "CVSS_V4", score: "CVSS:4.0/AV:N" };
  test.each([
    { title: "4 before 3 before 2", severity: [v2, v3, v4], of: undefined, score: 9.3 },
    { title: "3 before 2", severity: [v2, low], of: undefined, score: 1.8 },
    {
      title: "one that can be scored before one that cannot",
      severity: [broken, v3],
      of: undefined,
      score: 7.5,
    },
    { title: "the package's before the record's", severity: [v4], of: [low], score: 1.8 },
    { title: "the record's if the package's cannot be scored", severity: [v3], of: [broken], score: 7.5 },
  ])("$title", ({ severity, of, score }) => {
    expect(severityOf({ ...record, severity }, of === undefined ? undefined : { severity: of }).score).toBe(
      score,
    );
  });
});

describe("in words", () => {
  test.each([
    { word: "critical", severity: "critical" },
    { word: "Important", severity: "high" },
    { word: "HIGH", severity: "high" },
    { word: "Moderate", severity: "medium" },
    { word: "medium", severity: "medium" },
    { word: " low ", severity: "low" },
    { word: "negligible", severity: "low" },
  ])("$word: $severity", ({ word, severity }) => {
    expect(severityOf({ ...record, severity: [{ type: "Ubuntu", score: word }] })).toStrictEqual({
      severity,
    });
    expect(severityOf({ ...record, database_specific: { severity: word } })).toStrictEqual({ severity });
    expect(severityOf(record, { database_specific: { severity: word } })).toStrictEqual({ severity });
    expect(severityOf(record, { ecosystem_specific: { severity: word } })).toStrictEqual({ severity });
  });

  test("a vector before a word, a word of the package before a vector of the record", () => {
    const words = { database_specific: { severity: "low" } };
    expect(severityOf({ ...record, ...words, severity: [v3] })).toMatchObject({ severity: "high" });
    expect(severityOf({ ...record, severity: [v3] }, words)).toStrictEqual({ severity: "low" });
  });
});
