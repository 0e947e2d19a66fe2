import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { renderImage } from "../../src/image/reference.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import type { LayersReading } from "../../src/sbom/layers/list.ts";
import { DAY_MS, HOUR_MS } from "../../src/time.ts";
import { assess } from "../../workers/assess.ts";
import { discover } from "../../workers/discover.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  dockerfile,
  imageDocument,
  indexDocument,
  MUSL,
  pin,
  profileOf,
  purl,
  release,
  seen,
  SHOP,
  signatureOn,
  STRANGER,
} from "./bench.ts";
import { onlyPull } from "./propose-bench.ts";

const imageOf = (digest: Digest) => ({ repository: BASE, digest });

function readingOf(...names: readonly string[]): LayersReading {
  const components = names.map((name) => ({
    key: `apk/alpine/${name}`,
    type: "apk",
    namespace: "alpine",
    name,
    version: "1",
    source: { name, how: "upstream" as const },
  }));
  return {
    kind: "read",
    list: {
      format: "layers",
      specVersion: "1",
      tool: "hullkeeper",
      toolVersion: "1",
      components,
      skipped: [],
    },
  };
}

function benchWith(policy: Parameters<typeof profileOf>[0] = {}): Bench {
  return createBench({ profiles: [{ ...profileOf(policy), sbomFallback: "layers" }] });
}

async function verified(bench: Bench, digest: Digest): Promise<VerdictRecord> {
  await bench.run(verify, { image: imageOf(digest) });
  const record = await bench.store.verdict(imageOf(digest));
  if (record === undefined) throw new Error("no verdict was stored");
  return record;
}

/** After all waiting for an SBOM that is late. */
async function verifiedLater(bench: Bench, digest: Digest): Promise<VerdictRecord> {
  await verified(bench, digest);
  bench.clock.advance(HOUR_MS);
  return verified(bench, digest);
}

function looksAtLayers({ registry }: Bench): readonly string[] {
  return registry.asked.filter((question) => question.startsWith("packages "));
}

describe("an image without an SBOM whose layers may be read", () => {
  test("is filled from its layers, after the wait for an SBOM, and its list says where it is from", async () => {
    const bench = benchWith();
    const current = release(bench, { name: "1", purls: undefined });
    bench.registry.fill(imageOf(current), readingOf("musl", "zlib"));
    expect(await verified(bench, current)).toMatchObject({ verdict: { kind: "awaiting-evidence" } });
    expect(looksAtLayers(bench)).toEqual([]);

    bench.clock.advance(HOUR_MS);
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "verified", sbom: { kind: "missing" } },
      components: { digest: current },
      lists: [{ digest: current, format: "layers", tool: "hullkeeper" }],
    });
    expect((await bench.store.components(current))?.components.map(({ name }) => name)).toEqual([
      "musl",
      "zlib",
    ]);
  });

  test("is filled platform by platform, and what is not read is said", async () => {
    const bench = benchWith({ sbom: "none" });
    const platforms = ["linux/amd64", "linux/arm64"].map((platform) => ({
      platform,
      digest: bench.registry.push(BASE, imageDocument(platform)),
    }));
    const index = bench.registry.push(BASE, indexDocument(platforms));
    bench.registry.attach(imageOf(index), { candidates: [signatureOn(index)] });
    const [amd64, arm64] = platforms;
    if (amd64 === undefined || arm64 === undefined) throw new Error("two platforms");
    bench.registry.fill(imageOf(arm64.digest), readingOf("musl"));
    expect(await verified(bench, index)).toMatchObject({
      components: arm64,
      lists: [{ ...arm64, format: "layers" }],
      unreadLayers: [{ ...amd64, kind: "final", reason: "its layers have no packages" }],
    });
  });

  test("is not fetched again, whether it was read or not", async () => {
    const bench = benchWith({ sbom: "none" });
    const [read, unread] = ["1", "2"].map((name) => release(bench, { name, purls: undefined }));
    if (read === undefined || unread === undefined) throw new Error("two releases");
    bench.registry.fill(imageOf(read), readingOf("musl"));
    const before = [await verified(bench, read), await verified(bench, unread)];
    bench.clock.advance(2 * DAY_MS);
    const after = [await verified(bench, read), await verified(bench, unread)];
    expect(looksAtLayers(bench)).toEqual(
      [read, unread].map((digest) => `packages ${renderImage(imageOf(digest))}`),
    );
    for (const field of ["lists", "components", "unreadLayers"] as const) {
      expect(after.map((record) => record[field])).toEqual(before.map((record) => record[field]));
    }
  });

  test("gives way to an SBOM that comes later", async () => {
    const bench = benchWith({ sbom: "none" });
    const current = release(bench, { name: "1", purls: undefined });
    bench.registry.fill(imageOf(current), readingOf("musl"));
    await verified(bench, current);
    release(bench, { name: "1", purls: [purl("expat", "2.7.1-r0")] });
    bench.clock.advance(2 * DAY_MS);
    expect((await verified(bench, current)).lists).toMatchObject([{ digest: current, format: "cyclonedx" }]);
  });

  test("is asked about again where the registry refused, and is verified meanwhile", async () => {
    const bench = benchWith({ sbom: "none" });
    const current = release(bench, { name: "1", purls: undefined });
    bench.registry.fill(imageOf(current), readingOf("musl"));
    bench.registry.fail(
      `packages ${renderImage(imageOf(current))}`,
      new CodedError("registry-forbidden", "no blobs for you"),
    );
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "verified" },
      unreadLayers: [{ digest: current, kind: "refused", reason: "no blobs for you" }],
    });
    bench.registry.heal(`packages ${renderImage(imageOf(current))}`);
    bench.clock.advance(2 * DAY_MS);
    expect(await verified(bench, current)).toMatchObject({ lists: [{ digest: current }] });
  });

  test("waits for a registry that does not answer", async () => {
    const bench = benchWith({ sbom: "none" });
    const current = release(bench, { name: "1", purls: undefined });
    bench.registry.fail(
      `packages ${renderImage(imageOf(current))}`,
      new CodedError("registry-unavailable", "away"),
    );
    await expect(verified(bench, current)).rejects.toMatchObject({ code: "registry-unavailable" });
  });

  test("is compared, and what could not be is said in words", async () => {
    const bench = benchWith({ sbom: "none" });
    const [old, current] = ["1", "2"].map((name) => release(bench, { name, purls: undefined }));
    if (old === undefined || current === undefined) throw new Error("two releases");
    await pin(bench, [[MUSL, old]]);
    await seen(bench, MUSL, [old, current]);
    bench.registry.fill(imageOf(current), readingOf("musl", "zlib"));
    await verified(bench, old);
    await verified(bench, current);
    await bench.run(assess, { repository: BASE, from: old, to: current });
    expect(await bench.store.assessment(BASE, old, current)).toMatchObject({
      components: {
        kind: "not-compared",
        reason: expect.stringContaining("its layers do not tell: its layers have no packages"),
      },
    });
  });
});

test("two images without an SBOM are compared by their layers, and the pull request says so", async () => {
  const bench = benchWith({ sbom: "none" });
  const [old, current] = ["1", "2"].map((name) => release(bench, { name, purls: undefined }));
  if (old === undefined || current === undefined) throw new Error("two releases");
  bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, old]) });
  await bench.run(discover, { codeRepository: SHOP });
  await seen(bench, MUSL, [old, current]);
  bench.registry.point(MUSL, current);
  bench.registry.fill(imageOf(old), readingOf("musl"));
  bench.registry.fill(imageOf(current), readingOf("musl", "zlib"));
  await verified(bench, old);
  await verified(bench, current);
  await bench.drain();
  expect(await bench.store.assessment(BASE, old, current)).toMatchObject({
    components: { kind: "compared", diff: { common: { quality: "exact", equalCount: 1 } } },
  });
  const body = onlyPull(bench).body;
  expect(body).toContain("(read from the image's layers, not vendor-signed)");
  expect(body).toContain("– no signed SBOM: packages were read from the image's layers");
});

describe("layers are left alone", () => {
  test.each<{ title: string; bench: () => Bench; release: Partial<Parameters<typeof release>[1]> }>([
    { title: "where an SBOM is there", bench: () => benchWith(), release: {} },
    {
      title: "where nobody allowed it",
      bench: () => createBench(),
      release: { purls: undefined },
    },
    {
      title: "where an SBOM is required",
      bench: () => benchWith({ sbom: "required" }),
      release: { purls: undefined },
    },
    {
      title: "of an image that is not signed",
      bench: () => benchWith({ sbom: "none" }),
      release: { purls: undefined, signed: "no" },
    },
    {
      title: "of an image that somebody else signed",
      bench: () => benchWith({ sbom: "none" }),
      release: { purls: undefined, key: STRANGER },
    },
  ])("$title", async ({ bench: create, release: change }) => {
    const bench = create();
    const current = release(bench, { name: "1", ...change });
    bench.registry.fill(imageOf(current), readingOf("musl"));
    const record = await verifiedLater(bench, current);
    expect(looksAtLayers(bench)).toEqual([]);
    expect(record.lists?.some(({ format }) => format === "layers") ?? false).toBe(false);
  });
});
