import { describe, expect, test } from "vitest";
import type { TargetKey } from "../../src/ports/clock-facts.ts";
import { acceptedRisks, acceptRisk, liftAcceptance } from "../../src/steps/acceptances.ts";
import { DAY_MS, HOUR_MS, type Instant, later, MINUTE_MS } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { sla } from "../../workers/sla.ts";
import { type Bench, dockerfile, KEY, MUSL, NOW, SHOP, timerNow, SHOP_MAIN } from "./bench.ts";
import {
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposalOf,
  proposed,
  proposedText,
  ready,
  THIRD,
} from "./propose-bench.ts";

const TARGET: TargetKey = { codeRepository: SHOP, baseBranch: "main", line: MUSL };
const SUBJECT = "acme/shop docker.io/bellsoft/hardened-base:musl";
const DUE_AT = later(NOW, 7 * DAY_MS);

/** The base branch gets the update, and we scan it. */
async function merged(bench: Bench, at: Instant): Promise<void> {
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, NEXT]) });
  const proposal = await proposalOf(bench);
  if (proposal === undefined) throw new Error("no proposal");
  await bench.store.saveProposal({ ...proposal, state: "merged", closedAt: at });
  await bench.run(discover, { codeRepository: SHOP });
}

test("a code repository that is configured no longer has its clock cancelled, and one that comes back goes on", async () => {
  const bench = await proposed();
  const scan = await bench.store.scan(SHOP_MAIN);
  if (scan === undefined) throw new Error("no scan");
  bench.clock.advance(DAY_MS);
  const at = bench.clock.at;
  await bench.store.saveScan({ ...scan, places: [], skipped: [], isUnsubscribed: true, scannedAt: at });
  await bench.run(sla, {});
  expect(await timerNow(bench)).toMatchObject({ state: "cancelled", closedAt: at });
  expect((await bench.told()).filter((event) => /^(?:met|breached) /.test(event))).toEqual([]);

  bench.clock.advance(DAY_MS);
  await bench.store.saveScan({ ...scan, scannedAt: bench.clock.at });
  await bench.run(sla, {});
  expect(await timerNow(bench)).toMatchObject({ state: "open", obligations: [{ dueAt: DUE_AT }] });
});

describe("breaches", () => {
  test("S38: sweeper runs twice concurrently", async () => {
    const bench = await proposed();
    bench.clock.advance(8 * DAY_MS);
    await Promise.all([bench.run(sla, {}), bench.run(sla, {})]);
    expect((await bench.told()).filter((event) => event.startsWith("breached"))).toEqual([
      `breached ${SUBJECT}`,
    ]);
    expect(await bench.store.breaches(TARGET)).toMatchObject([
      { id: "CVE-2026-31337", severity: "critical", startedAt: NOW, dueAt: DUE_AT, rule: "critical P7D" },
    ]);
  });

  test("S37: merge webhook arrives 2 h after deadline, merged_at before it", async () => {
    const bench = await proposed();
    bench.clock.advance(7 * DAY_MS + HOUR_MS);
    await bench.run(sla, {});
    const [told] = await bench.store.breaches(TARGET);
    bench.clock.advance(HOUR_MS);
    await merged(bench, later(DUE_AT, -MINUTE_MS));
    await bench.run(sla, {});
    await bench.run(sla, {});
    expect(await timerNow(bench)).toMatchObject({ state: "met", closedAt: later(DUE_AT, -MINUTE_MS) });
    expect(await bench.told()).toEqual(
      expect.arrayContaining([`breached ${SUBJECT}`, `breach-retracted ${SUBJECT}`, `met ${SUBJECT}`]),
    );
    expect((await bench.told()).filter((event) => event.startsWith("breach-retracted"))).toHaveLength(1);
    // The record stays as it was written.
    expect(await bench.store.breaches(TARGET)).toEqual([{ ...told, retractedAt: bench.clock.at }]);
  });

  test("stay, when the merge was late", async () => {
    const bench = await proposed();
    bench.clock.advance(8 * DAY_MS);
    await merged(bench, later(DUE_AT, MINUTE_MS));
    await bench.run(sla, {});
    expect(await timerNow(bench)).toMatchObject({ state: "late" });
    expect(await bench.store.breaches(TARGET)).toMatchObject([{ id: "CVE-2026-31337" }]);
    expect((await bench.store.breaches(TARGET))[0]).not.toHaveProperty("retractedAt");
  });
});

describe("clocks", () => {
  test("S36: host clock 10 min wrong", async () => {
    const bench = await proposed();
    bench.clock.advance(8 * DAY_MS);
    const said = (skewMs: number): Bench["context"] => ({
      ...bench.context,
      codeHost: { ...bench.context.codeHost, time: () => ({ at: later(bench.clock.at, -skewMs), agoMs: 0 }) },
    });
    const signal = new AbortController().signal;
    for (let round = 0; round < 2; round += 1) await sla.handle({}, said(600_000), signal);
    expect(await bench.told()).toEqual(expect.arrayContaining(["clock-skewed clock"]));
    expect((await bench.told()).filter((event) => !event.startsWith("proposed"))).toEqual([
      "clock-skewed clock",
    ]);
    expect(await bench.store.breaches(TARGET)).toEqual([]);
    // A little is told to the log alone, and decides nothing.
    await sla.handle({}, said(-6_000), signal);
    expect(bench.warnings.at(-1)).toMatchObject({ skewMs: -6_000 });
    expect(await bench.store.breaches(TARGET)).toHaveLength(1);
  });

  test("S29: D3 reintroduces critical fixed in D2", async () => {
    const bench = await proposed();
    bench.clock.advance(HOUR_MS);
    const { vulnerabilities } = FIXES;
    if (vulnerabilities.kind !== "assessed") throw new Error("must be assessed");
    const [fixed, ...others] = vulnerabilities.delta.fixed;
    if (fixed === undefined || others.length > 0) throw new Error("must fix one");
    const { how: _how, ...finding } = fixed;
    await ready(bench, MUSL, OLD, THIRD, {
      ...FIXES,
      class: "content",
      vulnerabilities: {
        kind: "assessed",
        delta: { ...vulnerabilities.delta, fixed: [], remaining: [finding] },
      },
    });
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
    await bench.run(sla, {});
    await bench.run(sla, {});
    expect((await bench.told()).filter((event) => event.startsWith("regression"))).toEqual([
      `regression ${SUBJECT}`,
    ]);
    expect(await timerNow(bench)).toMatchObject({ obligations: [{ startedAt: NOW, dueAt: DUE_AT }] });
  });

  test("S44: a clock that runs keeps what it was told, whatever its digest is called next", async () => {
    const bench = await proposed();
    bench.clock.advance(3 * DAY_MS);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD]));
    expect(await timerNow(bench)).toMatchObject({ obligations: [{ startedAt: NOW, dueAt: DUE_AT }] });
  });
});

const decision = (bench: Bench) => ({ by: "Ana", reason: "not reachable", at: bench.clock.at });

describe("a risk that somebody bears", () => {
  const scope = { id: "CVE-2026-31337", codeRepository: SHOP };

  test("is not late, and late when that ends", async () => {
    const bench = await proposed();
    const until = later(NOW, 20 * DAY_MS);
    expect(await acceptRisk(scope, until, decision(bench), bench.store)).toEqual([TARGET]);
    expect(await acceptedRisks(bench.store, bench.clock.at)).toMatchObject([
      { key: TARGET, acceptance: { id: "CVE-2026-31337", until, by: "Ana" } },
    ]);
    bench.clock.advance(8 * DAY_MS);
    await bench.run(sla, {});
    expect(await timerNow(bench)).toMatchObject({
      obligations: [{ standing: "accepted", acceptedUntil: until }],
    });
    expect(await bench.told()).not.toContain(`breached ${SUBJECT}`);
    bench.clock.advance(13 * DAY_MS);
    await bench.run(sla, {});
    expect(await bench.told()).toContain(`breached ${SUBJECT}`);
    expect(await acceptedRisks(bench.store, bench.clock.at)).toEqual([]);
  });

  test("is said in the pull request, soon", async () => {
    const bench = await proposed();
    await acceptRisk(scope, later(NOW, 20 * DAY_MS), decision(bench), bench.store);
    expect(bench.store.dueAt({ kind: "propose", proposal: KEY })).toBe(NOW);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toContain("**Accepted**");
  });

  test("is taken back", async () => {
    const bench = await proposed();
    await acceptRisk(scope, later(NOW, 20 * DAY_MS), decision(bench), bench.store);
    bench.clock.advance(8 * DAY_MS);
    expect(await liftAcceptance(scope, decision(bench), bench.store)).toEqual([TARGET]);
    bench.clock.advance(1);
    await bench.run(sla, {});
    expect(await bench.told()).toEqual(
      expect.arrayContaining([`accepted ${SUBJECT}`, `acceptance-lifted ${SUBJECT}`, `breached ${SUBJECT}`]),
    );
    expect(await liftAcceptance(scope, decision(bench), bench.store)).toEqual([]);
  });

  test("of a code repository that uses nothing of the kind changes nothing", async () => {
    const bench = await proposed();
    const elsewhere = { ...scope, codeRepository: { owner: "acme", name: "pay" } };
    expect(await acceptRisk(elsewhere, later(NOW, DAY_MS), decision(bench), bench.store)).toEqual([]);
    expect(await acceptedRisks(bench.store, bench.clock.at)).toEqual([]);
  });
});
