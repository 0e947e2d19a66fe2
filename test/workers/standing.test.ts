import { expect, test } from "vitest";
import type { Finding } from "../../src/advisory/finding.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { TargetKey } from "../../src/ports/clock-facts.ts";
import { createClockReader } from "../../src/steps/clocks/clocks.ts";
import { clocksNow } from "../../src/steps/clocks/timers.ts";
import { DAY_MS } from "../../src/time.ts";
import { assess } from "../../workers/assess.ts";
import { discover } from "../../workers/discover.ts";
import { sla } from "../../workers/sla.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { BASE, type Bench, createBench, dockerfile, MUSL, purl, release, seen, SHOP } from "./bench.ts";
import { judged } from "./facts.ts";
import { FIXES, NEXT, OLD, PATH, proposalOf, proposed } from "./propose-bench.ts";

const TARGET: TargetKey = { codeRepository: SHOP, baseBranch: "main", line: MUSL };

async function obligations({ store, context, clock }: Bench) {
  const clocks = await clocksNow(
    TARGET,
    { store, reader: createClockReader(store), ...context.settings },
    clock.at,
  );
  return (clocks?.places ?? []).flatMap((place) =>
    place.obligations.map(({ id, state, notes }) => ({ id, state, notes })),
  );
}

const later = (bench: Bench): Finding => ({
  id: "CVE-2026-40000",
  recordId: "BELL-CVE-2026-40000",
  severity: "high",
  packageName: "zlib",
  installedVersion: "1.3.1-r0",
  publishedAt: bench.clock.at,
});

async function keepAssessment(
  bench: Bench,
  from: Digest,
  to: Digest,
  delta: Parameters<typeof emptyDelta>[0],
) {
  const vulnerabilities = { kind: "assessed", delta: emptyDelta(delta) } as const;
  await bench.store.saveAssessment(BASE, from, to, { ...FIXES, vulnerabilities, assessedAt: bench.clock.at });
}

test("a digest compared with itself is no update: nobody is handed anything", async () => {
  const bench = createBench();
  const current = release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
  await seen(bench, MUSL, [current]);
  await judged(bench, current, {});
  await bench.run(assess, { repository: BASE, from: current, to: current });
  expect(await bench.store.assessment(BASE, current, current)).toBeDefined();
  expect(bench.jobs).toEqual([]);
  expect(await bench.told()).toEqual([]);
});

test("what is published about code that is up to date waits for a fix, and asks nobody to merge", async () => {
  const bench = createBench();
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, NEXT]) });
  await bench.run(discover, { codeRepository: SHOP });
  await seen(bench, MUSL, [NEXT]);
  await judged(bench, NEXT, {});
  await keepAssessment(bench, NEXT, NEXT, { remaining: [later(bench)] });
  await bench.run(sla, {});
  expect(await obligations(bench)).toMatchObject([{ id: "CVE-2026-40000", state: "waiting" }]);
  expect(await bench.store.lineFacts(MUSL)).toContainEqual(
    expect.objectContaining({ kind: "affected", digest: NEXT, ids: ["CVE-2026-40000"] }),
  );
  bench.clock.advance(30 * DAY_MS);
  await bench.run(sla, {});
  expect((await bench.told()).filter((event) => /^(?:due-soon|breached|regression) /.test(event))).toEqual(
    [],
  );
});

test("what is published about an update that was merged was fixed by it already", async () => {
  const bench = await proposed();
  const proposal = await proposalOf(bench);
  if (proposal === undefined) throw new Error("no proposal");
  bench.clock.advance(DAY_MS);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, NEXT]) });
  await bench.store.saveProposal({ ...proposal, state: "merged", closedAt: bench.clock.at });
  await bench.run(discover, { codeRepository: SHOP });
  await bench.run(sla, {});
  bench.clock.advance(DAY_MS);
  await keepAssessment(bench, OLD, NEXT, { fixed: [{ ...later(bench), how: "upgrade" }] });
  await bench.run(sla, {});
  const found = (await obligations(bench)).find(({ id }) => id === "CVE-2026-40000");
  expect(found).toMatchObject({ state: "met", notes: ["already-fixed"] });
  expect((await bench.told()).filter((event) => event.startsWith("breached"))).toEqual([]);
});
