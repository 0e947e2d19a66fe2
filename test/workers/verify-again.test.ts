import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { renderImage } from "../../src/image/reference.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { ASSESS, VERIFY } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { verify } from "../../workers/verify.ts";
import { trustedHalfOf } from "../fakes/signer.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  GLIBC,
  MUSL,
  NOW,
  pin,
  profileOf,
  queued,
  release,
  seen,
  STRANGER,
} from "./bench.ts";
import { keyPolicy } from "../fakes/policy.ts";

const imageOf = (of: Digest) => ({ repository: BASE, digest: of });
const dueOf = (of: Digest) => ({ kind: "verify", image: imageOf(of) }) as const;

/** Where the tag stands on this digest, and the code repository pins an older one. */
async function tagAt({ store }: Bench, current: Digest, old = digest("01d")): Promise<void> {
  await pin({ store }, [[MUSL, old]]);
  await seen({ store }, MUSL, [old, current]);
}

async function verified(bench: Bench, of: Digest): Promise<VerdictRecord> {
  await bench.run(verify, { image: imageOf(of) });
  const record = await bench.store.verdict(imageOf(of));
  if (record === undefined) throw new Error("no verdict was stored");
  return record;
}

describe("asked again", () => {
  test("a verified digest is not, under the same policy: only handed on", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    const before = await verified(bench, current);
    const asked = bench.registry.asked.length;
    bench.clock.advance(DAY_MS - 1);
    expect(await verified(bench, current)).toEqual(before);
    expect(bench.registry.asked).toHaveLength(asked);
  });

  test("it is, under another one: judged anew, with the dates it had", async () => {
    const store = createBench().store;
    const before = createBench({ store });
    const current = release(before, { name: "1" });
    await verified(before, current);

    const after = createBench({ store, profiles: [profileOf(keyPolicy([trustedHalfOf(STRANGER)]))] });
    release(after, { name: "1" });
    after.clock.advance(DAY_MS);
    expect(await verified(after, current)).toMatchObject({
      verdict: { kind: "rejected", reason: "signature-key-unknown" },
      since: NOW,
      checkedAt: later(NOW, DAY_MS),
      verifiedAt: NOW,
    });
  });

  test("a rejected one is: once it is signed, it is verified from then on", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1", key: STRANGER });
    await verified(bench, current);
    release(bench, { name: "1" });
    bench.clock.advance(HOUR_MS);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "verified" },
      since: NOW,
      verifiedAt: later(NOW, HOUR_MS),
    });
  });
});

describe("evidence that is not there yet", () => {
  const UNSIGNED = { name: "1", signed: "no", purls: undefined } as const;

  test("is awaited, quietly", async () => {
    const bench = createBench();
    const current = release(bench, UNSIGNED);
    await tagAt(bench, current);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "awaiting-evidence", missing: "signature" },
    });
    expect(await bench.told()).toEqual([]);
    expect(bench.jobs).toEqual([]);
  });

  test("is asked for at growing distances from the first look, then at the last one", async () => {
    const bench = createBench();
    const current = release(bench, UNSIGNED);
    await tagAt(bench, current);
    const asked: number[] = [];
    for (let round = 0; round < 11; round += 1) {
      await bench.run(verify, { image: imageOf(current) });
      const dueAt = bench.store.dueAt(dueOf(current)) ?? 0;
      asked.push((dueAt - NOW) / MINUTE_MS);
      bench.clock.advance(dueAt - bench.clock.at);
    }
    // 1, 5, 15, 60, 360 minutes one after the other; 2 for the SBOM, 1440 for the alert; then each 360 more.
    expect(asked).toEqual([1, 2, 6, 21, 81, 441, 1_440, 1_800, 2_160, 2_520, 2_880]);
  });

  test("after a day is an alert, once", async () => {
    const bench = createBench();
    const current = release(bench, UNSIGNED);
    await tagAt(bench, current);
    for (const waitedMs of [0, DAY_MS - 1, 1, HOUR_MS, DAY_MS]) {
      bench.clock.advance(waitedMs);
      await bench.run(verify, { image: imageOf(current) });
    }
    expect(await bench.told()).toEqual([`evidence-overdue ${renderImage(imageOf(current))}`]);
  });

  test("is not asked for again, once the tag has left the digest", async () => {
    const bench = createBench();
    const current = release(bench, UNSIGNED);
    await tagAt(bench, current);
    await verified(bench, current);
    await seen(bench, MUSL, [current, digest("4e3")]);
    await verified(bench, current);
    expect(bench.store.dueAt(dueOf(current))).toBeUndefined();
  });

  test("an SBOM is waited for, two minutes where one is expected", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1", purls: undefined });
    await tagAt(bench, current);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "awaiting-evidence", missing: "sbom" },
    });
    bench.clock.advance(2 * MINUTE_MS - 1);
    expect((await verified(bench, current)).verdict.kind).toBe("awaiting-evidence");
    expect(bench.store.dueAt(dueOf(current))).toBe(later(NOW, 2 * MINUTE_MS));
    bench.clock.advance(1);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "verified", sbom: { kind: "missing" } },
    });
    // What proves it is looked at again in a day.
    expect(bench.store.dueAt(dueOf(current))).toBe(later(NOW, 2 * MINUTE_MS + DAY_MS));
  });

  test("an SBOM that comes late is taken", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1", purls: undefined });
    await verified(bench, current);
    release(bench, { name: "1" });
    bench.clock.advance(MINUTE_MS);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "verified", sbom: { kind: "verified" } },
    });
  });

  test("an SBOM is waited for for good where one is required, and then is an alert", async () => {
    const bench = createBench({ profiles: [profileOf({ sbom: "required" })] });
    const current = release(bench, { name: "1", purls: undefined });
    await verified(bench, current);
    bench.clock.advance(30 * DAY_MS);
    expect((await verified(bench, current)).verdict.kind).toBe("awaiting-evidence");
    expect(await bench.messages("evidence-overdue")).toEqual([
      "still no sbom that can be checked; not proposed",
    ]);
  });

  test("a rejected digest is asked about again while a tag stands on it", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1", key: STRANGER });
    await tagAt(bench, current);
    await verified(bench, current);
    expect(bench.store.dueAt(dueOf(current))).toBe(later(NOW, MINUTE_MS));
  });
});

const compare = (from: Digest, to: Digest) => queued(ASSESS, { repository: BASE, from, to });
const look = (at: Digest) => queued(VERIFY, { image: imageOf(at) });

async function twoReleases() {
  const bench = createBench();
  const old = release(bench, { name: "1" });
  const current = release(bench, { name: "2" });
  await tagAt(bench, current, old);
  return { bench, old, current };
}

describe("what it hands on", () => {
  test("the old digest first, and then the comparison", async () => {
    const { bench, old, current } = await twoReleases();
    await verified(bench, current);
    expect(bench.take()).toEqual([look(old)]);
    await verified(bench, old);
    expect(bench.take()).toEqual([compare(old, current)]);
    await verified(bench, current);
    expect(bench.take()).toEqual([compare(old, current)]);
  });

  test("the comparison, also where the old digest is gone from the registry", async () => {
    const { bench, old, current } = await twoReleases();
    bench.registry.remove(imageOf(old));
    await verified(bench, current);
    await verified(bench, old);
    expect(bench.take()).toEqual([look(old), compare(old, current)]);
  });

  test.each([
    { title: "unsigned", release: { name: "3", signed: "no", purls: undefined } },
    { title: "signed by somebody else", release: { name: "3", key: STRANGER } },
  ] as const)("nothing, when the new digest is $title", async ({ release: third }) => {
    const { bench, old } = await twoReleases();
    const current = release(bench, third);
    await seen(bench, MUSL, [old, current]);
    await verified(bench, current);
    await verified(bench, old);
    expect(bench.jobs).toEqual([]);
  });

  test("itself, when all pins stand there: what is published about it later has to be found", async () => {
    const { bench, current } = await twoReleases();
    await pin(bench, [[MUSL, current]]);
    await verified(bench, current);
    expect(bench.jobs).toEqual([queued(ASSESS, { repository: BASE, from: current, to: current })]);
  });

  test("nothing about a digest that is neither where a tag stands nor pinned", async () => {
    const { bench, current } = await twoReleases();
    const other = release(bench, { name: "other" });
    await verified(bench, current);
    bench.take();
    await verified(bench, other);
    expect(bench.jobs).toEqual([]);
  });

  test("one comparison per digest that is pinned, of every line that stands there", async () => {
    const { bench, old, current } = await twoReleases();
    const older = release(bench, { name: "0" });
    await pin(bench, [
      [MUSL, old],
      [GLIBC, older],
    ]);
    await seen(bench, GLIBC, [older, current]);
    for (const each of [old, older]) await verified(bench, each);
    bench.take();
    await verified(bench, current);
    expect(new Set(bench.jobs)).toEqual(new Set([compare(old, current), compare(older, current)]));
  });

  test("run twice, stores and tells the same", async () => {
    const { bench, current } = await twoReleases();
    const first = await verified(bench, current);
    const told = await bench.told();
    expect(await verified(bench, current)).toEqual(first);
    expect(await bench.told()).toEqual(told);
    expect(told).toEqual([`verified ${renderImage(imageOf(current))}`]);
  });
});
