import { describe, expect, test } from "vitest";
import { examine, type Patient } from "../../../src/cli/doctor/examine.ts";
import { isWell, renderReport, renderReportJson } from "../../../src/cli/doctor/report.ts";
import { CodedError } from "../../../src/errors.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { RegistryInspection } from "../../../src/ports/registry-inspection.ts";
import { DAY_MS, HOUR_MS, instantOf, later, MINUTE_MS } from "../../../src/time.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const { signal } = new AbortController();
const HUB: RegistryInspection = {
  registry: "docker.io",
  login: { source: "anonymous", credential: "anonymous" },
  warnings: [],
  answer: { kind: "answers" },
};
const WELL: Patient = {
  version: "0.1.0",
  now: NOW,
  warnings: [],
  redis: { subject: "redis", state: "well", detail: "may be used" },
  hosts: [],
  inspector: { inspect: async () => HUB },
  registries: [{ registry: "docker.io", repository: parseRepository("bellsoft/hardened-base") }],
  codeHost: { branch: async () => ({ name: "main", commit: "0".repeat(40) }) },
  codeRepositories: [{ owner: "acme", name: "shop" }],
  baseBranch: undefined,
  advisories: {
    about: async () => ({ kind: "not-available", reason: "not asked about anything" }),
  },
};

const inspecting = (change: Partial<RegistryInspection>): Patient["inspector"] => ({
  inspect: async () => ({ ...HUB, ...change }),
});
const failing = (code: "registry-timeout" | "code-host-forbidden" | "advisories-unavailable") => () =>
  Promise.reject(new CodedError(code, "asking failed"));

test("says of everything that it is well", async () => {
  const report = await examine(WELL, signal);
  expect(report.findings).toEqual([
    { subject: "redis", state: "well", detail: "may be used" },
    { subject: "registry docker.io", state: "well", detail: "answers, logged in by anonymous" },
    { subject: "code repository acme/shop", state: "well", detail: "can be read; pull requests go to main" },
    { subject: "advisories", state: "well", detail: "can be read" },
  ]);
  expect(isWell(report)).toBe(true);
});

describe("a fault", () => {
  test.each<{ title: string; change: Partial<Patient>; subject: string; says: string }>([
    {
      title: "of Redis",
      change: { redis: { subject: "redis", state: "fault", detail: "no answer" } },
      subject: "redis",
      says: "no answer",
    },
    {
      title: "of a registry that refuses us",
      change: {
        inspector: inspecting({
          answer: { kind: "fails", code: "registry-unauthorized", message: "401" },
          login: { source: 'registries."docker.io"', credential: "basic-1" },
        }),
      },
      subject: "registry docker.io",
      says: '401 (registry-unauthorized), logged in by registries."docker.io"',
    },
    {
      title: "of a registry that does not answer",
      change: { inspector: { inspect: failing("registry-timeout") } },
      subject: "registry docker.io",
      says: "asking failed (registry-timeout)",
    },
    {
      title: "of credentials that expired",
      change: {
        inspector: inspecting({ login: { ...HUB.login, expiresAt: later(NOW, -MINUTE_MS) } }),
      },
      subject: "registry docker.io",
      says: "expired on 24 Nov 2026, 11:59 UTC",
    },
    {
      title: "of a code repository that may not be read",
      change: { codeHost: { branch: failing("code-host-forbidden") } },
      subject: "code repository acme/shop",
      says: "asking failed (code-host-forbidden)",
    },
    {
      title: "of advisories that cannot be read",
      change: { advisories: { about: failing("advisories-unavailable") } },
      subject: "advisories",
      says: "asking failed (advisories-unavailable)",
    },
  ])("$title is told with what came back, and hides nothing else", async ({ change, subject, says }) => {
    const report = await examine({ ...WELL, ...change }, signal);
    expect(isWell(report)).toBe(false);
    const faults = report.findings.filter(({ state }) => state === "fault");
    expect(faults.map((finding) => finding.subject)).toEqual([subject]);
    expect(faults[0]?.detail).toContain(says);
    expect(new Set(report.findings.map((finding) => finding.subject)).size).toBe(4);
  });
});

describe("a warning", () => {
  test.each([
    { title: "31 days", leftMs: 31 * DAY_MS, told: 0 },
    { title: "30 days", leftMs: 30 * DAY_MS, told: 1 },
    { title: "an hour", leftMs: HOUR_MS, told: 1 },
  ])("of credentials that expire in $title: $told", async ({ leftMs, told }) => {
    const inspector = inspecting({ login: { ...HUB.login, expiresAt: later(NOW, leftMs) } });
    const report = await examine({ ...WELL, inspector }, signal);
    expect(report.findings.filter(({ state }) => state === "warning")).toHaveLength(told);
    expect(isWell(report)).toBe(true);
  });

  test("of the configuration and of credentials is no fault", async () => {
    const inspector = inspecting({ warnings: ["use a classic token"] });
    const report = await examine({ ...WELL, inspector, warnings: ["often"] }, signal);
    expect(report.findings.filter(({ state }) => state === "warning").map(({ detail }) => detail)).toEqual([
      "often",
      "use a classic token",
    ]);
    expect(isWell(report)).toBe(true);
  });

  test("what is not configured is not checked, never well", async () => {
    const report = await examine({ ...WELL, advisories: undefined }, signal);
    expect(report.findings.at(-1)).toMatchObject({ subject: "advisories", state: "not-checked" });
  });
});

describe("the report", () => {
  const hostile = "\u001b[31m<b>\u202e";

  test("for people ends in totals and shows no control characters", async () => {
    const inspector = inspecting({ answer: { kind: "fails", code: "registry-timeout", message: hostile } });
    const text = renderReport(await examine({ ...WELL, inspector, warnings: ["often"] }, signal));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text).toContain("▲ configuration\n    often\n");
    expect(text).toContain("✖ registry docker.io\n");
    expect(text.endsWith("1 faults, 1 warnings, 3 well, 0 not checked\n")).toBe(true);
  });

  test("tells budget, penalty, breaker and last error of each host", async () => {
    const text = renderReport(
      await examine(
        {
          ...WELL,
          hosts: [
            {
              host: "quay.io",
              credential: "anonymous",
              limits: { perSecond: 5, burst: 5 },
              perSecondNow: 2.5,
              budgetLeft: 3.7,
              breaker: "open",
              penalty: { until: later(NOW, 5 * MINUTE_MS), limits: "all" },
              pullsLeft: { remaining: 7, limit: 100, at: NOW },
              lastError: { code: "registry-timeout", message: "late", at: NOW },
            },
          ],
        },
        signal,
      ),
    );
    expect(text).toContain(
      "host quay.io as anonymous: 3 of 5 requests left at 2.5/s; everything waits for 5 min; 7 of 100 pulls left; breaker open; last error 24 Nov 2026, 12:00 UTC: registry-timeout: late",
    );
  });

  test("for programs says in one field whether all is well", async () => {
    const report: unknown = JSON.parse(renderReportJson(await examine(WELL, signal)));
    expect(report).toMatchObject({ well: true, registries: [HUB], hosts: [], version: "0.1.0" });
  });
});
