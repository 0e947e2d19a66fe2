import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { DISCOVER, POLL, SCHEDULE, SLA } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import {
  BASE,
  type Bench,
  createBench,
  dockerfile,
  KEY,
  lineOf,
  MUSL,
  purl,
  type Release,
  release,
  SHOP,
  STRANGER,
  timerNow,
  allTimers,
} from "./bench.ts";
import { BRANCH, onlyPull, PATH } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** All workers together: what one enqueues, another does, until nothing is left. */

const OTHER = lineOf("glibc");

/** A code repository that pins the first release of a vendor, scanned and polled. */
async function settled(): Promise<Bench> {
  const bench = createBench({ store: createWrittenStore() });
  const first = release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, first]) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  return bench;
}

/** A Compose file that leaves a part of the name to the `.env` beside it. */
const compose = (pinned: Digest): string =>
  `services:\n  shop:\n    image: \${REGISTRY}/bellsoft/hardened-base:musl@${pinned}\n`;

/** What is due now, and all that follows from it. */
async function tick(bench: Bench): Promise<void> {
  await bench.drain();
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
}

/** A vendor pushes behind the tag, and the registry is asked. */
async function published(bench: Bench, what: Release): Promise<Digest> {
  const pushed = release(bench, what);
  bench.registry.point(MUSL, pushed);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  return pushed;
}

describe("a tag moves", () => {
  test("to a signed release: one pull request that edits the digest", async () => {
    const bench = await settled();
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    const next = await published(bench, { name: "2", purls: [purl("expat", "2.7.3-r0")] });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, next]));
    expect(onlyPull(bench).body).toContain("2.7.3-r0");
  });

  test("and moves on: the same pull request", async () => {
    const bench = await settled();
    await published(bench, { name: "2" });
    const third = await published(bench, { name: "3" });
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, third]));
  });

  test("of an image that a Compose file names with the help of its .env: one pull request that edits the digest", async () => {
    const bench = createBench({ store: createWrittenStore() });
    const first = release(bench, { name: "1" });
    bench.registry.point(MUSL, first);
    bench.codeHost.create(SHOP, { ".env": "REGISTRY=docker.io\n", "compose.yaml": compose(first) });
    await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
    await tick(bench);
    const next = await published(bench, { name: "2" });
    expect(bench.codeHost.read(SHOP, BRANCH)["compose.yaml"]).toBe(compose(next));
  });

  test.each([
    { title: "an unsigned release", what: { name: "2", signed: "no", purls: undefined } },
    { title: "a release signed by somebody else", what: { name: "2", key: STRANGER } },
  ] as const)("to $title: no pull request", async ({ what }) => {
    const bench = await settled();
    await published(bench, what);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("to a release that is signed an hour later: a pull request then, without another push", async () => {
    const bench = await settled();
    const late = await published(bench, { name: "2", signed: "no", purls: undefined });
    release(bench, { name: "2" });
    bench.clock.advance(HOUR_MS);
    await tick(bench);
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, late]));
  });

  test("and back to the release before: no pull request", async () => {
    const bench = await settled();
    await published(bench, { name: "2", signed: "no", purls: undefined });
    const first = await published(bench, { name: "1" });
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(bench.codeHost.read(SHOP, "main")[PATH]).toBe(dockerfile([MUSL, first]));
    expect(await bench.messages("tag-moved-backwards")).toHaveLength(1);
  });
});

test("a merge is noticed, its clock met, and nothing is proposed again, however often the queues come round", async () => {
  const bench = await settled();
  await published(bench, { name: "2" });
  bench.clock.advance(HOUR_MS);
  bench.codeHost.mergeByHand(SHOP, 1, bench.clock.at);
  for (let round = 0; round < 5; round += 1) {
    await tick(bench);
    bench.clock.advance(10 * MINUTE_MS);
  }
  expect(onlyPull(bench).state).toBe("merged");
  expect((await timerNow(bench))?.state).toBe("met");
  expect(await bench.messages("met")).toHaveLength(1);
});

test("a close is noticed, and the digest is not proposed again in a week of sweeps", async () => {
  const bench = await settled();
  await published(bench, { name: "2" });
  bench.clock.advance(HOUR_MS);
  bench.codeHost.close(SHOP, 1, bench.clock.at);
  for (let day = 0; day < 7; day += 1) {
    bench.clock.advance(DAY_MS);
    await tick(bench);
  }
  expect(onlyPull(bench).state).toBe("closed");
  expect((await bench.store.declined(KEY)).length).toBe(1);
});

test("a line that comes later joins the pull request", async () => {
  const bench = await settled();
  const first = (await bench.store.watch(MUSL)).history[0]?.digest;
  if (first === undefined) throw new Error("not polled");
  const next = await published(bench, { name: "2" });
  bench.registry.point(OTHER, first);
  bench.codeHost.push(SHOP, "main", { [PATH]: dockerfile([MUSL, first], [OTHER, first]) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  bench.registry.point(OTHER, next);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([MUSL, next], [OTHER, next]));
  expect(onlyPull(bench).number).toBe(1);
});

/** What there is in the end, when everything is asked for so many times. */
async function outcomeOf(times: number) {
  const bench = await settled();
  bench.registry.point(MUSL, release(bench, { name: "2" }));
  for (let time = 0; time < times; time += 1) {
    await bench.context.enqueue(POLL, { repository: BASE });
    await bench.context.enqueue(SLA, {});
    await tick(bench);
  }
  return {
    pull: onlyPull(bench),
    told: await bench.told(),
    timers: await allTimers(bench),
    proposal: await bench.store.proposal(KEY),
  };
}

test("everything asked for three times: the same pull request, events and clocks as once", async () => {
  expect(await outcomeOf(3)).toEqual(await outcomeOf(1));
});
