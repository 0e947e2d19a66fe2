import { keepTimer } from "../fakes/timers.ts";
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { later } from "../../src/time.ts";
import { createFakeStore } from "../fakes/store.ts";
import { BASE, digestNamed, JRE, NODE, NOW } from "./sample.ts";
import { DUE_SOON_MS, filled, pageOf, readySaying, rowsOf, textOf } from "./web-under-test.ts";
import { saveLook } from "../fakes/look.ts";

describe("overview: timers", () => {
  it("shows each state in words with its countdown, running ones by due date, then closed ones", async () => {
    const rows = rowsOf(await pageOf("/", await filled()), "timers");
    expect(rows.map((row) => row.replace(/^.*?musl /, ""))).toEqual([
      "✕ breached overdue by 2 d 3 h 22 Nov 2026, 11:12 UTC CVE-2026-11111 critical acme/pay-gateway release",
      "▲ due soon 5 h 40 min left 24 Nov 2026, 19:52 UTC CVE-2026-19004 high acme/pay-gateway release",
      "● open 6 d 23 h left 1 Dec 2026, 13:12 UTC CVE-2026-31337 critical, and 1 more acme/shop main",
      "✓ met merged 27 d before 20 Dec 2026, 14:12 UTC an update no known vulnerability acme/shop main",
      "▲ late merged 2 d too late 1 Nov 2026, 14:12 UTC CVE-2026-10000 critical acme/shop main",
    ]);
  });

  it.each([
    ["a moment before the deadline", 1, "due soon", "0 s left"],
    ["at the deadline, which is in time", 0, "due soon", "0 s left"],
    ["a minute after it", -60_000, "breached", "overdue by 1 min"],
    ["at the border of due soon", DUE_SOON_MS, "due soon", "1 d left"],
    ["before that border", DUE_SOON_MS + 1, "open", "1 d left"],
  ])("%s", async (_title, leftMs, state, words) => {
    const store = createFakeStore();
    await keepTimer(store, {
      codeRepository: { owner: "acme", name: "shop" },
      baseBranch: "main",
      line: JRE,
      timer: {
        state: "open",
        obligations: [
          { id: "update", severity: "none", startedAt: later(NOW, -DUE_SOON_MS), dueAt: later(NOW, leftMs) },
        ],
      },
    });
    const [row] = rowsOf(await pageOf("/", store), "timers");
    expect(row).toContain(state);
    expect(row).toContain(words);
  });

  it("shows a cancelled timer without a deadline", async () => {
    const store = createFakeStore();
    await keepTimer(store, {
      codeRepository: { owner: "acme", name: "shop" },
      baseBranch: "main",
      line: JRE,
      timer: {
        state: "cancelled",
        obligations: [{ id: "CVE-2026-1", severity: "low", startedAt: NOW, dueAt: NOW }],
        closedAt: NOW,
      },
    });
    const [row] = rowsOf(await pageOf("/", store), "timers");
    expect(row).toContain("cancelled no longer applies");
  });

  it("gives every moment a machine-readable twin", async () => {
    const page = await pageOf("/", await filled());
    expect(page).toContain('<time datetime="2026-11-22T11:12:05.000Z">22 Nov 2026, 11:12 UTC</time>');
  });
});

describe("overview: proposals", () => {
  it("links open ones, the most urgent first, with images and deadline", async () => {
    const page = await pageOf("/", await filled());
    expect(page).toContain('href="https://github.example/acme/shop/pull/128" rel="noreferrer noopener"');
    expect(rowsOf(page, "proposals").map((row) => /#\d+/.exec(row)?.[0])).toEqual(["#17", "#128"]);
    expect(rowsOf(page, "proposals")[0]).toContain("5 h 40 min left");
  });

  it("says until when one is snoozed, while it is, beside its deadline", async () => {
    const store = await filled();
    const until = later(NOW, 3_600_000);
    const snooze = { until, at: NOW, by: "<b>alex\u202e", known: [] };
    for (const proposal of await store.proposals()) await store.saveProposal({ ...proposal, snooze });
    const page = await pageOf("/", store);
    expect(rowsOf(page, "proposals")[0]).toMatch(
      /snoozed until 24 Nov 2026, 15:12 UTC by &lt;b&gt;alex.* 5 h 40 min left/,
    );
    expect(page).not.toContain("<b>alex");
    expect(page).not.toContain("\u202e");
    for (const proposal of await store.proposals()) {
      await store.saveProposal({ ...proposal, snooze: { ...snooze, until: NOW } });
    }
    expect(rowsOf(await pageOf("/", store), "proposals").join("\n")).not.toContain("snoozed");
  });

  it("says of a first pin that there was no digest before", async () => {
    const store = await filled();
    for (const { updates, ...proposal } of await store.proposals()) {
      await store.saveProposal({
        ...proposal,
        updates: updates.map(({ line, to }) => ({ line, to, paths: ["Dockerfile"], superseded: [] })),
      });
    }
    const [row] = rowsOf(await pageOf("/", store), "proposals");
    expect(row).toMatch(/jre-25-nonroot-musl no digest → ?to [0-9a-f]{7}/);
  });

  it.each(["closed", "merged"] as const)("leaves a %s one out", async (state) => {
    const store = await filled();
    for (const proposal of await store.proposals()) await store.saveProposal({ ...proposal, state });
    const page = await pageOf("/", store);
    expect(rowsOf(page, "proposals")).toEqual([]);
    expect(page).toContain("No open pull request.");
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "//evil.example", "pull/1", ""])(
    "does not link the address %j",
    async (url) => {
      const store = await filled();
      for (const proposal of await store.proposals()) await store.saveProposal({ ...proposal, url });
      const page = await pageOf("/", store);
      expect(rowsOf(page, "proposals")).toHaveLength(2);
      expect(page).not.toContain("noreferrer");
    },
  );
});

describe("overview: watches", () => {
  it.each([
    ["jre-25-nonroot-musl", "verified signed by BellSoft ; SBOM verified 20 s ago 2 repositories"],
    [
      "hardened-python",
      "rejected signed by a key that the profile does not trust signature-key-unknown 41 s ago 1 repository",
    ],
    ["hardened-go", "moved backwards ✓ verified signed by BellSoft"],
    ["hardened-base", "awaiting evidence no signature yet, missing for 4 min 52 s ago"],
  ])("says about %s: %s", async (name, words) => {
    expect(await rowOf(await filled(), name)).toContain(words);
  });

  it("never lets a tag that could not be asked about look checked", async () => {
    const row = await rowOf(await filled(), "hardened-nodejs");
    expect(row).toContain("last known, 3 h 5 min ago");
    expect(row).toContain("not known");
    expect(row).toContain("could not ask since 24 Nov 2026, 11:07 UTC tried 14 s ago");
    expect(row).toContain("no answer in 10 s registry-timeout");
    expect(row).not.toContain("✓");
    expect(rowsOf(await pageOf("/", await filled()), "handled").join("\n")).toMatch(
      /hardened-nodejs :24-musl \w+ ○ not known the tag could not be asked about/,
    );
  });

  it("says so when there never was an answer, and when nobody asked", async () => {
    const store = await filled();
    const empty = createFakeStore();
    for (const scan of await store.scans()) await empty.saveScan(scan);
    await saveLook(empty, NODE, { kind: "failed", code: "registry-unauthorized", message: "401", at: NOW });
    expect(await rowOf(empty, "hardened-nodejs")).toContain(
      "could not ask never an answer tried just now : 401",
    );
    expect(await rowOf(empty, "hardened-base")).toContain("not seen yet ○ not seen yet ○ not asked yet");
  });

  it("shows an answer of two days ago as old", async () => {
    const row = await rowOf(await aged(2 * DUE_SOON_MS), "hardened-base");
    expect(row).toContain("not known");
    expect(row).toContain("not asked lately last answer 2 d");
  });

  it("keeps `nobody asked who signed it` apart from every verdict", async () => {
    const store = await filled();
    const at = later(NOW, -1_000);
    const history = [{ digest: digestNamed("new"), firstSeenAt: at, lastSeenAt: at }];
    await saveLook(store, BASE, { kind: "answered", history, at });
    expect(await rowOf(store, "hardened-base")).toContain(
      "○ not verified yet nobody has asked who signed it",
    );
  });

  it("shows why a digest is unverifiable", async () => {
    const store = await filled();
    const image = { repository: BASE.repository, digest: digestNamed("base 1") };
    const record = await store.verdict(image);
    if (record === undefined) throw new Error("the sample has no verdict on it");
    await store.saveVerdict({ ...record, verdict: { kind: "unverifiable", reason: "no key is configured" } });
    expect(await rowOf(store, "hardened-base")).toContain("▲ unverifiable no key is configured");
  });
});

describe("overview: code repositories and events", () => {
  it("says how each handled place stands to its tag", async () => {
    const rows = rowsOf(await pageOf("/", await filled()), "handled");
    expect(rows).toHaveLength(6);
    const standing = (place: string): string | undefined => rows.find((row) => row.startsWith(place));
    expect(standing("Dockerfile:1 acme/shop")).toContain("✓ up to date");
    expect(standing("Dockerfile:6 acme/shop")).toContain("● behind the new digest is verified");
    expect(standing("batch/Dockerfile:1")).toContain("▲ behind the new digest is not verified");
    expect(standing("tools/Dockerfile:3")).toContain("○ same as the tag the tag moved backwards");
  });

  it("calls nothing up to date whose digest nobody verified", async () => {
    const store = await filled();
    const { history } = await store.watch(JRE);
    const first = history.slice(0, 1);
    await saveLook(store, JRE, { kind: "answered", history: first, at: NOW });
    const rows = rowsOf(await pageOf("/", store), "handled");
    expect(rows.find((row) => row.startsWith("Dockerfile:4"))).toContain(
      "○ same as the tag the digest is not verified",
    );
  });

  it("lists what was seen and is not handled, with the reason", async () => {
    const rows = rowsOf(await pageOf("/", await filled()), "seen");
    expect(rows.map((row) => row.split(" ").at(-1))).toEqual([
      "variable-unresolved",
      "no-profile",
      "not-pinned",
    ]);
    expect(rows[1]).toContain("deploy/Dockerfile:14 acme/shop redis:8.0 not a hardened image");
  });

  it("lists files that could not be read", async () => {
    const rows = rowsOf(await pageOf("/", await filled()), "code-repositories");
    expect(rows[1]).toContain("1 file vendor/huge/Dockerfile: larger than 1 MiB");
  });

  it("counts what is handled, what is to be pinned and what is not handled, by kind of file", async () => {
    const page = await pageOf("/", await filled());
    const repositories = rowsOf(page, "code-repositories");
    expect(repositories[1]).toContain("4 places 1 place 1 place ▲ 1 file");
    expect(rowsOf(page, "coverage")).toEqual([
      "dockerfile 6 places 1 place 1 place not a hardened image: no profile claims it, not watched no-profile",
      "not known 0 places 0 places 1 place a variable without a default decides which image this is variable-unresolved",
    ]);
  });

  it("lists events, newest first", async () => {
    const rows = rowsOf(await pageOf("/", await filled()), "events");
    expect(rows).toHaveLength(7);
    expect(rows[0]).toContain("refreshed");
    expect(rows.at(-1)).toContain("merged; its timer is met acme/shop#121 1 d 2 h ago");
  });

  it("says what is missing instead of claiming that all is well when nothing was read", async () => {
    const page = await pageOf("/", createFakeStore());
    expect(page).not.toContain("Every place that names an image is handled.");
    expect(page.match(/No code repository was read yet\./g)).toHaveLength(4);
    expect(page).toContain("Nothing is watched yet.");
    expect(page).toContain("No timer runs.");
  });

  it("shows 200 rows and counts the rest", async () => {
    const store = createFakeStore();
    const places = Array.from({ length: 205 }, (_, at) => ({
      path: `${at}/Dockerfile`,
      line: 1,
      raw: "redis",
      state: { kind: "seen", reason: "no-profile" } as const,
    }));
    await store.saveScan({
      codeRepository: { owner: "acme", name: "shop" },
      branch: "main",
      commit: "c".repeat(40),
      scannedAt: NOW,
      places,
      skipped: [],
    });
    const page = await pageOf("/", store);
    expect(rowsOf(page, "seen")).toHaveLength(200);
    expect(page).toContain("… and 5 places more, not shown here.");
  });
});

describe("overview: asking again", () => {
  it("refreshes every 5 s, and can be paused", async () => {
    const store = await filled();
    expect(await pageOf("/", store)).toMatch(/<meta http-equiv="refresh" content="5"/);
    const paused = await pageOf("/?refresh=off", store);
    expect(paused).not.toContain("http-equiv");
    expect(paused).toContain('<a href="/">resume</a>');
  });

  it("shows at the top what is not ready", async () => {
    const ready = readySaying({ name: "redis", fault: "maxmemory-policy is allkeys-lru" }, { name: "web" });
    const page = await pageOf("/", await filled(), { ready });
    expect(page).toContain('role="alert"');
    expect(textOf(page)).toContain("redis : maxmemory-policy is allkeys-lru");
    expect(await pageOf("/", await filled())).not.toContain('role="alert"');
  });
});

/** The row of a watch. */
async function rowOf(store: Store, name: string): Promise<string> {
  return rowsOf(await pageOf("/", store), "watches").find((row) => row.includes(name)) ?? "";
}

/** The sample with every answer this much older. */
async function aged(byMs: number): Promise<Store> {
  const store = await filled();
  for (const { line, history, checkedAt } of await store.watches()) {
    if (checkedAt !== undefined) {
      await saveLook(store, line, { kind: "answered", history, at: later(checkedAt, -byMs) });
    }
  }
  return store;
}
