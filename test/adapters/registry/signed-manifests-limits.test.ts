import { afterEach, expect, test } from "vitest";
import { dashedOf } from "../../../src/image/digest.ts";
import {
  attach,
  BUNDLE,
  bundle,
  CYCLONEDX,
  evidenceOf,
  reasons,
  scene,
  signature,
  signedIn,
  STATEMENT,
  textsOf,
} from "./evidence-scene.ts";
import { closeAll, PATH } from "./stage.ts";

afterEach(closeAll);

test("scans by the hundred do not push out SBOM, provenance and VEX", async () => {
  const set = await scene({ referrers: "api", referrersPerPage: 1_000 });
  for (let number = 0; number < 250; number++) {
    attach(set.fake, set.image, {
      text: `scan ${number}`,
      predicateType: `https://scout.docker.com/vulnerabilities/v0.1/${number}`,
      said: number % 2 === 0 ? "manifest" : "layer",
    });
  }
  const wanted = [
    CYCLONEDX,
    "https://spdx.dev/Document",
    "https://slsa.dev/provenance/v0.2",
    "https://openvex.dev/ns/v0.2.0",
  ];
  const digests = wanted.map(
    (predicateType) => attach(set.fake, set.image, { text: predicateType, predicateType }).digest,
  );
  const evidence = await evidenceOf(set);
  const signed = signedIn(evidence);
  expect(signed).toHaveLength(32);
  expect(signed.map(({ source }) => source.manifest)).toEqual(expect.arrayContaining(digests));
  expect(reasons(evidence.skipped)).toContain("too-many");
});

test("one manifest of a thousand layers counts as one, and its layers as candidates", async () => {
  const set = await scene({ referrers: "api" });
  const layers = Array.from({ length: 1_000 }, (_, number) => ({
    mediaType: STATEMENT,
    bytes: String(number),
  }));
  set.fake.putImage(PATH, { subject: set.image, artifactType: STATEMENT, layers });
  const evidence = await evidenceOf(set);
  expect(signedIn(evidence)).toHaveLength(200);
  expect(set.fake.requests.filter(({ url }) => url.endsWith(".sig"))).toHaveLength(2);
});

test("at most 16 signatures of one manifest, and those that may be one are fetched first", async () => {
  const set = await scene({ referrers: "api", referrersPerPage: 2_000 });
  const statement = attach(set.fake, set.image);
  for (let number = 0; number < 900; number++) {
    set.fake.putImage(PATH, {
      subject: statement,
      artifactType: "application/x-report",
      layers: [bundle(`${number}`)],
    });
  }
  const late = set.fake.putImage(PATH, {
    subject: statement,
    artifactType: BUNDLE,
    layers: [bundle("late")],
  });
  const evidence = await evidenceOf(set);
  expect(signedIn(evidence).map(({ signatures }) => signatures.length)).toEqual([16]);
  expect(signedIn(evidence)[0]?.signatures[0]?.source.manifest).toBe(late.digest);
  expect(evidence.skipped.every(({ reason }) => reason === "too-many")).toBe(true);
  expect(set.fake.requests.length).toBeLessThan(50);
});

test("at most 16 signatures of one tag", async () => {
  const set = await scene({ referrers: "api" });
  const statement = attach(set.fake, set.image);
  const layers = Array.from({ length: 40 }, (_, number) => signature(String(number)));
  set.fake.putImage(PATH, { tag: `${dashedOf(statement.digest)}.sig`, layers });
  const evidence = await evidenceOf(set);
  expect(signedIn(evidence).map(textsOf)).toEqual([
    Array.from({ length: 16 }, (_, number) => String(number)),
  ]);
  expect(reasons(evidence.skipped)).toContain("too-many");
});

test.each([
  { title: "that says it is large", size: 65 * 1024, reason: "too-large" },
  { title: "that says more than it has", size: 60_000, reason: "not-a-manifest" },
  { title: "that says less than it has", size: 2, reason: "too-large" },
])("a signature $title is skipped, and hides no other", async ({ size, reason }) => {
  const set = await scene({ referrers: "api" });
  const statement = attach(set.fake, set.image);
  const blob = set.fake.putBlob(PATH, "payload", signature("").mediaType);
  const good = set.fake.putBlob(PATH, "good", signature("").mediaType);
  const config = set.fake.putBlob(PATH, "{}");
  const manifest = { schemaVersion: 2, config, layers: [{ ...blob, size }, good] };
  set.fake.putManifest(PATH, manifest, { tag: `${dashedOf(statement.digest)}.sig` });
  const evidence = await evidenceOf(set);
  expect(signedIn(evidence).map(textsOf)).toEqual([["good"]]);
  expect(evidence.skipped).toMatchObject([{ place: "sig-tag", reason }]);
});

test("a list of signatures that never ends is left after a few pages", async () => {
  const set = await scene({ referrers: "api" });
  const statement = attach(set.fake, set.image);
  const path = new RegExp(`/referrers/${statement.digest}`);
  set.fake.faults.add({ path, fault: { kind: "headers", headers: { link: '<?>; rel="next"' } } });
  const evidence = await evidenceOf(set);
  expect(signedIn(evidence)).toHaveLength(1);
  expect(evidence.skipped).toEqual([{ place: "referrer", reason: "too-many", detail: "more than 5 pages" }]);
  expect(set.fake.requests.filter(({ url }) => path.test(url))).toHaveLength(5);
});

test("a statement of 65 MiB is skipped and its signatures are not looked for", async () => {
  const set = await scene({ referrers: "api" });
  const blob = set.fake.putBlob(PATH, "{}", STATEMENT);
  const config = set.fake.putBlob(PATH, "{}");
  const statement = set.fake.putManifest(PATH, {
    schemaVersion: 2,
    config,
    subject: set.image,
    layers: [{ ...blob, size: 65 * 1024 * 1024 }],
  });
  expect(await evidenceOf(set)).toMatchObject({ candidates: [], skipped: [{ reason: "too-large" }] });
  expect(set.fake.requests.some(({ url }) => url.includes(dashedOf(statement.digest)))).toBe(false);
});
