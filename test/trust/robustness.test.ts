import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { digestOf, hexOf } from "../../src/image/digest.ts";
import { parseBundle } from "../../src/trust/sigstore/bundle.ts";
import { attestationBundlesOf, signatureBundleOf } from "../../src/trust/sigstore/cosign.ts";
import { parseEnvelope } from "../../src/trust/sigstore/envelope.ts";
import type { Candidate, EvidenceSource } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import { parseSigningClaim } from "../../src/trust/simple-signing.ts";
import { parseStatement, peekPredicateType } from "../../src/trust/statement.ts";
import { REFUSALS } from "../../src/trust/verdict.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { bytesOf, newSigningKey, trustedHalfOf } from "../fakes/signer.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";

const image = digestOf(Buffer.from("image"));
const rules = rulesOf(keyPolicy([trustedHalfOf(newSigningKey())]));

/** Names that the readers look for, so that documents get past the first check. */
const MEMBERS = [
  "_type",
  "subject",
  "predicateType",
  "predicate",
  "digest",
  "sha256",
  "critical",
  "image",
  "type",
  "docker-manifest-digest",
  "optional",
  "payload",
  "payloadType",
  "signatures",
  "sig",
  "mediaType",
  "verificationMaterial",
  "publicKey",
  "certificate",
  "hint",
  "dsseEnvelope",
  "messageSignature",
  "__proto__",
  "constructor",
  "length",
];
const VALUES = [
  "https://in-toto.io/Statement/v1",
  "application/vnd.in-toto+json",
  "application/vnd.dev.sigstore.bundle.v0.3+json",
  "cosign container image signature",
  "https://cyclonedx.org/bom",
  hexOf(image),
  image,
  "AAAA",
  "",
];

const { document } = fc.letrec<{ document: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(...VALUES),
    fc.string(),
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
  document: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    tie("leaf"),
    fc.array(tie("document"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...MEMBERS), tie("document"), { maxKeys: 6 }),
  ),
}));
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string().map((text) => Buffer.from(text)),
  document.map((value) => bytesOf(value)),
);
const annotations = fc.dictionary(
  fc.constantFrom(
    "dev.cosignproject.cosign/signature",
    "dev.sigstore.cosign/certificate",
    "dev.sigstore.cosign/bundle",
    "dev.sigstore.cosign/rfc3161timestamp",
    "predicateType",
  ),
  fc.oneof(
    fc.string(),
    fc.base64String(),
    document.map((value) => JSON.stringify(value)),
    fc.constantFrom(...VALUES),
  ),
);

const source: fc.Arbitrary<EvidenceSource> = fc.record(
  {
    place: fc.constantFrom("sig-tag", "att-tag", "referrer"),
    manifest: fc.constant(image),
    layer: fc.constant(image),
    subject: fc.constantFrom(image, digestOf(Buffer.from("other"))),
  },
  { requiredKeys: ["place", "manifest", "layer"] },
);
const candidate: fc.Arbitrary<Candidate> = fc.oneof(
  fc.record({ kind: fc.constant("cosign-signature"), source, payload: bytes, annotations }),
  fc.record({ kind: fc.constant("cosign-attestation"), source, envelope: bytes, annotations }),
  fc.record({ kind: fc.constant("sigstore-bundle"), source, bundle: bytes }),
);

describe("whatever it is given", () => {
  test.each<{ title: string; read: (input: Uint8Array) => unknown }>([
    { title: "a statement", read: parseStatement },
    { title: "an envelope", read: parseEnvelope },
    { title: "a bundle", read: parseBundle },
    { title: "a signing claim", read: parseSigningClaim },
    { title: "an attestation", read: (input) => attestationBundlesOf(parseEnvelope(input), {}) },
  ])("the reader of $title answers or throws a typed error", ({ read }) => {
    expect(
      failureOf(
        fc.property(bytes, (input) => isTyped(() => read(input))),
        { numRuns: 1_000 },
      ),
    ).toBeUndefined();
  });

  test("the reader of annotations answers or throws a typed error", () => {
    expect(
      failureOf(
        fc.property(bytes, annotations, (input, given) => isTyped(() => signatureBundleOf(input, given))),
        { numRuns: 1_000 },
      ),
    ).toBeUndefined();
  });

  test("the reader of keys answers or throws a typed error", () => {
    const text = fc.oneof(
      fc.string(),
      fc.base64String().map((body) => `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`),
    );
    expect(
      failureOf(
        fc.property(text, fc.string(), (pem, name) => isTyped(() => trustedKeyOf(pem, name))),
        { numRuns: 1_000 },
      ),
    ).toBeUndefined();
  });

  test("a peek at a payload only answers", () => {
    expect(
      failureOf(
        fc.property(bytes, (input) => {
          const type = peekPredicateType(input);
          return type === undefined || /^[\x21-\x7e]+$/.test(type);
        }),
      ),
    ).toBeUndefined();
  });

  test("the verdict is a value, and never `verified`", () => {
    expect(
      failureOf(
        fc.property(fc.array(candidate, { maxLength: 5 }), (candidates) => {
          const { verdict, statements } = verdictOn(
            image,
            { digest: image, candidates, skipped: [] },
            rules,
            (predicateType) => predicateType.startsWith("https://cyclonedx.org/"),
          );
          if (verdict.kind === "unverifiable" || verdict.kind === "verified") return false;
          const isRefused = verdict.results.every(
            ({ outcome }) => outcome.kind === "refused" && REFUSALS.includes(outcome.refusal),
          );
          return isRefused && verdict.results.length === candidates.length && statements.length === 0;
        }),
        { numRuns: 2_000 },
      ),
    ).toBeUndefined();
  });
});

describe("in time that grows with its size only", () => {
  test.each<{ title: string; candidate: Candidate }>([
    { title: "deep nesting", candidate: attested(Buffer.from("[".repeat(500_000))) },
    {
      title: "deep nesting that ends",
      candidate: attested(Buffer.from("[".repeat(500_000) + "]".repeat(500_000))),
    },
    { title: "a long text", candidate: attested(Buffer.from(`"${"a".repeat(2_000_000)}"`)) },
    {
      title: "a certificate that never ends",
      candidate: {
        kind: "cosign-signature",
        source: { place: "sig-tag", manifest: image, layer: image },
        payload: bytesOf({}),
        annotations: {
          "dev.cosignproject.cosign/signature": "AAAA",
          "dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----\n".repeat(2_000),
        },
      },
    },
    {
      title: "many signatures",
      candidate: attested(
        bytesOf({
          payloadType: "x",
          payload: "AAAA",
          signatures: Array.from({ length: 100_000 }, () => ({ sig: "AAAA" })),
        }),
      ),
    },
  ])(
    "$title is refused",
    ({ candidate: given }) => {
      const { verdict } = verdictOn(
        image,
        { digest: image, candidates: [given], skipped: [] },
        rules,
        () => false,
      );
      expect(verdict.kind === "unverifiable" || verdict.results).toMatchObject([
        { outcome: { kind: "refused", refusal: "candidate-malformed" } },
      ]);
    },
    5_000,
  );
});

/** How a property fails, or undefined when it holds. */
function failureOf<Inputs>(
  property: fc.IProperty<Inputs>,
  parameters: fc.Parameters<Inputs> = {},
): string | undefined {
  const details = fc.check(property, parameters);
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}

function attested(envelope: Uint8Array): Candidate {
  return {
    kind: "cosign-attestation",
    source: { place: "att-tag", manifest: image, layer: image },
    envelope,
    annotations: {},
  };
}

function isTyped(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (thrown) {
    return thrown instanceof InvalidInputError;
  }
}
