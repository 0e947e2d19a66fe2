import { describe, expect, it } from "vitest";
import type { HostState } from "../../src/ports/host-gate.ts";
import { later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import { createFakeStore } from "../fakes/store.ts";
import { NOW } from "./sample.ts";
import { pageOf, rowsOf } from "./web-under-test.ts";

const WELL: HostState = {
  host: "docker.io",
  credential: "anonymous",
  limits: { perSecond: 5, burst: 20 },
  perSecondNow: 5,
  budgetLeft: 17.9,
  breaker: "closed",
  lastAnswerAt: later(NOW, -10 * SECOND_MS),
};

const rowOf = async (change: Partial<HostState>): Promise<string> => {
  const gate = { states: async () => [{ ...WELL, ...change }] };
  const [row = ""] = rowsOf(await pageOf("/", createFakeStore(), { gate }), "hosts");
  return row;
};

describe("overview: registry hosts", () => {
  it.each<{ title: string; change: Partial<HostState>; says: string }>([
    {
      title: "a host that is well",
      change: {},
      says: "✓ may be asked 17 of 20 left 5/s none known 10 s ago none",
    },
    {
      title: "a host that asked to wait",
      change: { penalty: { until: later(NOW, 5 * MINUTE_MS), limits: "all" } },
      says: "▲ asked us to wait everything waits for 5 min",
    },
    {
      title: "a pull limit that is spent",
      change: {
        penalty: { until: later(NOW, 5 * MINUTE_MS), limits: "pull" },
        pullsLeft: { remaining: 0, limit: 100, at: later(NOW, -MINUTE_MS) },
      },
      says: "pulls wait for 5 min 17 of 20 left 5/s 0 of 100 left 1 min ago",
    },
    {
      title: "a penalty that is over",
      change: { penalty: { until: later(NOW, -1), limits: "all" } },
      says: "✓ may be asked",
    },
    {
      title: "a host that was slowed down",
      change: { perSecondNow: 1.25 },
      says: "1.25/s slowed down from 5/s",
    },
    {
      title: "an open breaker",
      change: {
        breaker: "open",
        unreachableSince: later(NOW, -7 * MINUTE_MS),
        lastError: { code: "registry-timeout", message: "no answer", at: later(NOW, -MINUTE_MS) },
      },
      says: "✕ unreachable since 7 min ago left alone for a while",
    },
    { title: "a breaker that tries", change: { breaker: "half-open" }, says: "being tried by one request" },
    {
      title: "failures that have not opened it yet",
      change: { unreachableSince: later(NOW, -MINUTE_MS) },
      says: "▲ not answering since 1 min ago",
    },
    {
      title: "the last error",
      change: { lastError: { code: "registry-timeout", message: "no answer", at: later(NOW, -MINUTE_MS) } },
      says: "no answer registry-timeout 1 min ago",
    },
  ])("$title", async ({ change, says }) => {
    expect(await rowOf(change)).toContain(says);
  });

  it.each<Partial<HostState>>([
    { breaker: "open" },
    { breaker: "half-open" },
    { unreachableSince: NOW },
    { penalty: { until: later(NOW, 1_000), limits: "all" } },
  ])("never says that a host may be asked when it may not: %j", async (change) => {
    expect(await rowOf(change)).not.toContain("may be asked");
  });

  it("shows foreign text as text", async () => {
    const row = await rowOf({
      host: '<b id="host">',
      lastError: { code: '<b id="code">', message: '<b id="message">\u202e', at: NOW },
    });
    expect(row).not.toContain("<b");
    for (const name of ["host", "code", "message"]) expect(row).toContain(`&lt;b id=&quot;${name}&quot;&gt;`);
    expect(row).toContain("\\u{202e}");
  });

  it("says so when no host was asked", async () => {
    expect(await pageOf("/", createFakeStore())).toContain("No registry was asked lately.");
  });
});
