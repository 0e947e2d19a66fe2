import { describe, expect, test } from "vitest";
import type { DistrustSubject } from "../../src/trust/distrust.ts";
import { VERIFY } from "../../src/queues.ts";
import type { Digest } from "../../src/image/digest.ts";
import { HOUR_MS } from "../../src/time.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  KEY,
  MUSL,
  NOW,
  pin,
  profileOf,
  queued,
  release,
} from "./bench.ts";
import { NEXT, OLD, proposable, proposed, writesOf } from "./propose-bench.ts";

const because = (subject: DistrustSubject) =>
  ({ subject, by: "security", reason: "a test", at: NOW }) as const;

/** A polled tag on a verified digest that is pinned: nothing is left to do. */
async function settled(
  policy: Partial<VerificationPolicy> = {},
): Promise<Bench & { readonly current: Digest }> {
  const bench = createBench({ profiles: [profileOf(policy)] });
  const current = release(bench, { name: "1" });
  await pin(bench, [[MUSL, current]]);
  bench.registry.point(MUSL, current);
  await bench.run(poll, { repository: BASE });
  await bench.run(verify, { image: { repository: BASE, digest: current } });
  bench.take();
  bench.clock.advance(HOUR_MS);
  return { ...bench, current };
}

describe("a digest that tags stand on", () => {
  test("is left alone by polls while the rules stay", async () => {
    const bench = await settled();
    await bench.run(poll, { repository: BASE });
    expect(bench.jobs).toEqual([]);
  });

  test("is judged anew when the policy became another", async () => {
    const { store, registry, clock, current } = await settled();
    const after = createBench({ store, profiles: [profileOf({ sbom: "required" })] });
    const context = { ...after.context, registry, clock };
    await poll.handle({ repository: BASE }, context, new AbortController().signal);
    expect(after.jobs).toEqual([queued(VERIFY, { image: { repository: BASE, digest: current } })]);
  });

  test.each<{ title: string; policy: Partial<VerificationPolicy>; stored?: DistrustSubject }>([
    {
      title: "another digest, in the configuration",
      policy: { distrust: { signers: [], digests: [digest("bad")] } },
    },
    {
      title: "another key, in the configuration",
      policy: { distrust: { signers: [`key ${"0".repeat(64)}`], digests: [] } },
    },
    { title: "another digest, since", policy: {}, stored: { kind: "digest", digest: digest("bad") } },
    { title: "another key, since", policy: {}, stored: { kind: "key", fingerprint: "0".repeat(64) } },
  ])("is left alone when what is distrusted is $title", async ({ policy, stored }) => {
    const bench = await settled(policy);
    if (stored !== undefined) await bench.store.distrust(because(stored));
    await bench.run(poll, { repository: BASE });
    expect(bench.jobs).toEqual([]);
  });
});

describe("an update whose digest was judged by other rules", () => {
  test("is not proposed, and the digest is judged anew", async () => {
    const bench = await proposable([[MUSL, OLD]], { profiles: [profileOf({ sbom: "required" })] });
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toEqual([]);
    expect(bench.take()).toContainEqual(queued(VERIFY, { image: { repository: BASE, digest: NEXT } }));
  });

  test("stays proposed where it was before: a verdict takes it back, not a changed rule", async () => {
    const bench = await proposed([[MUSL, OLD]]);
    const writes = writesOf(bench).length;
    const record = await bench.store.verdict({ repository: BASE, digest: NEXT });
    if (record === undefined) throw new Error("no verdict");
    await bench.store.saveVerdict({ ...record, policyHash: "0".repeat(64) });
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toHaveLength(writes);
  });
});
