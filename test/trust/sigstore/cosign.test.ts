import { bundleFromJSON } from "@sigstore/bundle";
import { describe, expect, test } from "vitest";
import { parseEnvelope } from "../../../src/trust/sigstore/envelope.ts";
import { InvalidInputError } from "../../../src/errors.ts";
import { digestOf } from "../../../src/image/digest.ts";
import {
  attestationBundlesOf,
  signatureBundleOf,
  heededAnnotations,
} from "../../../src/trust/sigstore/cosign.ts";
import {
  attestationLayer,
  bytesOf,
  envelopeDocument,
  newSigningKey,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
} from "../../fakes/signer.ts";
import { fileOf } from "../cosign-fixture.ts";

const LOG = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const SIGNATURE = "dev.cosignproject.cosign/signature";

const image = digestOf(Buffer.from("image"));
const key = newSigningKey();
const payload = simpleSigningPayload(image);
const layer = signatureLayer(payload, key);
const body = Buffer.from('{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{}}').toString("base64");
const logged = {
  SignedEntryTimestamp: "c2V0",
  Payload: { body, integratedTime: 1_674_251_859, logIndex: 11_629_393, logID: "c0d23d6a" },
};

/** `-----BEGIN` is put together so that scanners do not take the fixture for a key. */
const pem = (der: string) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;

describe("a layer of a .sig tag", () => {
  test("becomes a bundle that signs the payload", () => {
    const bundle = signatureBundleOf(payload, layer.annotations);
    expect(bundle).toMatchObject({
      mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
      verificationMaterial: { publicKey: { hint: "" }, tlogEntries: [] },
      messageSignature: {
        messageDigest: {
          algorithm: "SHA2_256",
          digest: Buffer.from(digestOf(payload).slice("sha256:".length), "hex").toString("base64"),
        },
        signature: layer.annotations[SIGNATURE],
      },
    });
    expect(bundleFromJSON(bundle).content.$case).toBe("messageSignature");
  });

  test("keeps its log entry, the body as it is", () => {
    const bundle = signatureBundleOf(payload, { ...layer.annotations, [LOG]: JSON.stringify(logged) });
    expect(bundle?.verificationMaterial.tlogEntries).toStrictEqual([
      {
        logIndex: "11629393",
        logId: { keyId: Buffer.from("c0d23d6a", "hex").toString("base64") },
        kindVersion: { kind: "hashedrekord", version: "0.0.1" },
        integratedTime: "1674251859",
        inclusionPromise: { signedEntryTimestamp: "c2V0" },
        inclusionProof: undefined,
        canonicalizedBody: body,
      },
    ]);
    expect(bundleFromJSON(bundle).verificationMaterial.tlogEntries).toHaveLength(1);
  });

  test("keeps its timestamp", () => {
    const annotation = JSON.stringify({ SignedRFC3161Timestamp: "dG9rZW4=" });
    const bundle = signatureBundleOf(payload, { ...layer.annotations, [TIMESTAMP]: annotation });
    expect(bundle?.verificationMaterial.timestampVerificationData).toStrictEqual({
      rfc3161Timestamps: [{ signedTimestamp: "dG9rZW4=" }],
    });
  });

  test("keeps the first certificate only, and none of the chain", () => {
    const bundle = signatureBundleOf(payload, {
      ...layer.annotations,
      [CERTIFICATE]: pem("AAEC\nAwQF") + pem("BgcI"),
      "dev.sigstore.cosign/chain": pem("CQoL"),
    });
    expect(bundle?.verificationMaterial).toMatchObject({
      x509CertificateChain: { certificates: [{ rawBytes: "AAECAwQF" }] },
      publicKey: undefined,
    });
  });

  test.each([
    { title: "absent", annotations: {} },
    { title: "empty", annotations: { [SIGNATURE]: "" } },
    { title: "nothing in base64", annotations: { [SIGNATURE]: "====" } },
  ])("without a signature ($title) is none", ({ annotations }) => {
    expect(signatureBundleOf(payload, annotations)).toBeUndefined();
  });

  test.each<{ title: string; annotations: Record<string, string> }>([
    { title: "a log entry that is no JSON", annotations: { [LOG]: "{" } },
    { title: "a log entry without payload", annotations: { [LOG]: '{"SignedEntryTimestamp":"AA=="}' } },
    {
      title: "a log entry with a time that is no number",
      annotations: {
        [LOG]: JSON.stringify({ ...logged, Payload: { ...logged.Payload, integratedTime: "now" } }),
      },
    },
    {
      title: "a log id that is not hex",
      annotations: { [LOG]: JSON.stringify({ ...logged, Payload: { ...logged.Payload, logID: "zz" } }) },
    },
    {
      title: "a log body that is no JSON",
      annotations: { [LOG]: JSON.stringify({ ...logged, Payload: { ...logged.Payload, body: "AAAA" } }) },
    },
    { title: "a timestamp without token", annotations: { [TIMESTAMP]: "{}" } },
    { title: "a certificate that is no PEM", annotations: { [CERTIFICATE]: "AAAA" } },
    { title: "a certificate without end", annotations: { [CERTIFICATE]: pem("A".repeat(70_000)) } },
  ])("with $title is refused", ({ annotations }) => {
    const convert = () => signatureBundleOf(payload, { ...layer.annotations, ...annotations });
    expect(convert).toThrow(InvalidInputError);
    expect(convert).toThrow(expect.objectContaining({ code: "statement-invalid" }));
  });
});

describe("a layer of an .att tag", () => {
  test("becomes one bundle per signature", () => {
    const envelope = envelopeDocument(statementPayload(image), [key, newSigningKey()]);
    const bundles = attestationBundlesOf(parseEnvelope(bytesOf(envelope)), {});
    expect(bundles.map(({ dsseEnvelope }) => dsseEnvelope?.signatures[0]?.sig)).toStrictEqual(
      envelope.signatures.map(({ sig }) => sig),
    );
    for (const bundle of bundles) expect(bundleFromJSON(bundle).content.$case).toBe("dsseEnvelope");
  });

  test("by real cosign becomes one bundle", () => {
    expect(attestationBundlesOf(parseEnvelope(fileOf("signed.att-spdx")), {})).toHaveLength(1);
  });

  test("without signatures becomes none", () => {
    const { bytes } = attestationLayer(envelopeDocument(statementPayload(image), []));
    expect(attestationBundlesOf(parseEnvelope(bytes), {})).toStrictEqual([]);
    expect(
      attestationBundlesOf(
        parseEnvelope(bytesOf({ payloadType: "x", payload: "AA==", signatures: null })),
        {},
      ),
    ).toStrictEqual([]);
  });

  test.each<{ title: string; bytes: Uint8Array }>([
    { title: "no JSON", bytes: Buffer.from("{") },
    { title: "a list", bytes: bytesOf([]) },
    { title: "no payload", bytes: bytesOf({ payloadType: "x", signatures: [] }) },
    {
      title: "a payload that is a list of bytes",
      bytes: bytesOf({ payloadType: "x", payload: [1], signatures: [] }),
    },
    {
      title: "a signature that is no text",
      bytes: bytesOf({ payloadType: "x", payload: "", signatures: [{ sig: [1] }] }),
    },
  ])("that holds $title is refused", ({ bytes }) => {
    expect(() => attestationBundlesOf(parseEnvelope(bytes), {})).toThrow(InvalidInputError);
  });
});

test("log entry and timestamp can be left out, nothing else", () => {
  const annotations = {
    [SIGNATURE]: "a",
    [LOG]: "b",
    [TIMESTAMP]: "c",
    [CERTIFICATE]: "d",
    predicateType: "e",
  };
  expect(heededAnnotations(annotations, { log: false, countersignatures: false })).toStrictEqual({
    [SIGNATURE]: "a",
    [CERTIFICATE]: "d",
    predicateType: "e",
  });
});
