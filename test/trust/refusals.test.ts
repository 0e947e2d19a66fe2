import { constants } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digestOf, hexOf } from "../../src/image/digest.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import type { Refusal, Verdict } from "../../src/trust/verdict.ts";
import { verdictOn } from "../../src/trust/verify.ts";
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
  signatureOver,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

/**
 * What must be refused, and what must be accepted although it looks odd: each row was run against real cosign 2.5.0, or is a
 * stricter rule of ours (then the title says so).
 */

const CYCLONEDX = "https://cyclonedx.org/bom";
const PROVENANCE = "https://slsa.dev/provenance/v1";
const SIGN = "https://sigstore.dev/cosign/sign/v1";
const image = digestOf(Buffer.from("image"));
const other = digestOf(Buffer.from("other"));
const vendor = newSigningKey();
const stranger = newSigningKey();
const rules = rulesOf(keyPolicy([trustedHalfOf(vendor)]));

interface Row {
  readonly title: string;
  readonly candidates: readonly Candidate[];
  readonly verdict: Verdict["kind"] | Refusal | "sbom-refused";
  /** What becomes of each candidate, in order: refused why, or what it proves. */
  readonly outcomes: readonly (Refusal | "image" | "statement")[];
}

const SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
const signature = (payload: Uint8Array, key = vendor, annotations: Record<string, string> = {}) => {
  const layer = signatureLayer(payload, key);
  return signatureCandidate({ ...layer, annotations: { ...layer.annotations, ...annotations } });
};
const good = signature(simpleSigningPayload(image));

type Options = Parameters<typeof statementPayload>[1];
const statement = (options?: Options, about = image) => statementPayload(about, options);
const attestation = (payload: Uint8Array, keys = [vendor], annotated?: string) =>
  attestationCandidate(attestationLayer(envelopeDocument(payload, keys), annotated));
const bundle = (payload: Uint8Array, key = vendor) =>
  bundleCandidate(image, bytesOf(keyedBundleDocument(envelopeDocument(payload, [key]), key)));
/** A good bundle with other members beside or instead of its own. */
const bundleWith = (members: Record<string, unknown>, payload = statement({ predicateType: SIGN })) =>
  bundleCandidate(
    image,
    bytesOf({ ...keyedBundleDocument(envelopeDocument(payload, [vendor]), vendor), ...members }),
  );

/** Self-signed, P-256, made with `openssl req -x509` for this file; nobody trusts it. */
const certificateDer = [
  "MIIBUTCB+KADAgECAhRVXcEGDtkGT3vs1l6pv4a/SNmO1zAKBggqhkjOPQQDAjAAMB4XDTI2MTEyNDIzNTIwNFoXDTI2MTEy",
  "NTIzNTIwNFowADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBfdfkEHBeOUPPy2MypbWLrm+SBhK7MOyQ63nAfz0lActREp",
  "MWEhbKAZge/M5fgfp7L5dbujgiK2RQs5XGH8a5qjUDBOMB0GA1UdDgQWBBQnexJZ8OHByFOE2Q9XYyywP35rNzAfBgNVHSME",
  "GDAWgBQnexJZ8OHByFOE2Q9XYyywP35rNzAMBgNVHRMBAf8EAjAAMAoGCCqGSM49BAMCA0gAMEUCIQC2gD59o6GpwUyvwbGy",
  "2Wo1qJaglGXj02qRWTgVYMLQNwIgZyrhRsdVjRYj6Q5ENWmsjoRsTo34XP/UtoOPULKrvvE=",
].join("");
const certificatePem = `-----BEGIN CERTIFICATE-----\n${certificateDer}\n-----END CERTIFICATE-----\n`;
const swappedEnvelope = {
  ...envelopeDocument(statement(), [vendor]),
  payload: statement({ predicate: { components: [] } }).toString("base64"),
};
const logEntry = {
  logIndex: "7",
  logId: { keyId: Buffer.from("unknown log").toString("base64") },
  kindVersion: { kind: "dsse", version: "0.0.1" },
  integratedTime: "1700000000",
  inclusionPromise: { signedEntryTimestamp: "AAAA" },
  inclusionProof: {
    logIndex: "7",
    rootHash: "AAAA",
    treeSize: "8",
    hashes: [],
    checkpoint: { envelope: "x" },
  },
  canonicalizedBody: "e30=",
};
const keyHint = (key: typeof vendor) =>
  keyedBundleDocument(envelopeDocument(statement(), [key]), key)["verificationMaterial"];

const signatures: readonly Row[] = [
  {
    title: "a valid signature of another digest under the tag of this one",
    candidates: [signature(simpleSigningPayload(other))],
    verdict: "subject-mismatch",
    outcomes: ["subject-mismatch"],
  },
  {
    title: "the same as a bundle that refers to this one",
    candidates: [bundle(statement({ predicateType: SIGN }, other))],
    verdict: "subject-mismatch",
    outcomes: ["subject-mismatch"],
  },
  {
    title: "a docker-reference of another repository: accepted, mirrors keep the signature",
    candidates: [signature(simpleSigningPayload(image, { reference: "elsewhere.example/other" }))],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "containers/image's own payload type",
    candidates: [signature(simpleSigningPayload(image, { type: "atomic container signature" }))],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "payload type 'something else' (ours; cosign accepts)",
    candidates: [signature(simpleSigningPayload(image, { type: "something else" }))],
    verdict: "claim-type-unknown",
    outcomes: ["claim-type-unknown"],
  },
  {
    title: "`critical` says another digest, a case variant says this one (ours; cosign accepts)",
    candidates: [
      signature(
        bytesOf({
          ...JSON.parse(simpleSigningPayload(other).toString()),
          Critical: JSON.parse(simpleSigningPayload(image).toString()).critical,
        }),
      ),
    ],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "`critical` says this digest, a case variant says another: cosign reads the variant",
    candidates: [
      signature(
        bytesOf({
          ...JSON.parse(simpleSigningPayload(image).toString()),
          CRITICAL: JSON.parse(simpleSigningPayload(other).toString()).critical,
        }),
      ),
    ],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "something critical that we do not understand",
    candidates: [
      signature(
        bytesOf({
          critical: { ...JSON.parse(simpleSigningPayload(image).toString()).critical, expires: "2020-01-01" },
        }),
      ),
    ],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a signed payload that is not JSON",
    candidates: [signature(Buffer.from(image))],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "the digest in upper case",
    candidates: [
      signature(
        Buffer.from(simpleSigningPayload(image).toString().replace(hexOf(image), hexOf(image).toUpperCase())),
      ),
    ],
    verdict: "subject-mismatch",
    outcomes: ["subject-mismatch"],
  },
  {
    title: "another key",
    candidates: [signature(simpleSigningPayload(image), stranger)],
    verdict: "signature-key-unknown",
    outcomes: ["signature-key-unknown"],
  },
  {
    title: "another key, as a bundle",
    candidates: [bundle(statement({ predicateType: SIGN }), stranger)],
    verdict: "signature-key-unknown",
    outcomes: ["signature-key-unknown"],
  },
  {
    title: "no signature annotation",
    candidates: [signatureCandidate({ bytes: simpleSigningPayload(image), annotations: {} })],
    verdict: "signature-missing",
    outcomes: ["signature-missing"],
  },
  {
    title: "an empty signature annotation",
    candidates: [signature(simpleSigningPayload(image), vendor, { [SIGNATURE_ANNOTATION]: "" })],
    verdict: "signature-missing",
    outcomes: ["signature-missing"],
  },
  {
    title: "a signature annotation that is not base64",
    candidates: [signature(simpleSigningPayload(image), vendor, { [SIGNATURE_ANNOTATION]: "!!!" })],
    verdict: "signature-missing",
    outcomes: ["signature-missing"],
  },
  {
    title: "no signature in the bundle",
    candidates: [bundleWith({ dsseEnvelope: envelopeDocument(statement({ predicateType: SIGN }), []) })],
    verdict: "signature-missing",
    outcomes: ["signature-missing"],
  },
  {
    title: "an untrusted signature first, a trusted one second",
    candidates: [signature(simpleSigningPayload(image), stranger), good],
    verdict: "verified",
    outcomes: ["signature-key-unknown", "image"],
  },
  {
    title: "sixty times junk, then a good one",
    candidates: [
      ...Array.from({ length: 60 }, (_, position) =>
        signature(simpleSigningPayload(image), vendor, {
          [SIGNATURE_ANNOTATION]: Buffer.from(`junk ${position}`).toString("base64"),
        }),
      ),
      good,
    ],
    verdict: "verified",
    outcomes: [...Array.from({ length: 60 }, () => "signature-key-unknown" as const), "image"],
  },
  {
    title: "only the platform is signed, the index is asked for, and somebody copied the tag",
    candidates: [signature(simpleSigningPayload(other))],
    verdict: "subject-mismatch",
    outcomes: ["subject-mismatch"],
  },
  {
    title: "only the platform is signed, the index is asked for",
    candidates: [],
    verdict: "awaiting-evidence",
    outcomes: [],
  },
  {
    title: "a keyless signature where only a key is trusted",
    candidates: [
      signature(simpleSigningPayload(image), stranger, { "dev.sigstore.cosign/certificate": certificatePem }),
    ],
    verdict: "certificate-unsupported",
    outcomes: ["certificate-unsupported"],
  },
  {
    title: "a keyless bundle where only a key is trusted",
    candidates: [bundleWith({ verificationMaterial: { certificate: { rawBytes: certificateDer } } })],
    verdict: "certificate-unsupported",
    outcomes: ["certificate-unsupported"],
  },
  {
    title: "a keyless bundle of version 0.1 where only a key is trusted",
    candidates: [
      bundleWith({
        mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
        verificationMaterial: { x509CertificateChain: { certificates: [{ rawBytes: certificateDer }] } },
      }),
    ],
    verdict: "certificate-unsupported",
    outcomes: ["certificate-unsupported"],
  },
  {
    title: "a trusted key's signature with a certificate beside it, which cosign ignores as well",
    candidates: [
      signature(simpleSigningPayload(image), vendor, { "dev.sigstore.cosign/certificate": certificatePem }),
    ],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "a certificate that is none beside a signature",
    candidates: [
      signature(simpleSigningPayload(image), stranger, { "dev.sigstore.cosign/certificate": "junk" }),
    ],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a message signature over the manifest's bytes in a bundle",
    candidates: [
      bundleWith({
        dsseEnvelope: undefined,
        messageSignature: {
          messageDigest: {
            algorithm: "SHA2_256",
            digest: Buffer.from(hexOf(image), "hex").toString("base64"),
          },
          signature: signatureOver(Buffer.from("image"), vendor).toString("base64"),
        },
      }),
    ],
    verdict: "bundle-content-unsupported",
    outcomes: ["bundle-content-unsupported"],
  },
  {
    title: "a trusted signature with a broken log entry and timestamp, which are not looked at",
    candidates: [
      signature(simpleSigningPayload(image), vendor, {
        "dev.sigstore.cosign/bundle": '{"SignedEntryTimestamp":"AAAA","Payload":{}}',
        "dev.sigstore.cosign/rfc3161timestamp": "junk",
      }),
    ],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "RSA-PSS padding, which cosign cannot read",
    candidates: [
      signatureCandidate(
        signatureLayer(simpleSigningPayload(image), newSigningKey("rsa-2048"), {
          padding: constants.RSA_PKCS1_PSS_PADDING,
        }),
      ),
    ],
    verdict: "signature-key-unknown",
    outcomes: ["signature-key-unknown"],
  },
];

const bundles: readonly Row[] = [
  {
    title: "a wrong key hint with the right signature",
    candidates: [bundleWith({ verificationMaterial: keyHint(stranger) })],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "no key hint with the right signature",
    candidates: [bundleWith({ verificationMaterial: { publicKey: {} } })],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "the right key hint with a wrong key's signature",
    candidates: [
      bundleWith({ dsseEnvelope: envelopeDocument(statement({ predicateType: SIGN }), [stranger]) }),
    ],
    verdict: "signature-key-unknown",
    outcomes: ["signature-key-unknown"],
  },
  {
    title: "a foreign log entry, which is not looked at",
    candidates: [bundleWith({ verificationMaterial: { publicKey: { hint: "" }, tlogEntries: [logEntry] } })],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "log entries and timestamps that are junk, which are not looked at",
    candidates: [
      bundleWith({
        verificationMaterial: {
          publicKey: { hint: "" },
          tlogEntries: [null, 7],
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: "AAAA" }] },
        },
      }),
    ],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "an older version of the bundle",
    candidates: [bundleWith({ mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.2" })],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "a type that is no bundle",
    candidates: [bundleWith({ mediaType: "application/json" })],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a second signature in the bundle's envelope",
    candidates: [
      bundleWith({ dsseEnvelope: envelopeDocument(statement({ predicateType: SIGN }), [stranger, vendor]) }),
    ],
    verdict: "candidate-malformed",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "an envelope and a message signature in one bundle",
    candidates: [bundleWith({ messageSignature: { signature: "AAAA" } })],
    verdict: "awaiting-evidence",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a key and a certificate in one bundle",
    candidates: [
      bundleWith({ verificationMaterial: { publicKey: { hint: "" }, certificate: { rawBytes: "AAAA" } } }),
    ],
    verdict: "awaiting-evidence",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a payload that would be allocated instead of decoded",
    candidates: [
      bundleWith({
        dsseEnvelope: {
          ...envelopeDocument(statement(), [vendor]),
          payload: { length: 4_000_000_000 },
        },
      }),
    ],
    verdict: "awaiting-evidence",
    outcomes: ["candidate-malformed"],
  },
  {
    title: "a manifest that refers to another digest, listed under this one (ours; cosign accepts)",
    candidates: [
      bundleCandidate(
        other,
        bytesOf(keyedBundleDocument(envelopeDocument(statement({ predicateType: SIGN }), [vendor]), vendor)),
      ),
    ],
    verdict: "referrer-subject-mismatch",
    outcomes: ["referrer-subject-mismatch"],
  },
  {
    title: "a manifest listed as a referrer that refers to nothing",
    candidates: [{ ...good, source: { ...good.source, place: "referrer" } }],
    verdict: "referrer-subject-mismatch",
    outcomes: ["referrer-subject-mismatch"],
  },
  {
    title: "a legacy signature as a referrer of this digest",
    candidates: [{ ...good, source: { ...good.source, place: "referrer", subject: image } }],
    verdict: "verified",
    outcomes: ["image"],
  },
  {
    title: "a tag whose manifest refers to another digest",
    candidates: [{ ...good, source: { ...good.source, subject: other } }],
    verdict: "referrer-subject-mismatch",
    outcomes: ["referrer-subject-mismatch"],
  },
];

interface StatementRow {
  readonly title: string;
  readonly payload: Uint8Array;
  readonly outcome: Refusal | "statement";
}

/** Rows that mean the same for a legacy attestation and for a bundle. */
const statements: readonly StatementRow[] = [
  { title: "another digest as subject", payload: statement({}, other), outcome: "subject-mismatch" },
  {
    title: "a subject with sha512 only",
    payload: statement({ subjects: [{ name: "x", digest: { sha512: hexOf(image) } }] }),
    outcome: "subject-mismatch",
  },
  { title: "no subject", payload: statement({ subjects: [] }), outcome: "subject-mismatch" },
  {
    title: "a subject without digest",
    payload: statement({ subjects: [{ name: hexOf(image) }] }),
    outcome: "subject-mismatch",
  },
  {
    title: "the digest with its algorithm",
    payload: statement({ subjects: [{ digest: { sha256: image } }] }),
    outcome: "subject-mismatch",
  },
  {
    title: "the digest in upper case",
    payload: statement({ subjects: [{ digest: { sha256: hexOf(image).toUpperCase() } }] }),
    outcome: "subject-mismatch",
  },
  {
    title: "two subjects, ours the second",
    payload: statement({
      subjects: [{ digest: { sha256: hexOf(other) } }, { digest: { sha256: hexOf(image) } }],
    }),
    outcome: "statement",
  },
  {
    title: "a statement of version 1",
    payload: statement({ type: "https://in-toto.io/Statement/v1" }),
    outcome: "statement",
  },
  {
    title: "a statement of an unknown version",
    payload: statement({ type: "https://in-toto.io/Statement/v2" }),
    outcome: "candidate-malformed",
  },
  {
    title: "a case variant of subject, which cosign would read instead",
    payload: bytesOf({
      ...JSON.parse(statement().toString()),
      Subject: [{ digest: { sha256: hexOf(other) } }],
    }),
    outcome: "candidate-malformed",
  },
  {
    title: "a predicate type with a line break",
    payload: statement({ predicateType: `${CYCLONEDX}\n` }),
    outcome: "candidate-malformed",
  },
  { title: "a signed payload that is not JSON", payload: Buffer.from("{"), outcome: "candidate-malformed" },
  {
    title: "a signed payload that is not UTF-8",
    payload: Buffer.from(statement().toString().replace("registry", "\u00ff"), "latin1"),
    outcome: "candidate-malformed",
  },
];

const attestations: readonly Row[] = [
  {
    title: "a layer annotated as SBOM, signed as something else: a statement, and no SBOM",
    candidates: [good, attestation(statement({ predicateType: PROVENANCE }), [vendor], CYCLONEDX)],
    verdict: "verified",
    outcomes: ["image", "statement"],
  },
  {
    title: "a stranger's envelope around provenance, annotated as SBOM: the payload is what it claims",
    candidates: [good, attestation(statement({ predicateType: PROVENANCE }), [stranger], CYCLONEDX)],
    verdict: "verified",
    outcomes: ["image", "signature-key-unknown"],
  },
  {
    title: "an annotation of another type around a signed SBOM",
    candidates: [good, attestation(statement(), [vendor], PROVENANCE)],
    verdict: "verified",
    outcomes: ["image", "statement"],
  },
  {
    title: "no annotation around a signed SBOM",
    candidates: [good, attestation(statement())],
    verdict: "verified",
    outcomes: ["image", "statement"],
  },
  {
    title: "payload type application/json",
    candidates: [
      good,
      attestationCandidate(
        attestationLayer(envelopeDocument(statement(), [vendor], { payloadType: "application/json" })),
      ),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "claim-type-unknown"],
  },
  {
    title: "payload type application/json in a bundle",
    candidates: [
      good,
      bundleWith({
        dsseEnvelope: envelopeDocument(statement(), [vendor], { payloadType: "application/json" }),
      }),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "claim-type-unknown"],
  },
  {
    title: "the payload type changed after signing",
    candidates: [
      good,
      attestationCandidate(
        attestationLayer({
          ...envelopeDocument(statement(), [vendor], { payloadType: "application/json" }),
          payloadType: "application/vnd.in-toto+json",
        }),
      ),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "signature-key-unknown"],
  },
  {
    title: "the predicate swapped under an old signature",
    candidates: [good, attestationCandidate(attestationLayer(swappedEnvelope))],
    verdict: "sbom-refused",
    outcomes: ["image", "signature-key-unknown"],
  },
  {
    title: "the predicate swapped under an old signature in a bundle",
    candidates: [good, bundleWith({ dsseEnvelope: swappedEnvelope })],
    verdict: "sbom-refused",
    outcomes: ["image", "signature-key-unknown"],
  },
  {
    title: "an envelope with two signatures, the second trusted",
    candidates: [good, attestation(statement(), [stranger, vendor])],
    verdict: "verified",
    outcomes: ["image", "statement"],
  },
  {
    title: "an envelope with an empty signature before the trusted one",
    candidates: [
      good,
      attestationCandidate(
        attestationLayer({
          ...envelopeDocument(statement(), [vendor]),
          signatures: [{ keyid: "", sig: "" }, ...envelopeDocument(statement(), [vendor]).signatures],
        }),
      ),
    ],
    verdict: "verified",
    outcomes: ["image", "statement"],
  },
  {
    title: "an envelope without signatures",
    candidates: [good, attestation(statement(), [])],
    verdict: "sbom-refused",
    outcomes: ["image", "signature-missing"],
  },
  {
    title: "an envelope with more signatures than anybody makes",
    candidates: [
      good,
      attestation(
        statement(),
        Array.from({ length: 17 }, () => vendor),
        CYCLONEDX,
      ),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "candidate-malformed"],
  },
  {
    title: "an untrusted attestation beside a trusted one",
    candidates: [good, attestation(statement(), [stranger]), attestation(statement())],
    verdict: "verified",
    outcomes: ["image", "signature-key-unknown", "statement"],
  },
  {
    title: "an attestation by certificate",
    candidates: [
      good,
      attestationCandidate({
        ...attestationLayer(envelopeDocument(statement(), [stranger])),
        annotations: { "dev.sigstore.cosign/certificate": certificatePem },
      }),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "certificate-unsupported"],
  },
  {
    title: "an envelope that is not JSON, annotated as SBOM",
    candidates: [
      good,
      attestationCandidate({ bytes: Buffer.from("{"), annotations: { predicateType: CYCLONEDX } }),
    ],
    verdict: "sbom-refused",
    outcomes: ["image", "candidate-malformed"],
  },
  {
    title: "a simple-signing payload in an envelope",
    candidates: [attestation(simpleSigningPayload(image))],
    verdict: "awaiting-evidence",
    outcomes: ["candidate-malformed"],
  },
];

const isSbom = (predicateType: string) => predicateType.startsWith(CYCLONEDX);

function judge(candidates: readonly Candidate[]): Verdict {
  return verdictOn(image, { digest: image, candidates, skipped: [] }, rules, isSbom).verdict;
}

function outcomesIn(verdict: Verdict): readonly string[] {
  const results = verdict.kind === "unverifiable" ? [] : verdict.results;
  return results.map(({ outcome }) => (outcome.kind === "accepted" ? outcome.proves : outcome.refusal));
}

function sayingOf(verdict: Verdict): string {
  return verdict.kind === "rejected" ? verdict.reason : verdict.kind;
}

describe.each([
  { name: "a signature of an image", rows: signatures },
  { name: "a bundle of an image", rows: bundles },
  { name: "an attestation", rows: attestations },
])("$name", ({ rows }) => {
  test.each(rows)("$title: $verdict", ({ candidates, verdict, outcomes }) => {
    const judged = judge(candidates);
    expect(outcomesIn(judged)).toStrictEqual(outcomes);
    expect(sayingOf(judged)).toBe(verdict);
  });
});

describe.each([
  { form: "legacy", attested: (payload: Uint8Array) => attestation(payload, [vendor], CYCLONEDX) },
  { form: "bundle", attested: (payload: Uint8Array) => bundle(payload) },
])("a signed statement, $form", ({ attested }) => {
  test.each(statements)("$title: $outcome", ({ payload, outcome }) => {
    expect(outcomesIn(judge([good, attested(payload)]))).toStrictEqual(["image", outcome]);
  });
});

test("details are short and hold no control characters", () => {
  const verdicts = [...signatures, ...bundles, ...attestations].map(({ candidates }) => judge(candidates));
  const details = verdicts.flatMap((verdict) =>
    verdict.kind === "unverifiable"
      ? []
      : verdict.results.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome.detail] : [])),
  );
  expect(details.length).toBeGreaterThan(30);
  expect(details.filter((detail) => detail.length > 300 || /\p{Cc}/u.test(detail))).toStrictEqual([]);
});
