import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/trust/evidence.ts";
import type { RequiredAttestation } from "../../src/trust/policy.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { IMAGE, isSbom } from "./sigstore/judge.ts";

/** Statements that a policy requires beside the signature. */
const vendor = newSigningKey();
const scanner = newSigningKey();
const stranger = newSigningKey();
const SLSA_1 = "https://slsa.dev/provenance/v1";
const SLSA_02 = "https://slsa.dev/provenance/v0.2";
const BUILDER = "https://github.com/vendor/builder@v1";
const exact = { kind: "exact", text: BUILDER } as const;

const signature = signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), vendor));
const attestation = (predicateType: string, predicate: unknown = {}, key = vendor): Candidate =>
  attestationCandidate(
    attestationLayer(
      envelopeDocument(statementPayload(IMAGE, { predicateType, predicate }), [key]),
      predicateType,
    ),
  );
const provenance = (id: string, key = vendor): Candidate =>
  attestation(SLSA_1, { runDetails: { builder: { id } } }, key);

function judge(candidates: readonly Candidate[], required: readonly RequiredAttestation[]): unknown {
  const groups = [
    { name: "vendor", anyOf: [trustedHalfOf(vendor)] },
    { name: "scanner", anyOf: [trustedHalfOf(scanner, "Scanner")] },
  ];
  const policy = keyPolicy([], { signers: { need: "any", groups }, attestations: required });
  const evidence = { digest: IMAGE, candidates, skipped: [] };
  return verdictOn(IMAGE, evidence, rulesOf(policy), isSbom).verdict;
}

const slsa = (more: Partial<RequiredAttestation> = {}): RequiredAttestation => ({
  name: "SLSA provenance",
  predicateTypes: ["https://slsa.dev/provenance/"],
  ...more,
});

describe("a required statement is there:", () => {
  test.each<{ title: string; candidates: readonly Candidate[]; required: RequiredAttestation }>([
    { title: "by prefix", candidates: [attestation(SLSA_1)], required: slsa() },
    {
      title: "by a prefix with a star",
      candidates: [attestation(SLSA_02)],
      required: slsa({ predicateTypes: ["https://slsa.dev/provenance/v0*"] }),
    },
    { title: "by its type", candidates: [attestation(SLSA_1)], required: slsa({ predicateTypes: [SLSA_1] }) },
    {
      title: "by its builder in version 1",
      candidates: [provenance(BUILDER)],
      required: slsa({ builders: [exact] }),
    },
    {
      title: "by its builder in version 0.2",
      candidates: [attestation(SLSA_02, { builder: { id: BUILDER } })],
      required: slsa({ builders: [exact] }),
    },
    {
      title: "by any of several builders, one of them a pattern",
      candidates: [provenance(BUILDER)],
      required: slsa({
        builders: [
          { kind: "exact", text: "https://other.example" },
          { kind: "pattern", source: String.raw`https://github\.com/vendor/.+` },
        ],
      }),
    },
    {
      title: "beside one of another builder, and one that is refused",
      candidates: [provenance("https://evil.example"), provenance(BUILDER, stranger), provenance(BUILDER)],
      required: slsa({ builders: [exact] }),
    },
  ])("$title", ({ candidates, required }) => {
    expect(judge([signature, ...candidates], [required])).toMatchObject({ kind: "verified" });
  });
});

describe("a required statement is awaited:", () => {
  test.each<{ title: string; candidates: readonly Candidate[]; required?: RequiredAttestation }>([
    { title: "nothing is there", candidates: [] },
    { title: "another type is there", candidates: [attestation("https://openvex.dev/ns")] },
    {
      title: "only its prefix is meant, and a type that merely contains it is there",
      candidates: [attestation("https://evil.example/https://slsa.dev/provenance/v1")],
    },
    {
      title: "only its exact type is meant",
      candidates: [attestation("https://slsa.dev/provenance/v1.1")],
      required: slsa({ predicateTypes: [SLSA_1] }),
    },
    {
      title: "somebody trusted made one, who did not sign the image",
      candidates: [provenance(BUILDER, scanner)],
    },
  ])("$title", ({ candidates, required = slsa() }) => {
    expect(judge([signature, ...candidates], [required])).toMatchObject({
      kind: "awaiting-evidence",
      missing: "attestation",
    });
  });
});

describe("an image is rejected for a required statement:", () => {
  test.each<{ title: string; candidates: readonly Candidate[]; says: RegExp }>([
    {
      title: "built by somebody else",
      candidates: [provenance("https://evil.example")],
      says: /SLSA provenance: it was built by "https:\/\/evil\.example"/,
    },
    {
      title: "built by somebody of a longer name",
      candidates: [provenance(`${BUILDER}-evil`)],
      says: /built by/,
    },
    { title: "it does not say who built it", candidates: [attestation(SLSA_1)], says: /does not say/ },
    {
      title: "the builder stands where the other version has it",
      candidates: [attestation(SLSA_1, { builder: { id: BUILDER } })],
      says: /does not say/,
    },
    {
      title: "the builder is no text",
      candidates: [attestation(SLSA_1, { runDetails: { builder: { id: [BUILDER] } } })],
      says: /does not say/,
    },
    {
      title: "signed by a stranger",
      candidates: [provenance(BUILDER, stranger)],
      says: /signature-key-unknown/,
    },
  ])("$title", ({ candidates, says }) => {
    expect(judge([signature, ...candidates], [slsa({ builders: [exact] })])).toMatchObject({
      kind: "rejected",
      reason: "attestation-refused",
      detail: expect.stringMatching(says),
    });
  });
});

test("each of several is required", () => {
  const vex: RequiredAttestation = { name: "VEX", predicateTypes: ["https://openvex.dev/ns*"] };
  const one = provenance(BUILDER);
  expect(judge([signature, one], [slsa(), vex])).toMatchObject({ kind: "awaiting-evidence" });
  const other = attestation("https://openvex.dev/ns/v0.2.0");
  expect(judge([signature, one, other], [slsa(), vex])).toMatchObject({ kind: "verified" });
});

test("a required statement is no signature of the image", () => {
  expect(judge([provenance(BUILDER)], [slsa()])).toMatchObject({
    kind: "awaiting-evidence",
    missing: "signature",
  });
});
