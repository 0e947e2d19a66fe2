import { afterEach, describe, expect, test } from "vitest";
import { dashedOf } from "../../../src/image/digest.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import {
  BUNDLE,
  bundle,
  evidenceOf,
  INDEX,
  list,
  reasons,
  scene,
  signature,
  SIMPLE_SIGNING,
} from "./evidence-scene.ts";
import { clientFor, closeAll, errorOf, lineAt, PATH, startFake } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

describe("limits", () => {
  test("at most 200 candidates of one manifest, the smallest first, in their own order", async () => {
    const set = await scene();
    const layers = Array.from({ length: 250 }, (_, number) => signature("x".repeat(300 - number)));
    set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers });
    const { candidates, skipped } = await evidenceOf(set);
    const sizes = candidates.map((candidate) =>
      candidate.kind === "cosign-signature" ? candidate.payload.length : 0,
    );
    expect(sizes).toEqual(Array.from({ length: 200 }, (_, number) => 250 - number));
    expect(new Set(reasons(skipped))).toEqual(new Set(["too-many"]));
  });

  test("at most 200 referrers are fetched", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 1_000 });
    for (let number = 0; number < 210; number++) {
      set.fake.putImage(PATH, { subject: set.image, layers: [bundle(String(number))] });
    }
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toHaveLength(200);
    expect(skipped).toEqual([{ place: "referrer", reason: "too-many", detail: "10 more referrers" }]);
  });

  test("of a thousand referrers, those that may be evidence are fetched first", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 2_000 });
    for (let number = 0; number < 250; number++) {
      const artifactType = "application/x-report";
      set.fake.putImage(PATH, { subject: set.image, artifactType, layers: [bundle(String(number))] });
    }
    const last = set.fake.putImage(PATH, {
      subject: set.image,
      artifactType: BUNDLE,
      layers: [bundle("{}")],
    });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates.map(({ source }) => source.manifest)).toContain(last.digest);
    expect(skipped).toEqual([{ place: "referrer", reason: "too-many", detail: "51 more referrers" }]);
  });

  test("a list is read up to a thousand referrers", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 10_000 });
    const manifests = Array.from({ length: 10_000 }, (_, number) => ({
      mediaType: INDEX,
      digest: `sha256:${String(number).padStart(64, "0")}`,
      size: 2,
    }));
    const fault: Fault = {
      kind: "bytes",
      body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }),
    };
    set.fake.faults.add({ path: /\/referrers\//, fault });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toEqual([]);
    expect(skipped).toContainEqual({
      place: "referrer",
      reason: "too-many",
      detail: "more than 1000 referrers",
    });
  });

  test("a layer that says more than it has is skipped: its manifest is wrong", async () => {
    const set = await scene();
    const blob = set.fake.putBlob(PATH, "payload", SIMPLE_SIGNING);
    const config = set.fake.putBlob(PATH, "{}");
    const good = set.fake.putBlob(PATH, "good", SIMPLE_SIGNING);
    const layers = [{ ...blob, size: 60 * 1024 * 1024 }, good];
    set.fake.putManifest(
      PATH,
      { schemaVersion: 2, config, layers },
      { tag: `${dashedOf(set.image.digest)}.sig` },
    );
    expect(await evidenceOf(set)).toMatchObject({
      candidates: [{ payload: Buffer.from("good") }],
      skipped: [{ place: "sig-tag", reason: "not-a-manifest", detail: blob.digest.slice(0, 80) }],
    });
  });

  test.each([
    { title: "says 65 MiB", size: 65 * 1024 * 1024 },
    { title: "says less than it has", size: 1 },
    { title: "says it has nothing", size: 0 },
  ])("a layer that $title is skipped", async ({ size }) => {
    const set = await scene();
    const blob = set.fake.putBlob(PATH, "payload", SIMPLE_SIGNING);
    const config = set.fake.putBlob(PATH, "{}");
    const manifest = { schemaVersion: 2, config, layers: [{ ...blob, size }] };
    set.fake.putManifest(PATH, manifest, { tag: `${dashedOf(set.image.digest)}.sig` });
    expect(await evidenceOf(set)).toMatchObject({
      candidates: [],
      skipped: [{ place: "sig-tag", reason: "too-large", detail: blob.digest.slice(0, 80) }],
    });
  });

  test("an index behind the tag of signatures is none, whatever it lists", async () => {
    const set = await scene();
    const { digest, size } = set.fake.putImage(PATH, { layers: [signature("payload")] });
    const manifests = [{ mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size }];
    set.fake.putManifest(
      PATH,
      { schemaVersion: 2, mediaType: INDEX, manifests },
      { tag: `${dashedOf(set.image.digest)}.sig` },
    );
    expect(await evidenceOf(set)).toMatchObject({
      candidates: [],
      skipped: [{ place: "sig-tag", reason: "unknown-type", detail: INDEX }],
    });
  });

  test("huge pieces do not push out a small one", async () => {
    const set = await scene({}, { limits: { evidenceBytes: 1_000 } });
    const layers = [signature("x".repeat(900)), signature("y".repeat(901)), signature("small")];
    set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toMatchObject([
      { payload: Buffer.from("x".repeat(900)) },
      { payload: Buffer.from("small") },
    ]);
    expect(reasons(skipped)).toEqual(["too-large"]);
  });

  test("strange layers by the hundred are told in short", async () => {
    const set = await scene();
    const layers = Array.from({ length: 300 }, (_, number) => ({
      mediaType: `application/x-${String(number).padStart(200, "0")}`,
      bytes: "x",
    }));
    set.fake.putImage(PATH, {
      tag: `${dashedOf(set.image.digest)}.att`,
      layers: [...layers, ...layers.slice(0, 5)],
    });
    const { skipped } = await evidenceOf(set);
    expect(skipped.length).toBeLessThanOrEqual(51);
    expect(skipped.every(({ detail }) => detail.length <= 80)).toBe(true);
  });
});

describe("a place that does not answer is an error", () => {
  const places = [
    { place: "the signature tag", path: /\.sig$/ },
    { place: "the attestation tag", path: /\.att$/ },
    { place: "the fallback tag", path: /\/manifests\/sha256-[0-9a-f]+$/ },
    { place: "a blob", path: /\/blobs\// },
  ];
  const faults: readonly { readonly title: string; readonly fault: Fault; readonly code: string }[] = [
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden" },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
    {
      title: "a dropped connection",
      fault: { kind: "drop", when: "before-answer" },
      code: "registry-unavailable",
    },
    {
      title: "a body that ends early",
      fault: { kind: "drop", when: "in-body" },
      code: "registry-unavailable",
    },
  ];

  test.each(places.flatMap((place) => faults.map((fault) => ({ ...place, ...fault }))))(
    "$place: $title",
    async ({ path, fault, code }) => {
      const set = await scene();
      for (const suffix of [".sig", ".att"]) {
        set.fake.putImage(PATH, {
          tag: `${dashedOf(set.image.digest)}${suffix}`,
          layers: [signature(suffix)],
        });
      }
      list(set.fake, set.image.digest, []);
      set.fake.faults.add({ path, fault });
      expect(await errorOf(evidenceOf(set))).toMatchObject({ code });
    },
  );

  test("a blob with other bytes is an integrity error", async () => {
    const set = await scene();
    set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers: [signature("payload")] });
    set.fake.faults.add({ path: /\/blobs\//, fault: { kind: "bytes", body: "payl0ad" } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-integrity", transient: true });
  });

  test("a blob that never ends is a timeout", async () => {
    const set = await scene({}, { timeouts: { blobMs: 200 } });
    const layers = [signature("x".repeat(100_000))];
    set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers });
    set.fake.faults.add({ path: /\/blobs\//, fault: { kind: "drip" } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-timeout" });
  });
});

test("hostile annotations are data, and a hostile type is named in a few characters", async () => {
  const set = await scene();
  const hostile = "\u001b[2J\u202e<img src=x onerror=alert(1)> [a](javascript:x) |";
  const layers = [
    { ...signature("payload"), annotations: { [hostile]: hostile, ["__proto__"]: "x" } },
    { mediaType: `${hostile}${"x".repeat(180)}`, bytes: "x" },
  ];
  set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers });
  const { candidates, skipped } = await evidenceOf(set);
  expect(candidates).toMatchObject([{ annotations: { [hostile]: hostile } }]);
  expect(skipped).toMatchObject([{ reason: "unknown-type" }]);
  expect(skipped[0]?.detail.length).toBeLessThanOrEqual(80);
});

test("a blob may lie at another host", async () => {
  const [set, store] = [await scene(), await startFake()];
  const client = clientFor([set.fake, store]);
  set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers: [signature("payload")] });
  const { digest } = store.putBlob("store", "payload");
  set.fake.faults.add({
    path: /\/blobs\//,
    fault: { kind: "redirect", location: `${store.url}/v2/store/blobs/${digest}?sig=x` },
  });
  expect((await evidenceOf({ ...set, client })).candidates).toMatchObject([
    { payload: Buffer.from("payload") },
  ]);
  expect(store.requests).toHaveLength(1);
});

test("a manifest for evidence that is too large is skipped, whoever pushed it cannot stop us", async () => {
  const set = await scene();
  set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers: [signature("payload")] });
  set.fake.faults.add({ path: /\.att$/, fault: { kind: "oversize", megabytes: 5, framing: "chunked" } });
  expect(await evidenceOf(set)).toMatchObject({
    candidates: [{ kind: "cosign-signature" }],
    skipped: [{ place: "att-tag", reason: "too-large" }],
  });
});

test("evidence is about the digest that was asked for, whatever the tag says", async () => {
  const set = await scene();
  set.fake.putImage(PATH, { tag: "latest", layers: [signature("newer")] });
  const state = await set.client.resolve(lineAt(set.fake), signal);
  const evidence = await evidenceOf(set);
  expect(evidence.digest).toBe(set.image.digest);
  expect(state).not.toMatchObject({ digest: set.image.digest });
});
