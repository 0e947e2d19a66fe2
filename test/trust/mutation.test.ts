import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/trust/evidence.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { bytesOf } from "../fakes/signer.ts";
import { readCosignFixture } from "./cosign-fixture.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

/**
 * Changes what real cosign made, one piece at a time. What nobody signed (a key hint, a key id, annotations) may change nothing but
 * itself; every other change must be refused.
 */
const { vendor, signed } = readCosignFixture();
const rules = rulesOf(keyPolicy([vendor]));

const [, signature] = signed.candidates.filter(({ kind }) => kind === "cosign-signature");
const [attestation] = signed.candidates.filter(({ kind }) => kind === "cosign-attestation");
const [bundle] = signed.candidates.filter(({ kind }) => kind === "sigstore-bundle");

/** Who is believed, and what for: the whole of what a candidate proves, or undefined. */
function proofOf(candidate: Candidate): unknown {
  const trusted = signature === undefined || candidate.kind === "cosign-signature" ? [] : [signature];
  const { verdict, statements } = verdictOn(
    signed.image,
    { digest: signed.image, candidates: [...trusted, candidate], skipped: [] },
    rules,
    () => false,
  );
  const result = verdict.kind === "unverifiable" ? undefined : verdict.results.at(-1);
  return result?.outcome.kind === "accepted"
    ? {
        proves: result.outcome.proves,
        said: statements.map(({ predicateType, predicate }) => ({ predicateType, predicate })),
      }
    : undefined;
}

function flipped(bytes: Uint8Array, position: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[position] = (copy[position] ?? 0) ^ mask;
  return copy;
}

const MASKS = [0x01, 0x20, 0x80];

describe("a legacy signature", () => {
  if (signature?.kind !== "cosign-signature") throw new Error("the fixture has no signature");
  const { payload, annotations } = signature;
  const name = "dev.cosignproject.cosign/signature";
  const raw = Buffer.from(annotations[name] ?? "", "base64");

  const withSignature = (bytes: Uint8Array): Candidate => ({
    ...signature,
    annotations: { ...annotations, [name]: Buffer.from(bytes).toString("base64") },
  });

  test("is accepted as it is", () => {
    expect(proofOf(signature)).toStrictEqual({ proves: "image", said: [] });
  });

  test("is refused with any byte of its payload changed", () => {
    const accepted = [...payload.keys()].filter((position) =>
      MASKS.some(
        (mask) => proofOf({ ...signature, payload: flipped(payload, position, mask) }) !== undefined,
      ),
    );
    expect(payload.byteLength).toBeGreaterThan(200);
    expect(accepted).toStrictEqual([]);
  });

  test("is refused with any byte of its signature changed, and with a part of it", () => {
    const changed = [...raw.keys()].flatMap((position) => [
      ...MASKS.map((mask) => flipped(raw, position, mask)),
      raw.subarray(0, position),
    ]);
    expect(raw.byteLength).toBeGreaterThan(60);
    expect(changed.filter((bytes) => proofOf(withSignature(bytes)) !== undefined)).toStrictEqual([]);
    expect(proofOf(withSignature(Buffer.concat([raw, Buffer.from([0])])))).toBeUndefined();
  });
});

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[];
}

/** Every change of one byte in the decoded payload, the type and the signature. */
function changesOf({ payload, payloadType, signatures }: Envelope): readonly Envelope[] {
  const bytes = Buffer.from(payload, "base64");
  const sig = Buffer.from(signatures[0]?.sig ?? "", "base64");
  return [
    ...[...bytes.keys()].map((position) => ({
      payloadType,
      signatures,
      payload: flipped(bytes, position, 0x01).toString("base64"),
    })),
    ...[...Buffer.from(payloadType).keys()].map((position) => ({
      payload,
      signatures,
      payloadType: flipped(Buffer.from(payloadType), position, 0x01).toString("latin1"),
    })),
    ...[...sig.keys()].map((position) => ({
      payload,
      payloadType,
      signatures: [{ sig: flipped(sig, position, 0x01).toString("base64") }],
    })),
  ];
}

describe("a legacy attestation", () => {
  if (attestation?.kind !== "cosign-attestation") throw new Error("the fixture has no attestation");
  const envelope: Envelope = JSON.parse(Buffer.from(attestation.envelope).toString());
  const proof = proofOf(attestation);

  test("is accepted as it is", () => {
    expect(proof).toMatchObject({
      proves: "statement",
      said: [{ predicateType: "https://cyclonedx.org/bom" }],
    });
  });

  test("is refused with any byte of payload, type or signature changed", () => {
    const changes = changesOf(envelope);
    expect(changes.length).toBeGreaterThan(500);
    const accepted = changes.filter(
      (changed) => proofOf({ ...attestation, envelope: bytesOf(changed) }) !== undefined,
    );
    expect(accepted).toStrictEqual([]);
  });

  test("says the same with another key id, white space and annotations", () => {
    const [first] = envelope.signatures;
    const changed = { ...envelope, signatures: [{ sig: first?.sig ?? "", keyid: "somebody" }] };
    const rewritten = Buffer.from(JSON.stringify(changed, undefined, 2));
    expect(proofOf({ ...attestation, envelope: rewritten, annotations: {} })).toStrictEqual(proof);
  });
});

describe("a bundle", () => {
  if (bundle?.kind !== "sigstore-bundle") throw new Error("the fixture has no bundle");
  const document: Record<string, unknown> & { dsseEnvelope: Envelope } = JSON.parse(
    Buffer.from(bundle.bundle).toString(),
  );
  const proof = proofOf(bundle);

  test("is accepted as it is", () => {
    expect(proof).toMatchObject({
      proves: "statement",
      said: [{ predicateType: "https://cyclonedx.org/bom" }],
    });
  });

  test("is refused with any byte of payload, type or signature changed", () => {
    const changes = changesOf(document.dsseEnvelope);
    expect(changes.length).toBeGreaterThan(500);
    const accepted = changes.filter(
      (dsseEnvelope) => proofOf({ ...bundle, bundle: bytesOf({ ...document, dsseEnvelope }) }) !== undefined,
    );
    expect(accepted).toStrictEqual([]);
  });

  test.each(["mediaType", "verificationMaterial", "dsseEnvelope"])("is refused without %s", (member) => {
    expect(proofOf({ ...bundle, bundle: bytesOf({ ...document, [member]: undefined }) })).toBeUndefined();
  });

  test("says the same or nothing with any byte of its file changed", () => {
    const { bundle: bytes } = bundle;
    const proofs = [...bytes.keys()].flatMap((position) =>
      MASKS.map((mask) => proofOf({ ...bundle, bundle: flipped(bytes, position, mask) })),
    );
    const believed = proofs.filter((changed) => changed !== undefined);
    expect(proofs.length).toBeGreaterThan(3_000);
    // The key hint, the version's second digit and the names of members nobody needs are not signed.
    expect(believed.length).toBeGreaterThan(50);
    expect(believed.length).toBeLessThan(200);
    for (const changed of believed) expect(changed).toStrictEqual(proof);
  });
});
