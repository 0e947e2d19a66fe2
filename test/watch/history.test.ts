import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { DAY_MS, type Instant, instantOf } from "../../src/time.ts";
import { isBackwards, observe, OBSERVATIONS_MAX, type TagHistory } from "../../src/watch/history.ts";

const named = (name: string): Digest => digestOf(Buffer.from(name));
const TEN = instantOf(10 * DAY_MS);
const [A, B, C] = [named("a"), named("b"), named("c")];

/** A history of looks on the days 0, 1, 2 … */
function seen(...digests: readonly Digest[]): TagHistory {
  return digests.reduce<TagHistory>(
    (history, digest, time) => observe({ history }, { digest }, instantOf(time * DAY_MS)).history,
    [],
  );
}

describe("what a look means", () => {
  test.each([
    { title: "nothing before", before: [], digest: A, movement: "first", backwards: false },
    { title: "the same", before: [A], digest: A, movement: "same", backwards: false },
    { title: "a new one", before: [A], digest: B, movement: "forward", backwards: false },
    { title: "one it had left", before: [A, B], digest: A, movement: "backwards", backwards: true },
    {
      title: "one it had left long ago",
      before: [A, B, C],
      digest: A,
      movement: "backwards",
      backwards: true,
    },
    { title: "to and fro", before: [A, B, A], digest: B, movement: "backwards", backwards: true },
    {
      title: "still on one it came back to",
      before: [A, B, A],
      digest: A,
      movement: "same",
      backwards: true,
    },
    {
      title: "a new one after a step back",
      before: [A, B, A],
      digest: C,
      movement: "forward",
      backwards: false,
    },
  ])("$title: $movement", ({ before, digest, movement, backwards }) => {
    const looked = observe({ history: seen(...before) }, { digest }, TEN);
    expect(looked.movement.kind).toBe(movement);
    expect(looked.history.at(-1)).toMatchObject({ digest, lastSeenAt: TEN });
    expect(isBackwards(looked.history)).toBe(backwards);
  });

  test("an empty history is no step backwards", () => {
    expect(isBackwards([])).toBe(false);
  });

  test("a look that came late does not turn the clock back", () => {
    const { history } = observe(
      { history: [{ digest: A, firstSeenAt: instantOf(5), lastSeenAt: instantOf(9) }] },
      { digest: A },
      instantOf(7),
    );
    expect(history).toEqual([{ digest: A, firstSeenAt: 5, lastSeenAt: 9 }]);
  });
});

const historyOf = (all: readonly (readonly [Digest, number])[]): TagHistory =>
  all.reduce<TagHistory>(
    (history, [digest, at]) => observe({ history }, { digest }, instantOf(at)).history,
    [],
  );

describe("for any looks", () => {
  const looks = fc.array(fc.tuple(fc.constantFrom(A, B, C, named("d")), fc.nat(1_000_000)), {
    maxLength: 250,
  });
  const digestAny = fc.constantFrom(A, B, C, named("e"));
  const timeAny = fc.nat(1_000_000).map((at): Instant => instantOf(at));

  test("the same look twice changes nothing more", () => {
    fc.assert(
      fc.property(looks, digestAny, timeAny, (all, digest, at) => {
        const once = observe({ history: historyOf(all) }, { digest }, at);
        const twice = observe(once, { digest }, at);
        expect({ ...twice, movement: undefined }).toEqual({ ...once, movement: undefined });
        expect(twice.movement.kind).toBe(once.movement.kind === "flapping" ? "flapping" : "same");
      }),
    );
  });

  test("it is bounded, and no digest stands twice in a row", () => {
    fc.assert(
      fc.property(looks, (all) => {
        const history = historyOf(all);
        expect(history.length).toBeLessThanOrEqual(OBSERVATIONS_MAX);
        const repeated = history.filter(({ digest }, position) => digest === history[position - 1]?.digest);
        expect(repeated).toEqual([]);
      }),
    );
  });

  test("the look is the last of it, and what was before is not changed", () => {
    fc.assert(
      fc.property(looks, digestAny, timeAny, (all, digest, at) => {
        const before = historyOf(all);
        const copy = structuredClone(before);
        const { history, movement } = observe({ history: before }, { digest }, at);
        expect(before).toEqual(copy);
        const isHeld = movement.kind === "flapping";
        expect(history.at(-1)?.digest).toBe(isHeld ? before.at(-1)?.digest : digest);
        const isStill = movement.kind === "same" || movement.kind === "flapping";
        expect(isBackwards(history)).toBe(movement.kind === "backwards" || (isStill && isBackwards(before)));
      }),
    );
  });
});

test("the oldest of more than a hundred are forgotten", () => {
  const many = Array.from({ length: OBSERVATIONS_MAX + 1 }, (_, number) => named(String(number)));
  const history = seen(...many);
  expect(history).toHaveLength(OBSERVATIONS_MAX);
  expect(history[0]?.digest).toBe(named("1"));
});
