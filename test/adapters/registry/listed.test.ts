import { afterEach, describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../../src/image/digest.ts";
import type { ListedStatements } from "../../../src/trust/listed.ts";
import type { PutDescriptor, PutImage, PutLayer } from "../../fakes/registry/content.ts";
import { CYCLONEDX, INDEX, PREDICATE_TYPE, type Scene, scene, STATEMENT } from "./evidence-scene.ts";
import { closeAll, errorOf, imageAt, PATH } from "./stage.ts";

afterEach(closeAll);

const { signal } = new AbortController();

function layer(text: string, predicateType: string | undefined = CYCLONEDX): PutLayer {
  const annotations = predicateType === "" ? {} : { annotations: { [PREDICATE_TYPE]: predicateType } };
  return { mediaType: STATEMENT, bytes: text, ...annotations };
}

interface Entry {
  readonly of: PutDescriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

function entryFor(of: PutDescriptor, platform: Digest): Entry {
  return {
    of,
    annotations: {
      "vnd.docker.reference.type": "attestation-manifest",
      "vnd.docker.reference.digest": platform,
    },
  };
}

async function listedBy(
  { fake, client, image }: Scene,
  entries: readonly Entry[],
  platform = image.digest,
): Promise<ListedStatements> {
  const unknown = { os: "unknown", architecture: "unknown" };
  const { digest } = fake.putManifest(PATH, {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      { ...image, platform: { os: "linux", architecture: "amd64" } },
      ...entries.map(({ of, annotations }) => ({ ...of, platform: unknown, annotations })),
    ],
  });
  const index = imageAt(fake, digest);
  const manifest = await client.manifest(index, signal);
  if (manifest.kind !== "index") throw new Error("not an index");
  return client.listedStatements({ image: index, manifest, platform }, signal);
}

function textsIn({ statements }: ListedStatements): readonly string[] {
  return statements.map(({ statement }) => Buffer.from(statement).toString());
}

function put({ fake }: Scene, layers: readonly PutLayer[], more: Partial<PutImage> = {}): PutDescriptor {
  return fake.putImage(PATH, { layers, ...more });
}

describe("what an index lists about a platform", () => {
  test("in the shape of an artifact, with its platform as subject", async () => {
    const at = await scene();
    const carrier = put(at, [layer("sbom")], { subject: at.image });
    const listed = await listedBy(at, [entryFor(carrier, at.image.digest)]);
    expect(textsIn(listed)).toEqual(["sbom"]);
    expect(listed.statements[0]?.source).toMatchObject({
      place: "index",
      manifest: carrier.digest,
      subject: at.image.digest,
    });
    expect(listed.skipped).toEqual([]);
  });

  test("in the shape of an image, without a subject", async () => {
    const at = await scene();
    const listed = await listedBy(at, [entryFor(put(at, [layer("sbom")]), at.image.digest)]);
    expect(textsIn(listed)).toEqual(["sbom"]);
  });

  test("the SBOM first, then VEX, then what does not say what it is; provenance is not fetched", async () => {
    const at = await scene();
    const carrier = put(at, [
      layer("unnamed", ""),
      layer("provenance", "https://slsa.dev/provenance/v0.2"),
      layer("scan", "https://cosign.sigstore.dev/attestation/vuln/v1"),
      layer("vex", "https://openvex.dev/ns/v0.2.0"),
      layer("sbom"),
      { mediaType: "application/octet-stream", bytes: "other" },
    ]);
    const listed = await listedBy(at, [entryFor(carrier, at.image.digest)]);
    expect(textsIn(listed)).toEqual(["sbom", "vex", "unnamed"]);
  });

  test("nothing, and nothing is asked, where it lists none", async () => {
    const at = await scene();
    const carrier = put(at, [layer("sbom")]);
    const other = entryFor(carrier, carrier.digest);
    expect(await listedBy(at, [])).toEqual({ statements: [], skipped: [] });
    expect(await listedBy(at, [other, { of: carrier }])).toEqual({ statements: [], skipped: [] });
    const ofAnotherType = { ...other.annotations, "vnd.docker.reference.type": "other" };
    expect(await listedBy(at, [{ of: carrier, annotations: ofAnotherType }])).toEqual({
      statements: [],
      skipped: [],
    });
    expect(at.fake.requests.filter(({ url }) => url.includes("/blobs/"))).toEqual([]);
  });

  test("skips a manifest that names another subject", async () => {
    const at = await scene();
    const other = put(at, [layer("other")]);
    const carrier = put(at, [layer("sbom")], { subject: other });
    const listed = await listedBy(at, [entryFor(carrier, at.image.digest)]);
    expect(listed.statements).toEqual([]);
    expect(listed.skipped).toEqual([{ place: "index", reason: "other-subject", detail: carrier.digest }]);
  });

  test("skips a manifest and a statement that are gone", async () => {
    const at = await scene();
    const gone = put(at, [layer("gone")]);
    at.fake.content.deleteManifest(PATH, gone.digest);
    const torn = put(at, [layer("torn"), layer("kept")]);
    at.fake.content.deleteBlob(PATH, digestOf(Buffer.from("torn")));
    const listed = await listedBy(at, [entryFor(gone, at.image.digest), entryFor(torn, at.image.digest)]);
    expect(textsIn(listed)).toEqual(["kept"]);
    expect(listed.skipped.map(({ reason }) => reason)).toEqual(["vanished", "vanished"]);
  });

  test("skips more manifests and more statements than are looked at", async () => {
    const at = await scene();
    const many = Array.from({ length: 20 }, (_each, position) => layer(`sbom ${position}`));
    const carriers = ["a", "b", "c", "d", "e"].map((name) =>
      entryFor(put(at, [...many, layer(name)]), at.image.digest),
    );
    const listed = await listedBy(at, carriers);
    expect(listed.statements).toHaveLength(4 * 16);
    expect(listed.skipped.at(-1)).toMatchObject({
      reason: "too-many",
      detail: "1 more manifests of statements",
    });
  });

  test("fails where it could not ask", async () => {
    const at = await scene();
    const carrier = put(at, [layer("sbom")]);
    at.fake.faults.add({ path: /\/blobs\//, fault: { kind: "status", status: 503 } });
    const error = await errorOf(listedBy(at, [entryFor(carrier, at.image.digest)]));
    expect(error.code).toBe("registry-unavailable");
  });
});
