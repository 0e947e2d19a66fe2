import { describe, expect, test } from "vitest";
import { dashedOf } from "../../src/image/digest.ts";
import { parseRepository } from "../../src/image/reference.ts";
import type { DueWork } from "../../src/ports/store.ts";
import { DISCOVER, POLL, PROPOSE, SLA, VERIFY } from "../../src/queues.ts";
import { later, MINUTE_MS } from "../../src/time.ts";
import { schedule } from "../../workers/schedule.ts";
import { BASE, createBench, digest, KEY, NOW, queued, SHOP } from "./bench.ts";

const image = { repository: BASE, digest: digest("a1") };

describe("what is due becomes a job", () => {
  test.each<{ title: string; work: DueWork; job: ReturnType<typeof queued> }>([
    {
      title: "poll",
      work: { kind: "poll", repository: BASE },
      job: queued(POLL, { repository: BASE }),
    },
    {
      title: "discover",
      work: { kind: "discover", codeRepository: SHOP },
      job: queued(DISCOVER, { codeRepository: SHOP }),
    },
    { title: "verify", work: { kind: "verify", image }, job: queued(VERIFY, { image }) },
    { title: "propose", work: { kind: "propose", proposal: KEY }, job: queued(PROPOSE, KEY) },
    { title: "sla", work: { kind: "sla" }, job: queued(SLA, {}) },
  ])("$title", async ({ work, job }) => {
    const bench = createBench();
    await bench.store.schedule(work, NOW, "set");
    await bench.run(schedule, {});
    expect(bench.jobs).toEqual([job]);
  });
});

test("what is not due stays", async () => {
  const bench = createBench();
  await bench.store.schedule({ kind: "sla" }, later(NOW, 1), "set");
  await bench.run(schedule, {});
  expect(bench.jobs).toEqual([]);
  expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, 1));
});

test("what was taken is due again a minute later, unless somebody says when", async () => {
  const bench = createBench();
  await bench.store.schedule({ kind: "sla" }, NOW, "set");
  await bench.run(schedule, {});
  bench.clock.advance(MINUTE_MS - 1);
  await bench.run(schedule, {});
  expect(bench.take()).toHaveLength(1);
  bench.clock.advance(1);
  await bench.run(schedule, {});
  expect(bench.jobs).toHaveLength(1);
});

test.each([{ count: 0 }, { count: 499 }, { count: 500 }, { count: 501 }, { count: 1_300 }])(
  "$count pieces of due work are $count jobs, each once",
  async ({ count }) => {
    const bench = createBench();
    for (let number = 0; number < count; number += 1) {
      const repository = parseRepository(`bellsoft/hardened-${number}`);
      await bench.store.schedule({ kind: "poll", repository }, NOW, "set");
    }
    await bench.run(schedule, {});
    expect(bench.jobs).toHaveLength(count);
    expect(new Set(bench.jobs.map((job) => JSON.stringify(job))).size).toBe(count);
  },
);

test("stops when it is told to, without losing what it did not take", async () => {
  const bench = createBench();
  await bench.store.schedule({ kind: "sla" }, NOW, "set");
  const told = AbortSignal.abort(new Error("shutting down"));
  await expect(schedule.handle({}, bench.context, told)).rejects.toThrow("shutting down");
  expect(bench.jobs).toEqual([]);
  expect(bench.store.dueAt({ kind: "sla" })).toBe(NOW);
});

describe("jobs have one identity each", () => {
  const from = digest("a1");
  test.each([
    { queue: "poll", id: POLL.idOf({ repository: BASE }), is: "docker.io/bellsoft/hardened-base" },
    { queue: "discover", id: DISCOVER.idOf({ codeRepository: SHOP }), is: "acme/shop" },
    {
      queue: "verify",
      id: VERIFY.idOf({ image }),
      is: `docker.io/bellsoft/hardened-base@${dashedOf(from)}`,
    },
    { queue: "propose", id: PROPOSE.idOf(KEY), is: "acme/shop#main#bellsoft" },
    { queue: "sla", id: SLA.idOf({}), is: "sla" },
  ])("$queue", ({ id, is }) => {
    expect(id).toBe(is);
  });
});
