import { afterEach, describe, expect, test } from "vitest";
import { dashedOf, digestOf } from "../../../src/image/digest.ts";
import { bundle, evidenceOf, list, reasons, scene, type Scene, signature } from "./evidence-scene.ts";
import { closeAll, errorOf, PATH } from "./stage.ts";

afterEach(closeAll);

const sigTagOf = ({ image }: Scene): string => `${dashedOf(image.digest)}.sig`;

function countOf({ fake }: Scene, pattern: RegExp): number {
  return fake.requests.filter(({ url }) => pattern.test(url)).length;
}

/** The tag points at an old manifest for so many questions; what that needs is gone. */
async function moving(times: number): Promise<Scene> {
  const set = await scene();
  set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("old")] });
  const old = set.fake.content.manifest(PATH, sigTagOf(set));
  if (old === undefined) throw new Error("the tag holds nothing");
  set.fake.content.deleteBlob(PATH, digestOf(Buffer.from("old")));
  set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("first"), signature("second")] });
  set.fake.faults.add({ path: /\.sig$/, times, fault: { kind: "bytes", body: old.bytes } });
  return set;
}

describe("a tag that moves between its manifest and a blob", () => {
  test("is read once more, with everything else", async () => {
    const set = await moving(1);
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toMatchObject([{ payload: Buffer.from("first") }, { payload: Buffer.from("second") }]);
    expect(skipped).toEqual([]);
    expect(countOf(set, /\.sig$/)).toBe(2);
    expect(countOf(set, /\.att$/)).toBe(2);
  });

  test("and again names what is gone has that skipped: it is asked no third time", async () => {
    const set = await moving(2);
    const { candidates, skipped } = await evidenceOf(set);
    expect(candidates).toEqual([]);
    expect(reasons(skipped)).toEqual(["vanished"]);
    expect(countOf(set, /\.sig$/)).toBe(2);
  });

  test("does not have manifests fetched again that were fetched by digest", async () => {
    const set = await moving(1);
    const referrer = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
    list(set.fake, set.image.digest, [referrer]);
    expect((await evidenceOf(set)).candidates).toHaveLength(3);
    expect(countOf(set, new RegExp(`/manifests/${referrer.digest}`))).toBe(1);
  });

  test("and the signature of a statement's manifest likewise", async () => {
    const set = await scene({ referrers: "api" });
    const statement = set.fake.putImage(PATH, {
      subject: set.image,
      layers: [{ mediaType: "application/vnd.in-toto+json", bytes: "{}" }],
    });
    const tag = `${dashedOf(statement.digest)}.sig`;
    set.fake.putImage(PATH, { tag, layers: [signature("old")] });
    const old = set.fake.content.manifest(PATH, tag);
    set.fake.content.deleteBlob(PATH, digestOf(Buffer.from("old")));
    set.fake.putImage(PATH, { tag, layers: [signature("new")] });
    const path = new RegExp(`${dashedOf(statement.digest)}\\.sig$`);
    set.fake.faults.add({ path, times: 1, fault: { kind: "bytes", body: old?.bytes ?? "" } });
    expect(await evidenceOf(set)).toMatchObject({
      candidates: [{ signatures: [{ payload: Buffer.from("new") }] }],
      skipped: [],
    });
  });
});

test("a blob that stays gone is skipped, and is no error", async () => {
  const set = await scene();
  set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("old")] });
  set.fake.content.deleteBlob(PATH, digestOf(Buffer.from("old")));
  expect(reasons((await evidenceOf(set)).skipped)).toEqual(["vanished"]);
});

describe("an index that lists a digest twice", () => {
  test.each(["api", "none"] as const)(
    "has it fetched and counted once (referrers: %s)",
    async (referrers) => {
      const set = await scene({ referrers });
      const referrer = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
      const twice = [referrer, { ...referrer, artifactType: "application/x-other" }, referrer];
      if (referrers === "api") set.fake.content.listAlso(PATH, set.image.digest, twice);
      else list(set.fake, set.image.digest, twice);
      expect((await evidenceOf(set)).candidates).toHaveLength(1);
      expect(countOf(set, new RegExp(`/manifests/${referrer.digest}`))).toBe(1);
    },
  );

  test("has it counted once among those that may be fetched", async () => {
    const set = await scene({ referrers: "api", referrersPerPage: 1_000 });
    const referrer = set.fake.putImage(PATH, { subject: set.image, layers: [bundle("{}")] });
    set.fake.content.listAlso(
      PATH,
      set.image.digest,
      Array.from({ length: 500 }, () => referrer),
    );
    expect(await evidenceOf(set)).toMatchObject({ candidates: [{ kind: "sigstore-bundle" }], skipped: [] });
  });
});

describe("time", () => {
  test("of a whole collection is bounded, however its answers drip", async () => {
    const set = await scene({}, { timeouts: { collectionMs: 200 } });
    set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("x".repeat(100_000))] });
    set.fake.faults.add({ path: /\/blobs\//, fault: { kind: "drip" } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-timeout", transient: true });
  });

  test("a failure ends what was asked beside it, and nothing more is asked", async () => {
    const set = await scene({ referrers: "api" });
    for (let number = 0; number < 50; number++) {
      set.fake.putImage(PATH, { subject: set.image, layers: [bundle(String(number))] });
    }
    set.fake.faults.add({ path: /\/manifests\/sha256:/, fault: { kind: "status", status: 503 } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-unavailable" });
    expect(countOf(set, /\/manifests\/sha256:/)).toBeLessThanOrEqual(4);
  });
});

describe("answers that are not what was asked for", () => {
  test.each([
    { place: "the signature tag", path: /\.sig$/ },
    { place: "a blob", path: /\/blobs\// },
  ])("$place, compressed although asked not to, is an error", async ({ path }) => {
    const set = await scene();
    set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("payload")] });
    set.fake.faults.add({ path, fault: { kind: "gzip" } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-protocol" });
  });

  test("a blob of fewer bytes than announced is an error", async () => {
    const set = await scene();
    set.fake.putImage(PATH, { tag: sigTagOf(set), layers: [signature("payload")] });
    set.fake.faults.add({ path: /\/blobs\//, fault: { kind: "drop", when: "in-body" } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-unavailable" });
  });
});
