import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTag } from "../../src/image/reference.ts";
import { DAY_MS, HOUR_MS, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import type { TagListing } from "../../src/watch/candidates.ts";
import { changedAtOf, isListingDue, type ListingWish } from "../../src/watch/listing-due.ts";

const T0 = instantOf(Date.parse("2026-11-01T00:00:00Z"));
const ENTRY = { tag: parseTag("1.2.4"), scope: "patch", to: parseTag("1.2.5") } as const;
const OTHER = { tag: parseTag("1.3.0"), scope: "minor" } as const;
const FAILURE = { code: "registry-unavailable", message: "away", at: T0 };

/** Asked at T0, and nothing was new for so long before. */
function unchangedFor(spanMs: number, change: Partial<TagListing> = {}): TagListing {
  return { askedAt: T0, changedAt: later(T0, -spanMs), newest: [ENTRY], ...change };
}

function wishAfter(spanMs: number, change: Partial<ListingWish> = {}): ListingWish {
  return { wanted: [ENTRY], pushes: [undefined, undefined], now: later(T0, spanMs), ...change };
}

describe("a list is left alone", () => {
  test.each([
    { title: "within the hour", listing: unchangedFor(0), wish: wishAfter(HOUR_MS - 1) },
    {
      title: "after two hours, when it was the same for a day",
      listing: unchangedFor(DAY_MS),
      wish: wishAfter(2 * HOUR_MS),
    },
    {
      title: "just before six hours, when it was the same for a year",
      listing: unchangedFor(365 * DAY_MS),
      wish: wishAfter(6 * HOUR_MS - 1),
    },
    {
      title: "after a push that it was asked for since",
      listing: unchangedFor(0),
      wish: wishAfter(5, { pushes: [later(T0, -1), T0] }),
    },
    {
      title: "after a push that lies ahead",
      listing: unchangedFor(0),
      wish: wishAfter(5, { pushes: [later(T0, 6), undefined] }),
    },
    { title: "when nobody may move any more", listing: unchangedFor(0), wish: wishAfter(5, { wanted: [] }) },
    {
      title: "for an hour when it could not be read, whoever pushed",
      listing: unchangedFor(0, { failure: FAILURE }),
      wish: wishAfter(HOUR_MS - 1, { pushes: [later(T0, 5), undefined] }),
    },
    {
      title: "for an hour when it could not be read, whoever may move",
      listing: unchangedFor(0, { failure: FAILURE, newest: [] }),
      wish: wishAfter(HOUR_MS - 1),
    },
  ])("$title", ({ listing, wish }) => {
    expect(isListingDue(listing, wish)).toBe(false);
  });
});

describe("a list is asked for", () => {
  test.each([
    { title: "that never was", listing: undefined, wish: wishAfter(0) },
    { title: "after an hour", listing: unchangedFor(0), wish: wishAfter(HOUR_MS) },
    {
      title: "after an hour, when it is not known since when it is the same",
      listing: { askedAt: T0, newest: [ENTRY] },
      wish: wishAfter(HOUR_MS),
    },
    {
      title: "after a tenth of the time that it was the same",
      listing: unchangedFor(30 * HOUR_MS),
      wish: wishAfter(3 * HOUR_MS),
    },
    {
      title: "after six hours, however long it was the same",
      listing: unchangedFor(365 * DAY_MS),
      wish: wishAfter(6 * HOUR_MS),
    },
    {
      title: "after an hour when it could not be read, however long it was the same",
      listing: unchangedFor(365 * DAY_MS, { failure: FAILURE }),
      wish: wishAfter(HOUR_MS),
    },
    {
      title: "as soon as a watched tag was pushed",
      listing: unchangedFor(DAY_MS),
      wish: wishAfter(MINUTE_MS, { pushes: [later(T0, 5), undefined] }),
    },
    {
      title: "as soon as a tag was pushed that nobody watches",
      listing: unchangedFor(DAY_MS),
      wish: wishAfter(MINUTE_MS, { pushes: [undefined, later(T0, 5)] }),
    },
    {
      title: "as soon as somebody may move from another tag",
      listing: unchangedFor(DAY_MS),
      wish: wishAfter(1, { wanted: [ENTRY, OTHER] }),
    },
    {
      title: "as soon as somebody may move further",
      listing: unchangedFor(DAY_MS),
      wish: wishAfter(1, { wanted: [{ ...ENTRY, scope: "major" }] }),
    },
    {
      title: "that was asked for by a clock that was wrong",
      listing: unchangedFor(0, { askedAt: later(T0, DAY_MS) }),
      wish: wishAfter(0),
    },
    {
      title: "whose last change lies ahead of it, after an hour",
      listing: unchangedFor(-DAY_MS),
      wish: wishAfter(HOUR_MS),
    },
  ])("$title", ({ listing, wish }) => {
    expect(isListingDue(listing, wish)).toBe(true);
  });

  test("between one hour and six, whatever was", () => {
    const span = fc.integer({ min: -DAY_MS, max: 1_000 * DAY_MS });
    fc.assert(
      fc.property(span, fc.boolean(), (spanMs, isFailed) => {
        const listing = unchangedFor(spanMs, isFailed ? { failure: FAILURE } : {});
        expect(isListingDue(listing, wishAfter(HOUR_MS - 1))).toBe(false);
        expect(isListingDue(listing, wishAfter(6 * HOUR_MS))).toBe(true);
      }),
    );
  });
});

describe("a list is the same since", () => {
  const before = unchangedFor(DAY_MS);
  const now = later(T0, HOUR_MS);

  test.each([
    { title: "now, when it was never asked for", known: undefined, newest: [ENTRY], since: now },
    {
      title: "now, when nobody wrote down since when",
      known: { askedAt: T0, newest: [ENTRY] },
      newest: [ENTRY],
      since: now,
    },
    {
      title: "now, when there is a newer tag",
      known: before,
      newest: [{ ...ENTRY, to: parseTag("1.2.6") }],
      since: now,
    },
    {
      title: "now, when the newer tag is gone",
      known: before,
      newest: [{ tag: ENTRY.tag, scope: ENTRY.scope }],
      since: now,
    },
    {
      title: "now, when it was written down by a clock that was wrong",
      known: unchangedFor(-DAY_MS),
      newest: [ENTRY],
      since: now,
    },
    { title: "as before, when it says the same", known: before, newest: [ENTRY], since: before.changedAt },
    {
      title: "as before, when somebody else may move now",
      known: before,
      newest: [ENTRY, OTHER],
      since: before.changedAt,
    },
    { title: "as before, when nobody may move any more", known: before, newest: [], since: before.changedAt },
  ])("$title", ({ known, newest, since }) => {
    expect(changedAtOf(known, newest, now)).toBe(since);
  });
});
