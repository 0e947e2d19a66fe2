import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import { type Candidate, type EvidenceSource, MANIFEST_SIGNATURES_MAX } from "../../src/trust/evidence.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import { groupsThatSigned, sbomOn, verdictOn, withPlatformSbom } from "../../src/trust/verify.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";
import { bundleOf, legacySignatureOf } from "../fakes/sigstore/signed-parts.ts";
import { createSigstoreWorld } from "../fakes/sigstore/world.ts";
import {
  type SigningKey,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { IMAGE, firstOutcome, isSbom, judge, rulesIn } from "./sigstore/judge.ts";

/** Statements without a signature of their own, in a manifest that is signed (Docker Hardened Images). */
type SignedManifest = Extract<Candidate, { kind: "signed-manifest" }>;
type Nested = SignedManifest["signatures"][number];

const vendor = newSigningKey();
const second = newSigningKey();
const stranger = newSigningKey();
const manifest = digestOf(Buffer.from("a manifest with a statement"));
const other = digestOf(Buffer.from("other"));

function carrying(
  statement: Uint8Array,
  signatures: readonly Nested[],
  source: Partial<EvidenceSource> = {},
): SignedManifest {
  return {
    kind: "signed-manifest",
    source: { place: "referrer", manifest, layer: digestOf(statement), subject: IMAGE, ...source },
    statement,
    annotations: { "in-toto.io/predicate-type": "https://cyclonedx.org/bom" },
    signatures,
  };
}

/** A signature that refers to the manifest. */
function signed(about: Digest, key: SigningKey = vendor, source: Partial<EvidenceSource> = {}): Nested {
  const candidate = signatureCandidate(signatureLayer(simpleSigningPayload(about), key));
  return { ...candidate, source: { ...candidate.source, place: "referrer", subject: manifest, ...source } };
}

const sbom = statementPayload(IMAGE);
const policy = keyPolicy([trustedHalfOf(vendor)]);
const both: VerificationPolicy["signers"] = {
  need: "all",
  groups: [
    { name: "vendor", anyOf: [trustedHalfOf(vendor)] },
    { name: "second", anyOf: [trustedHalfOf(second)] },
  ],
};
const outcomeOf = (candidate: Candidate, more: Partial<VerificationPolicy> = {}): unknown =>
  firstOutcome(judge([candidate], rulesOf({ ...policy, ...more })));

describe("is worth as much as the signature of its manifest:", () => {
  test("signed by the vendor", () => {
    expect(outcomeOf(carrying(sbom, [signed(manifest)]))).toMatchObject({
      kind: "accepted",
      proves: "statement",
      signer: trustedHalfOf(vendor).signer,
      groups: ["vendor"],
    });
  });

  test("signed under the manifest's own tag, which names no subject", () => {
    const nested = signatureCandidate(signatureLayer(simpleSigningPayload(manifest), vendor));
    expect(outcomeOf(carrying(sbom, [nested]))).toMatchObject({ kind: "accepted" });
  });

  test("signed by a stranger as well", () => {
    expect(outcomeOf(carrying(sbom, [signed(manifest, stranger), signed(manifest)]))).toMatchObject({
      kind: "accepted",
    });
  });

  test("signed by all who must", () => {
    const candidate = carrying(sbom, [signed(manifest), signed(manifest, second)]);
    expect(outcomeOf(candidate, { signers: both })).toMatchObject({ groups: ["vendor", "second"] });
  });

  test("with an identity, a log and a time", async () => {
    const world = await createSigstoreWorld();
    const parts = await world.sign({ image: manifest, claim: "signature", log: "promise" });
    const legacy = legacySignatureOf(parts);
    const bundle = bundleOf(
      await world.sign({ image: manifest, claim: "image-statement", log: "promise-and-proof" }),
    );
    for (const nested of [legacy, bundle]) {
      const outcome = firstOutcome(judge([carrying(sbom, [nested])], rulesIn(world)));
      expect(outcome).toMatchObject({
        kind: "accepted",
        signer: { kind: "identity" },
        signedAt: later(world.now, -HOUR_MS),
      });
    }
  });
});

describe("proves nothing", () => {
  const bundled = (subject: Digest): Nested => ({
    ...signed(manifest),
    source: { ...signed(manifest).source, subject },
  });
  test.each<{ title: string; candidate: SignedManifest; refusal: string }>([
    { title: "without any signature", candidate: carrying(sbom, []), refusal: "signature-missing" },
    {
      title: "signed by a stranger",
      candidate: carrying(sbom, [signed(manifest, stranger)]),
      refusal: "signature-key-unknown",
    },
    {
      title: "with a signature of another manifest",
      candidate: carrying(sbom, [signed(other)]),
      refusal: "subject-mismatch",
    },
    {
      title: "with a signature of the image itself",
      candidate: carrying(sbom, [signed(IMAGE)]),
      refusal: "subject-mismatch",
    },
    {
      title: "with a signature that hangs on something else",
      candidate: carrying(sbom, [bundled(IMAGE)]),
      refusal: "referrer-subject-mismatch",
    },
    {
      title: "about another image",
      candidate: carrying(statementPayload(other), [signed(manifest)]),
      refusal: "subject-mismatch",
    },
    {
      title: "about the manifest that carries it",
      candidate: carrying(statementPayload(manifest), [signed(manifest)]),
      refusal: "subject-mismatch",
    },
    {
      title: "in a manifest that hangs on another image",
      candidate: carrying(sbom, [signed(manifest)], { subject: other }),
      refusal: "referrer-subject-mismatch",
    },
    {
      title: "that is no statement",
      candidate: carrying(Buffer.from("{}"), [signed(manifest)]),
      refusal: "candidate-malformed",
    },
    {
      title: "whose good signature comes after too many",
      candidate: carrying(sbom, [
        ...Array.from({ length: MANIFEST_SIGNATURES_MAX }, () => signed(manifest, stranger)),
        signed(manifest),
      ]),
      refusal: "signature-key-unknown",
    },
  ])("$title", ({ candidate, refusal }) => {
    expect(outcomeOf(candidate)).toMatchObject({ kind: "refused", refusal });
  });

  test("signed by some of those who must", () => {
    const candidate = carrying(sbom, [signed(manifest)]);
    expect(outcomeOf(candidate, { signers: both })).toMatchObject({
      refusal: "signature-missing",
      detail: expect.stringContaining("second"),
    });
  });
});

describe("on a platform of a verified index", () => {
  const index = digestOf(Buffer.from("index"));
  const groups = both.groups;
  const rules = rulesOf(keyPolicy([], { signers: { need: "any", groups } }));
  const signedIndex = verdictOn(
    index,
    {
      digest: index,
      candidates: [signatureCandidate(signatureLayer(simpleSigningPayload(index), vendor))],
      skipped: [],
    },
    rules,
    isSbom,
  ).verdict;
  const signedBy = signedIndex.kind === "verified" ? groupsThatSigned(signedIndex.results) : [];
  const findings = (key: SigningKey) =>
    sbomOn(
      IMAGE,
      { digest: IMAGE, candidates: [carrying(sbom, [signed(manifest, key)])], skipped: [] },
      rules,
      { isSbom, signedBy },
    );

  test("counts if a group signed it that signed the index", () => {
    expect(signedBy).toStrictEqual(["vendor"]);
    expect(withPlatformSbom(signedIndex, findings(vendor))).toMatchObject({
      kind: "verified",
      sbom: { kind: "verified", source: { manifest } },
    });
  });

  test("is none if another group did, and rejects if nobody did", () => {
    expect(withPlatformSbom(signedIndex, findings(second))).toMatchObject({
      kind: "verified",
      sbom: { kind: "missing" },
    });
    expect(withPlatformSbom(signedIndex, findings(stranger))).toMatchObject({
      kind: "rejected",
      reason: "sbom-refused",
    });
  });
});

test("is no signature of the image", () => {
  expect(judge([carrying(sbom, [signed(manifest)])], rulesOf(policy))).toMatchObject({
    kind: "awaiting-evidence",
    missing: "signature",
  });
});
