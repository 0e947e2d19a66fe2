import { afterEach, expect, test } from "vitest";
import { dashedOf } from "../../../src/image/digest.ts";
import { evidenceOf, scene, signature } from "./evidence-scene.ts";
import { closeAll, PATH } from "./stage.ts";

const NOTATION = "application/vnd.cncf.notary.signature";
const JWS = { mediaType: "application/jose+json", bytes: "jws" };
const COSE = { mediaType: "application/cose", bytes: "cose" };

afterEach(closeAll);

test.each([
  { title: "by artifactType, as COSE", more: { artifactType: NOTATION }, layer: COSE, form: "cose" },
  { title: "by artifactType, as JWS", more: { artifactType: NOTATION }, layer: JWS, form: "jws" },
  {
    title: "by the config's type, as older ones do",
    more: { config: { mediaType: NOTATION, bytes: "{}" } },
    layer: COSE,
    form: "cose",
  },
])("a signature that says what it is $title is found", async ({ more, layer, form }) => {
  const set = await scene({ referrers: "api" });
  const annotations = { "io.cncf.notary.x509chain.thumbprint#S256": "[]" };
  const put = set.fake.putImage(PATH, { subject: set.image, layers: [layer], annotations, ...more });
  expect(await evidenceOf(set)).toMatchObject({
    candidates: [
      {
        kind: "notation-signature",
        form,
        envelope: Buffer.from(layer.bytes),
        source: { place: "referrer", manifest: put.digest, subject: set.image.digest },
      },
    ],
    skipped: [],
  });
});

test("is found beside cosign's, which it does not hide", async () => {
  const set = await scene({ referrers: "api" });
  set.fake.putImage(PATH, { subject: set.image, artifactType: NOTATION, layers: [COSE] });
  set.fake.putImage(PATH, { tag: `${dashedOf(set.image.digest)}.sig`, layers: [signature("payload")] });
  const { candidates } = await evidenceOf(set);
  expect(candidates.map(({ kind }) => kind)).toEqual(["cosign-signature", "notation-signature"]);
});

test.each([
  { title: "without the type", more: { artifactType: "application/x-other" }, layers: [COSE] },
  {
    title: "of a type that is only in the config",
    more: { artifactType: "application/x-other", config: { mediaType: NOTATION, bytes: "{}" } },
    layers: [JWS],
  },
  {
    title: "with a layer of another type",
    more: { artifactType: NOTATION },
    layers: [{ mediaType: "application/json", bytes: "{}" }],
  },
  { title: "with two envelopes", more: { artifactType: NOTATION }, layers: [COSE, JWS] },
  { title: "with no envelope", more: { artifactType: NOTATION }, layers: [] },
])("a manifest $title is named, not believed", async ({ more, layers }) => {
  const set = await scene({ referrers: "api" });
  set.fake.putImage(PATH, { subject: set.image, layers, ...more });
  const { candidates, skipped } = await evidenceOf(set);
  expect(candidates).toEqual([]);
  expect(new Set(skipped.map(({ reason }) => reason))).toEqual(new Set(["unknown-type"]));
});

test("a signature under cosign's tag is none", async () => {
  const set = await scene();
  set.fake.putImage(PATH, {
    tag: `${dashedOf(set.image.digest)}.sig`,
    artifactType: NOTATION,
    layers: [COSE],
  });
  expect(await evidenceOf(set)).toMatchObject({ candidates: [], skipped: [{ reason: "unknown-type" }] });
});

test("a signature of a statement's manifest is not taken: Docker's are cosign's", async () => {
  const set = await scene({ referrers: "api" });
  const statement = set.fake.putImage(PATH, {
    subject: set.image,
    layers: [{ mediaType: "application/vnd.in-toto+json", bytes: "{}" }],
  });
  set.fake.putImage(PATH, { subject: statement, artifactType: NOTATION, layers: [COSE] });
  expect(await evidenceOf(set)).toMatchObject({
    candidates: [{ kind: "signed-manifest", signatures: [] }],
    skipped: [{ reason: "unknown-type", detail: "application/cose" }],
  });
});
