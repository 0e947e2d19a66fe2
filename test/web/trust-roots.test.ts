import { describe, expect, it } from "vitest";
import type { TrustRootState } from "../../src/ports/trust-roots.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { createFakeStore } from "../fakes/store.ts";
import { NOW } from "./sample.ts";
import { pageOf, rowsOf } from "./web-under-test.ts";

const FETCHED: TrustRootState = {
  name: "acme",
  origin: "update",
  version: "0".repeat(64),
  confirmedAt: later(NOW, -3 * HOUR_MS),
  renewal: "on",
  logs: 2,
  authorities: 3,
};
const EMBEDDED: TrustRootState = {
  name: "public-good",
  origin: "embedded",
  renewal: "on",
  logs: 4,
  authorities: 3,
};
const NONE: TrustRootState = { name: "acme", origin: "none", renewal: "on", logs: 0, authorities: 0 };

const rowOf = async (root: TrustRootState): Promise<string> => {
  const trustRoots = { states: () => [root] };
  const [row = ""] = rowsOf(await pageOf("/", createFakeStore(), { trustRoots }), "trust-roots");
  return row;
};

describe("overview: trust roots", () => {
  it.each<{ title: string; root: TrustRootState; says: string }>([
    {
      title: "one that was fetched",
      root: FETCHED,
      says: "acme ✓ held its mirror 3 h ago 2 logs, 3 authorities none",
    },
    {
      title: "one in a file",
      root: { ...FETCHED, origin: "file" },
      says: "acme ✓ held its file 3 h ago",
    },
    { title: "one that came along", root: EMBEDDED, says: "public-good ✓ held this release 4 logs" },
    {
      title: "one that came along, with updates off",
      root: { ...EMBEDDED, renewal: "off" },
      says: "✓ held, updates are off this release",
    },
    {
      title: "one that could not be renewed",
      root: { ...FETCHED, fault: "asking tuf.acme.example: ECONNREFUSED" },
      says: "▲ not renewed its mirror 3 h ago 2 logs, 3 authorities asking tuf.acme.example: ECONNREFUSED",
    },
    {
      title: "one that is old",
      root: { ...FETCHED, confirmedAt: later(NOW, -8 * DAY_MS) },
      says: "▲ old its mirror 8 d ago",
    },
    { title: "one that is not held", root: { ...NONE, fault: "ENOENT" }, says: "✕ not held nowhere yet" },
    { title: "one that no policy names", root: { ...NONE, renewal: "unused" }, says: "○ no policy names it" },
  ])("$title", async ({ root, says }) => {
    expect(await rowOf(root)).toContain(says);
  });

  it("shows foreign text as text", async () => {
    const row = await rowOf({ ...NONE, fault: '<b id="fault">\u202e' });
    expect(row).not.toContain("<b");
    expect(row).toContain("\\u{202e}");
  });

  it("shows no table where there is none", async () => {
    expect(await pageOf("/", createFakeStore())).not.toContain("Trust roots");
  });
});
