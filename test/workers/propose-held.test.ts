import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import type { ProposeWhen } from "../../src/assess/class-rules.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf } from "../../src/time.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import { propose } from "../../workers/propose.ts";
import { schedule } from "../../workers/schedule.ts";
import { discover } from "../../workers/discover.ts";
import { type Bench, createBench, digest, dockerfile, GLIBC, KEY, MUSL, NOW, SHOP } from "./bench.ts";
import {
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposable,
  proposalOf,
  ready,
  THIRD,
} from "./propose-bench.ts";

const OTHER = digest("02d");
const DUE = { kind: "propose", proposal: KEY } as const;
/** The first Monday morning after {@link NOW}. */
const MONDAY: Instant = instantOf(Date.UTC(2026, 10, 30, 6));
const REGRESSION: Assessment = { ...FIXES, class: "regression" };
const EVIDENCE: Assessment = { ...CONTENT, class: "evidence-only" };

const policies = (change: Partial<Record<Assessment["class"], ProposeWhen>> = {}): Policies => ({
  ...DEFAULT_POLICIES,
  otherwise: {
    ...DEFAULT_POLICIES.otherwise,
    propose: { ...DEFAULT_POLICIES.otherwise.propose, ...change },
  },
});

/** A pin whose tag went on to something of this class. */
async function moved(assessment: Assessment, rules = policies()): Promise<Bench> {
  const bench = await proposable([[MUSL, OLD]], { policies: rules });
  await bench.store.saveAssessment(MUSL.repository, OLD, NEXT, assessment);
  await bench.run(propose, KEY);
  return bench;
}

const pulls = (bench: Bench) => bench.codeHost.pulls(SHOP).length;

describe("an update that waits for the hour of the week", () => {
  test("is proposed then, and not before", async () => {
    const bench = await moved(CONTENT);
    expect(pulls(bench)).toBe(0);
    expect(bench.store.dueAt(DUE)).toBe(MONDAY);
    bench.clock.advance(MONDAY - NOW - HOUR_MS);
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(0);
    bench.clock.advance(HOUR_MS);
    bench.take();
    await bench.run(schedule, {});
    expect(bench.jobs).toContainEqual({ queue: "propose", job: KEY });
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(1);
    expect(await bench.messages("update-blocked")).toEqual([]);
  });

  test.each([
    { title: "due before the hour", count: 2, isWaiting: false },
    { title: "due after it", count: 30, isWaiting: true },
  ])("waits for nothing past its deadline: $title", async ({ count, isWaiting }) => {
    const { otherwise } = policies();
    const within = { kind: "days", count } as const;
    const terms = {
      critical: within,
      high: within,
      medium: within,
      low: within,
      none: within,
      unknown: within,
    };
    const rules = { rules: [], otherwise: { ...otherwise, sla: { ...otherwise.sla, terms } } };
    const bench = await moved(CONTENT, rules);
    expect(pulls(bench)).toBe(isWaiting ? 0 : 1);
    expect(bench.store.dueAt(DUE) === MONDAY).toBe(isWaiting);
  });

  test("joins an open pull request of its group at once", async () => {
    const bench = createBench({ policies: policies() });
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD], [GLIBC, OTHER]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates).toHaveLength(1);
    await ready(bench, GLIBC, OTHER, THIRD, CONTENT);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates).toHaveLength(2);
  });

  test("joins one that is about to be opened", async () => {
    const bench = await proposable(
      [
        [MUSL, OLD],
        [GLIBC, OTHER],
      ],
      { policies: policies() },
    );
    await bench.store.saveAssessment(MUSL.repository, OTHER, NEXT, CONTENT);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates).toHaveLength(2);
  });

  test("is forgotten when its tag goes on to something that does not wait", async () => {
    const bench = await moved(CONTENT);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates.map(({ to }) => to)).toEqual([THIRD]);
  });
});

describe("an update that is blocked", () => {
  test("is not proposed, and told once", async () => {
    const bench = await moved(REGRESSION);
    bench.clock.advance(30 * DAY_MS);
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(0);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(await bench.messages("update-blocked")).toEqual([
      expect.stringMatching(/^stands at [0-9a-f]+, which is not proposed to acme\/shop: it brings back/),
    ]);
  });

  test("is proposed once somebody approves of it", async () => {
    const bench = await moved(REGRESSION);
    await bench.store.approve({ line: MUSL, digest: NEXT, by: "Alice", reason: "we need it", at: NOW });
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(1);
    expect(onlyPull(bench).body).toContain("approved by Alice");
  });

  test("is said in the pull request of its group", async () => {
    const pins = [
      [MUSL, OLD],
      [GLIBC, OTHER],
    ] as const;
    const bench = await proposable(pins, { policies: policies() });
    await bench.store.saveAssessment(MUSL.repository, OTHER, NEXT, REGRESSION);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates).toHaveLength(1);
    expect(onlyPull(bench).body).toContain(
      "(it brings back a grave vulnerability; if it is meant, approve it)",
    );
  });

  test("leaves what an open pull request proposes as it is", async () => {
    const bench = await proposable([[MUSL, OLD]], { policies: policies() });
    await bench.run(propose, KEY);
    await ready(bench, MUSL, OLD, THIRD, REGRESSION);
    await bench.run(propose, KEY);
    expect((await proposalOf(bench))?.updates.map(({ to }) => to)).toEqual([NEXT]);
    expect(await bench.messages("update-blocked")).toHaveLength(1);
  });

  test("is so for a class that the policy blocks, approved or not", async () => {
    const bench = await moved(FIXES, policies({ fixes: "block" }));
    await bench.store.approve({ line: MUSL, digest: NEXT, by: "Alice", reason: "we need it", at: NOW });
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(0);
    expect(await bench.messages("update-blocked")).toHaveLength(1);
  });
});

describe("an update that is never proposed", () => {
  test("is not, and nobody is alarmed", async () => {
    const bench = await moved(EVIDENCE);
    bench.clock.advance(30 * DAY_MS);
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(0);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(await bench.messages("update-blocked")).toEqual([]);
  });

  test("is proposed where the policy says so", async () => {
    expect(pulls(await moved(EVIDENCE, policies({ "evidence-only": "now" })))).toBe(1);
  });
});

test("a policy of some code repositories holds for them alone", async () => {
  const base = policies({ fixes: "never" });
  const { propose: rules } = policies().otherwise;
  const own = { ...base.otherwise, name: "shop", repositories: [/^acme\/shop$/], propose: rules };
  expect(pulls(await moved(FIXES, base))).toBe(0);
  expect(pulls(await moved(FIXES, { ...base, rules: [own] }))).toBe(1);
});
