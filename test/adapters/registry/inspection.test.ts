import { afterEach, describe, expect, test } from "vitest";
import { dashedOf } from "../../../src/image/digest.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { PlaceSeen } from "../../../src/ports/registry-inspection.ts";
import {
  attach,
  BUNDLE,
  bundle,
  CYCLONEDX,
  INDEX,
  list,
  refer,
  scene,
  type Scene,
  signature,
} from "./evidence-scene.ts";
import { closeAll, imageAt, PATH } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

const placesOf = ({ client, fake, image }: Scene): Promise<readonly PlaceSeen[]> =>
  client.inspection.placesOf(imageAt(fake, image.digest), signal);

const ABSENT = { kind: "absent", status: 404 };

async function answerOf(set: Scene, place: PlaceSeen["place"]): Promise<PlaceSeen["answer"] | undefined> {
  return (await placesOf(set)).find((seen) => seen.place === place)?.answer;
}

describe("places", () => {
  test("that have nothing are told one by one", async () => {
    expect(await placesOf(await scene())).toEqual(
      ["referrers-api", "referrers-tag", "sig-tag", "att-tag", "sbom-tag"].map((place) => ({
        place,
        answer: ABSENT,
      })),
    );
  });

  test("that have something are told one by one, whatever the others say", async () => {
    const set = await scene({ referrers: "api" });
    set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
    list(set.fake, set.image.digest, []);
    const tagged = ["sig", "att", "sbom"].map(
      (suffix) =>
        set.fake.putImage(PATH, {
          tag: `${dashedOf(set.image.digest)}.${suffix}`,
          layers: [signature(suffix)],
        }).digest,
    );
    const [sig, att, sbom] = tagged;
    expect(await placesOf(set)).toMatchObject([
      { place: "referrers-api", answer: { kind: "listed", count: 1, isCut: false } },
      { place: "referrers-tag", answer: { kind: "tagged" } },
      { place: "sig-tag", answer: { kind: "tagged", digest: sig } },
      { place: "att-tag", answer: { kind: "tagged", digest: att } },
      { place: "sbom-tag", answer: { kind: "tagged", digest: sbom } },
    ]);
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly answer: object }>([
    { title: "405", fault: { kind: "status", status: 405 }, answer: { kind: "absent", status: 405 } },
    {
      title: "400, as Quay does",
      fault: { kind: "status", status: 400 },
      answer: { kind: "absent", status: 400 },
    },
    {
      title: "a page",
      fault: { kind: "status", status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
      answer: { kind: "strange", detail: '200 with type "text/html"' },
    },
    {
      title: "no type",
      fault: { kind: "headers", headers: { "content-type": undefined } },
      answer: { kind: "strange" },
    },
    { title: "no list", fault: { kind: "bytes", body: "[]" }, answer: { kind: "strange" } },
    {
      title: "more pages",
      fault: { kind: "headers", headers: { link: '</x>; rel="next"' } },
      answer: { kind: "listed", count: 0, isCut: true },
    },
    {
      title: "403",
      fault: { kind: "status", status: 403 },
      answer: { kind: "failed", code: "registry-forbidden" },
    },
    {
      title: "500",
      fault: { kind: "status", status: 500 },
      answer: { kind: "failed", code: "registry-unavailable" },
    },
    {
      title: "5 MiB",
      fault: { kind: "oversize", megabytes: 5, framing: "chunked" },
      answer: { kind: "failed", code: "registry-too-large" },
    },
  ])("whose list answers $title are told so", async ({ fault, answer }) => {
    const set = await scene({ referrers: "api" });
    set.fake.faults.add({ path: /\/referrers\//, fault });
    expect(await answerOf(set, "referrers-api")).toMatchObject(answer);
    expect(await answerOf(set, "sig-tag")).toEqual(ABSENT);
  });

  test("with an empty list are told from those without a list", async () => {
    expect(await answerOf(await scene({ referrers: "api" }), "referrers-api")).toEqual({ kind: "empty" });
  });

  test("of which one fails hide no other", async () => {
    const set = await scene();
    set.fake.faults.add({ path: /\.att$/, fault: { kind: "drop", when: "before-answer" } });
    const answers = (await placesOf(set)).map(({ answer }) => answer.kind);
    expect(answers).toEqual(["absent", "absent", "absent", "failed", "absent"]);
  });

  test("are not told when whoever asks gave up", async () => {
    const set = await scene();
    const gaveUp = new Error("gave up");
    const asked = set.client.inspection.placesOf(
      imageAt(set.fake, set.image.digest),
      AbortSignal.abort(gaveUp),
    );
    await expect(asked).rejects.toBe(gaveUp);
  });
});

test("what was collected comes with what the manifests say of themselves", async () => {
  const set = await scene({ referrers: "api" });
  const { fake, image } = set;
  const createdAt = "2026-11-20T10:00:00Z";
  const statement = attach(fake, image, { text: "statement" });
  const signer = refer(fake, statement, signature("payload"));
  const bundled = fake.putImage(PATH, {
    subject: image,
    artifactType: BUNDLE,
    layers: [bundle("{}")],
    annotations: {
      "org.opencontainers.image.created": createdAt,
      "dev.sigstore.bundle.predicateType": "https://spdx.dev/Document",
    },
  });
  const layers = [{ ...signature("legacy"), annotations: { predicateType: "https://openvex.dev/ns" } }];
  const legacy = fake.putImage(PATH, { tag: `${dashedOf(image.digest)}.att`, layers });
  const strange = fake.putManifest(PATH, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [],
    subject: image,
  });

  const { evidence, manifests } = await set.client.inspection.collect(imageAt(fake, image.digest), signal);
  expect(evidence.candidates).toHaveLength(3);
  const seen = new Map(manifests.map((manifest) => [manifest.digest, manifest]));
  expect(seen.size).toBe(5);
  expect(seen.get(bundled.digest)).toMatchObject({
    place: "referrer",
    artifactType: BUNDLE,
    createdAt,
    subject: image.digest,
    layers: [{ mediaType: BUNDLE, size: 2, predicateType: "https://spdx.dev/Document" }],
  });
  expect(seen.get(statement.digest)).toMatchObject({ layers: [{ size: 9, predicateType: CYCLONEDX }] });
  expect(seen.get(signer.digest)).toMatchObject({
    artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json",
    subject: statement.digest,
  });
  expect(seen.get(legacy.digest)).toMatchObject({
    place: "att-tag",
    layers: [{ predicateType: "https://openvex.dev/ns" }],
  });
  expect(seen.get(strange.digest)).toMatchObject({ layers: [] });
});
