import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { MINUTE_MS, instantOf, later } from "../../src/time.ts";
import type { Candidate, Evidence, SkippedEvidence } from "../../src/trust/evidence.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import type { Refusal, Verdict } from "../../src/trust/verdict.ts";
import { sbomOn, settle, verdictOn, withPlatformSbom } from "../../src/trust/verify.ts";
import {
  attestationCandidate,
  attestationLayer,
  bundleCandidate,
  bytesOf,
  envelopeDocument,
  keyedBundleDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { readCosignFixture } from "./cosign-fixture.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";
const PROVENANCE = "https://slsa.dev/provenance/v1";
const isSbom = (predicateType: string) => predicateType === CYCLONEDX || predicateType === SPDX;

const image = digestOf(Buffer.from("image"));
const child = digestOf(Buffer.from("child"));
const vendor = newSigningKey();
const second = newSigningKey("ed25519");
const stranger = newSigningKey();
const policy = keyPolicy([trustedHalfOf(vendor, "Vendor"), trustedHalfOf(second, "Second")]);

function evidenceOf(candidates: readonly Candidate[], skipped: readonly SkippedEvidence[] = []): Evidence {
  return { digest: image, candidates, skipped };
}

function judge(candidates: readonly Candidate[], of: VerificationPolicy = policy) {
  return verdictOn(image, evidenceOf(candidates), rulesOf(of), isSbom);
}

const signedBy = (key = vendor, about = image) =>
  signatureCandidate(signatureLayer(simpleSigningPayload(about), key));
const attestedBy = (predicateType = CYCLONEDX, key = vendor, about = image) =>
  attestationCandidate(
    attestationLayer(envelopeDocument(statementPayload(about, { predicateType }), [key]), predicateType),
  );
const bundledBy = (predicateType = CYCLONEDX, key = vendor, about = image) =>
  bundleCandidate(
    about,
    bytesOf(keyedBundleDocument(envelopeDocument(statementPayload(about, { predicateType }), [key]), key)),
  );

describe("what real cosign made", () => {
  const { vendor: vendorKey, stranger: strangerKey, signed, foreign } = readCosignFixture();
  const realPolicy: VerificationPolicy = keyPolicy([vendorKey], { sbom: "required" });

  test("is verified with the key that made it", () => {
    const { verdict, statements } = verdictOn(
      signed.image,
      { digest: signed.image, candidates: signed.candidates, skipped: [] },
      rulesOf(realPolicy),
      isSbom,
    );
    expect(verdict).toMatchObject({ kind: "verified", signers: [vendorKey.signer] });
    expect(verdict).toMatchObject({ sbom: { kind: "verified", predicateType: SPDX } });
    expect(verdict.kind === "verified" && verdict.results.map(({ outcome }) => outcome.kind)).toStrictEqual([
      "refused",
      "accepted",
      "accepted",
      "accepted",
      "accepted",
      "accepted",
    ]);
    expect(statements.map(({ source, predicateType }) => [source.place, predicateType])).toStrictEqual([
      ["att-tag", SPDX],
      ["att-tag", SPDX],
      ["att-tag", CYCLONEDX],
      ["referrer", CYCLONEDX],
    ]);
    const predicates = statements.map(({ predicate }) => predicate);
    expect(typeof predicates[0]).toBe("string");
    expect(predicates.slice(1)).toMatchObject([
      { spdxVersion: "SPDX-2.3" },
      { bomFormat: "CycloneDX" },
      { bomFormat: "CycloneDX" },
    ]);
  });

  test("is rejected with another key", () => {
    const { verdict, statements } = verdictOn(
      foreign.image,
      { digest: foreign.image, candidates: foreign.candidates, skipped: [] },
      rulesOf(realPolicy),
      isSbom,
    );
    expect(verdict).toMatchObject({ kind: "rejected", reason: "signature-key-unknown" });
    expect(statements).toStrictEqual([]);
  });

  test("is verified by whoever is trusted, not by who signed first", () => {
    const { verdict } = verdictOn(
      signed.image,
      { digest: signed.image, candidates: signed.candidates.slice(0, 2), skipped: [] },
      rulesOf(keyPolicy([strangerKey, vendorKey], { sbom: "required" })),
      isSbom,
    );
    expect(verdict).toMatchObject({ kind: "verified", signers: [strangerKey.signer, vendorKey.signer] });
  });

  test("proves nothing about another digest", () => {
    const { verdict } = verdictOn(
      foreign.image,
      { digest: foreign.image, candidates: signed.candidates, skipped: [] },
      rulesOf(realPolicy),
      isSbom,
    );
    expect(verdict).toMatchObject({ kind: "rejected", reason: "subject-mismatch" });
  });
});

describe("the verdict", () => {
  test.each<{
    title: string;
    candidates: readonly Candidate[];
    expected: Partial<Record<string, unknown>>;
  }>([
    {
      title: "nothing found: awaited",
      candidates: [],
      expected: { kind: "awaiting-evidence", missing: "signature" },
    },
    {
      title: "only attestations, even trusted ones: awaited",
      candidates: [attestedBy(), bundledBy(PROVENANCE)],
      expected: { kind: "awaiting-evidence", missing: "signature" },
    },
    {
      title: "only a stranger's attestation: awaited",
      candidates: [attestedBy(PROVENANCE, stranger)],
      expected: { kind: "awaiting-evidence", missing: "signature" },
    },
    {
      title: "a legacy attestation of the image-signature type is no signature, as for cosign",
      candidates: [attestedBy("https://sigstore.dev/cosign/sign/v1")],
      expected: { kind: "awaiting-evidence", missing: "signature" },
    },
    {
      title: "an unreadable bundle claims nothing",
      candidates: [bundleCandidate(image, Buffer.from("{"))],
      expected: { kind: "awaiting-evidence", missing: "signature" },
    },
    {
      title: "a legacy signature without SBOM",
      candidates: [signedBy()],
      expected: { kind: "verified", sbom: { kind: "missing" }, signers: [{ name: "Vendor" }] },
    },
    {
      title: "a bundle as cosign 3 signs an image",
      candidates: [bundledBy("https://sigstore.dev/cosign/sign/v1")],
      expected: { kind: "verified", sbom: { kind: "missing" }, signers: [{ name: "Vendor" }] },
    },
    {
      title: "two trusted keys, one of them twice",
      candidates: [signedBy(second), signedBy(vendor), signedBy(second)],
      expected: { kind: "verified", signers: [{ name: "Second" }, { name: "Vendor" }] },
    },
    {
      title: "an SBOM by another trusted key than the image",
      candidates: [signedBy(vendor), attestedBy(CYCLONEDX, second)],
      expected: { kind: "verified", sbom: { kind: "verified", predicateType: CYCLONEDX } },
    },
    {
      title: "provenance is no SBOM",
      candidates: [signedBy(), attestedBy(PROVENANCE)],
      expected: { kind: "verified", sbom: { kind: "missing" } },
    },
    {
      title: "a refused attestation that is no SBOM changes nothing",
      candidates: [signedBy(), attestedBy(PROVENANCE, stranger)],
      expected: { kind: "verified", sbom: { kind: "missing" } },
    },
    {
      title: "a stranger's SBOM and no other",
      candidates: [signedBy(), attestedBy(CYCLONEDX, stranger)],
      expected: {
        kind: "rejected",
        reason: "sbom-refused",
        detail: expect.stringMatching(/^signature-key-unknown: /),
      },
    },
    {
      title: "a stranger's SBOM beside a trusted one",
      candidates: [signedBy(), attestedBy(CYCLONEDX, stranger), attestedBy(SPDX)],
      expected: { kind: "verified", sbom: { kind: "verified", predicateType: SPDX } },
    },
    {
      title: "the most telling refusal: a trusted signature of another digest",
      candidates: [
        signatureCandidate({ bytes: simpleSigningPayload(image), annotations: {} }),
        signedBy(stranger),
        signedBy(vendor, child),
      ],
      expected: { kind: "rejected", reason: "subject-mismatch", detail: expect.stringContaining(child) },
    },
    {
      title: "the most telling refusal: an unknown key before a missing signature",
      candidates: [
        signatureCandidate({ bytes: simpleSigningPayload(image), annotations: {} }),
        signedBy(stranger),
      ],
      expected: {
        kind: "rejected",
        reason: "signature-key-unknown",
        detail: expect.stringContaining("Vendor, Second"),
      },
    },
    {
      title: "a refused image signature is not hidden by attestations",
      candidates: [attestedBy(), signedBy(stranger)],
      expected: { kind: "rejected", reason: "signature-key-unknown" },
    },
  ])("$title", ({ candidates, expected }) => {
    const { verdict, statements } = judge(candidates);
    expect(verdict).toMatchObject(expected);
    expect(verdict.kind !== "unverifiable" && verdict.results).toHaveLength(candidates.length);
    expect(statements.length > 0 && verdict.kind !== "verified").toBe(false);
  });

  test("without keys nothing can be verified", () => {
    const { verdict } = judge([signedBy(), attestedBy()], keyPolicy([]));
    expect(verdict).toMatchObject({ kind: "unverifiable", reason: expect.stringContaining("key") });
  });

  test("names what could not be looked at", () => {
    const skipped: readonly SkippedEvidence[] = [
      { place: "sig-tag", reason: "not-a-manifest", detail: "application/vnd.oci.image.index.v1+json" },
      { place: "referrer", reason: "too-large", detail: "65 MiB" },
    ];
    const { verdict } = verdictOn(image, evidenceOf([], skipped), rulesOf(policy), isSbom);
    expect(verdict).toStrictEqual({
      kind: "awaiting-evidence",
      missing: "signature",
      results: [],
      skipped,
    });
  });
});

describe("of several SBOMs", () => {
  test.each<{ title: string; candidates: readonly Candidate[]; place: string; predicateType: string }>([
    {
      title: "the last of a tag's layers",
      candidates: [attestedBy(CYCLONEDX), attestedBy(PROVENANCE), attestedBy(SPDX), attestedBy(PROVENANCE)],
      place: "att-tag",
      predicateType: SPDX,
    },
    {
      title: "the tag before a referrer, wherever they stand",
      candidates: [bundledBy(SPDX), attestedBy(CYCLONEDX), bundledBy(SPDX)],
      place: "att-tag",
      predicateType: CYCLONEDX,
    },
    {
      title: "a referrer if the tag has only others",
      candidates: [attestedBy(PROVENANCE), bundledBy(CYCLONEDX), bundledBy(SPDX)],
      place: "referrer",
      predicateType: SPDX,
    },
    {
      title: "never a stranger's, even the last",
      candidates: [attestedBy(CYCLONEDX), attestedBy(SPDX, stranger)],
      place: "att-tag",
      predicateType: CYCLONEDX,
    },
  ])("$title is taken", ({ candidates, place, predicateType }) => {
    const { verdict, statements } = judge([signedBy(), ...candidates]);
    expect(verdict).toMatchObject({ sbom: { kind: "verified", predicateType, source: { place } } });
    expect(statements.find((statement) => isSbom(statement.predicateType))).toMatchObject({
      predicateType,
      source: { place },
    });
  });
});

describe("the SBOM of a platform", () => {
  const on = (candidates: readonly Candidate[], of = policy) =>
    sbomOn(child, { digest: child, candidates, skipped: [] }, rulesOf(of), { isSbom, signedBy: ["vendor"] });

  test("is what a trusted key says about that platform, best first", () => {
    const { statements: found, refused } = on([
      bundledBy(CYCLONEDX, vendor, child),
      attestedBy(CYCLONEDX, vendor, child),
      attestedBy(SPDX, second, child),
    ]);
    expect(found.map(({ predicateType, source }) => [source.place, predicateType])).toStrictEqual([
      ["att-tag", SPDX],
      ["att-tag", CYCLONEDX],
      ["referrer", CYCLONEDX],
    ]);
    expect(found[0]?.signer.name).toBe("Second");
    expect(refused).toBeUndefined();
  });

  test.each<{ title: string; candidates: readonly Candidate[]; refusal?: Refusal }>([
    { title: "nothing", candidates: [] },
    {
      title: "a stranger's SBOM",
      candidates: [attestedBy(CYCLONEDX, stranger, child)],
      refusal: "signature-key-unknown",
    },
    {
      title: "an SBOM of the index",
      candidates: [attestedBy(CYCLONEDX, vendor, image)],
      refusal: "subject-mismatch",
    },
    { title: "a signature", candidates: [signedBy(vendor, child)] },
    { title: "a statement that is no SBOM", candidates: [attestedBy(PROVENANCE, vendor, child)] },
    {
      title: "a bundle that refers to the index",
      candidates: [bundledBy(CYCLONEDX, vendor, image)],
      refusal: "referrer-subject-mismatch",
    },
  ])("is not $title", ({ candidates, refusal }) => {
    const { statements, refused, results } = on(candidates);
    expect(statements).toStrictEqual([]);
    expect(refused?.refusal).toBe(refusal);
    expect(results).toHaveLength(candidates.length);
  });

  test("is nothing without keys", () => {
    expect(on([attestedBy(CYCLONEDX, vendor, child)], keyPolicy([])).statements).toStrictEqual([]);
  });

  const found = on([attestedBy(CYCLONEDX, vendor, child)]);
  const refusedOnes = on([attestedBy(CYCLONEDX, stranger, child)]);
  const signed = judge([signedBy()]).verdict;

  test("completes the verdict on an index without one", () => {
    const verdict = withPlatformSbom(signed, found);
    expect(verdict).toMatchObject({
      kind: "verified",
      sbom: { kind: "verified", predicateType: CYCLONEDX, source: found.statements[0]?.source },
    });
    expect(verdict.kind === "verified" && verdict.results).toHaveLength(2);
  });

  test("rejects the index when it is refused", () => {
    expect(withPlatformSbom(signed, refusedOnes)).toMatchObject({
      kind: "rejected",
      reason: "sbom-refused",
      detail: expect.stringMatching(/^signature-key-unknown: /),
    });
  });

  test("leaves the index without one where there is none", () => {
    expect(withPlatformSbom(signed, on([]))).toStrictEqual(signed);
  });

  test.each<{ title: string; verdict: Verdict }>([
    { title: "a verdict that has an SBOM", verdict: judge([signedBy(), attestedBy(SPDX)]).verdict },
    { title: "a rejection", verdict: judge([signedBy(stranger)]).verdict },
    { title: "a wait for a signature", verdict: judge([]).verdict },
    { title: "no keys", verdict: { kind: "unverifiable", reason: "no key" } },
  ])("does not change $title", ({ verdict }) => {
    expect(withPlatformSbom(verdict, found)).toBe(verdict);
    expect(withPlatformSbom(verdict, refusedOnes)).toBe(verdict);
  });
});

describe("a missing SBOM", () => {
  const since = instantOf(Date.UTC(2026, 10, 24));
  const sbomWaitMs = 10 * MINUTE_MS;
  const { verdict: verified } = judge([signedBy()]);

  test.each<{ title: string; sbom: VerificationPolicy["sbom"]; afterMs: number; kind: Verdict["kind"] }>([
    { title: "expected, just signed", sbom: "expected", afterMs: 0, kind: "awaiting-evidence" },
    {
      title: "expected, just before the end",
      sbom: "expected",
      afterMs: sbomWaitMs - 1,
      kind: "awaiting-evidence",
    },
    { title: "expected, at the end", sbom: "expected", afterMs: sbomWaitMs, kind: "verified" },
    { title: "expected, clock went back", sbom: "expected", afterMs: -MINUTE_MS, kind: "awaiting-evidence" },
    { title: "required, long after", sbom: "required", afterMs: 100 * sbomWaitMs, kind: "awaiting-evidence" },
  ])("$title: $kind", ({ sbom, afterMs, kind }) => {
    const waiting = { since, now: later(since, afterMs), sbomWaitMs };
    const settled = settle(verified, { ...policy, sbom }, waiting);
    expect(settled).toMatchObject(kind === "verified" ? verified : { kind, missing: "sbom" });
    expect(settled.kind !== "unverifiable" && settled.results).toHaveLength(1);
  });

  test.each<{ title: string; verdict: Verdict }>([
    { title: "verified with SBOM", verdict: judge([signedBy(), attestedBy()]).verdict },
    { title: "rejected", verdict: judge([signedBy(stranger)]).verdict },
    { title: "awaiting a signature", verdict: judge([]).verdict },
    { title: "unverifiable", verdict: { kind: "unverifiable", reason: "no key" } },
  ])("time changes nothing when $title", ({ verdict }) => {
    const waiting = { since, now: later(since, 1_000 * sbomWaitMs), sbomWaitMs };
    expect(settle(verdict, { ...policy, sbom: "required" }, waiting)).toBe(verdict);
    expect(settle(verdict, policy, { ...waiting, now: since })).toBe(verdict);
  });
});
