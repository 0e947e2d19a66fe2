import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/image/digest.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { envelopeDocument, newSigningKey, statementPayload } from "../../fakes/signer.ts";
import {
  bundleDocument,
  bundleOf,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import { STATEMENT_FORMS, candidateOf, createStage } from "./stage.ts";

/** What is said around a signature and not signed: it decides nothing, or it must agree. */
const stage = await createStage();
const { image, world } = stage;
const other = digestOf(Buffer.from("another image"));
const SIGNATURE = "dev.cosignproject.cosign/signature";
const OTHER_TYPE = { predicateType: "https://example.org/other" };

describe("predicate types", () => {
  test("come from what is signed, whatever the layer says", async () => {
    const parts = await stage.sign("legacy attestation", { payload: statementPayload(image, OTHER_TYPE) });
    const candidate = legacyAttestationOf(parts, "https://cyclonedx.org/bom");
    const { results, verdict } = stage.judge([
      candidate,
      candidateOf("image bundle", await stage.sign("image bundle")),
    ]);
    expect(results[0]).toMatchObject({ ...OTHER_TYPE, outcome: { kind: "accepted", proves: "statement" } });
    expect(verdict).toMatchObject({ kind: "verified", sbom: { kind: "missing" } });
  });

  test.each([{ annotations: {} }, { annotations: OTHER_TYPE }])(
    "are those of an SBOM, whatever the layer says instead: $annotations",
    async ({ annotations }) => {
      const attestation = legacyAttestationOf(await stage.sign("legacy attestation"));
      const { predicateType: _, ...proofs } = attestation.annotations;
      const candidate: Candidate = { ...attestation, annotations: { ...proofs, ...annotations } };
      const signature = candidateOf("image bundle", await stage.sign("image bundle"));
      expect(stage.judge([candidate, signature]).verdict).toMatchObject({
        kind: "verified",
        sbom: { kind: "verified", predicateType: "https://cyclonedx.org/bom" },
      });
    },
  );

  test("of cosign's signature in a legacy attestation sign no image", async () => {
    const parts = await stage.sign("legacy attestation", {
      payload: statementPayload(image, {
        predicateType: "https://sigstore.dev/cosign/sign/v1",
        predicate: {},
      }),
    });
    expect(stage.outcome(legacyAttestationOf(parts))).not.toMatchObject({ proves: "image" });
  });
});

describe("carriers", () => {
  test.each([{ annotations: { [SIGNATURE]: "" } }, { annotations: {} }])(
    "a legacy signature without signature is refused, whatever certificate hangs beside it",
    async ({ annotations }) => {
      const signature = legacySignatureOf(await stage.sign("legacy signature"));
      const { [SIGNATURE]: _, ...others } = signature.annotations;
      expect(stage.outcome({ ...signature, annotations: { ...others, ...annotations } })).toMatchObject({
        refusal: "signature-missing",
      });
    },
  );

  test.each(STATEMENT_FORMS)("a %s without signature in its envelope is refused", async (form) => {
    const parts = await stage.sign(form);
    const envelope = envelopeDocument(parts.payload, []);
    expect(stage.outcome(candidateOf(form, { ...parts, envelope }))).toMatchObject({
      refusal: "signature-missing",
    });
  });

  test.each(["bundle", "image bundle"] as const)(
    "a %s that hangs on another digest is refused",
    async (form) => {
      const candidate = candidateOf(form, await stage.sign(form));
      const moved: Candidate = { ...candidate, source: { ...candidate.source, subject: other } };
      expect(stage.outcome(moved)).toMatchObject({ refusal: "referrer-subject-mismatch" });
    },
  );

  test.each(["bundle", "image bundle"] as const)("a %s that names no subject is refused", async (form) => {
    const candidate = candidateOf(form, await stage.sign(form));
    const { subject: _, ...source } = candidate.source;
    expect(stage.outcome({ ...candidate, source })).toMatchObject({ refusal: "referrer-subject-mismatch" });
  });

  test.each(["bundle", "image bundle"] as const)(
    "a %s about another digest that hangs here is refused",
    async (form) => {
      const candidate = candidateOf(form, await stage.sign(form, { image: other }));
      const moved: Candidate = { ...candidate, source: { ...candidate.source, subject: image } };
      expect(stage.outcome(moved)).toMatchObject({ refusal: "subject-mismatch" });
    },
  );

  test("a bundle that signs the manifest's bytes is refused", async () => {
    const parts = await world.sign({
      image,
      claim: "signature",
      payload: Buffer.from("image"),
      log: "promise-and-proof",
    });
    expect(bundleDocument(parts)).toHaveProperty("messageSignature");
    expect(stage.outcome(bundleOf(parts))).toMatchObject({ refusal: "bundle-content-unsupported" });
  });

  test("a bundle with a second signature in its envelope is refused", async () => {
    const parts = await stage.sign("bundle");
    const { envelope } = parts;
    if (envelope === undefined) throw new Error("a statement has an envelope");
    const [signature] = envelope.signatures;
    const more = envelopeDocument(parts.payload, [newSigningKey()]).signatures;
    const signatures = signature === undefined ? more : [signature, ...more];
    expect(stage.outcome(bundleOf({ ...parts, envelope: { ...envelope, signatures } }))).toMatchObject({
      refusal: "candidate-malformed",
    });
  });
});
