import { describe, expect, it } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { POLL_REASONS, pollReasonInWords } from "../../src/watch/next-poll.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { saveRecord } from "../fakes/look.ts";
import { BASE, digestNamed, GO, NOW } from "./sample.ts";
import { filled, pageOf, rowsOf, textOf } from "./web-under-test.ts";

const ago = (ms: number) => later(NOW, -ms);
const PATH = "/lines/docker.io/bellsoft/hardened-base:musl";
const seen = (name: string, daysAgo: number) => ({
  digest: digestNamed(name),
  firstSeenAt: ago(daysAgo * DAY_MS),
  lastSeenAt: ago(MINUTE_MS),
});
const CHECKED = { checkedAt: ago(MINUTE_MS) };
const content = digestNamed("content");
const missing = (count: number, minutes: number): TagRecord => ({
  history: [seen("base 1", 1)],
  checkedAt: ago(3 * HOUR_MS),
  failure: { code: "tag-missing", message: "the registry has no such tag", at: ago(MINUTE_MS) },
  missing: { since: ago(minutes * MINUTE_MS), lastAt: ago(MINUTE_MS), count },
});

async function filledWith(record: TagRecord): Promise<Store> {
  const store = await filled();
  await saveRecord(store, BASE, record, NOW);
  return store;
}

describe("what is unusual about a tag", () => {
  it.each<{ title: string; record: TagRecord; says: string; never: string }>([
    {
      title: "gone",
      record: missing(3, 120),
      says: "✕ tag missing since 24 Nov 2026, 12:12 UTC, last looked 1 min ago",
      never: "could not ask",
    },
    {
      title: "not found for a moment",
      record: missing(2, 10),
      says: "▲ tag not found since 24 Nov 2026, 14:02 UTC",
      never: "tag missing",
    },
    {
      title: "never there",
      record: { ...missing(3, 120), history: [] },
      says: "✕ tag missing since",
      never: "could not ask",
    },
    {
      title: "made before what it replaced",
      record: {
        ...CHECKED,
        history: [seen("base 0", 2), { ...seen("base 1", 1), doubt: "created-earlier" }],
      },
      says: "✕ rollback suspected",
      never: "moved backwards",
    },
    {
      title: "held back",
      record: {
        ...CHECKED,
        history: [seen("base 1", 1)],
        held: { digest: digestNamed("base 2"), since: ago(2 * MINUTE_MS) },
      },
      says: `▲ goes to and fro on ${digestNamed("base 2").slice(7, 19)} since 2 min ago, believed when it stays`,
      never: "moved backwards",
    },
    {
      title: "the same images",
      record: {
        ...CHECKED,
        history: [
          { ...seen("base 0", 2), content },
          { ...seen("base 1", 1), content },
        ],
      },
      says: "○ evidence changed the images are the same",
      never: "moved backwards",
    },
    {
      title: "standing still",
      record: {
        ...CHECKED,
        history: [seen("base 1", 9)],
        stale: { kind: "usual-gap", measureMs: 2 * DAY_MS, since: ago(9 * DAY_MS) },
      },
      says: "▲ stands still no move for more than 3 times the usual 2 d",
      never: "could not ask",
    },
  ])("$title", async ({ record, says, never }) => {
    const store = await filledWith(record);
    const row = rowsOf(await pageOf("/", store), "watches").find((text) => text.includes("hardened-base"));
    const page = textOf(await pageOf(PATH, store));
    for (const text of [row ?? "", page]) {
      expect(text).toContain(says);
      expect(text).not.toContain(never);
    }
  });

  it("says nothing of a tag that is as it should be", async () => {
    const store = await filledWith({ ...CHECKED, history: [seen("base 0", 2), seen("base 1", 1)] });
    const page = textOf(await pageOf(PATH, store));
    expect(page).not.toMatch(/missing since 2|suspected|to and fro|stands still|evidence changed/);
  });
});

/** The row of the place that pins hardened-go to `go 1`. */
async function rowOfGo(record: TagRecord): Promise<string> {
  const store = await filled();
  await saveRecord(store, GO, record, NOW);
  const row = rowsOf(await pageOf("/", store), "handled").find((text) => text.includes("hardened-go"));
  return row ?? "";
}

describe("a place that is pinned", () => {
  it("to another index of the same images is not behind", async () => {
    const history = [
      { ...seen("go 1", 2), content },
      { ...seen("go 9", 1), content },
    ];
    expect(await rowOfGo({ ...CHECKED, history })).toContain(
      "○ same images only what is attached to them changed",
    );
  });

  it("to an index of other images is", async () => {
    const history = [
      { ...seen("go 1", 2), content },
      { ...seen("go 9", 1), content: digestNamed("other") },
    ];
    expect(await rowOfGo({ ...CHECKED, history })).toContain("▲ behind");
  });

  it("to a tag that is gone is not called up to date", async () => {
    expect(await rowOfGo({ ...missing(3, 120), history: [seen("go 1", 1)] })).toContain(
      "○ not known there is no such tag",
    );
  });

  it("to a digest that is made before what it replaced neither", async () => {
    const history = [seen("go 0", 2), { ...seen("go 1", 1), doubt: "created-earlier" as const }];
    expect(await rowOfGo({ ...CHECKED, history })).toContain(
      "○ same as the tag the tag may have moved backwards",
    );
  });
});

describe("the page about a line", () => {
  it.each(POLL_REASONS)("says when the tag is looked at next, and why: %s", async (reason) => {
    const store = await filled();
    const next = { at: later(NOW, 5 * MINUTE_MS), reason };
    await store.savePoll(BASE.repository, { looks: [], poll: { next }, lostAt: NOW });
    expect(textOf(await pageOf(PATH, store))).toContain(
      `Next look 24 Nov 2026, 14:17 UTC ${pollReasonInWords(reason)}`,
    );
  });

  it("says nothing of a next look that nobody planned", async () => {
    expect(await pageOf(PATH, await filled())).not.toContain("Next look");
  });

  it("says how the tag came to each digest", async () => {
    const store = await filledWith({
      ...CHECKED,
      history: [
        { ...seen("base 0", 4), content, createdAt: ago(5 * DAY_MS) },
        { ...seen("base 1", 3), source: "history" },
        { ...seen("base 2", 2), content },
        seen("base 3", 1),
        seen("base 0", 0),
      ],
    });
    const rows = rowsOf(await pageOf(PATH, store), "history").toReversed();
    expect(rows).toHaveLength(5);
    for (const [position, says] of [
      "○ first seen for the first time made 19 Nov 2026",
      "heard of afterwards",
      "○ evidence only another index of the same images",
      "✓ forward a new digest",
      "✕ backwards a digest it had left before",
    ].entries()) {
      expect(rows[position]).toContain(says);
    }
  });
});
