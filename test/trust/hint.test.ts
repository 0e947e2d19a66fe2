import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { DAY_MS } from "../../src/time.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { claimedStatementOf, hintsOf } from "../../src/trust/hint.ts";
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
import { pemOf, PURPOSES } from "../fakes/sigstore/certificate.ts";
import { bundleOf, legacyAttestationOf, legacySignatureOf } from "../fakes/sigstore/signed-parts.ts";
import { createSigstoreWorld, IDENTITY } from "../fakes/sigstore/world.ts";

const IMAGE = digestOf(Buffer.from("image"));
const KEY = newSigningKey();
const WORLD = await createSigstoreWorld();
const NOTHING = { logEntries: 0, countersignatures: 0 };
const BY_IDENTITY = { kind: "identity", issuer: IDENTITY.issuer, subject: IDENTITY.subject };

const source = { place: "referrer", manifest: IMAGE, layer: IMAGE, subject: IMAGE } as const;

function signedManifest(
  signatures: Extract<Candidate, { kind: "signed-manifest" }>["signatures"],
): Candidate {
  return { kind: "signed-manifest", source, statement: statementPayload(IMAGE), annotations: {}, signatures };
}

describe("a signature's own words", () => {
  test("of cosign with a key say nothing of the key", () => {
    const layer = signatureLayer(simpleSigningPayload(IMAGE), KEY);
    expect(hintsOf(signatureCandidate(layer))).toEqual([{ by: { kind: "key" }, ...NOTHING }]);
    const envelope = envelopeDocument(statementPayload(IMAGE), [KEY]);
    expect(hintsOf(attestationCandidate(attestationLayer(envelope)))).toEqual([
      { by: { kind: "key" }, ...NOTHING },
    ]);
  });

  test("of a bundle with a key name its fingerprint", () => {
    const bundle = bytesOf(keyedBundleDocument(envelopeDocument(statementPayload(IMAGE), [KEY]), KEY));
    const { fingerprint } = trustedHalfOf(KEY).signer;
    expect(hintsOf(bundleCandidate(IMAGE, bundle))).toEqual([
      { by: { kind: "key", fingerprint }, ...NOTHING },
    ]);
  });

  test("of a short-lived certificate name who named whom, the log and the timestamp", async () => {
    const legacy = await WORLD.sign({
      image: IMAGE,
      claim: "signature",
      log: "promise",
      timestamp: "signature",
    });
    expect(hintsOf(legacySignatureOf(legacy))).toEqual([
      { by: BY_IDENTITY, logEntries: 1, countersignatures: 1 },
    ]);
    const attested = await WORLD.sign({ image: IMAGE, claim: "statement", log: "promise" });
    expect(hintsOf(legacyAttestationOf(attested))).toEqual([
      { by: BY_IDENTITY, logEntries: 1, countersignatures: 0 },
    ]);
    const bundled = await WORLD.sign({ image: IMAGE, claim: "statement", log: "v2" });
    expect(hintsOf(bundleOf(bundled))).toEqual([{ by: BY_IDENTITY, logEntries: 1, countersignatures: 1 }]);
  });

  test("of a certificate without an issuer of identities name its holder", async () => {
    const holder = newSigningKey();
    const certificate = await WORLD.authority.issue(holder, {
      names: [{ type: "email", value: "release@acme.example" }],
      purposes: [PURPOSES.codeSigning],
      validFrom: WORLD.now,
      validMs: DAY_MS,
    });
    const layer = signatureLayer(simpleSigningPayload(IMAGE), holder);
    const annotations = { ...layer.annotations, "dev.sigstore.cosign/certificate": pemOf(certificate) };
    expect(hintsOf(signatureCandidate({ ...layer, annotations }))).toMatchObject([
      { by: { kind: "certificate", subject: "release@acme.example" } },
    ]);
  });

  test("of a statement's manifest are those of each of its signatures, and none where nobody signed", () => {
    const signature = signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), KEY));
    expect(hintsOf(signedManifest([signature, signature]))).toEqual([
      { by: { kind: "key" }, ...NOTHING },
      { by: { kind: "key" }, ...NOTHING },
    ]);
    expect(hintsOf(signedManifest([]))).toEqual([]);
  });

  test("of what carries no signature name nobody", () => {
    const bytes = simpleSigningPayload(IMAGE);
    expect(hintsOf(signatureCandidate({ bytes, annotations: {} }))).toEqual([
      { by: { kind: "nobody" }, ...NOTHING },
    ]);
    const envelope = envelopeDocument(statementPayload(IMAGE), []);
    expect(hintsOf(attestationCandidate(attestationLayer(envelope)))).toMatchObject([
      { by: { kind: "nobody" } },
    ]);
  });
});

describe("what cannot be read is told so, and throws nothing", () => {
  const signed = signatureLayer(simpleSigningPayload(IMAGE), KEY);
  const rows: readonly { readonly title: string; readonly candidate: Candidate }[] = [
    { title: "a bundle that is no JSON", candidate: bundleCandidate(IMAGE, Buffer.from("{")) },
    { title: "a bundle that is empty", candidate: bundleCandidate(IMAGE, Buffer.from("{}")) },
    {
      title: "an envelope that is none",
      candidate: attestationCandidate({ bytes: Buffer.from("[]"), annotations: {} }),
    },
    {
      title: "a certificate that is none",
      candidate: signatureCandidate({
        bytes: signed.bytes,
        annotations: {
          ...signed.annotations,
          "dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        },
      }),
    },
    {
      title: "an entry of a log that is none",
      candidate: signatureCandidate({
        bytes: signed.bytes,
        annotations: { ...signed.annotations, "dev.sigstore.cosign/bundle": "{}" },
      }),
    },
    {
      title: "an envelope in JWS that is none",
      candidate: { kind: "notation-signature", form: "jws", source, envelope: Buffer.from("{}") },
    },
    {
      title: "an envelope in COSE that is none",
      candidate: { kind: "notation-signature", form: "cose", source, envelope: Buffer.from([0xd2]) },
    },
  ];
  test.each(rows)("$title", ({ candidate }) => {
    expect(hintsOf(candidate)).toEqual([
      { by: { kind: "unreadable", reason: expect.any(String) }, ...NOTHING },
    ]);
  });
});

describe("the statement that a candidate carries", () => {
  const statement = statementPayload(IMAGE);

  test.each<{ readonly title: string; readonly candidate: Candidate }>([
    {
      title: "in an envelope",
      candidate: attestationCandidate(attestationLayer(envelopeDocument(statement, [KEY]))),
    },
    {
      title: "in a bundle",
      candidate: bundleCandidate(
        IMAGE,
        bytesOf(keyedBundleDocument(envelopeDocument(statement, [KEY]), KEY)),
      ),
    },
    { title: "in a manifest of its own", candidate: signedManifest([]) },
  ])("is read, whoever signed it: $title", ({ candidate }) => {
    expect(claimedStatementOf(candidate)).toMatchObject({ predicateType: "https://cyclonedx.org/bom" });
  });

  test("is none of a signature", () => {
    expect(
      claimedStatementOf(signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), KEY))),
    ).toBeUndefined();
  });

  test("that is none is an error", () => {
    const candidate = attestationCandidate(attestationLayer(envelopeDocument(Buffer.from("{}"), [KEY])));
    expect(() => claimedStatementOf(candidate)).toThrow("not an in-toto statement");
  });
});
