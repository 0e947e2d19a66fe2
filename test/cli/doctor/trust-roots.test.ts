import { describe, expect, test } from "vitest";
import { trustRootFindings } from "../../../src/cli/doctor/trust-roots.ts";
import type { TrustRootState } from "../../../src/ports/trust-roots.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../../src/time.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const { signal } = new AbortController();
const FETCHED: TrustRootState = {
  name: "acme",
  origin: "update",
  version: "0".repeat(64),
  confirmedAt: later(NOW, -3 * HOUR_MS),
  renewal: "on",
  logs: 2,
  authorities: 1,
};
const FILE: TrustRootState = { ...FETCHED, origin: "file", logs: 1, authorities: 3 };
const { confirmedAt: _confirmedAt, ...UNCONFIRMED } = FETCHED;
const EMBEDDED: TrustRootState = { ...UNCONFIRMED, origin: "embedded" };
const NONE: TrustRootState = { name: "acme", origin: "none", renewal: "on", logs: 0, authorities: 0 };

const ANSWERS = async (): Promise<"answered"> => "answered";
const NOT_ASKED = async (): Promise<undefined> => undefined;
const FAILS = (): Promise<never> => Promise.reject(new Error("asking tuf.acme.example: ECONNREFUSED"));

describe("a trust root", () => {
  test.each<{
    title: string;
    root: TrustRootState;
    mirror: () => Promise<"answered" | undefined>;
    state: string;
    says: string;
  }>([
    {
      title: "that was fetched, and whose mirror answers",
      root: FETCHED,
      mirror: ANSWERS,
      state: "well",
      says: "verified against its mirror 3 h ago, with 2 logs and 1 authority; its mirror answers",
    },
    {
      title: "in a file",
      root: FILE,
      mirror: NOT_ASKED,
      state: "well",
      says: "read from its file 3 h ago, with 1 log and 3 authorities",
    },
    {
      title: "in a file that broke",
      root: { ...FILE, fault: '"/etc/root.json" cannot be read: ENOENT' },
      mirror: NOT_ASKED,
      state: "warning",
      says: 'not renewed: "/etc/root.json" cannot be read: ENOENT',
    },
    {
      title: "whose mirror does not answer",
      root: FETCHED,
      mirror: FAILS,
      state: "warning",
      says: "no update: asking tuf.acme.example: ECONNREFUSED",
    },
    {
      title: "that came with the release, and whose mirror does not answer",
      root: EMBEDDED,
      mirror: FAILS,
      state: "warning",
      says: "came with this release, with 2 logs and 1 authority; no update: asking",
    },
    {
      title: "that came with the release, with updates off",
      root: { ...EMBEDDED, renewal: "off" },
      mirror: NOT_ASKED,
      state: "well",
      says: "came with this release, with 2 logs and 1 authority; updates are off",
    },
    {
      title: "that was fetched long ago, before updates were turned off",
      root: { ...FETCHED, renewal: "off", confirmedAt: later(NOW, -8 * DAY_MS) },
      mirror: NOT_ASKED,
      state: "warning",
      says: "verified against its mirror 8 d ago",
    },
    {
      title: "that no policy names",
      root: { ...EMBEDDED, renewal: "unused" },
      mirror: NOT_ASKED,
      state: "not-checked",
      says: "no policy names it",
    },
    {
      title: "that is not held, and could be",
      root: NONE,
      mirror: ANSWERS,
      state: "well",
      says: "not held here yet; its mirror answers",
    },
    {
      title: "that is not held, and cannot be fetched",
      root: { ...NONE, fault: "it was never fetched" },
      mirror: FAILS,
      state: "fault",
      says: "is not held: asking tuf.acme.example: ECONNREFUSED",
    },
    {
      title: "whose file was never right",
      root: { ...NONE, fault: "it names no authority and no log" },
      mirror: NOT_ASKED,
      state: "fault",
      says: "is not held: it names no authority and no log",
    },
    {
      title: "that is not held, and that no policy names",
      root: { ...NONE, renewal: "unused", fault: "it was never fetched" },
      mirror: NOT_ASKED,
      state: "not-checked",
      says: "is not held; no policy names it",
    },
  ])("$title", async ({ root, mirror, state, says }) => {
    const findings = await trustRootFindings({ states: () => [root], tryUpdate: mirror }, NOW, signal);
    expect(findings).toEqual([{ subject: "trust root acme", state, detail: expect.stringContaining(says) }]);
  });

  test("hides no other", async () => {
    const roots = [FETCHED, { ...FETCHED, name: "other" }];
    const findings = await trustRootFindings(
      { states: () => roots, tryUpdate: (name) => (name === "acme" ? FAILS() : ANSWERS()) },
      NOW,
      signal,
    );
    expect(findings.map(({ subject, state }) => `${subject}: ${state}`)).toEqual([
      "trust root acme: warning",
      "trust root other: well",
    ]);
  });
});
