import { expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { UNCOUNTED } from "../fakes/metrics.ts";
import { BASE, createBench, GLIBC, imageDocument, MUSL, pin } from "./bench.ts";

/** Two watched tags on one release, and everything that is counted. */
async function measured() {
  const bench = createBench();
  const [first, second] = ["1", "2"].map((name) => bench.registry.push(BASE, imageDocument(name)));
  if (first === undefined || second === undefined) throw new Error("nothing pushed");
  await pin(bench, [
    [MUSL, first],
    [GLIBC, first],
  ]);
  bench.registry.point(MUSL, first);
  bench.registry.point(GLIBC, first);
  const counted: unknown[] = [];
  const metrics = {
    ...UNCOUNTED,
    polled: (facts: unknown) => void counted.push({ polled: facts }),
    looked: (facts: unknown) => void counted.push({ looked: facts }),
    headChanged: (facts: unknown) => void counted.push({ headChanged: facts }),
  };
  const run = async (): Promise<readonly unknown[]> => {
    counted.length = 0;
    await poll.handle({ repository: BASE }, { ...bench.context, metrics }, new AbortController().signal);
    return [...counted];
  };
  return { bench, first, second, run };
}

test("the first look has no lag, no age and no move", async () => {
  const { run } = await measured();
  expect(await run()).toEqual([]);
});

test("a look tells how late it was, how old the answers were, and which tags moved", async () => {
  const { bench, second, run } = await measured();
  await run();
  const next = (await bench.store.watched(BASE)).poll.next?.at ?? 0;
  bench.clock.advance(DAY_MS);
  const now = await bench.clock.now();
  bench.registry.point(MUSL, second);
  expect(await run()).toEqual([
    { polled: { lagMs: now - next } },
    { looked: { ageMs: DAY_MS } },
    { looked: { ageMs: DAY_MS } },
    { headChanged: { host: "docker.io" } },
  ]);
});

test("a look before it was due was not late", async () => {
  const { bench, run } = await measured();
  await run();
  bench.clock.advance(MINUTE_MS);
  expect(await run()).toContainEqual({ polled: { lagMs: 0 } });
});

test("a tag that could not be asked about has no answer whose age could be told", async () => {
  const { bench, run } = await measured();
  await run();
  bench.clock.advance(HOUR_MS);
  bench.registry.fail("resolve", new TypeError("broken"));
  const counted: unknown[] = [];
  const metrics = { ...UNCOUNTED, looked: (facts: unknown) => void counted.push(facts) };
  const job = poll.handle({ repository: BASE }, { ...bench.context, metrics }, new AbortController().signal);
  await expect(job).rejects.toThrow("broken");
  expect(counted).toEqual([]);
});
