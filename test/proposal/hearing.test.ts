import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderControls } from "../../src/proposal/commands.ts";
import { commandsIn, heard, type Hearing, type HeardComment, mayBeNews } from "../../src/proposal/hearing.ts";
import { type Order, SILENCE, type Talk, withoutOrder, withSaid } from "../../src/proposal/orders.ts";
import { DAY_MS, HOUR_MS, instantOf, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";

const NOW = instantOf(Date.parse("2026-11-24T12:00:00Z"));
const SAID_AT = later(NOW, -HOUR_MS);

const comment = (id: number, body: string, change: Partial<HeardComment> = {}): HeardComment => ({
  id,
  author: "alex",
  body,
  createdAt: SAID_AT,
  ...change,
});
const hearing = (comments: readonly HeardComment[] | undefined, change: Partial<Hearing> = {}): Hearing => ({
  ...(comments === undefined ? {} : { comments }),
  writers: new Set(["alex"]),
  body: renderControls(),
  now: NOW,
  ...change,
});
const ticked = (...names: readonly string[]): string =>
  names.reduce(
    (body, name) => body.replace(`[ ] <!-- hullkeeper:${name} -->`, `[x] <!-- hullkeeper:${name} -->`),
    renderControls(),
  );
const kinds = ({ orders }: Talk) => orders.map(({ kind, source }) => `${kind} ${source}`);

describe("who may write asks for", () => {
  test.each<{ title: string; body: string; order: Order }>([
    {
      title: "a new branch",
      body: "/hullkeeper rebase",
      order: { kind: "rebase", source: "comment 1", at: SAID_AT, by: "alex" },
    },
    {
      title: "quiet, which counts from when it was said",
      body: "/hullkeeper snooze 3d",
      order: {
        kind: "snooze",
        source: "comment 1",
        at: SAID_AT,
        by: "alex",
        until: later(SAID_AT, 3 * DAY_MS),
      },
    },
    {
      title: "what we do not know",
      body: "/hullkeeper dance\n/hullkeeper sing",
      order: { kind: "help", source: "comment 1", at: SAID_AT, by: "alex" },
    },
    {
      title: "one thing twice: the last word holds",
      body: "/hullkeeper snooze 1d\n/hullkeeper snooze 2d",
      order: {
        kind: "snooze",
        source: "comment 1",
        at: SAID_AT,
        by: "alex",
        until: later(SAID_AT, 2 * DAY_MS),
      },
    },
  ])("$title", ({ body, order }) => {
    expect(heard(SILENCE, hearing([comment(1, body)])).orders).toEqual([order]);
  });

  test("several things, in the order they were said", () => {
    const comments = [
      comment(1, "/hullkeeper explain\n/hullkeeper rebase"),
      comment(2, "/hullkeeper ignore"),
    ];
    expect(kinds(heard(SILENCE, hearing(comments)))).toEqual([
      "explain comment 1",
      "rebase comment 1",
      "ignore comment 2",
    ]);
  });

  test("quiet for 30 days by a clock that is ahead: 30 days from now at most", () => {
    const said = comment(1, "/hullkeeper snooze 30d", { createdAt: later(NOW, DAY_MS) });
    expect(heard(SILENCE, hearing([said])).orders).toMatchObject([{ until: later(NOW, 30 * DAY_MS) }]);
  });
});

describe("nothing is ordered by", () => {
  test.each<{ title: string; comments: readonly HeardComment[]; talk?: Partial<Talk> }>([
    { title: "silence", comments: [] },
    {
      title: "what was said in the second before, which hosts tell again",
      comments: [comment(1, "/hullkeeper rebase")],
      talk: { readAt: later(SAID_AT, 500) },
    },
    { title: "talk", comments: [comment(1, "please rebase")] },
    { title: "a quote", comments: [comment(1, "> /hullkeeper rebase")] },
    {
      title: "what was taken in before",
      comments: [comment(1, "/hullkeeper rebase")],
      talk: { readIds: [1] },
    },
  ])("$title", ({ comments, talk = {} }) => {
    expect(heard({ ...SILENCE, ...talk }, hearing(comments)).orders).toEqual([]);
  });
});

const stranger = (id: number, body = "/hullkeeper ignore") => comment(id, body, { author: "eve" });

describe("who may not write", () => {
  test("is refused, whatever they ask for", () => {
    expect(kinds(heard(SILENCE, hearing([stranger(1, "/hullkeeper dance")])))).toEqual(["refuse comment 1"]);
  });

  test("is refused once, however many they are and however often they ask", () => {
    const comments = [stranger(1), stranger(2), comment(3, "/hullkeeper rebase", { author: "mallory" })];
    const once = heard(SILENCE, hearing(comments));
    expect(kinds(once)).toEqual(["refuse comment 1"]);
    expect(kinds(heard(once, hearing([...comments, stranger(4)])))).toEqual(["refuse comment 1"]);
    const [order] = once.orders;
    const answered = withSaid(order === undefined ? once : withoutOrder(once, order), "refuse");
    expect(kinds(heard(answered, hearing([...comments, stranger(4)])))).toEqual([]);
  });

  test("keeps nobody from asking who may", () => {
    expect(kinds(heard(SILENCE, hearing([stranger(1), comment(2, "/hullkeeper rebase")])))).toEqual([
      "refuse comment 1",
      "rebase comment 2",
    ]);
  });

  test("is not refused for talk", () => {
    expect(heard(SILENCE, hearing([stranger(1, "nice")])).orders).toEqual([]);
  });
});

describe("a ticked box", () => {
  test("is an order by nobody that is known, from now on", () => {
    expect(heard(SILENCE, hearing(undefined, { body: ticked("snooze") })).orders).toEqual([
      { kind: "snooze", source: `box ${NOW}`, at: NOW, until: later(NOW, 7 * DAY_MS) },
    ]);
  });

  test("that is not done yet is one order, though it is still ticked", () => {
    const once = heard(SILENCE, hearing(undefined, { body: ticked("rebase", "ignore") }));
    const again = heard(
      once,
      hearing(undefined, { body: ticked("rebase", "ignore"), now: later(NOW, HOUR_MS) }),
    );
    expect(again).toEqual(once);
    expect(once.orders).toHaveLength(2);
  });

  test("that was taken in is none in a body that the host shows late", () => {
    const updatedAt = SAID_AT;
    const once = heard(SILENCE, hearing(undefined, { body: ticked("rebase"), updatedAt }));
    const done = { ...once, orders: [] };
    expect(heard(done, hearing(undefined, { body: ticked("rebase"), updatedAt })).orders).toEqual([]);
    const later1 = later(updatedAt, MINUTE_MS);
    expect(kinds(heard(done, hearing(undefined, { body: ticked("rebase"), updatedAt: later1 })))).toEqual([
      `rebase box ${later1}`,
    ]);
  });

  test("is not the order of somebody who wrote the same", () => {
    const spoken = heard(SILENCE, hearing([comment(1, "/hullkeeper rebase")]));
    expect(kinds(heard(spoken, hearing(undefined, { body: ticked("rebase") })))).toHaveLength(2);
  });
});

describe("comments are read from", () => {
  test("two minutes before the pull request was changed last, what was read there is not taken in again", () => {
    const updatedAt = later(SAID_AT, MINUTE_MS);
    const talk = heard(SILENCE, hearing([comment(1, "hi"), comment(2, "ho")], { updatedAt }));
    expect(talk).toMatchObject({
      readAt: later(updatedAt, -2 * MINUTE_MS),
      readIds: [1, 2],
      seenAt: updatedAt,
    });
    expect(mayBeNews(talk, updatedAt)).toBe(false);
    expect(mayBeNews(talk, later(updatedAt, 1))).toBe(true);
  });

  test("what was read long before it is not remembered", () => {
    const updatedAt = later(SAID_AT, 10 * MINUTE_MS);
    expect(heard(SILENCE, hearing([comment(1, "hi")], { updatedAt })).readIds).toEqual([]);
  });

  test("where they were, when nobody says when it was changed and nobody spoke", () => {
    expect(heard(SILENCE, hearing([]))).toEqual(SILENCE);
    expect(mayBeNews(heard(SILENCE, hearing([])), undefined)).toBe(true);
  });

  test("again soon where it was changed a moment ago: a part may be missing", () => {
    const updatedAt = later(NOW, -MINUTE_MS);
    const talk = heard(SILENCE, hearing([], { updatedAt }));
    expect(talk.seenAt).toBeUndefined();
    expect(mayBeNews(talk, updatedAt)).toBe(true);
  });

  test("the last of a hundred: there may be more", () => {
    const updatedAt = later(NOW, -HOUR_MS);
    const many = Array.from({ length: 100 }, (_, index) =>
      comment(index, "hi", { createdAt: later(SAID_AT, index * SECOND_MS) }),
    );
    const talk = heard(SILENCE, hearing(many, { updatedAt: later(updatedAt, 30 * MINUTE_MS) }));
    expect(talk).toMatchObject({ readAt: many.at(-1)?.createdAt, readIds: [99] });
    expect(talk.seenAt).toBeUndefined();
  });

  test("the next second after a hundred of one", () => {
    const many = Array.from({ length: 100 }, (_, index) => comment(index, "hi"));
    const once = heard(SILENCE, hearing(many));
    expect(once.readAt).toBe(SAID_AT);
    expect(heard(once, hearing(many)).readAt).toBe(later(SAID_AT, SECOND_MS));
  });

  test("nowhere while they are not read", () => {
    expect(heard({ ...SILENCE, readIds: [7], readAt: SAID_AT }, hearing(undefined))).toEqual({
      ...SILENCE,
      readIds: [7],
      readAt: SAID_AT,
    });
  });
});

/** As a host answers: those since then, oldest first, a hundred at most. */
const since = (all: readonly HeardComment[], readAt = instantOf(0)): readonly HeardComment[] =>
  all.filter(({ createdAt }) => createdAt >= readAt).slice(0, 100);

test("whenever they are read, each comment is heard once and none is missed", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 250 });
  fc.assert(
    fc.property(gaps, fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }), (seconds, steps) => {
      let at = 0;
      const all = seconds.map((gap, id) => {
        at += gap;
        return comment(id, "/hullkeeper explain", { createdAt: instantOf(at * SECOND_MS) });
      });
      let talk: Talk = SILENCE;
      const orders: string[] = [];
      let there = 0;
      const look = (): void => {
        const visible = all.slice(0, there);
        const updatedAt = visible.at(-1)?.createdAt;
        const now = later(updatedAt ?? instantOf(0), SECOND_MS);
        talk = heard(
          talk,
          hearing(since(visible, talk.readAt), { now, ...(updatedAt === undefined ? {} : { updatedAt }) }),
        );
        orders.push(...kinds(talk));
        talk = { ...talk, orders: [] };
      };
      for (const step of steps) {
        there = Math.min(all.length, there + step);
        look();
      }
      there = all.length;
      for (let round = 0; round < 10; round += 1) look();
      // At most fifty are waiting at once: what is beyond is not heard.
      expect(new Set(orders).size).toBe(orders.length);
      expect(orders.length).toBeGreaterThanOrEqual(Math.min(50, all.length));
    }),
    { numRuns: 60 },
  );
});

test("commands are found with who gave them", () => {
  expect(commandsIn([comment(1, "hi"), comment(2, "/hullkeeper rebase")], SILENCE)).toMatchObject([
    { comment: { id: 2 }, readings: [{ kind: "rebase" }] },
  ]);
});

test("names of what was said are bounded", () => {
  let talk: Talk = { ...SILENCE, saying: { name: "n 0", since: NOW } };
  for (let index = 0; index < 300; index += 1) talk = withSaid(talk, `n ${index}`);
  expect(talk.said).toHaveLength(200);
  expect(talk.said.at(-1)).toBe("n 299");
  expect(talk.saying).toBeUndefined();
});
