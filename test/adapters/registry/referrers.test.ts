import { afterEach, describe, expect, test } from "vitest";
import type { RegistryHostSettings } from "../../../src/adapters/registry/settings.ts";
import { dashedOf, digestOf } from "../../../src/image/digest.ts";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { BUNDLE, bundle, evidenceOf, INDEX, list, reasons, scene, SIMPLE_SIGNING } from "./evidence-scene.ts";
import { clientFor, closeAll, errorOf, imageAt, lineAt, PATH, startFake } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

describe("referrers", () => {
  test("are found although the list says a wrong artifactType, as cosign 2.5 writes it", async () => {
    const set = await scene();
    const referrer = set.fake.putImage(PATH, {
      subject: set.image,
      artifactType: BUNDLE,
      layers: [bundle("{}")],
    });
    list(set.fake, set.image.digest, [{ ...referrer, artifactType: "application/vnd.oci.empty.v1+json" }]);
    expect((await evidenceOf(set)).candidates).toMatchObject([{ kind: "sigstore-bundle" }]);
  });

  test("are found although the fallback tag says of none what it is", async () => {
    const set = await scene();
    const config = { mediaType: BUNDLE, bytes: "{}" };
    const own = set.fake.putImage(PATH, { subject: set.image, artifactType: BUNDLE, layers: [bundle("1")] });
    const byConfig = set.fake.putImage(PATH, { subject: set.image, config, layers: [bundle("2")] });
    list(set.fake, set.image.digest, [own, byConfig]);
    expect((await evidenceOf(set)).candidates).toHaveLength(2);
  });

  test("of all kinds may be listed, whatever was asked for: what is ours is taken", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 1 });
    set.fake.putImage(PATH, { subject: set.image, artifactType: "application/x-report" });
    set.fake.putImage(PATH, { subject: set.image, artifactType: BUNDLE, layers: [bundle("{}")] });
    set.fake.putManifest(PATH, {
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [],
      subject: set.image,
    });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toMatchObject([{ kind: "sigstore-bundle" }]);
    expect(reasons(skipped)).toEqual(["unknown-type", "unknown-type"]);
  });

  test.each([
    { mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", kind: "sigstore-bundle" },
    { mediaType: "application/vnd.dev.sigstore.bundle.v0.9+json", kind: "sigstore-bundle" },
    { mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.2", kind: "sigstore-bundle" },
    { mediaType: SIMPLE_SIGNING, kind: "cosign-signature" },
    { mediaType: "application/vnd.dsse.envelope.v1+json", kind: "cosign-attestation" },
  ])("with a layer $mediaType are $kind", async ({ mediaType, kind }) => {
    const set = await scene({ referrers: "api" });
    set.fake.putImage(PATH, { subject: set.image, layers: [{ mediaType, bytes: "x" }] });
    expect((await evidenceOf(set)).candidates).toMatchObject([{ kind }]);
  });

  test.each([
    "application/vnd.dev.sigstore.bundle+json",
    "application/vnd.dev.sigstore.bundle.v1.0+json",
    "x/application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/jose+json",
    "application/cose",
    "application/vnd.oci.empty.v1+json",
  ])("with a layer %s are named, not believed", async (mediaType) => {
    const set = await scene({ referrers: "api" });
    set.fake.putImage(PATH, { subject: set.image, layers: [{ mediaType, bytes: "x" }] });
    expect(await evidenceOf(set)).toMatchObject({
      candidates: [],
      skipped: [{ place: "referrer", reason: "unknown-type", detail: mediaType }],
    });
  });

  test("of another image, listed under ours, are skipped", async () => {
    const set = await scene();
    const other = set.fake.putImage(PATH, { layers: [bundle("other image")] });
    const referrer = set.fake.putImage(PATH, { subject: other, layers: [bundle("{}")] });
    const silent = set.fake.putImage(PATH, { layers: [bundle("no subject")] });
    list(set.fake, set.image.digest, [referrer, silent]);
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toEqual([]);
    expect(reasons(skipped)).toEqual(["other-subject", "other-subject"]);
  });

  test("that are listed but gone are skipped", async () => {
    const set = await scene({ referrers: "api" });
    const manifestGone = set.fake.putImage(PATH, { layers: [bundle("1")] });
    const blobGone = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("2")] });
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: [manifestGone, blobGone] };
    set.fake.content.deleteManifest(PATH, manifestGone.digest);
    set.fake.content.deleteBlob(PATH, digestOf(Buffer.from("2")));
    const fault: Fault = {
      kind: "status",
      status: 200,
      headers: { "content-type": INDEX },
      body: JSON.stringify(index),
    };
    set.fake.faults.add({ path: /\/referrers\//, fault });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toEqual([]);
    expect(reasons(skipped)).toEqual(["vanished", "vanished"]);
  });

  test.each<{ readonly title: string; readonly fault: Fault }>([
    { title: "404", fault: { kind: "status", status: 404, body: "404 page not found\n" } },
    {
      title: "404 with an error",
      fault: { kind: "status", status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' },
    },
    { title: "400, as Quay does for a subject it does not know", fault: { kind: "status", status: 400 } },
    { title: "405", fault: { kind: "status", status: 405 } },
    { title: "406", fault: { kind: "status", status: 406 } },
    {
      title: "200 and a page",
      fault: { kind: "status", status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
    },
    {
      title: "200 and JSON of another type",
      fault: { kind: "headers", headers: { "content-type": "application/json" } },
    },
    { title: "200 without a type", fault: { kind: "headers", headers: { "content-type": undefined } } },
  ])("come from the fallback tag when the API answers $title", async ({ fault }) => {
    const set = await scene({ referrers: "api" });
    const referrer = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
    list(set.fake, set.image.digest, [referrer]);
    set.fake.faults.add({ path: /\/referrers\//, fault });
    expect((await evidenceOf(set)).candidates).toHaveLength(1);
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
    { title: "401", fault: { kind: "status", status: 401 }, code: "registry-unauthorized" },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden" },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { title: "no JSON", fault: { kind: "bytes", body: "{" }, code: "registry-protocol" },
    { title: "no list", fault: { kind: "bytes", body: '{"manifests":{}}' }, code: "registry-protocol" },
    {
      title: "5 MiB",
      fault: { kind: "oversize", megabytes: 5, framing: "chunked" },
      code: "registry-too-large",
    },
    { title: "a compressed list", fault: { kind: "gzip" }, code: "registry-protocol" },
    {
      title: "a next page elsewhere",
      fault: { kind: "headers", headers: { link: '<https://evil.example/>; rel="next"' } },
      code: "registry-refused",
    },
    {
      title: "a next page that is missing",
      fault: { kind: "headers", headers: { link: '</gone>; rel="next"' } },
      code: "registry-protocol",
    },
  ])("are not known when the API answers $title: $code", async ({ fault, code }) => {
    const set = await scene({ referrers: "api" });
    set.fake.faults.add({ path: /\/referrers\//, fault });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code });
  });

  test("are looked for by tag at once where the API is known to be missing", async () => {
    const set = await scene();
    const calls = (): number => set.fake.requests.filter(({ url }) => url.includes("/referrers/")).length;
    await evidenceOf(set);
    await evidenceOf(set);
    expect(calls()).toBe(1);
  });

  test("are asked for again after a day, and after an answer that was about one digest", async () => {
    let nowMs = 0;
    const set = await scene({}, { elapsedMs: () => nowMs });
    const calls = (): number => set.fake.requests.filter(({ url }) => url.includes("/referrers/")).length;
    await evidenceOf(set);
    nowMs = 24 * 60 * 60 * 1_000;
    await evidenceOf(set);
    expect(calls()).toBe(2);

    const quay = await scene();
    quay.fake.faults.add({ path: /\/referrers\//, fault: { kind: "status", status: 400 } });
    await evidenceOf(quay);
    await evidenceOf(quay);
    expect(quay.fake.requests.filter(({ url }) => url.includes("/referrers/"))).toHaveLength(2);
  });

  test("come from all pages, at most twenty", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 2 });
    for (let number = 0; number < 45; number++) {
      set.fake.putImage(PATH, { subject: set.image, layers: [bundle(String(number))] });
    }
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toHaveLength(40);
    expect(skipped).toEqual([{ place: "referrer", reason: "too-many", detail: "more than 20 pages" }]);
  });

  test("do not go round in circles", async () => {
    const set = await scene({ referrers: "api" });
    set.fake.faults.add({
      path: /\/referrers\//,
      fault: { kind: "headers", headers: { link: '<?>; rel="next"' } },
    });
    expect(reasons((await evidenceOf(set)).skipped)).toEqual(["too-many"]);
    expect(set.fake.requests.filter(({ url }) => url.includes("/referrers/"))).toHaveLength(20);
  });

  test("that cannot be read do not hide the others", async () => {
    const set = await scene({ referrers: "api" });
    const good = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
    const manifests = [{ ...good, digest: `sha512:${"a".repeat(128)}` }, null, { ...good, size: -1 }, good];
    set.fake.faults.add({
      path: /\/referrers\//,
      fault: { kind: "bytes", body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }) },
    });
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toHaveLength(1);
    expect(skipped).toEqual([
      { place: "referrer", reason: "not-a-manifest", detail: "3 entries of the list" },
    ]);
  });

  test("listed as null are none", async () => {
    const set = await scene({ referrers: "api" });
    set.fake.faults.add({ path: /\/referrers\//, fault: { kind: "bytes", body: '{"manifests":null}' } });
    expect(await evidenceOf(set)).toMatchObject({ candidates: [], skipped: [] });
  });

  test.each([
    { title: "an image", put: (fake: FakeRegistry, tag: string) => fake.putImage(PATH, { tag }) },
    {
      title: "no manifest at all",
      put: (fake: FakeRegistry, tag: string) => fake.putManifest(PATH, Buffer.from("[]"), { tag }),
    },
  ])("are none, and it is said, when the fallback tag holds $title", async ({ put }) => {
    const set = await scene();
    put(set.fake, dashedOf(set.image.digest));
    expect(await evidenceOf(set)).toMatchObject({ candidates: [], skipped: [{ reason: "not-a-manifest" }] });
  });
});

test("a list that was redirected is read on there, without the log-in", async () => {
  const login = { username: "robot", password: "canary-password" };
  const [fake, elsewhere] = [
    await startFake({ referrers: "api", login: { kind: "basic", ...login } }),
    await startFake(),
  ];
  const image = fake.putImage(PATH);
  const client = clientFor([], {
    hosts: new Map<string, RegistryHostSettings>([
      [
        fake.host,
        {
          plainHttp: true,
          allowPrivate: true,
          login: { kind: "basic", username: login.username, password: new Secret(login.password) },
        },
      ],
      [elsewhere.host, { plainHttp: true, allowPrivate: true }],
    ]),
  });
  const location = `${elsewhere.url}/list`;
  fake.faults.add({ path: /\/referrers\//, fault: { kind: "redirect", location } });
  const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
  const headers = { "content-type": INDEX };
  const next = { link: '</more>; rel="next"' };
  elsewhere.faults.add({
    path: /list/,
    fault: { kind: "status", status: 200, headers: { ...headers, ...next }, body },
  });
  elsewhere.faults.add({ path: /more/, fault: { kind: "status", status: 200, headers, body } });
  await client.resolve(lineAt(fake), signal);
  expect(await client.evidenceOf(imageAt(fake, image.digest), signal)).toMatchObject({ candidates: [] });
  expect(elsewhere.requests.map(({ url }) => url)).toEqual(["/list", "/more"]);
  expect(elsewhere.requests.filter((call) => "authorization" in call.headers)).toEqual([]);
});
