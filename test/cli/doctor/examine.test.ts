import { DEFAULT_POLICIES } from "../../../src/vendor/policies.ts";
import type { ListedRepository } from "../../../src/ports/code-host.ts";
import { describe, expect, test } from "vitest";
import { examine, type Patient } from "../../../src/cli/doctor/examine.ts";
import { isWell, renderReport, renderReportJson } from "../../../src/cli/doctor/report.ts";
import type { FeedRecord } from "../../../src/ports/feeds.ts";
import { feedOf } from "../../fixtures/feeds.ts";
import { CodedError } from "../../../src/errors.ts";
import { parseRepository, parseTag } from "../../../src/image/reference.ts";
import type { LoginOutcome, LoginReport, RegistryLogins } from "../../../src/ports/registry-logins.ts";
import { instantOf, MINUTE_MS, later } from "../../../src/time.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const { signal } = new AbortController();
const BASE = parseRepository("bellsoft/hardened-base");
const HUB: LoginReport = {
  registry: "docker.io",
  source: "anonymous",
  credentialId: "anonymous",
  warnings: [],
};
const loginsSaying = (report: Partial<LoginReport>, outcome: LoginOutcome): RegistryLogins => ({
  reportOn: async () => ({ ...HUB, ...report }),
  probe: async () => ({ report: { ...HUB, ...report }, outcome }),
});
const READABLE: LoginOutcome = { kind: "readable" };
const LISTED: ListedRepository = {
  codeRepository: { owner: "acme", name: "shop" },
  isArchived: false,
  isFork: false,
  isEmpty: false,
  missing: [],
};

const MAIN = { name: "main", commit: "0".repeat(40) };

const WELL: Patient = {
  version: "0.1.0",
  now: NOW,
  warnings: [],
  redis: { subject: "redis", state: "well", detail: "may be used" },
  hosts: [],
  logins: loginsSaying({}, READABLE),
  registry: { tags: async () => [] },
  registries: [{ repository: BASE, line: { repository: BASE, tag: parseTag("musl") } }],
  codeHost: {
    heads: async () => ({ default: MAIN, branches: [], isPartial: false }),
    look: async () => ({ base: MAIN, files: [] }),
    repositories: async () => ({ repositories: [LISTED], isPartial: false }),
    standing: async () => "none",
  },
  selection: { repositories: [{ kind: "allow", owner: "acme", name: "shop" }], forks: false },
  policies: DEFAULT_POLICIES,
  unread: [],
  webhooks: {
    secret: "set",
    publicUrl: undefined,
    deliveries: {
      target: async () => ({
        url: "https://x.example/hooks/code-host",
        contentType: "json",
        hasSecret: true,
      }),
    },
  },
  trustRoots: { states: () => [], tryUpdate: async () => undefined },
  feeds: [{ id: "bellsoft", name: "BellSoft's advisories", look: async () => undefined }],
  mirrored: [],
};

const MIRRORED: FeedRecord = {
  ...feedOf({ id: "bellsoft", staleAfterMs: 90_000 }),
  changedAt: WELL.now,
  documentCount: 7,
  bytes: 700,
  faultCount: 0,
  faults: [],
};

const failing =
  (code: "registry-timeout" | "registry-login-failed" | "code-host-forbidden" | "advisories-unavailable") =>
  () =>
    Promise.reject(new CodedError(code, "asking failed"));

test("says of everything that it is well", async () => {
  const report = await examine(WELL, signal);
  expect(report.findings).toEqual([
    { subject: "redis", state: "well", detail: "may be used" },
    {
      subject: "registry docker.io",
      state: "well",
      detail: "docker.io/bellsoft/hardened-base:musl can be read, without a log-in",
    },
    { subject: "code repository acme/shop", state: "well", detail: "can be read; pull requests go to main" },
    { subject: "webhooks", state: "well", detail: "of the App come to /hooks/code-host" },
    { subject: "advisories bellsoft", state: "well", detail: "can be read" },
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
        logins: loginsSaying(
          { credentialId: "basic-3f9ac21b", source: "the configuration" },
          { kind: "refused", message: "401: use a token" },
        ),
      },
      subject: "registry docker.io",
      says: "401: use a token, logged in by the configuration",
    },
    {
      title: "of a registry that does not answer",
      change: { logins: { ...loginsSaying({}, READABLE), probe: failing("registry-timeout") } },
      subject: "registry docker.io",
      says: "asking failed (registry-timeout), without a log-in",
    },
    {
      title: "of credentials that cannot be had",
      change: { logins: { ...loginsSaying({}, READABLE), reportOn: failing("registry-login-failed") } },
      subject: "registry docker.io",
      says: "asking failed (registry-login-failed)",
    },
    {
      title: "of a code repository that may not be read",
      change: {
        codeHost: { ...WELL.codeHost, heads: failing("code-host-forbidden") },
      },
      subject: "code repository acme/shop",
      says: "asking failed (code-host-forbidden)",
    },
    {
      title: "of a code repository whose pull requests may not be seen",
      change: { codeHost: { ...WELL.codeHost, look: failing("code-host-forbidden") } },
      subject: "code repository acme/shop",
      says: "asking failed (code-host-forbidden)",
    },
    {
      title: "of a code repository whose statuses may not be seen",
      change: { codeHost: { ...WELL.codeHost, standing: failing("code-host-forbidden") } },
      subject: "code repository acme/shop",
      says: "asking failed (code-host-forbidden)",
    },
    {
      title: "of a code repository whose files could not be listed",
      change: {
        unread: [
          {
            codeRepository: { owner: "acme", name: "shop" },
            branch: "main",
            unread: { commit: "c", reason: "there are too many", at: NOW },
          },
        ],
      },
      subject: "code repository acme/shop",
      says: "main could not be read on ",
    },
    {
      title: "of advisories that cannot be read",
      change: { feeds: [{ id: "bellsoft", name: "BellSoft", look: failing("advisories-unavailable") }] },
      subject: "advisories bellsoft",
      says: "asking failed (advisories-unavailable)",
    },
  ])("$title is told with what came back, and hides nothing else", async ({ change, subject, says }) => {
    const report = await examine({ ...WELL, ...change }, signal);
    expect(isWell(report)).toBe(false);
    const faults = report.findings.filter(({ state }) => state === "fault");
    expect(faults.map((finding) => finding.subject)).toEqual([subject]);
    expect(faults[0]?.detail).toContain(says);
    expect(new Set(report.findings.map((finding) => finding.subject)).size).toBe(5);
  });
});

test("what could not be read elsewhere says nothing of a code repository", async () => {
  const unread = { commit: "c", reason: "there are too many", at: NOW };
  const { codeRepository } = LISTED;
  const others = [
    { codeRepository, branch: "other", unread },
    { codeRepository: { owner: "acme", name: "other" }, branch: "main", unread },
  ];
  expect(isWell(await examine({ ...WELL, unread: others }, signal))).toBe(true);
});

const TWO_HEADS = async () => ({
  default: MAIN,
  branches: [{ name: "release/1.x", commit: "1".repeat(40) }],
  isPartial: false,
});

describe("branches", () => {
  const { otherwise, rules } = DEFAULT_POLICIES;
  const goingTo = (...baseBranches: readonly string[]) => ({
    rules,
    otherwise: { ...otherwise, pulls: { ...otherwise.pulls, baseBranches } },
  });
  test.each([
    {
      title: "all that are wanted",
      wanted: ["$default", "release/*"],
      state: "well",
      says: "can be read; pull requests go to main, release/1.x",
    },
    {
      title: "all but one",
      wanted: ["release/*", "gone"],
      state: "warning",
      says: "can be read; pull requests go to release/1.x; no branch is named gone",
    },
    { title: "none", wanted: ["gone"], state: "fault", says: "no branch is named gone" },
  ])("are there: $title: $state", async ({ wanted, state, says }) => {
    const codeHost = { ...WELL.codeHost, heads: TWO_HEADS };
    const report = await examine({ ...WELL, codeHost, policies: goingTo(...wanted) }, signal);
    const finding = report.findings.find(({ subject }) => subject === "code repository acme/shop");
    expect(finding).toEqual({ subject: "code repository acme/shop", state, detail: says });
  });
});

describe("a warning", () => {
  test.each([
    { title: "fresh", ageMs: 60_000, state: "well", says: "can be read; 6 records are mirrored" },
    { title: "stale", ageMs: 120_000, state: "warning", says: "which is stale" },
    { title: "never read", ageMs: 0, documentCount: 0, state: "well", says: "can be read" },
  ])("of mirrored advisories that are $title: $state", async ({ ageMs, documentCount = 7, state, says }) => {
    const mirrored = { ...MIRRORED, documentCount, checkedAt: later(WELL.now, -ageMs) };
    const report = await examine({ ...WELL, mirrored: [mirrored] }, signal);
    expect(report.findings.at(-1)).toMatchObject({ subject: "advisories bellsoft", state });
    expect(report.findings.at(-1)?.detail).toContain(says);
  });

  test("of the configuration and of credentials is no fault", async () => {
    const logins = loginsSaying({ warnings: ["use a classic token"] }, READABLE);
    const report = await examine({ ...WELL, logins, warnings: ["often"] }, signal);
    expect(report.findings.filter(({ state }) => state === "warning").map(({ detail }) => detail)).toEqual([
      "often",
      "use a classic token",
    ]);
    expect(isWell(report)).toBe(true);
  });

  test("of a tag that is not there names those that begin alike", async () => {
    const tags = ["glibc", "musl-2", "mus", "nothing", "musl-1"].map(parseTag);
    const report = await examine(
      { ...WELL, logins: loginsSaying({}, { kind: "missing" }), registry: { tags: async () => tags } },
      signal,
    );
    expect(report.findings).toContainEqual({
      subject: "registry docker.io",
      state: "warning",
      detail: "has the tags musl-1, musl-2, mus",
    });
  });

  test("of a tag that is not there is no fault", async () => {
    const report = await examine({ ...WELL, logins: loginsSaying({}, { kind: "missing" }) }, signal);
    expect(report.findings.filter(({ state }) => state === "warning")).toEqual([
      {
        subject: "registry docker.io",
        state: "warning",
        detail: "answers that there is no docker.io/bellsoft/hardened-base:musl, without a log-in",
      },
    ]);
    expect(isWell(report)).toBe(true);
  });
});

describe("what was not asked", () => {
  test("a registry where nothing is watched is not checked, never well", async () => {
    const logins = { ...loginsSaying({}, READABLE), probe: failing("registry-timeout") };
    const report = await examine({ ...WELL, logins, registries: [{ repository: BASE }] }, signal);
    expect(report.findings).toContainEqual({
      subject: "registry docker.io",
      state: "not-checked",
      detail: "not asked: nothing is watched there yet, without a log-in",
    });
  });

  test("what is not configured is not checked, never well", async () => {
    const report = await examine({ ...WELL, feeds: [] }, signal);
    expect(report.findings.at(-1)).toMatchObject({ subject: "advisories", state: "not-checked" });
  });
});

describe("the report", () => {
  const hostile = "\u001b[31m<b>\u202e";

  test("for people ends in totals and shows no control characters", async () => {
    const logins = loginsSaying({}, { kind: "refused", message: hostile });
    const text = renderReport(await examine({ ...WELL, logins, warnings: ["often"] }, signal));
    expect(text).not.toMatch(/\p{Cc}(?<!\n)|\p{Cf}/u);
    expect(text).toContain("▲ configuration\n    often\n");
    expect(text).toContain("✖ registry docker.io\n");
    expect(text.endsWith("1 faults, 1 warnings, 4 well, 0 not checked\n")).toBe(true);
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
    expect(report).toMatchObject({
      well: true,
      registries: [{ registry: "docker.io", login: HUB, outcome: READABLE }],
      hosts: [],
      version: "0.1.0",
    });
  });
});
