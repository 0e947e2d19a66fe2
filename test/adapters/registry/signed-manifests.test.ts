import { afterEach, describe, expect, test } from "vitest";
import { dashedOf, digestOf } from "../../../src/image/digest.ts";
import type { PutDescriptor } from "../../fakes/registry/content.ts";
import {
  attach,
  bundle,
  CYCLONEDX,
  evidenceOf,
  INDEX,
  list,
  PREDICATE_TYPE,
  reasons,
  refer,
  scene,
  type Scene,
  signature,
  signedIn,
  STATEMENT,
  textsOf,
} from "./evidence-scene.ts";
import { clientFor, closeAll, errorOf, imageAt, PATH, repositoryAt, startFake } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

const manifestCalls = ({ fake }: Scene): readonly string[] =>
  fake.requests.map(({ url }) => url).filter((url) => /\/manifests\/sha256:/.test(url));

describe.each(["api", "none"] as const)(
  "a statement in a manifest of its own (referrers: %s)",
  (referrers) => {
    /** Where there is no list of referrers, whoever pushes writes one under a tag, as cosign 2.5 does: with the config's type. */
    const listed = (set: Scene, subject: PutDescriptor, entries: readonly PutDescriptor[]): void => {
      if (referrers === "api") return;
      const artifactType = "application/vnd.oci.empty.v1+json";
      list(
        set.fake,
        subject.digest,
        entries.map((entry) => ({ ...entry, artifactType })),
      );
    };

    test("is found with everything that claims to sign that manifest", async () => {
      const set = await scene({ referrers });
      const { fake, image } = set;
      const statement = attach(fake, image, { text: "the statement" });
      listed(set, image, [statement]);
      const referring = refer(fake, statement, signature("by referrer"));
      const bundled = refer(fake, statement, bundle("by bundle"));
      listed(set, statement, [referring, bundled]);
      fake.putImage(PATH, { tag: `${dashedOf(statement.digest)}.sig`, layers: [signature("by tag")] });

      const evidence = await evidenceOf(set);
      const [found, ...others] = signedIn(evidence);
      expect(others).toEqual([]);
      expect(evidence.skipped).toEqual([]);
      expect(found).toMatchObject({
        statement: Buffer.from("the statement"),
        annotations: { [PREDICATE_TYPE]: CYCLONEDX },
        source: {
          place: "referrer",
          manifest: statement.digest,
          layer: digestOf(Buffer.from("the statement")),
          subject: image.digest,
        },
        signatures: [
          { kind: "cosign-signature", source: { place: "sig-tag" } },
          {
            kind: "cosign-signature",
            source: { place: "referrer", manifest: referring.digest, subject: statement.digest },
          },
          {
            kind: "sigstore-bundle",
            source: { place: "referrer", manifest: bundled.digest, subject: statement.digest },
          },
        ],
      });
      expect(found?.signatures[0]?.source).not.toHaveProperty("subject");
      expect(found === undefined ? [] : textsOf(found)).toEqual(["by tag", "by referrer", "by bundle"]);
    });

    test("that nobody signed is found without signatures", async () => {
      const set = await scene({ referrers });
      listed(set, set.image, [attach(set.fake, set.image, { said: "layer" })]);
      expect(await evidenceOf(set)).toMatchObject({
        candidates: [
          { kind: "signed-manifest", signatures: [], annotations: { [PREDICATE_TYPE]: CYCLONEDX } },
        ],
        skipped: [],
      });
    });

    test("about another image, listed under ours, is skipped and its signatures are not looked for", async () => {
      const set = await scene({ referrers });
      const other = set.fake.putImage(PATH, { layers: [signature("other")] });
      const statement = attach(set.fake, other);
      refer(set.fake, statement, signature("good"));
      if (referrers === "api") set.fake.content.listAlso(PATH, set.image.digest, [statement]);
      listed(set, set.image, [statement]);
      const { candidates, skipped } = await evidenceOf(set);
      expect(candidates).toEqual([]);
      expect(reasons(skipped)).toEqual(["other-subject"]);
      expect(set.fake.requests.filter(({ url }) => url.includes(dashedOf(statement.digest)))).toEqual([]);
    });

    test("a signature of something else, listed under it, is skipped", async () => {
      const set = await scene({ referrers });
      const statement = attach(set.fake, set.image);
      listed(set, set.image, [statement]);
      const stray = refer(set.fake, set.image, signature("of the image"));
      if (referrers === "api") set.fake.content.listAlso(PATH, statement.digest, [stray]);
      listed(set, statement, [stray]);
      const evidence = await evidenceOf(set);
      expect(signedIn(evidence)).toMatchObject([{ signatures: [] }]);
      expect(reasons(evidence.skipped)).toEqual(["other-subject"]);
    });
  },
);

describe("depth", () => {
  test("a statement about a statement's manifest signs nothing, and is not followed", async () => {
    const set = await scene({ referrers: "api" });
    const first = attach(set.fake, set.image, { text: "first" });
    const second = attach(set.fake, first, { text: "second" });
    const third = attach(set.fake, second, { text: "third" });
    refer(set.fake, second, signature("of the second"));
    const evidence = await evidenceOf(set);
    expect(signedIn(evidence)).toMatchObject([{ source: { manifest: first.digest }, signatures: [] }]);
    expect(evidence.skipped).toEqual([{ place: "referrer", reason: "unknown-type", detail: STATEMENT }]);
    expect(set.fake.requests.some(({ url }) => url.includes(third.digest))).toBe(false);
  });

  test("lists that go round in circles end", async () => {
    const set = await scene({ referrers: "api" });
    const statement = attach(set.fake, set.image);
    const other = attach(set.fake, set.image, { text: "other" });
    for (const { digest } of [statement, other]) {
      set.fake.content.listAlso(PATH, digest, [statement, other, set.image]);
    }
    const evidence = await evidenceOf(set);
    expect(signedIn(evidence)).toMatchObject([{ signatures: [] }, { signatures: [] }]);
    expect(new Set(reasons(evidence.skipped))).toEqual(new Set(["other-subject"]));
    const calls = manifestCalls(set);
    expect(calls.length).toBe(3);
    expect(new Set(calls).size).toBe(calls.length);
  });
});

describe("requests", () => {
  test("no manifest and no blob is fetched twice, few at a time, over as few connections", async () => {
    const set = await scene({ referrers: "api" });
    for (let number = 0; number < 20; number++) {
      const statement = attach(set.fake, set.image, { text: `statement ${number}` });
      refer(set.fake, statement, signature("the same payload"));
      set.fake.content.listAlso(PATH, set.image.digest, [statement]);
    }
    expect(signedIn(await evidenceOf(set))).toHaveLength(20);
    const fetched = set.fake.requests
      .map(({ url }) => url)
      .filter((url) => /\/(?:manifests|blobs)\/sha256:/.test(url));
    expect(fetched).toHaveLength(20 + 20 + 20 + 1);
    expect(new Set(fetched).size).toBe(fetched.length);
    // Two pools of eight: bodies of 404 are read away, or each of these would have cost a connection.
    expect(set.fake.requests.filter(({ url }) => url.endsWith(".sig")).length).toBeGreaterThan(16);
    expect(set.fake.connections).toBeLessThanOrEqual(16);
  });

  test.each([
    { place: "the signature tag", path: /\.sig$/ },
    { place: "the list of signatures", path: /\/referrers\// },
    { place: "a signature", path: /\/blobs\// },
  ])("$place of a statement that does not answer is an error", async ({ path }) => {
    const set = await scene({ referrers: "api" });
    const statement = attach(set.fake, set.image);
    refer(set.fake, statement, signature("payload"));
    const about = path.source.includes("referrers") ? new RegExp(`/referrers/${statement.digest}`) : path;
    set.fake.faults.add({ path: about, fault: { kind: "status", status: 500 } });
    expect(await errorOf(evidenceOf(set))).toMatchObject({ code: "registry-unavailable" });
  });
});

test("statements in another registry are signed there, of an index and of a platform alike", async () => {
  const [home, other] = [await startFake(), await startFake({ referrers: "api" })];
  const client = clientFor([home, other]);
  const child = home.putImage(PATH);
  const index = home.putManifest(PATH, { schemaVersion: 2, mediaType: INDEX, manifests: [child] });
  const path = "docker/dhi-base";
  const repository = repositoryAt(other, path);
  for (const image of [index, child]) {
    const statement = attach(other, image, { path, text: `about ${image.digest}` });
    const signer = refer(other, statement, signature(`of ${image.digest}`), path);
    // What hangs at the image's own registry on a manifest that is elsewhere is not looked for.
    home.putImage(PATH, { tag: `${dashedOf(statement.digest)}.sig`, layers: [signature("at home")] });
    const evidence = await client.evidenceOf(imageAt(home, image.digest), signal, [repository]);
    expect(evidence).toMatchObject({
      candidates: [
        {
          kind: "signed-manifest",
          source: { manifest: statement.digest, repository },
          signatures: [{ source: { manifest: signer.digest, subject: statement.digest, repository } }],
        },
      ],
      skipped: [],
    });
    expect(signedIn(evidence).map(textsOf)).toEqual([[`of ${image.digest}`]]);
  }
});
