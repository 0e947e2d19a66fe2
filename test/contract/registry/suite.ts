import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CodedError, InvalidInputError } from "../../../src/errors.ts";
import { dashedOf, digestOf, parseDigest } from "../../../src/image/digest.ts";
import { parseTag } from "../../../src/image/reference.ts";
import type { Evidence } from "../../../src/trust/evidence.ts";
import { COMPRESSIONS, tarOfEntries } from "../../tools/layers.ts";
import { describeConfigs } from "./configs.ts";
import { describeListed } from "./listed.ts";
import { IMAGE, type PeerTraits, type Pushed, Stage } from "./stage.ts";
import { describeWire } from "./wire.ts";

const SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
const DSSE = "application/vnd.dsse.envelope.v1+json";
const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const NOWHERE = parseDigest(`sha256:${"0".repeat(64)}`);
const { signal } = new AbortController();

/** What every registry does, and what our client makes of it. Each test pushes into its own repository. */
export function describeRegistryContract(title: string, traits: PeerTraits): void {
  describe(`registry contract: ${title}`, () => {
    const stage = new Stage(traits);
    beforeAll(() => stage.open());
    afterAll(() => stage.close());

    describeResolve(stage);
    describeManifest(stage);
    describeConfigs(stage);
    describeEvidence(stage);
    describeListed(stage);
    describePackages(stage);
    describeParts(stage);
    describeWire(stage, traits.referrers);
  });
}

function describeResolve(stage: Stage): void {
  describe("resolve", () => {
    test("finds where a tag points, and where it points later", async () => {
      const line = { repository: stage.repositoryOf("resolve/moves"), tag: parseTag("latest") };
      const first = await stage.pushImage("resolve/moves", "latest", "one");
      expect(await stage.client.resolve(line, signal)).toEqual({ kind: "found", digest: first.digest });
      const second = await stage.pushImage("resolve/moves", "latest", "two");
      expect(await stage.client.resolve(line, signal)).toEqual({ kind: "found", digest: second.digest });
    });

    test("finds an index", async () => {
      const child = await stage.pushImage("resolve/index", "child");
      const index = await stage.pushDocument("resolve/index", { manifests: [child] }, "all");
      const line = { repository: stage.repositoryOf("resolve/index"), tag: parseTag("all") };
      expect(await stage.client.resolve(line, signal)).toEqual({ kind: "found", digest: index.digest });
    });

    test.each([
      { title: "a tag that is not there", path: "resolve/gone", tag: "other" },
      { title: "a repository that is not there", path: "resolve/never", tag: "latest" },
    ])("says missing for $title", async ({ path, tag }) => {
      await stage.pushImage("resolve/gone", "latest");
      const line = { repository: stage.repositoryOf(path), tag: parseTag(tag) };
      expect(await stage.client.resolve(line, signal)).toEqual({ kind: "missing" });
    });

    test.each(["a/../b", "a//b", "A/b", "a/%2e%2e/b", "a?b", ""])("refuses the path %j", async (path) => {
      const line = { repository: stage.repositoryOf(path), tag: parseTag("latest") };
      await expect(stage.client.resolve(line, signal)).rejects.toThrow(InvalidInputError);
    });
  });
}

function describeManifest(stage: Stage): void {
  describe("manifest", () => {
    test("reads an image", async () => {
      const { digest } = await stage.pushImage("manifest/image", "latest");
      const manifest = await stage.client.manifest(
        { repository: stage.repositoryOf("manifest/image"), digest },
        signal,
      );
      expect(manifest).toMatchObject({ kind: "image", mediaType: IMAGE, layers: [{ size: 5 }] });
    });

    test("reads an index", async () => {
      const child = await stage.pushImage("manifest/index", "child");
      const { digest } = await stage.pushDocument("manifest/index", { manifests: [child] });
      const manifest = await stage.client.manifest(
        { repository: stage.repositoryOf("manifest/index"), digest },
        signal,
      );
      expect(manifest).toMatchObject({ kind: "index", manifests: [{ digest: child.digest }] });
    });

    test("says not found for what is not there", async () => {
      await stage.pushImage("manifest/none", "latest");
      const image = { repository: stage.repositoryOf("manifest/none"), digest: NOWHERE };
      await expect(stage.client.manifest(image, signal)).rejects.toMatchObject({
        code: "registry-not-found",
        transient: false,
      } satisfies Partial<CodedError>);
    });
  });
}

function describeEvidence(stage: Stage): void {
  describe("evidenceOf", () => {
    test("is empty for an image that nobody signed", async () => {
      const image = await stage.pushImage("evidence/none", "latest");
      expect(await evidenceOf(stage, "evidence/none", image)).toEqual({
        digest: image.digest,
        candidates: [],
        skipped: [],
      });
    });

    test("holds the signatures and attestations of the legacy tags, one per layer", async () => {
      const path = "evidence/tags";
      const image = await stage.pushImage(path, "latest");
      const annotations = { "dev.cosignproject.cosign/signature": "c2ln" };
      const signatures = await stage.push(
        path,
        [
          { mediaType: SIMPLE_SIGNING, text: "payload", annotations },
          { mediaType: SIMPLE_SIGNING, text: "payload", annotations: { other: "key" } },
        ],
        { tag: `${dashedOf(image.digest)}.sig` },
      );
      await stage.push(path, [{ mediaType: DSSE, text: "envelope" }], {
        tag: `${dashedOf(image.digest)}.att`,
      });
      const { candidates, skipped } = await evidenceOf(stage, path, image);
      expect(skipped).toEqual([]);
      expect(candidates).toMatchObject([
        {
          kind: "cosign-signature",
          payload: Buffer.from("payload"),
          annotations,
          source: {
            place: "sig-tag",
            manifest: signatures.digest,
            layer: digestOf(Buffer.from("payload")),
          },
        },
        { kind: "cosign-signature", annotations: { other: "key" } },
        { kind: "cosign-attestation", envelope: Buffer.from("envelope"), source: { place: "att-tag" } },
      ]);
    });

    test("holds bundles and signatures that refer to the image", async () => {
      const path = "evidence/referrers";
      const image = await stage.pushImage(path, "latest");
      const bundle = await stage.push(path, [{ mediaType: BUNDLE, text: "{}" }], {
        subject: image,
        artifactType: BUNDLE,
      });
      const signature = await stage.push(path, [{ mediaType: SIMPLE_SIGNING, text: "p" }], {
        subject: image,
      });
      await stage.refer(path, image, bundle, signature);
      const { candidates, skipped } = await evidenceOf(stage, path, image);
      expect(skipped).toEqual([]);
      expect(candidates).toHaveLength(2);
      expect(candidates).toMatchObject(
        expect.arrayContaining([
          expect.objectContaining({
            kind: "sigstore-bundle",
            bundle: Buffer.from("{}"),
            source: {
              place: "referrer",
              manifest: bundle.digest,
              layer: digestOf(Buffer.from("{}")),
              subject: image.digest,
            },
          }),
          expect.objectContaining({ kind: "cosign-signature" }),
        ]),
      );
    });

    test("names what it does not know", async () => {
      const path = "evidence/unknown";
      const image = await stage.pushImage(path, "latest");
      const strange = await stage.push(path, [{ mediaType: "application/x-strange", text: "x" }], {
        subject: image,
      });
      await stage.refer(path, image, strange);
      expect(await evidenceOf(stage, path, image)).toMatchObject({
        candidates: [],
        skipped: [{ place: "referrer", reason: "unknown-type", detail: "application/x-strange" }],
      });
    });
  });
}

function evidenceOf(stage: Stage, path: string, { digest }: Pushed): Promise<Evidence> {
  return stage.client.evidenceOf({ repository: stage.repositoryOf(path), digest }, signal);
}

function describePackages(stage: Stage): void {
  describe("packagesIn", () => {
    test.each(["tar", "tar+gzip", "tar+zstd"] as const)(
      "reads them from layers of %s",
      async (compression) => {
        const path = `packages/${compression.replace("+", "-")}`;
        const layers = [];
        for (const version of ["1.2.5-r11", "1.2.5-r12"]) {
          const tar = await tarOfEntries([
            { name: "etc/os-release", text: "ID=alpine\nVERSION_ID=3.22.1\n" },
            { name: "lib/apk/db/installed", text: `P:musl\nV:${version}\n\n` },
          ]);
          const mediaType = `application/vnd.oci.image.layer.v1.${compression}`;
          layers.push(await stage.pushBytes(path, mediaType, COMPRESSIONS[compression](tar)));
        }
        const config = await stage.pushText(path, "application/vnd.oci.image.config.v1+json", "{}");
        const { digest } = await stage.pushDocument(path, { config, layers });
        const image = { repository: stage.repositoryOf(path), digest };
        const manifest = await stage.client.manifest(image, signal);
        if (manifest.kind !== "image") throw new Error("not an image");
        expect(await stage.client.packagesIn(image, manifest, signal)).toMatchObject({
          kind: "read",
          list: {
            distribution: "alpine-3.22.1",
            components: [{ key: "apk/alpine/musl", version: "1.2.5-r12" }],
          },
        });
      },
    );
  });
}

function describeParts(stage: Stage): void {
  describe("tags, blobs and connections", () => {
    test("all tags of a repository are listed", async () => {
      const tags = Array.from({ length: 25 }, (_, number) => `t${number}`);
      for (const tag of tags) await stage.pushImage("parts/tags", tag);
      const list = await stage.parts.tags.of(stage.repositoryOf("parts/tags"), signal, 10);
      expect(list.tags.toSorted()).toEqual(tags.toSorted());
      expect(list).toMatchObject({ unreadable: 0 });
      expect(list).not.toHaveProperty("cut");
    });

    test("a repository that is not there has no list of tags", async () => {
      await expect(stage.parts.tags.of(stage.repositoryOf("parts/never"), signal)).rejects.toMatchObject({
        code: "registry-not-found",
      });
    });

    test("a blob of two megabytes comes in pieces", async () => {
      const { digest, size } = await stage.pushText("parts/blob", "text/plain", "x".repeat(2_000_000));
      const image = { repository: stage.repositoryOf("parts/blob"), digest };
      const pieces: number[] = [];
      const take = (piece: Uint8Array): void => void pieces.push(piece.byteLength);
      await stage.parts.content.readBlob(image, { bytesMax: size, size }, take, signal);
      expect(pieces.length).toBeGreaterThan(1);
      expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(size);
    });

    test("a blob that is larger than it may be is not read", async () => {
      const { digest, size } = await stage.pushText("parts/large", "text/plain", "x".repeat(2_000));
      const image = { repository: stage.repositoryOf("parts/large"), digest };
      const reading = stage.parts.content.readBlob(image, { bytesMax: size - 1 }, () => undefined, signal);
      await expect(reading).rejects.toMatchObject({ code: "registry-too-large" });
    });

    test("500 questions open no more connections than there may be", async () => {
      await stage.pushImage("parts/many", "latest");
      const line = { repository: stage.repositoryOf("parts/many"), tag: parseTag("latest") };
      let connections = 0;
      const count = (): void => {
        connections += 1;
      };
      subscribe("undici:client:connected", count);
      const states = await Promise.all(Array.from({ length: 500 }, () => stage.client.resolve(line, signal)));
      unsubscribe("undici:client:connected", count);
      expect(states.every(({ kind }) => kind === "found")).toBe(true);
      expect(connections).toBeLessThanOrEqual(8);
    });
  });
}
