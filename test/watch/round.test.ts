import { describe, expect, test } from "vitest";
import { parseRepository } from "../../src/image/reference.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import {
  byLastLook,
  isAnsweredIn,
  type PollRecord,
  reconciledBefore,
  type Round,
  roundAt,
} from "../../src/watch/round.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { NOW } from "./facts.ts";

const ago = (minutes: number) => later(NOW, -minutes * MINUTE_MS);
const round: Round = { startedAt: ago(5), lists: "allowed" };
const next = { at: later(NOW, 25 * MINUTE_MS), reason: "base" } as const;

describe("a run belongs to the round that is not finished", () => {
  test.each<{ title: string; poll: PollRecord; pushed?: number; isContinued: boolean }>([
    { title: "before the repository is due again", poll: { round, next }, isContinued: true },
    { title: "not when there is none", poll: { next }, isContinued: false },
    { title: "not when it is due again", poll: { round, next: { ...next, at: NOW } }, isContinued: false },
    { title: "though it is not known when it is due", poll: { round }, isContinued: true },
    {
      title: "not when it began in the future",
      poll: { round: { ...round, startedAt: later(NOW, 1) }, next },
      isContinued: false,
    },
    { title: "not after a push since", poll: { round, next }, pushed: 1, isContinued: false },
    { title: "after a push before", poll: { round, next }, pushed: 6, isContinued: true },
    { title: "after a push in the future", poll: { round, next }, pushed: -1, isContinued: true },
  ])("$title", ({ poll, pushed, isContinued }) => {
    const found = roundAt(poll, pushed === undefined ? undefined : ago(pushed), NOW);
    expect(found).toEqual(isContinued ? round : { startedAt: NOW, lists: "allowed" });
  });
});

test.each([
  { title: "never reconciled", reconciledAt: undefined, lists: "allowed" },
  { title: "reconciled less than a day ago", reconciledAt: later(NOW, -DAY_MS + 1), lists: "allowed" },
  { title: "reconciled a day ago", reconciledAt: later(NOW, -DAY_MS), lists: "ignored" },
  { title: "reconciled in the future", reconciledAt: later(NOW, 1), lists: "ignored" },
])("$title: lists are $lists", ({ reconciledAt, lists }) => {
  expect(roundAt(reconciledAt === undefined ? {} : { reconciledAt }, undefined, NOW).lists).toBe(lists);
});

test("repositories begin to be reconciled at different times of the first day", () => {
  const times = Array.from({ length: 100 }, (_, n) =>
    reconciledBefore(parseRepository(`a.example/r-${n}`), NOW),
  );
  expect(new Set(times.map((at) => Math.floor((NOW - at) / HOUR_MS))).size).toBeGreaterThan(15);
  for (const at of times) expect(NOW - at).toBeLessThan(DAY_MS);
});

describe("a tag was answered in a round", () => {
  test.each<{ title: string; tag: TagRecord; isIt: boolean }>([
    { title: "never asked", tag: { history: [] }, isIt: false },
    { title: "answered before", tag: { history: [], checkedAt: ago(6) }, isIt: false },
    { title: "answered since", tag: { history: [], checkedAt: ago(4) }, isIt: true },
    { title: "answered in the future", tag: { history: [], checkedAt: ago(-1) }, isIt: false },
    {
      title: "found missing since",
      tag: { history: [], checkedAt: ago(60), missing: { since: ago(60), lastAt: ago(4), count: 2 } },
      isIt: true,
    },
    {
      title: "failed since",
      tag: {
        history: [],
        checkedAt: ago(60),
        failure: { code: "registry-timeout", message: "", at: ago(4) },
      },
      isIt: false,
    },
  ])("$title: $isIt", ({ tag, isIt }) => {
    expect(isAnsweredIn(round, tag, NOW)).toBe(isIt);
  });

  test("none in a round that begins now", () => {
    expect(isAnsweredIn({ ...round, startedAt: NOW }, { history: [], checkedAt: NOW }, NOW)).toBe(false);
  });
});

test("those that were not looked at for longest come first", () => {
  const failure = { code: "registry-timeout", message: "" };
  const tags: TagRecord[] = [
    { history: [], checkedAt: ago(10) },
    { history: [], checkedAt: ago(60), failure: { ...failure, at: ago(5) } },
    { history: [] },
    { history: [], failure: { ...failure, at: ago(20) } },
  ];
  expect(tags.toSorted(byLastLook).map((tag) => tags.indexOf(tag))).toEqual([2, 3, 0, 1]);
});
