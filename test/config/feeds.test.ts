import { describe, expect, test } from "vitest";
import { FEED_PRESETS } from "../../config/feed-presets.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { faultsOf, load, type Refusal } from "./folder.ts";

const feedsOf = async (advisories: object) =>
  (await load({ sections: { advisories }, files: { "osv/a.json": "{}" } })).feeds;

describe("feeds of advisories", () => {
  test("are none where nothing is said", async () => {
    expect((await load({})).feeds).toEqual([]);
  });

  test("are known by name", async () => {
    const feeds = await feedsOf({ presets: ["bellsoft", "kev"], directory: "osv" });
    expect(feeds.map(({ id, place }) => [id, place.kind])).toEqual([
      ["bellsoft", "archive"],
      ["directory", "directory"],
      ["kev", "kev"],
    ]);
    expect(feeds[1]).toMatchObject({ everyMs: MINUTE_MS, staleAfterMs: Number.MAX_SAFE_INTEGER });
    expect(feeds[0]).toEqual({
      id: "bellsoft",
      name: "BellSoft's advisories",
      everyMs: HOUR_MS,
      staleAfterMs: DAY_MS,
      ecosystems: ["Alpaquita", "BellSoft Hardened Containers"],
      licenceNote: "MIT",
      place: { kind: "archive", url: "https://codeload.github.com/bell-sw/osv-database/tar.gz/HEAD" },
    });
  });

  test("may be ours, or others that we mirror", async () => {
    const url = "https://mirror.acme.internal/osv";
    const feeds = await feedsOf({
      feeds: {
        ours: { kind: "archive", url, every: "5m", staleAfter: "2d", name: "Ours" },
        folder: { kind: "directory", directory: "osv", staleAfter: "1d" },
        debian: { preset: "debian", url },
        alma: { kind: "osv-dump", url, ecosystem: "AlmaLinux" },
        wolfi: { preset: "wolfi", acceptLicence: true },
      },
    });
    expect(feeds).toMatchObject([
      { id: "alma", name: "alma", ecosystems: ["AlmaLinux"], everyMs: HOUR_MS },
      { id: "debian", ecosystems: ["Debian"], place: { kind: "osv-dump", url, ecosystem: "Debian" } },
      { id: "folder", name: "folder", staleAfterMs: DAY_MS, place: { kind: "directory" } },
      { id: "ours", name: "Ours", everyMs: 5 * MINUTE_MS, staleAfterMs: 2 * DAY_MS },
      { id: "wolfi", isPrivate: true, licenceNote: expect.stringContaining("CC BY-NC-ND") },
    ]);
    expect(feeds[3]).not.toHaveProperty("ecosystems");
  });

  test("may be brought by hand", async () => {
    const feeds = await feedsOf({
      feeds: { bellsoft: { preset: "bellsoft", kind: "imported", staleAfter: "7d" } },
    });
    expect(feeds).toMatchObject([{ place: { kind: "imported" }, staleAfterMs: 7 * DAY_MS }]);
    expect(feeds[0]?.ecosystems).toContain("Alpaquita");
  });

  test("that are known by name are https, each with another place", () => {
    const places = [...FEED_PRESETS.values()].map(({ place }) => JSON.stringify(place));
    expect(places.filter((place) => !place.includes('"https://'))).toEqual([]);
    expect(new Set(places).size).toBe(FEED_PRESETS.size);
  });
});

const feed = (written: object): object => ({ feeds: { ours: written } });

describe("a feed is refused", () => {
  const url = "https://mirror.acme.internal/osv";
  test.each<Omit<Refusal, "sections"> & { advisories: object }>([
    {
      title: "whose licence nobody accepted",
      advisories: { presets: ["wolfi"] },
      path: "advisories.presets[0]",
      reason: "its licence has to be accepted (CC BY-NC-ND 4.0",
    },
    {
      title: "whose licence is not accepted",
      advisories: feed({ preset: "chainguard", acceptLicence: false }),
      path: "advisories.feeds.ours.acceptLicence",
      reason: "its licence has to be accepted",
    },
    {
      title: "that is unknown",
      advisories: { presets: ["acme"] },
      path: "advisories.presets[0]",
      reason: "must be one of bellsoft",
    },
    {
      title: "that is there already",
      advisories: { presets: ["kev"], feeds: { kev: { preset: "kev" } } },
      path: "advisories.feeds.kev",
      reason: "there is a feed of this name already",
    },
    {
      title: "of no kind",
      advisories: feed({ url }),
      path: "advisories.feeds.ours.kind",
      reason: "is missing",
    },
    {
      title: "without its place",
      advisories: feed({ kind: "archive" }),
      path: "advisories.feeds.ours.url",
      reason: "is missing",
    },
    {
      title: "without its folder",
      advisories: feed({ kind: "directory" }),
      path: "advisories.feeds.ours.directory",
      reason: "is missing",
    },
    {
      title: "whose folder is not there",
      advisories: feed({ kind: "directory", directory: "gone" }),
      path: "advisories.feeds.ours.directory",
      reason: "ENOENT",
    },
    {
      title: "without its ecosystem",
      advisories: feed({ kind: "osv-dump", url }),
      path: "advisories.feeds.ours.ecosystem",
      reason: "is missing",
    },
    {
      title: "with an ecosystem that means nothing",
      advisories: feed({ kind: "kev", url, ecosystem: "npm" }),
      path: "advisories.feeds.ours.ecosystem",
      reason: "is for the kind osv-dump alone",
    },
    {
      title: "over http from elsewhere",
      advisories: feed({ kind: "archive", url: "http://mirror.acme.internal/x" }),
      path: "advisories.feeds.ours.url",
      reason: "must be https",
    },
    {
      title: "with a password",
      advisories: feed({ kind: "archive", url: "https://user:word@mirror.acme.internal/x" }),
      path: "advisories.feeds.ours.url",
      reason: "holds a user or password",
    },
    {
      title: "that is asked all the time",
      advisories: feed({ preset: "kev", every: "1s" }),
      path: "advisories.feeds.ours.every",
      reason: "must be 60s or more",
    },
    {
      title: "with a release among its ecosystems",
      advisories: feed({ kind: "archive", url, ecosystems: ["Debian:13"] }),
      path: "advisories.feeds.ours.ecosystems[0]",
      reason: "must be without release",
    },
    {
      title: "with an unknown key",
      advisories: feed({ preset: "kev", token: "x" }),
      path: "advisories.feeds.ours.token",
      reason: "unknown key",
    },
  ])("$title", async ({ advisories, path, reason }) => {
    const faults = await faultsOf({ sections: { advisories } });
    expect(faults).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });
});
