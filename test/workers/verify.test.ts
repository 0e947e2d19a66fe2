import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { renderImage } from "../../src/image/reference.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { policyHash } from "../../src/trust/policy.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  CYCLONEDX,
  digest,
  imageDocument,
  indexDocument,
  MUSL,
  NOW,
  pin,
  profileOf,
  purl,
  release,
  sbomOn,
  seen,
  signatureOn,
  statementOn,
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

describe("what is stored", () => {
  test("verified: who signed it, when, its platforms and its component list", async () => {
    const bench = createBench();
    const current = release(bench, {
      name: "1",
      purls: [purl("expat", "2.7.1-r0"), purl("musl", "1.2.5-r10")],
    });
    const record = await verified(bench, current);
    expect(record).toMatchObject({
      verdict: { kind: "verified", signers: [{ name: "BellSoft" }], sbom: { kind: "verified" } },
      policyHash: policyHash(profileOf().policy, new Map()),
      since: NOW,
      checkedAt: NOW,
      verifiedAt: NOW,
      platforms: [],
      components: { digest: current },
    });
    expect((await bench.store.components(current))?.components.map(({ name }) => name)).toEqual([
      "expat",
      "musl",
    ]);
    expect(await bench.told()).toEqual([`verified ${renderImage(imageOf(current))}`]);
  });

  test("rejected: signed by somebody else, and told", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1", key: STRANGER });
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "rejected", reason: "signature-key-unknown" },
    });
    expect(await bench.messages("rejected")).toEqual([expect.stringMatching(/^signature-key-unknown: /)]);
    expect(await bench.store.components(current)).toBeUndefined();
  });

  test("rejected: a signature moved here from another image", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    bench.registry.attach(imageOf(current), { candidates: [signatureOn(digest("0e"))] });
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "rejected", reason: "subject-mismatch" },
    });
  });

  test("rejected: signed, with an SBOM by somebody else", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    const candidates = [signatureOn(current), sbomOn(current, [purl("expat", "2.7.1-r0")], STRANGER)];
    bench.registry.attach(imageOf(current), { candidates });
    const record = await verified(bench, current);
    expect(record).toMatchObject({ verdict: { kind: "rejected", reason: "sbom-refused" } });
    expect(record).not.toHaveProperty("components");
  });

  test("unverifiable: no key, with the hint, and the registry is not even asked", async () => {
    const bench = createBench({ profiles: [profileOf(keyPolicy([]))] });
    const current = release(bench, { name: "1" });
    await tagAt(bench, current);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "unverifiable", reason: "No key is built in. Pin one under vendors.bellsoft.keys." },
    });
    expect(bench.registry.asked).toEqual([]);
    expect(bench.jobs).toEqual([]);
    expect(bench.store.dueAt(dueOf(current))).toBeUndefined();
    expect(await bench.told()).toEqual([`unverifiable ${renderImage(imageOf(current))}`]);
  });

  test("unverifiable: the registry no longer has the digest", async () => {
    const bench = createBench();
    expect(await verified(bench, digest("901e"))).toMatchObject({
      verdict: { kind: "unverifiable", reason: "the registry no longer has this digest" },
    });
  });

  test("unverifiable: a manifest that can never be read", async () => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    bench.registry.fail("manifest", new CodedError("manifest-invalid", "not a manifest: wrong shape"));
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "unverifiable", reason: "not a manifest: wrong shape" },
    });
  });

  test("nothing, of an image that no profile claims; and it is not asked about again", async () => {
    const bench = createBench({ profiles: [] });
    const current = release(bench, { name: "1" });
    await bench.store.schedule(dueOf(current), NOW, "set");
    await bench.run(verify, { image: imageOf(current) });
    expect(await bench.store.verdict(imageOf(current))).toBeUndefined();
    expect(bench.store.dueAt(dueOf(current))).toBeUndefined();
    expect(bench.registry.asked).toEqual([]);
  });

  test.each([
    { question: "manifest", code: "registry-unavailable" },
    { question: "manifest", code: "registry-integrity" },
    { question: "evidence", code: "registry-not-found" },
    { question: "evidence", code: "registry-timeout" },
  ] as const)("nothing, when asking for the $question ends in $code", async ({ question, code }) => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    bench.registry.fail(question, new CodedError(code, "asking failed"));
    await expect(bench.run(verify, { image: imageOf(current) })).rejects.toMatchObject({ code });
    expect(await bench.store.verdict(imageOf(current))).toBeUndefined();
    expect(await bench.told()).toEqual([]);
  });
});

describe("a signed SBOM that cannot be read", () => {
  test.each([
    { title: "no document", predicate: "not JSON" },
    { title: "of an unknown version", predicate: { bomFormat: "CycloneDX", specVersion: "9.9" } },
    { title: "of another format", predicate: { bomFormat: "Shopping list" } },
  ])("$title: the image is verified, the fault is kept", async ({ predicate }) => {
    const bench = createBench();
    const current = release(bench, { name: "1" });
    const candidates = [signatureOn(current), statementOn(current, predicate)];
    bench.registry.attach(imageOf(current), { candidates });
    const record = await verified(bench, current);
    expect(record.verdict.kind).toBe("verified");
    expect(record.sbomFault).toBeTruthy();
    expect(record).not.toHaveProperty("components");
  });
});

/** A signed index of two images; each may have evidence of its own. */
function index(bench: Bench) {
  const amd64 = bench.registry.push(BASE, imageDocument("amd64"));
  const arm64 = bench.registry.push(BASE, imageDocument("arm64"));
  const current = bench.registry.push(
    BASE,
    indexDocument([
      { digest: amd64, platform: "linux/amd64" },
      { digest: arm64, platform: "linux/arm64" },
      { digest: digest("a77e57"), platform: "unknown/unknown" },
    ]),
  );
  bench.registry.attach(imageOf(current), { candidates: [signatureOn(current)] });
  return { amd64, arm64, current };
}

describe("an index", () => {
  const packages = [purl("expat", "2.7.1-r0")];

  test("names its platforms, without attestation manifests", async () => {
    const bench = createBench();
    const { current } = index(bench);
    expect((await verified(bench, current)).platforms).toEqual(["linux/amd64", "linux/arm64"]);
  });

  test("with an SBOM of its own: its platforms are not asked", async () => {
    const bench = createBench();
    const { current } = index(bench);
    bench.registry.attach(imageOf(current), {
      candidates: [signatureOn(current), sbomOn(current, packages)],
    });
    expect((await verified(bench, current)).components).toEqual({ digest: current });
    expect(bench.registry.asked.filter((question) => question.startsWith("evidence"))).toHaveLength(1);
  });

  test("without: the SBOM of the first platform that has one, and it says which", async () => {
    const bench = createBench();
    const { current, arm64 } = index(bench);
    bench.registry.attach(imageOf(arm64), { candidates: [sbomOn(arm64, packages)] });
    const record = await verified(bench, current);
    expect(record).toMatchObject({
      verdict: { kind: "verified", sbom: { kind: "verified", predicateType: CYCLONEDX } },
      components: { digest: arm64, platform: "linux/arm64" },
    });
    expect(await bench.store.components(arm64)).toBeDefined();
  });

  test("without: an SBOM of a platform by somebody else rejects it", async () => {
    const bench = createBench();
    const { current, amd64, arm64 } = index(bench);
    for (const child of [amd64, arm64]) {
      bench.registry.attach(imageOf(child), { candidates: [sbomOn(child, packages, STRANGER)] });
    }
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "rejected", reason: "sbom-refused" },
    });
  });

  test("without: what the first platform has is not forgotten when the next has nothing", async () => {
    const bench = createBench();
    const { current, amd64 } = index(bench);
    bench.registry.attach(imageOf(amd64), { candidates: [sbomOn(amd64, packages, STRANGER)] });
    expect(await verified(bench, current)).toMatchObject({
      verdict: {
        kind: "rejected",
        reason: "sbom-refused",
        results: [{ outcome: { kind: "accepted" } }, { outcome: { kind: "refused" } }],
      },
    });
  });

  test("without: a good SBOM of one platform outweighs a bad one of another, which is shown", async () => {
    const bench = createBench();
    const { current, amd64, arm64 } = index(bench);
    bench.registry.attach(imageOf(amd64), { candidates: [sbomOn(amd64, packages, STRANGER)] });
    bench.registry.attach(imageOf(arm64), { candidates: [sbomOn(arm64, packages)] });
    const { verdict } = await verified(bench, current);
    expect(verdict).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
    expect(verdict.kind === "verified" && verdict.results.map(({ outcome }) => outcome.kind)).toEqual([
      "accepted",
      "refused",
      "accepted",
    ]);
  });

  test("of many platforms: at most 32 are asked", async () => {
    const bench = createBench();
    const children = Array.from({ length: 40 }, (_each, position) => ({
      digest: bench.registry.push(BASE, imageDocument(String(position))),
      platform: "linux/amd64",
    }));
    const current = bench.registry.push(BASE, indexDocument(children));
    bench.registry.attach(imageOf(current), { candidates: [signatureOn(current)] });
    await bench.run(verify, { image: imageOf(current) });
    expect(bench.registry.asked.filter((question) => question.startsWith("evidence"))).toHaveLength(1 + 32);
  });
});
