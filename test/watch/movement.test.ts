import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import {
  isBackwards,
  isSameContent,
  observe,
  OBSERVATIONS_MAX,
  type Sighting,
  type TagPast,
} from "../../src/watch/history.ts";
import { named, NOW, seenAt } from "./facts.ts";

/** Sightings an hour apart, the last one now. */
function lookedAt(...sightings: readonly Sighting[]) {
  let past: TagPast = { history: [] };
  const kinds: string[] = [];
  for (const [position, sighting] of sightings.entries()) {
    const at = later(NOW, (position - sightings.length + 1) * HOUR_MS);
    const { movement, ...next } = observe(past, sighting, at);
    kinds.push(movement.kind);
    past = next;
  }
  return { ...past, kinds };
}

const x = (name: string): Sighting => ({ digest: named(name), content: named("x") });
const y = (name: string): Sighting => ({ digest: named(name), content: named("y") });
const made = (name: string, daysAgo: number): Sighting => ({
  digest: named(name),
  createdAt: later(NOW, -daysAgo * DAY_MS),
});

describe("moves told apart by what an index lists", () => {
  test.each<{ title: string; looks: readonly Sighting[]; kinds: string; backwards: boolean }>([
    { title: "the same images", looks: [x("1"), x("2")], kinds: "first attestation-only", backwards: false },
    { title: "other images", looks: [x("1"), y("2")], kinds: "first forward", backwards: false },
    {
      title: "images it had left",
      looks: [x("1"), y("2"), x("3")],
      kinds: "first forward backwards",
      backwards: true,
    },
    {
      title: "the same images after a return",
      looks: [x("1"), y("2"), x("3"), x("4")],
      kinds: "first forward backwards attestation-only",
      backwards: true,
    },
    {
      title: "the same images after a return to a digest that was not read at first",
      looks: [{ digest: named("1") }, y("2"), x("1"), x("3")],
      kinds: "first forward backwards attestation-only",
      backwards: true,
    },
    {
      title: "an index of the same images that it had left",
      looks: [x("1"), x("2"), x("1")],
      kinds: "first attestation-only backwards",
      backwards: true,
    },
    {
      title: "not known what it listed",
      looks: [{ digest: named("1") }, x("2"), x("3")],
      kinds: "first forward attestation-only",
      backwards: false,
    },
    {
      title: "two single images",
      looks: [{ digest: named("1") }, { digest: named("2") }],
      kinds: "first forward",
      backwards: false,
    },
    {
      title: "a single image in between",
      looks: [x("1"), { digest: named("2") }, x("3")],
      kinds: "first forward backwards",
      backwards: true,
    },
  ])("$title: $kinds", ({ looks, kinds, backwards }) => {
    const looked = lookedAt(...looks);
    expect(looked.kinds.join(" ")).toBe(kinds);
    expect(isBackwards(looked.history)).toBe(backwards);
  });

  test("what was only heard of is between indexes of the same images, and no others", () => {
    const missed = [{ digest: named("2"), movedAt: later(NOW, -30 * MINUTE_MS) }];
    const looked = lookedAt(x("1"), { ...x("3"), missed });
    expect(looked.kinds).toEqual(["first", "attestation-only"]);
    expect(looked.history).toHaveLength(3);
  });

  test("two digests are the same images only where both are known to be", () => {
    const { history } = lookedAt(x("1"), x("2"), y("3"), { digest: named("4") });
    expect(isSameContent(history, named("1"), named("2"))).toBe(true);
    for (const [a, b] of [
      ["1", "3"],
      ["1", "4"],
      ["4", "4"],
      ["1", "1"],
      ["1", "never seen"],
      ["never seen", "never seen either"],
    ] as const) {
      expect(isSameContent(history, named(a), named(b))).toBe(false);
    }
  });
});

describe("moves told apart by when a digest was made", () => {
  test.each<{ title: string; looks: readonly Sighting[]; kinds: string; backwards: boolean }>([
    { title: "later", looks: [made("1", 9), made("2", 8)], kinds: "first forward", backwards: false },
    { title: "a day before", looks: [made("1", 8), made("2", 9)], kinds: "first forward", backwards: false },
    {
      title: "two days before",
      looks: [made("1", 7), made("2", 9)],
      kinds: "first rollback-suspected",
      backwards: true,
    },
    {
      title: "two days before, and still there",
      looks: [made("1", 7), made("2", 9), { digest: named("2") }],
      kinds: "first rollback-suspected same",
      backwards: true,
    },
    {
      title: "a new one that is older than what was there before the doubt",
      looks: [made("1", 1), made("2", 9), made("3", 5)],
      kinds: "first rollback-suspected rollback-suspected",
      backwards: true,
    },
    {
      title: "a new one that is newer than all",
      looks: [made("1", 7), made("2", 9), made("3", 0)],
      kinds: "first rollback-suspected forward",
      backwards: false,
    },
    {
      title: "from a build that sets its clock to zero",
      looks: [made("1", 7), { digest: named("2"), createdAt: instantOf(0) }],
      kinds: "first forward",
      backwards: false,
    },
    {
      title: "after one that says it is from the future",
      looks: [made("1", -1_000), made("2", 5)],
      kinds: "first forward",
      backwards: false,
    },
  ])("$title: $kinds", ({ looks, kinds, backwards }) => {
    const looked = lookedAt(...looks);
    expect(looked.kinds.join(" ")).toBe(kinds);
    expect(isBackwards(looked.history)).toBe(backwards);
  });

  test("another index of the doubtful images is as doubtful", () => {
    const looked = lookedAt(made("1", 1), { ...made("2", 9), ...x("2") }, x("3"));
    expect(looked.kinds).toEqual(["first", "rollback-suspected", "attestation-only"]);
    expect(isBackwards(looked.history)).toBe(true);
  });

  test("says by how much, for people", () => {
    const { history } = lookedAt(made("1", 1));
    const { movement } = observe({ history }, made("2", 11), NOW);
    expect(movement.reason).toBe("a digest made 10 d before the one it had");
  });
});

/** Digests that a tag had so many minutes ago. */
const missed = (...steps: readonly (readonly [string, number])[]) =>
  steps.map(([name, minutesAgo]) => ({
    digest: named(name),
    movedAt: later(NOW, -minutesAgo * MINUTE_MS),
  }));

describe("what was missed", () => {
  const before = { history: [seenAt(later(NOW, -HOUR_MS), named("1"))] };
  test.each([
    { title: "in its place", steps: missed(["2", 40], ["3", 20]), names: ["1", "2", "3", "9"] },
    { title: "nothing", steps: [], names: ["1", "9"] },
    { title: "what was known", steps: missed(["1", 50], ["2", 40]), names: ["1", "2", "9"] },
    { title: "what the look found", steps: missed(["2", 40], ["9", 1]), names: ["1", "2", "9"] },
    { title: "the same twice", steps: missed(["2", 40], ["2", 30]), names: ["1", "2", "9"] },
  ])("$title", ({ steps, names }) => {
    const { history } = observe(before, { digest: named("9"), missed: steps }, NOW);
    expect(history.map(({ digest }) => digest)).toEqual(names.map(named));
  });

  test("counts for nothing while the tag is where it was: it would be told again and again", () => {
    const { history } = observe(before, { digest: named("1"), missed: missed(["2", 40]) }, NOW);
    expect(history).toHaveLength(1);
  });

  test("has times between the looks, in order, whatever the registry's clock says", () => {
    const minutesAny = fc.integer({ min: -1_000, max: 1_000 });
    fc.assert(
      fc.property(fc.array(minutesAny, { maxLength: 300 }), (all) => {
        const steps = missed(...all.map((minutes, n) => [`m${n}`, minutes] as const));
        const { history } = observe(before, { digest: named("9"), missed: steps }, NOW);
        expect(history.length).toBeLessThanOrEqual(OBSERVATIONS_MAX);
        const times = history.map(({ firstSeenAt }) => firstSeenAt);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.at(-1)).toBe(NOW);
      }),
    );
  });
});

describe("for any sightings at any time", () => {
  const sightingAny = fc
    .record({
      digest: fc.constantFrom("1", "2", "3", "4"),
      content: fc.constantFrom(undefined, "x", "y"),
      createdDaysAgo: fc.constantFrom(undefined, -400, 0, 5, 9, 20_000),
    })
    .map(({ digest, content, createdDaysAgo }): Sighting => ({
      digest: named(digest),
      ...(content === undefined ? {} : { content: named(content) }),
      ...(createdDaysAgo === undefined ? {} : { createdAt: later(NOW, -createdDaysAgo * DAY_MS) }),
    }));
  const lookAny = fc.tuple(sightingAny, fc.integer({ min: -HOUR_MS, max: 400 * DAY_MS }));

  test("only these are no ordinary update: a step back, a suspicion, and what stands on one", () => {
    fc.assert(
      fc.property(fc.array(lookAny, { maxLength: 40 }), (looks) => {
        let past: TagPast = { history: [] };
        for (const [sighting, atMs] of looks) {
          const wasBackwards = isBackwards(past.history);
          const { movement, ...next } = observe(past, sighting, later(NOW, atMs));
          const expected = {
            first: false,
            forward: false,
            backwards: true,
            "rollback-suspected": true,
            same: wasBackwards,
            flapping: wasBackwards,
            "attestation-only": wasBackwards,
          }[movement.kind];
          expect(isBackwards(next.history)).toBe(expected);
          expect(movement.reason).not.toBe("");
          expect(next.held === undefined).toBe(movement.kind !== "flapping");
          past = next;
        }
      }),
    );
  });
});
