import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { DAY_MS } from "../../src/time.ts";
import { ASSESS, VERIFY } from "../../src/queues.ts";
import { assess } from "../../workers/assess.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  imageDocument,
  indexDocument,
  KEY,
  MUSL,
  pin,
  profileOf,
  purl,
  queued,
  sbomOn,
  seen,
  SHOP,
  signatureOn,
  STRANGER,
} from "./bench.ts";

const imageOf = (of: Digest) => ({ repository: BASE, digest: of });

interface Pushed {
  readonly index: Digest;
  readonly amd64: Digest;
  readonly arm64: Digest;
}

/** An index of two platforms; only the index is signed, and each platform has its own SBOM. */
function pushed(bench: Bench, name: string, options: { readonly signed?: "no" | "platforms" } = {}): Pushed {
  const amd64 = bench.registry.push(BASE, imageDocument(`${name} amd64`));
  const arm64 = bench.registry.push(BASE, imageDocument(`${name} arm64`));
  bench.registry.runOn(imageOf(amd64), "linux/amd64");
  bench.registry.runOn(imageOf(arm64), "linux/arm64");
  const index = bench.registry.push(
    BASE,
    indexDocument([
      { digest: amd64, platform: "linux/amd64" },
      { digest: arm64, platform: "linux/arm64" },
    ]),
  );
  const isOnIndex = options.signed === undefined;
  bench.registry.attach(imageOf(index), { candidates: isOnIndex ? [signatureOn(index)] : [] });
  for (const platform of [amd64, arm64]) {
    const signatures = options.signed === "platforms" ? [signatureOn(platform)] : [];
    bench.registry.attach(imageOf(platform), {
      candidates: [...signatures, sbomOn(platform, [purl("expat", `2.7.${name}-r0`)])],
    });
  }
  return { index, amd64, arm64 };
}

async function verified(bench: Bench, of: Digest): Promise<VerdictRecord> {
  await bench.run(verify, { image: imageOf(of) });
  const record = await bench.store.verdict(imageOf(of));
  if (record === undefined) throw new Error("no verdict was stored");
  return record;
}

const byPolicy = (policy: Partial<VerificationPolicy>): Bench =>
  createBench({ profiles: [profileOf(policy)] });

describe("a platform's manifest", () => {
  test("is verified by the index that lists it, with its own SBOM", async () => {
    const bench = createBench();
    const { index, arm64 } = pushed(bench, "1");
    await pin(bench, [[MUSL, arm64]]);
    await seen(bench, MUSL, [index]);
    await verified(bench, index);
    expect(await verified(bench, arm64)).toMatchObject({
      verdict: { kind: "verified", coveredBy: index, sbom: { kind: "verified" } },
      shape: { kind: "image", platform: "linux/arm64" },
      components: { digest: arm64 },
    });
  });

  test.each<{ title: string; signed?: "no"; known: boolean; policy: Partial<VerificationPolicy> }>([
    { title: "the index is not signed", signed: "no", known: true, policy: {} },
    { title: "the index was not looked at", known: false, policy: {} },
    { title: "the policy wants each platform signed", known: true, policy: { subject: "platform" } },
  ])("is not, when $title", async ({ signed, known, policy }) => {
    const bench = byPolicy(policy);
    const { index, arm64 } = pushed(bench, "1", signed === undefined ? {} : { signed });
    await pin(bench, [[MUSL, arm64]]);
    await seen(bench, MUSL, [index]);
    if (known) await verified(bench, index);
    expect((await verified(bench, arm64)).verdict).toMatchObject({ kind: "awaiting-evidence" });
  });

  test("is not any more, when its index is rejected later", async () => {
    const bench = createBench();
    const { index, arm64 } = pushed(bench, "1");
    await pin(bench, [[MUSL, arm64]]);
    await seen(bench, MUSL, [index]);
    await verified(bench, index);
    await verified(bench, arm64);
    bench.registry.attach(imageOf(index), { candidates: [signatureOn(index, STRANGER)] });
    bench.clock.advance(DAY_MS);
    expect((await verified(bench, index)).verdict.kind).toBe("rejected");
    expect((await verified(bench, arm64)).verdict).toMatchObject({ kind: "awaiting-evidence" });
    expect(await bench.messages("evidence-disappeared")).toEqual([]);
  });

  test("is not, by an index of other images", async () => {
    const bench = createBench();
    const one = pushed(bench, "1");
    const two = pushed(bench, "2");
    await pin(bench, [[MUSL, one.arm64]]);
    await seen(bench, MUSL, [two.index]);
    await verified(bench, two.index);
    expect((await verified(bench, one.arm64)).verdict).toMatchObject({ kind: "awaiting-evidence" });
  });

  test("is not, by an index that is verified under another policy", async () => {
    const bench = createBench();
    const { index, arm64 } = pushed(bench, "1");
    await seen(bench, MUSL, [index]);
    const record = await verified(bench, index);
    await bench.store.saveVerdict({ ...record, policyHash: "0".repeat(64) });
    expect((await verified(bench, arm64)).verdict).toMatchObject({ kind: "awaiting-evidence" });
  });
});

describe("an index", () => {
  test.each<{ title: string; policy: Partial<VerificationPolicy>; kind: string }>([
    { title: "verified where signatures may be on either", policy: { subject: "any" }, kind: "verified" },
    { title: "verified where they must be on platforms", policy: { subject: "platform" }, kind: "verified" },
    {
      title: "not verified where they must be on the index",
      policy: { subject: "index" },
      kind: "awaiting-evidence",
    },
  ])("whose platforms are all signed is $title", async ({ policy, kind }) => {
    const bench = byPolicy(policy);
    const { index } = pushed(bench, "1", { signed: "platforms" });
    expect((await verified(bench, index)).verdict.kind).toBe(kind);
  });

  test.each<{ title: string; subject: "any" | "platform" }>([
    { title: "either", subject: "any" },
    { title: "each platform", subject: "platform" },
  ])(
    "of which one platform is signed by somebody else is not, with signatures on $title",
    async ({ subject }) => {
      const bench = byPolicy({ subject });
      const { index, arm64 } = pushed(bench, "1", { signed: "platforms" });
      bench.registry.attach(imageOf(arm64), { candidates: [signatureOn(arm64, STRANGER)] });
      expect((await verified(bench, index)).verdict).toMatchObject({
        kind: "rejected",
        reason: "signature-key-unknown",
        detail: expect.stringContaining("linux/arm64"),
      });
    },
  );
});

describe("a pin on a platform's manifest", () => {
  test("goes to the manifest of the same platform: verified, compared and proposed", async () => {
    const bench = createBench();
    const old = pushed(bench, "1");
    const current = pushed(bench, "2");
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, old.arm64]) });
    await pin(bench, [[MUSL, old.arm64]]);
    await seen(bench, MUSL, [old.index, current.index]);
    bench.registry.point(MUSL, current.index);

    await verified(bench, current.index);
    expect(bench.take()).toEqual([
      // The index may turn out to be no kind to put in its place: the old digest is asked about first.
      queued(VERIFY, { image: imageOf(old.arm64) }),
    ]);
    await verified(bench, old.arm64);
    expect(bench.take()).toEqual([queued(VERIFY, { image: imageOf(current.arm64) })]);
    await verified(bench, current.arm64);
    const job = { repository: BASE, from: old.arm64, to: current.arm64 };
    expect(bench.take()).toEqual([queued(ASSESS, job)]);
    await bench.run(assess, job);
    await bench.run(propose, KEY);
    const [proposal] = await bench.store.proposals();
    expect(proposal?.updates).toMatchObject([{ from: old.arm64, to: current.arm64 }]);
  });

  test("is asked about again, when it was asked about before its index was verified", async () => {
    const bench = createBench();
    const old = pushed(bench, "1");
    const current = pushed(bench, "2");
    await pin(bench, [[MUSL, old.arm64]]);
    await seen(bench, MUSL, [old.index, current.index]);
    await verified(bench, old.arm64);
    expect((await verified(bench, current.arm64)).verdict.kind).toBe("awaiting-evidence");
    bench.take();
    await verified(bench, current.index);
    expect(bench.take()).toEqual([queued(VERIFY, { image: imageOf(current.arm64) })]);
    expect((await verified(bench, current.arm64)).verdict.kind).toBe("verified");
    expect(bench.take()).toEqual([queued(ASSESS, { repository: BASE, from: old.arm64, to: current.arm64 })]);
  });

  test("is left where it stands, when the tag's index lists it", async () => {
    const bench = createBench();
    const { index, arm64 } = pushed(bench, "1");
    await pin(bench, [[MUSL, arm64]]);
    await seen(bench, MUSL, [index]);
    await verified(bench, arm64);
    await verified(bench, index);
    expect(bench.jobs).toEqual([]);
  });

  test("is left where it stands, when the tag has none for its platform any more", async () => {
    const bench = createBench();
    const { amd64 } = pushed(bench, "2");
    const old = bench.registry.push(BASE, imageDocument("s390x"));
    bench.registry.runOn(imageOf(old), "linux/s390x");
    const index = bench.registry.push(BASE, indexDocument([{ digest: amd64, platform: "linux/amd64" }]));
    bench.registry.attach(imageOf(index), { candidates: [signatureOn(index)] });
    await pin(bench, [[MUSL, old]]);
    await seen(bench, MUSL, [digest("01d"), index]);
    await verified(bench, old);
    await verified(bench, index);
    expect(bench.jobs).toEqual([]);
  });
});
