import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SEVERITIES } from "../../src/advisory/severity.ts";
import { evaluateTarget } from "../../src/sla/evaluate.ts";
import type { Evaluation } from "../../src/sla/evaluation.ts";
import { factId, type LineFact, type TargetFact, uniqueFacts } from "../../src/sla/facts.ts";
import { lineOf } from "../../src/sla/line.ts";
import {
  arrived,
  AT_D0,
  D0,
  D1,
  D2,
  D3,
  day,
  OTHER_FILE,
  pinned,
  POLICY,
  rated,
  vulnerability,
} from "./story.ts";

const IDS = ["CVE-1", "CVE-2", "CVE-3"] as const;
const DIGESTS = [D0, D1, D2, D3] as const;
const LAST_DAY = 60;

const days = fc.integer({ min: -20, max: LAST_DAY });
const id = fc.constantFrom(...IDS);
const name = fc.constantFrom(...DIGESTS);
const severity = fc.constantFrom(...SEVERITIES);

const lineFacts: fc.Arbitrary<readonly LineFact[]> = fc.oneof(
  fc
    .record({
      id,
      severity,
      published: days,
      delay: fc.integer({ min: -2, max: 9 }),
      wasHealthy: fc.boolean(),
    })
    .map(({ id: of, severity: as, published, delay, wasHealthy }) =>
      vulnerability(of, as, { published, seen: published + delay, wasHealthy }),
    ),
  fc.tuple(name, days, fc.subarray([...IDS])).map(([of, at, ids]) => arrived(of, at, ids)),
  fc.tuple(id, severity, days).map(([of, as, at]) => [rated(of, as, at)]),
  fc
    .tuple(name, days)
    .map(([of, at]): LineFact[] => [{ kind: "gone", digest: of, at: day(at), why: "revoked" }]),
  fc.tuple(name, days).map(([of, at]): LineFact[] => [{ kind: "back", digest: of, at: day(at) }]),
  fc
    .tuple(id, days)
    .map(([of, at]): LineFact[] => [{ kind: "not-applicable", id: of, at: day(at), why: "vex" }]),
  fc.tuple(id, days).map(([of, at]): LineFact[] => [{ kind: "returned", id: of, at: day(at) }]),
  fc.tuple(id, days).map(([of, at]): LineFact[] => [{ kind: "kev", id: of, at: day(at), addedAt: day(at) }]),
  fc
    .tuple(name, days)
    .map(([of, at]): LineFact[] => [{ kind: "unassessed", digest: of, at: day(at), reason: "no SBOM" }]),
);

const targetFacts: fc.Arbitrary<readonly TargetFact[]> = fc.oneof(
  fc.tuple(name, days).map(([of, at]) => [pinned(of, at)]),
  fc.tuple(name, days).map(([of, at]) => [pinned(of, at, { place: OTHER_FILE, how: "merged" })]),
  fc.tuple(days).map(([at]): TargetFact[] => [{ kind: "ended", at: day(at), how: "cancelled" }]),
  fc
    .tuple(name, name, days)
    .map(([from, to, at]): TargetFact[] => [{ kind: "offered", from, digest: to, at: day(at) }]),
  fc
    .tuple(id, days, fc.integer({ min: 1, max: 20 }))
    .map(([of, at, length]): TargetFact[] => [
      { kind: "accepted", id: of, from: day(at), until: day(at + length), by: "ana", reason: "busy" },
    ]),
  fc
    .tuple(days, fc.integer({ min: 1, max: 9 }))
    .map(([at, length]): TargetFact[] => [
      { kind: "paused", from: day(at), until: day(at + length), by: "ana", reason: "busy" },
    ]),
);

const stories = fc.record({
  line: fc.array(lineFacts, { maxLength: 12 }).map((facts) => uniqueFacts(facts.flat())),
  target: fc.array(targetFacts, { maxLength: 8 }).map((facts) => uniqueFacts([...AT_D0, ...facts.flat()])),
});

describe("whatever happened", () => {
  test("the order in which facts arrive does not matter, nor how often", () => {
    fc.assert(
      fc.property(stories, fc.infiniteStream(fc.nat()), ({ line, target }, seeds) => {
        const shuffled = <Fact>(facts: readonly Fact[]): readonly Fact[] =>
          facts
            .map((fact) => ({ fact, at: seeds.next().value }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ fact }) => fact);
        const now = day(LAST_DAY);
        const once = evaluateTarget(lineOf(line, now), target, POLICY, now);
        const again = evaluateTarget(
          lineOf(shuffled(uniqueFacts([...line, ...line])), now),
          shuffled(uniqueFacts([...target, ...target])),
          POLICY,
          now,
        );
        expect(again).toEqual(once);
      }),
    );
  });

  test("the same facts at the same moment say the same, and what a state needs is there", () => {
    fc.assert(
      fc.property(stories, days, ({ line, target }, at) => {
        for (const { obligations } of evaluateTarget(lineOf(line, day(at)), target, POLICY, day(at))) {
          expect(new Set(obligations.map((obligation) => obligation.id)).size).toBe(obligations.length);
          for (const obligation of obligations) {
            const { state, startedAt, endedAt, dueAt, acceptance } = obligation;
            expect((state === "open" || state === "paused") && startedAt === undefined).toBe(false);
            expect(["met", "late", "gone", "cancelled", "not-applicable"].includes(state)).toBe(
              endedAt !== undefined,
            );
            expect(dueAt !== undefined && startedAt === undefined).toBe(false);
            expect(state === "accepted" && acceptance === undefined).toBe(false);
            expect(startedAt !== undefined && startedAt > day(at)).toBe(false);
          }
        }
      }),
    );
  });

  test("a deadline is later than the day before only for a recorded reason", () => {
    fc.assert(
      fc.property(stories, days, ({ line, target }, at) => {
        const before = evaluated(line, target, at);
        const after = evaluated(line, target, at + 1);
        for (const [place, old] of before) {
          const next = after.get(place);
          const isRunning = old.state === "open" && next?.state === "open";
          if (!isRunning || old.dueAt === undefined) continue;
          const isLater = next.dueAt === undefined || next.dueAt > old.dueAt;
          const hasReason =
            next.moves.length > 0 || next.startedBy === "returned" || next.startedAt !== old.startedAt;
          expect(isLater && !hasReason).toBe(false);
          // And a start moves only when what there was to merge, or what is said of it, has changed.
          const isRestarted =
            next.startedAt !== undefined && old.startedAt !== undefined && next.startedAt > old.startedAt;
          const isFixChanged = line.some(
            (fact) =>
              fact.kind !== "vulnerability" &&
              fact.at > day(at) &&
              fact.at <= day(at + 1) &&
              RESTARTING.has(fact.kind),
          );
          const isRecordNew = line.some(
            (fact) => fact.kind === "vulnerability" && fact.seenAt > day(at) && fact.seenAt <= day(at + 1),
          );
          const isMoved = target.some(
            (fact) => fact.kind === "pinned" && fact.at > day(at) && fact.at <= day(at + 1),
          );
          expect(isRestarted && !isFixChanged && !isRecordNew && !isMoved).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("newer digests that fix it too never restart a clock", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.boolean()), { maxLength: 6 }),
        (steps) => {
          const line: LineFact[] = [
            ...vulnerability("CVE-1", "critical"),
            ...arrived(D0, -20, ["CVE-1"]),
            ...arrived(D1, 0, []),
          ];
          let at = 0;
          for (const [wait, isFixed] of steps) {
            at += wait;
            const newer = at % 2 === 0 ? D2 : D3;
            line.push(...arrived(newer, at, isFixed ? [] : ["CVE-1"]));
            const [evaluation] =
              evaluateTarget(lineOf(line, day(at)), AT_D0, POLICY, day(at))[0]?.obligations ?? [];
            expect(evaluation).toMatchObject({ startedAt: day(0), dueAt: day(7) });
          }
        },
      ),
    );
  });
});

const RESTARTING: ReadonlySet<LineFact["kind"]> = new Set([
  "gone",
  "back",
  "affected",
  "unassessed",
  "returned",
  "observed",
  "verified",
]);

function evaluated(
  line: readonly LineFact[],
  target: readonly TargetFact[],
  at: number,
): ReadonlyMap<string, Evaluation> {
  const places = evaluateTarget(lineOf(line, day(at)), target, POLICY, day(at));
  return new Map(
    places.flatMap(({ place, obligations }) =>
      obligations.map((obligation) => [`${place.path} ${obligation.id}`, obligation] as const),
    ),
  );
}

describe("facts", () => {
  test("equal facts are one, whatever order their members came in", () => {
    const fact: LineFact = { kind: "verified", digest: D0, at: day(1) };
    const same: LineFact = { at: day(1), digest: D0, kind: "verified" };
    expect(factId(fact)).toBe(factId(same));
    expect(uniqueFacts([fact, same])).toEqual([fact]);
  });

  test("facts that say something else have another identity", () => {
    fc.assert(
      fc.property(stories, ({ line, target }) => {
        for (const facts of [line, target]) {
          const ids = facts.map(factId);
          expect(new Set(ids).size).toBe(ids.length);
          for (const factName of ids) expect(factName.length).toBeLessThan(300);
        }
      }),
    );
  });

  test("one look for vulnerabilities a day is kept, and the first sight of a record", () => {
    expect(factId({ kind: "assessed", at: day(1) })).toBe(factId({ kind: "assessed", at: day(1.4) }));
    expect(factId({ kind: "assessed", at: day(1) })).not.toBe(factId({ kind: "assessed", at: day(2) }));
    const [seen] = vulnerability("CVE-1", "low", { seen: 1 });
    const [again] = vulnerability("CVE-1", "low", { seen: 5 });
    expect(seen !== undefined && again !== undefined && factId(seen) === factId(again)).toBe(true);
  });
});
