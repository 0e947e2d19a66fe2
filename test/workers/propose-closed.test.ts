import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { PROPOSE } from "../../src/queues.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { propose } from "../../workers/propose.ts";
import { schedule } from "../../workers/schedule.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { BASE, type Bench, dockerfile, KEY, MUSL, NOW, SHOP } from "./bench.ts";
import {
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  proposalOf,
  proposed,
  proposedText,
  ready,
  THIRD,
} from "./propose-bench.ts";

/** What closing a pull request means, over weeks. */

const DUE = { kind: "propose", proposal: KEY } as const;
const [FIRST] = FIXES.vulnerabilities.kind === "assessed" ? FIXES.vulnerabilities.delta.fixed : [];

/** The update fixes these, all of them critical. */
function fixing(...ids: readonly string[]): Assessment {
  const fixed = ids.flatMap((id) => (FIRST === undefined ? [] : [{ ...FIRST, id }]));
  return { ...FIXES, vulnerabilities: { kind: "assessed", delta: emptyDelta({ fixed }) } };
}

/** A pull request that a person closed an hour after it was opened, and that was noticed. */
async function closed(change: Parameters<typeof proposed>[1] = {}): Promise<Bench> {
  const bench = await proposed(undefined, change);
  bench.clock.advance(HOUR_MS);
  bench.codeHost.close(SHOP, 1, bench.clock.at);
  await bench.run(propose, KEY);
  bench.take();
  return bench;
}

/** Proposals that are due now are looked at; nothing else is. */
async function tick(bench: Bench): Promise<void> {
  await bench.run(schedule, {});
  for (const { queue, job } of bench.take()) {
    if (queue === PROPOSE.name) await bench.run(propose, PROPOSE.schema.parse(job));
  }
}

async function days(bench: Bench, count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    bench.clock.advance(DAY_MS);
    await tick(bench);
  }
}

const states = ({ codeHost }: Bench) => codeHost.pulls(SHOP).map(({ number, state }) => [number, state]);
const CLOSED_AT = later(NOW, HOUR_MS);

describe("a pull request that a person closed", () => {
  test("says what was declined, until when, and what it was known to fix", async () => {
    const bench = await closed();
    expect(await bench.store.declined(KEY)).toEqual([
      { digest: NEXT, at: CLOSED_AT, until: later(CLOSED_AT, 90 * DAY_MS), fixed: ["CVE-2026-31337"] },
    ]);
    expect(await bench.messages("declined")).toEqual([
      expect.stringContaining("not proposed again before 22 Feb 2027, 13:00 UTC"),
    ]);
  });

  test("is looked at once a day, and no more", async () => {
    const bench = await closed();
    expect(bench.store.dueAt(DUE)).toBe(later(CLOSED_AT, DAY_MS));
    const before = bench.codeHost.asked.length;
    await days(bench, 3);
    expect(bench.codeHost.asked.slice(before)).toHaveLength(3);
    expect(states(bench)).toEqual([[1, "closed"]]);
  });

  test("and a newer digest: proposed, and nothing said of what was declined", async () => {
    const bench = await closed();
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual([
      [1, "closed"],
      [2, "open"],
    ]);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(bench.codeHost.pulls(SHOP)[1]?.body).not.toContain("Declined before");
  });

  test("and the end of its time: proposed again on the day, and it says why", async () => {
    const bench = await closed();
    await days(bench, 89);
    expect(states(bench)).toEqual([[1, "closed"]]);
    await days(bench, 1);
    expect(states(bench)).toEqual([
      [1, "closed"],
      [2, "open"],
    ]);
    const body = bench.codeHost.pulls(SHOP)[1]?.body;
    expect(body).toContain(
      "**Declined before** on 24 Nov 2026, 13:00 UTC: the time for that was over on 22 Feb 2027",
    );
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)[1]?.body).toBe(body);
  });

  test("for as long as the policy says", async () => {
    const { policies } = (await proposed()).context.settings;
    const pulls = { ...policies.otherwise.pulls, ignoreForMs: 2 * DAY_MS };
    const bench = await closed({ policies: { ...policies, otherwise: { ...policies.otherwise, pulls } } });
    await days(bench, 1);
    expect(states(bench)).toHaveLength(1);
    await days(bench, 1);
    expect(states(bench)).toHaveLength(2);
  });

  test("and a critical vulnerability that it is then known to fix: proposed again, and it says why", async () => {
    const bench = await closed();
    await bench.store.saveAssessment(BASE, OLD, NEXT, fixing("CVE-2026-31337", "CVE-2026-40000"));
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual([
      [1, "closed"],
      [2, "open"],
    ]);
    expect(bench.codeHost.pulls(SHOP)[1]?.body).toContain(
      "⚠ **Declined before** on 24 Nov 2026, 13:00 UTC, and back: it is now known to fix CVE-2026-40000, critical",
    );
  });

  test("the reason it is back for stays, though the vulnerability was withdrawn since", async () => {
    const bench = await closed();
    await bench.store.saveAssessment(BASE, OLD, NEXT, fixing("CVE-2026-40000"));
    await bench.run(propose, KEY);
    await bench.store.saveAssessment(BASE, OLD, NEXT, CONTENT);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual([
      [1, "closed"],
      [2, "open"],
    ]);
    expect(bench.codeHost.pulls(SHOP)[1]?.body).toContain("it is now known to fix CVE-2026-40000");
  });

  test("closed once more: that vulnerability does not bring it back again", async () => {
    const bench = await closed();
    await bench.store.saveAssessment(BASE, OLD, NEXT, fixing("CVE-2026-40000"));
    await bench.run(propose, KEY);
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 2, bench.clock.at);
    await days(bench, 5);
    expect(states(bench)).toEqual([
      [1, "closed"],
      [2, "closed"],
    ]);
    expect(await bench.store.declined(KEY)).toMatchObject([
      { at: later(CLOSED_AT, HOUR_MS), fixed: ["CVE-2026-40000"] },
    ]);
    expect(await bench.messages("declined")).toHaveLength(2);
  });

  test.each<{ title: string; assessment: Assessment }>([
    { title: "nothing new", assessment: fixing("CVE-2026-31337") },
    { title: "nothing that is known to be fixed", assessment: CONTENT },
  ])("and $title: stays closed", async ({ assessment }) => {
    const bench = await closed();
    await bench.store.saveAssessment(BASE, OLD, NEXT, assessment);
    await bench.run(propose, KEY);
    expect(states(bench)).toEqual([[1, "closed"]]);
  });
});

async function again(): Promise<Bench> {
  const bench = await closed();
  bench.clock.advance(HOUR_MS);
  bench.codeHost.reopen(SHOP, 1);
  return bench;
}

describe("opened again by a person", () => {
  test("is ours again, and its digests are declined no more", async () => {
    const bench = await again();
    await bench.run(propose, KEY);
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await proposalOf(bench)).toMatchObject({ number: 1, state: "open", openedAt: NOW });
    expect(await proposalOf(bench)).not.toHaveProperty("closedAt");
    expect(bench.store.dueAt(DUE)).toBe(later(bench.clock.at, 5 * MINUTE_MS));
    expect(await bench.told()).toEqual([
      "proposed acme/shop#1",
      "declined acme/shop#1",
      "reopened acme/shop#1",
    ]);
  });

  test("is noticed within a day, without anybody telling of it", async () => {
    const bench = await again();
    await days(bench, 1);
    expect(await proposalOf(bench)).toMatchObject({ state: "open" });
  });

  test("is kept up to date as before", async () => {
    const bench = await again();
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(await proposalOf(bench)).toMatchObject({ updates: [{ superseded: [{ digest: NEXT }] }] });
  });

  test("and closed again: declined again, told again", async () => {
    const bench = await again();
    await bench.run(propose, KEY);
    bench.clock.advance(HOUR_MS);
    bench.codeHost.close(SHOP, 1, bench.clock.at);
    await bench.run(propose, KEY);
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT, at: bench.clock.at }]);
    expect(await bench.messages("declined")).toHaveLength(2);
  });

  test.each(["takeBackDecline", "saveProposal"] as const)(
    "a process that dies at %s: the next takes it in",
    async (method) => {
      const bench = await again();
      const store = { ...bench.store, [method]: () => Promise.reject(new Error("killed")) };
      const dying = { ...bench.context, store };
      await expect(propose.handle(KEY, dying, new AbortController().signal)).rejects.toThrow("killed");
      await bench.run(propose, KEY);
      expect(await proposalOf(bench)).toMatchObject({ number: 1, state: "open" });
      expect(await bench.store.declined(KEY)).toEqual([]);
      expect(await bench.messages("reopened")).toHaveLength(1);
    },
  );

  test("nobody can say whether it was: nothing changes", async () => {
    const bench = await again();
    bench.codeHost.fail("look", new CodedError("code-host-unavailable", "no answer"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(await proposalOf(bench)).toMatchObject({ state: "closed" });
    expect(await bench.store.declined(KEY)).toHaveLength(1);
  });
});

describe("what an older release kept of a closed one", () => {
  test("gets an end, and what it fixes is taken for known", async () => {
    const bench = await closed();
    await bench.store.decline(KEY, [{ digest: NEXT }, { digest: THIRD }], NOW);
    await bench.run(propose, KEY);
    const until = later(CLOSED_AT, 90 * DAY_MS);
    expect(await bench.store.declined(KEY)).toEqual([
      { digest: THIRD, at: CLOSED_AT, until },
      { digest: NEXT, at: CLOSED_AT, until, fixed: ["CVE-2026-31337"] },
    ]);
    expect(states(bench)).toEqual([[1, "closed"]]);
  });
});

test("a job for the group of a closed one asks the code host once and writes nothing", async () => {
  const bench = await closed();
  const before = bench.codeHost.asked.length;
  await bench.context.enqueue(PROPOSE, KEY);
  await bench.drain();
  expect(bench.codeHost.asked.slice(before)).toEqual(["look acme/shop"]);
});
