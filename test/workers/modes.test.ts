import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { DISCOVER, POLL, SCHEDULE } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later, SECOND_MS } from "../../src/time.ts";
import type { Profile } from "../../src/vendor/profile.ts";
import { discover } from "../../workers/discover.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import type { FakeStore } from "../fakes/store.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  imageDocument,
  KEY,
  MUSL,
  NOW,
  pin,
  profileOf,
  purl,
  type Release,
  release,
  seen,
  SHOP,
  STRANGER,
  allTimers,
  SHOP_MAIN,
} from "./bench.ts";
import { onlyPull, PATH, proposable, proposalOf } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** What a profile may decide, through all workers together. */

const OBSERVED: Profile = { ...profileOf(), mode: "observed" };
const NOTICE = "The registry is offline since October. Move to another vendor.";
const ENDED: Profile = { ...profileOf(), mode: "discontinued", notice: NOTICE };
const OLD = digest("01d");
const DUE = { kind: "poll", repository: BASE } as const;

/** A code repository that pins the first release, scanned and polled under this profile. */
async function settled(profile: Profile, store: FakeStore = createWrittenStore()): Promise<Bench> {
  const bench = createBench({ store, profiles: [profile] });
  const first = release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
  bench.registry.point(MUSL, first);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, first]) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  return bench;
}

/** The same place under another profile, as after a restart. */
function under(profile: Profile, { context }: Bench): Bench["context"] {
  return { ...context, settings: { ...context.settings, profiles: [profile] } };
}

async function tick(bench: Bench): Promise<void> {
  await bench.drain();
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
}

async function published(bench: Bench, what: Release): Promise<Digest> {
  const pushed = release(bench, what);
  bench.registry.point(MUSL, pushed);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  return pushed;
}

const NEXT = { name: "2", purls: [purl("expat", "2.7.3-r0")] };

describe("a profile that only observes", () => {
  test("verifies a release, and proposes nothing", async () => {
    const bench = await settled(OBSERVED);
    const next = await published(bench, NEXT);
    expect((await bench.store.verdict({ repository: BASE, digest: next }))?.verdict.kind).toBe("verified");
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await bench.store.proposals()).toEqual([]);
    expect(await allTimers(bench)).toEqual([]);
    expect(await bench.messages("verified")).toHaveLength(2);
  });

  test("does not alarm about a release that somebody else signed", async () => {
    const bench = await settled(OBSERVED);
    await published(bench, { ...NEXT, key: STRANGER });
    expect(await bench.messages("rejected")).toEqual([]);
    expect(await bench.messages("profile-differs")).toEqual([
      expect.stringMatching(/^signature-key-unknown: /),
    ]);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("does not alarm about evidence that never comes", async () => {
    const bench = await settled(OBSERVED);
    const unsigned = bench.registry.push(BASE, imageDocument("unsigned"));
    await bench.run(verify, { image: { repository: BASE, digest: unsigned } });
    bench.clock.advance(2 * DAY_MS);
    await bench.run(verify, { image: { repository: BASE, digest: unsigned } });
    expect(await bench.messages("evidence-overdue")).toEqual([]);
    expect(await bench.messages("profile-differs")).toEqual([expect.stringContaining("still no signature")]);
  });

  test("proposes what it has seen as soon as it is enforced", async () => {
    const bench = await settled(OBSERVED);
    await published(bench, NEXT);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    await propose.handle(KEY, under(profileOf(), bench), AbortSignal.timeout(10 * SECOND_MS));
    expect(onlyPull(bench).body).toContain("2.7.3-r0");
  });

  test("leaves a pull request from before as it is", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    const [before, pull] = [await proposalOf(bench), onlyPull(bench)];
    bench.clock.advance(HOUR_MS);
    await propose.handle(KEY, under(OBSERVED, bench), AbortSignal.timeout(10 * SECOND_MS));
    expect(onlyPull(bench)).toEqual(pull);
    expect((await proposalOf(bench))?.updates).toEqual(before?.updates);
    expect(await bench.told()).toEqual(["proposed acme/shop#1"]);
  });
});

/** A code repository scanned after the service has ended. */
async function scanned(files: Readonly<Record<string, string>>, store: FakeStore = createWrittenStore()) {
  const bench = createBench({ store, profiles: [ENDED] });
  bench.codeHost.create(SHOP, files);
  await bench.run(discover, { codeRepository: SHOP });
  return bench;
}

describe("a profile whose vendor has ended its service", () => {
  test.each([
    { title: "pinned", from: `bellsoft/hardened-base:musl@${OLD}` },
    { title: "by its tag", from: "bellsoft/hardened-base:musl" },
    { title: "by its digest", from: `bellsoft/hardened-base@${OLD}` },
  ])("reports an image $title, with the notice, and watches nothing", async ({ from }) => {
    const bench = await scanned({ [PATH]: `FROM ${from}\n` });
    expect((await bench.store.scan(SHOP_MAIN))?.places).toEqual([
      {
        path: PATH,
        line: 1,
        raw: from,
        format: "dockerfile",
        state: { kind: "seen", reason: "service-ended", profile: "bellsoft", notice: NOTICE },
      },
    ]);
    expect(await bench.store.watches()).toEqual([]);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(bench.jobs).toEqual([]);
  });

  test("asks no registry, whatever becomes due", async () => {
    const bench = await scanned({ [PATH]: dockerfile([MUSL, OLD]) });
    bench.clock.advance(2 * DAY_MS);
    await tick(bench);
    expect(bench.registry.asked).toEqual([]);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("is told once for each code repository, however often it is scanned", async () => {
    const bench = await scanned({ [PATH]: dockerfile([MUSL, OLD], [MUSL, OLD]) });
    bench.clock.advance(DAY_MS);
    await bench.run(discover, { codeRepository: SHOP });
    expect(await bench.told()).toEqual(["service-ended acme/shop: bellsoft"]);
    expect(await bench.messages("service-ended")).toEqual([NOTICE]);
  });

  test("is not told of code that names none of its images", async () => {
    const bench = await scanned({ [PATH]: `FROM redis:8@${OLD}\n` });
    expect(await bench.told()).toEqual([]);
  });

  test("has its watches from before forgotten by the next scan", async () => {
    const store = createWrittenStore();
    await settled(profileOf(), store);
    expect(await store.watches()).toHaveLength(1);
    await scanned({ [PATH]: dockerfile([MUSL, OLD]) }, store);
    expect((await store.watch(MUSL)).subscribers).toEqual([]);
  });

  test("is not polled, even before that scan", async () => {
    const bench = createBench({ profiles: [ENDED] });
    await pin(bench, [[MUSL, OLD]]);
    await bench.store.schedule(DUE, NOW, "set");
    await bench.run(poll, { repository: BASE });
    expect(bench.registry.asked).toEqual([]);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(await bench.told()).toEqual([]);
  });

  test("has nothing verified any more", async () => {
    const bench = createBench({ profiles: [ENDED] });
    const image = { repository: BASE, digest: OLD };
    await seen(bench, MUSL, [OLD]);
    await bench.store.schedule({ kind: "verify", image }, later(NOW, HOUR_MS), "set");
    await bench.run(verify, { image });
    expect(bench.registry.asked).toEqual([]);
    expect(await bench.store.verdict(image)).toBeUndefined();
    expect(bench.store.dueAt({ kind: "verify", image })).toBeUndefined();
  });

  test("gets no pull request, even where one was ready", async () => {
    const ready = await proposable();
    const bench = createBench({ store: ready.store, profiles: [ENDED] });
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD]) });
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });
});
