import { describe, expect, test } from "vitest";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import type { Observation, TagHistory } from "../../src/watch/history.ts";
import { type Age, leadOf, stepBackOf } from "../../src/watch/step-back.ts";

const digest = (start: string): Digest => parseDigest(`sha256:${start.padEnd(64, "0")}`);
const A = digest("a");
const B = digest("b");
const C = digest("c");
const X = digest("1e");
const T0 = instantOf(Date.UTC(2026, 9, 1, 12));
const day = (count: number): Instant => later(T0, count * DAY_MS);

const signed = (at: number, made?: number): Age => ({
  trustedAt: later(T0, at),
  ...(made === undefined ? {} : { createdAt: later(T0, made) }),
});
const made = (at: number): Age => ({ createdAt: later(T0, at) });

describe("how much earlier an image was made", () => {
  test.each<{ title: string; image: Age; other: Age; lead: ReturnType<typeof leadOf> }>([
    {
      title: "both times trusted, earlier",
      image: signed(0),
      other: signed(3 * DAY_MS),
      lead: { by: "signed", leadMs: 3 * DAY_MS },
    },
    { title: "both times trusted, later", image: signed(3 * DAY_MS), other: signed(0), lead: undefined },
    { title: "signed at the same moment", image: signed(0), other: signed(0), lead: undefined },
    { title: "signed an hour before", image: signed(0), other: signed(HOUR_MS), lead: undefined },
    {
      title: "signed more than an hour before",
      image: signed(0),
      other: signed(HOUR_MS + 1),
      lead: { by: "signed", leadMs: HOUR_MS + 1 },
    },
    {
      title: "trusted time goes before what the vendor says: built later, signed earlier",
      image: signed(0, 9 * DAY_MS),
      other: signed(2 * DAY_MS, 0),
      lead: { by: "signed", leadMs: 2 * DAY_MS },
    },
    {
      title: "trusted time goes before what the vendor says: built earlier, signed later",
      image: signed(2 * DAY_MS, 0),
      other: signed(0, 9 * DAY_MS),
      lead: undefined,
    },
    {
      title: "one trusted time missing, built earlier",
      image: signed(9 * DAY_MS, 0),
      other: made(2 * DAY_MS),
      lead: { by: "made", leadMs: 2 * DAY_MS },
    },
    {
      title: "the other trusted time missing, built earlier",
      image: made(0),
      other: signed(0, 2 * DAY_MS),
      lead: { by: "made", leadMs: 2 * DAY_MS },
    },
    { title: "built a day before", image: made(0), other: made(DAY_MS), lead: undefined },
    {
      title: "built more than a day before",
      image: made(0),
      other: made(DAY_MS + 1),
      lead: { by: "made", leadMs: DAY_MS + 1 },
    },
    { title: "one of each alone", image: signed(0), other: made(9 * DAY_MS), lead: undefined },
    { title: "nothing known of it", image: {}, other: signed(9 * DAY_MS, 9 * DAY_MS), lead: undefined },
    { title: "nothing known of the other", image: signed(0, 0), other: {}, lead: undefined },
  ])("$title", ({ image, other, lead }) => {
    expect(leadOf(image, other)).toEqual(lead);
  });
});

const seen = (at: Digest, more: Partial<Observation> = {}): Observation => ({
  digest: at,
  firstSeenAt: T0,
  lastSeenAt: T0,
  ...more,
});

interface Row {
  readonly title: string;
  readonly history: TagHistory;
  readonly pinned?: Digest;
  readonly trusted?: Readonly<Record<Digest, Instant>>;
  readonly kind: string | undefined;
  readonly reason?: RegExp;
}

describe("a step backwards", () => {
  test.each<Row>([
    { title: "never seen", history: [], kind: undefined },
    { title: "the first digest, of which nothing is known", history: [seen(B)], kind: undefined },
    { title: "forward, nothing known", history: [seen(A), seen(B)], kind: undefined },
    {
      title: "forward by trusted time",
      history: [seen(A), seen(B)],
      trusted: { [A]: day(0), [B]: day(1) },
      kind: undefined,
    },
    {
      title: "to a digest it had left, whatever the times say",
      history: [seen(A), seen(B), seen(A)],
      pinned: B,
      trusted: { [A]: day(9), [B]: day(0) },
      kind: "left",
      reason: /^a digest it had left before$/,
    },
    {
      title: "to one that was built long before",
      history: [seen(A, { createdAt: day(9) }), seen(B, { createdAt: day(0), doubt: "created-earlier" })],
      kind: "left",
      reason: /^a digest made 9 d before the one it had$/,
    },
    {
      title: "to an old digest that was signed again: what was built long before stays in doubt",
      history: [seen(A, { createdAt: day(9) }), seen(B, { createdAt: day(0), doubt: "created-earlier" })],
      trusted: { [A]: day(9), [B]: day(10) },
      kind: "left",
    },
    {
      title: "to one never seen, signed before what it had",
      history: [seen(A), seen(B), seen(X)],
      trusted: { [A]: day(0), [B]: day(9), [X]: day(4) },
      kind: "replaced",
      reason: /^signed 5 d before b00000000000, which the tag had$/,
    },
    {
      title: "over one that nobody signed",
      history: [seen(A), seen(B), seen(C), seen(X)],
      trusted: { [B]: day(9), [X]: day(4) },
      kind: "replaced",
      reason: /before b00000000000/,
    },
    {
      title: "signed within the hour of what it had",
      history: [seen(A), seen(B)],
      trusted: { [A]: later(T0, 59 * MINUTE_MS), [B]: T0 },
      kind: undefined,
    },
    {
      title: "another index of the same images, signed before",
      history: [seen(A, { content: C }), seen(B, { content: C })],
      trusted: { [A]: day(9), [B]: day(0) },
      kind: undefined,
    },
    {
      title: "signed before what is pinned, which the tag never had",
      history: [seen(B)],
      pinned: X,
      trusted: { [X]: day(9), [B]: day(4) },
      kind: "pinned",
      reason: /^signed 5 d before 1e0000000000, which is pinned$/,
    },
    {
      title: "signed after what is pinned, which the tag never had",
      history: [seen(B)],
      pinned: X,
      trusted: { [X]: day(4), [B]: day(9) },
      kind: undefined,
    },
    {
      title: "built before what is pinned, where what is pinned has no trusted time",
      history: [seen(X, { createdAt: day(9) }), seen(A), seen(B, { createdAt: day(4) })],
      pinned: X,
      trusted: { [B]: day(20) },
      kind: "pinned",
      reason: /^made 5 d before/,
    },
    {
      title: "one trusted time missing, and nothing built",
      history: [seen(A), seen(B)],
      trusted: { [A]: day(9) },
      kind: undefined,
    },
    {
      title: "what is pinned is where the tag is",
      history: [seen(B)],
      pinned: B,
      trusted: { [B]: day(0) },
      kind: undefined,
    },
  ])("$title: $kind", ({ history, pinned = A, trusted = {}, kind, reason = /^/ }) => {
    const trustedAt = new Map(
      [A, B, C, X].flatMap((at) => (trusted[at] === undefined ? [] : [[at, trusted[at]]])),
    );
    const step = stepBackOf({ history, pinned, trustedAt });
    expect(step?.kind).toBe(kind);
    expect(step?.reason ?? "").toMatch(reason);
  });
});
