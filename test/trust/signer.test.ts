import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { parseManifest } from "../../src/image/manifest.ts";
import {
  attestationArtifact,
  attestationLayer,
  bundleArtifact,
  bytesOf,
  envelopeDocument,
  keyedBundleDocument,
  newSigningKey,
  referrersArtifact,
  signatureArtifact,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
} from "../fakes/signer.ts";
import { fileOf, readCosignFixture } from "./cosign-fixture.ts";

/** The fake signer is only worth something while it writes what cosign writes. */
const { signed } = readCosignFixture();
const key = newSigningKey();
const reference = "127.0.0.1:5790/bellsoft/hardened-base";

/** Names and types of everything in a document, without its values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shapeOf(member)]));
}

const documentIn = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

describe("the fake signer writes as real cosign does", () => {
  test("the payload of a signature, to the byte", () => {
    const payload = simpleSigningPayload(signed.image, { reference });
    expect(payload.toString()).toBe(fileOf("signed.sig-stranger").toString());
  });

  test("an envelope", () => {
    const envelope = envelopeDocument(statementPayload(signed.image), [key]);
    expect(shapeOf(envelope)).toStrictEqual(shapeOf(documentOf("signed.att-cyclonedx")));
  });

  test("a statement", () => {
    const { payload } = documentOf("signed.att-cyclonedx");
    const statement = documentIn(Buffer.from(String(payload), "base64"));
    expect(documentIn(statementPayload(signed.image, { predicate: "x" }))).toMatchObject({
      ...membersOf(statement),
      subject: [{ name: "registry.example/hardened-base" }],
      predicate: "x",
    });
  });

  test("a bundle", () => {
    const bundle = keyedBundleDocument(envelopeDocument(statementPayload(signed.image), [key]), key);
    const { dsseEnvelope, ...rest } = documentOf("signed.bundle");
    expect(shapeOf({ ...bundle, dsseEnvelope: undefined })).toStrictEqual(
      shapeOf({ ...rest, dsseEnvelope: undefined }),
    );
    expect(bundle["mediaType"]).toBe(rest["mediaType"]);
    expect(dsseEnvelope).toMatchObject({ payloadType: "application/vnd.in-toto+json" });
  });

  test("the manifest of a .sig tag", () => {
    const layer = signatureLayer(simpleSigningPayload(signed.image), key);
    const { manifest, tag } = signatureArtifact(signed.image, [layer, layer]);
    expect(shapeOf(documentIn(manifest))).toStrictEqual(shapeOf(documentOf("signed.sig-manifest")));
    expect(tag).toBe(`${signed.image.replace(":", "-")}.sig`);
  });

  test("the manifest of an .att tag", () => {
    const layer = attestationLayer(
      envelopeDocument(statementPayload(signed.image), [key]),
      "https://x.example",
    );
    const { manifest, tag } = attestationArtifact(signed.image, [layer, layer, layer]);
    expect(shapeOf(documentIn(manifest))).toStrictEqual(shapeOf(documentOf("signed.att-manifest")));
    expect(tag).toBe(`${signed.image.replace(":", "-")}.att`);
  });

  test("the manifest of a bundle and the list of referrers", () => {
    const bundle = bytesOf(keyedBundleDocument(envelopeDocument(statementPayload(signed.image), [key]), key));
    const artifact = bundleArtifact({ digest: signed.image, size: 248 }, bundle);
    const real = documentOf("signed.bundle-manifest");
    const config = membersOf(real["config"]);
    expect(documentIn(artifact.manifest)).toMatchObject({
      ...real,
      config: { mediaType: config["mediaType"], digest: config["digest"], size: config["size"] },
      layers: [{ mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json", digest: digestOf(bundle) }],
      annotations: { "dev.sigstore.bundle.content": "dsse-envelope" },
    });
    const { manifest, tag } = referrersArtifact(signed.image, [artifact]);
    expect(shapeOf(documentIn(manifest))).toStrictEqual(shapeOf(documentOf("signed.referrers")));
    expect(tag).toBe(signed.image.replace(":", "-"));
  });
});

test("artifacts hold every blob that their manifest names", () => {
  const layer = signatureLayer(simpleSigningPayload(signed.image), key);
  const bundle = bytesOf(keyedBundleDocument(envelopeDocument(statementPayload(signed.image), [key]), key));
  const artifacts = [
    signatureArtifact(signed.image, [layer]),
    attestationArtifact(signed.image, [
      attestationLayer(envelopeDocument(statementPayload(signed.image), [key])),
    ]),
    bundleArtifact({ digest: signed.image, size: 248 }, bundle),
  ];
  for (const { manifest, mediaType, digest, blobs } of artifacts) {
    const parsed = parseManifest(manifest, mediaType);
    const named = parsed.kind === "image" ? [parsed.config, ...parsed.layers] : [];
    expect(digest).toBe(digestOf(manifest));
    expect(named.map((descriptor) => descriptor.digest)).toStrictEqual(blobs.map((blob) => blob.digest));
    expect(named.map(({ size }) => size)).toStrictEqual(blobs.map(({ bytes }) => bytes.byteLength));
  }
});

function documentOf(name: string): Record<string, unknown> {
  return membersOf(documentIn(fileOf(name)));
}

function membersOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error("not an object");
  return Object.fromEntries(Object.entries(value));
}
