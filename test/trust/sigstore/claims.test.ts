import { describe, expect, test } from "vitest";
import { digestOf, hexOf } from "../../../src/image/digest.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import {
  bytesOf,
  envelopeDocument,
  newSigningKey,
  simpleSigningPayload,
  statementPayload,
} from "../../fakes/signer.ts";
import {
  type SignedParts,
  bundleDocument,
  bundleOf,
  legacyAttestationOf,
} from "../../fakes/sigstore/signed-parts.ts";
import type { SigningOrder } from "../../fakes/sigstore/world.ts";
import { CLAIMS, FORMS, type Form, STATEMENT_FORMS, candidateOf, createStage, vendorKeyOf } from "./stage.ts";

/** What is signed: rightly in every respect but what it says. */
const stage = await createStage();
const { image, world } = stage;
const other = digestOf(Buffer.from("another image"));

/** By a certificate with the log's word, and by a key with none. */
const SIGNERS = [
  { signer: "a certificate", order: {}, policy: stage.policy() },
  {
    signer: "a key",
    order: { key: stage.vendor, log: "none" },
    policy: stage.policy({ log: "ignore" }, [vendorKeyOf(stage)]),
  },
] as const;

const rowsOf = <Row extends { readonly forms: readonly Form[] }>(rows: readonly Row[]) =>
  rows.flatMap((row) => row.forms.flatMap((form) => SIGNERS.map((by) => ({ ...row, ...by, form }))));

interface ClaimRow {
  readonly title: string;
  readonly forms: readonly Form[];
  readonly said: (form: Form) => Partial<SigningOrder>;
}

const typed = (form: Form): { readonly type: string; readonly predicateType: string } => ({
  type: "https://in-toto.io/Statement/v1",
  predicateType:
    CLAIMS[form] === "image-statement" ? "https://sigstore.dev/cosign/sign/v1" : "https://cyclonedx.org/bom",
});
const about = (form: Form, subjects: readonly unknown[]): Buffer =>
  statementPayload(image, { ...typed(form), subjects });

const signingClaim = (critical: Readonly<Record<string, unknown>>): Buffer =>
  bytesOf({
    critical: {
      identity: { "docker-reference": "registry.example/hardened-base" },
      type: "cosign container image signature",
      ...critical,
    },
    optional: null,
  });

describe("refuses", () => {
  test.each(
    rowsOf<ClaimRow & { readonly refusal: Refusal }>([
      {
        title: "a claim about another digest",
        forms: FORMS,
        said: (form) => ({
          payload:
            form === "legacy signature"
              ? simpleSigningPayload(other)
              : about(form, [{ name: "x", digest: { sha256: hexOf(other) } }]),
        }),
        refusal: "subject-mismatch",
      },
      {
        title: "a subject with another algorithm only",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: about(form, [{ name: "x", digest: { sha512: hexOf(image).repeat(2) } }]),
        }),
        refusal: "subject-mismatch",
      },
      {
        title: "no subject",
        forms: STATEMENT_FORMS,
        said: (form) => ({ payload: about(form, []) }),
        refusal: "subject-mismatch",
      },
      {
        title: "a subject in upper case",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: about(form, [{ name: "x", digest: { sha256: hexOf(image).toUpperCase() } }]),
        }),
        refusal: "subject-mismatch",
      },
      {
        title: "a subject whose name alone is the digest",
        forms: STATEMENT_FORMS,
        said: (form) => ({ payload: about(form, [{ name: image, digest: { sha256: hexOf(other) } }]) }),
        refusal: "subject-mismatch",
      },
      {
        title: "an unknown type of claim",
        forms: ["legacy signature"],
        said: () => ({ payload: simpleSigningPayload(image, { type: "something else" }) }),
        refusal: "claim-type-unknown",
      },
      {
        title: "a claim with another digest, and this one under a spelling that Go would read",
        forms: ["legacy signature"],
        said: () => ({
          payload: signingClaim({
            image: { "docker-manifest-digest": other, "Docker-Manifest-Digest": image },
          }),
        }),
        refusal: "candidate-malformed",
      },
      {
        title: "a statement with another subject, and this one under a spelling that Go would read",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: bytesOf({
            _type: typed(form).type,
            predicateType: typed(form).predicateType,
            subject: [{ name: "x", digest: { sha256: hexOf(image) } }],
            Subject: [{ name: "x", digest: { sha256: hexOf(other) } }],
            predicate: {},
          }),
        }),
        refusal: "candidate-malformed",
      },
      {
        title: "a payload that is no statement",
        forms: STATEMENT_FORMS,
        said: () => ({ payloadType: "application/json" }),
        refusal: "claim-type-unknown",
      },
      {
        title: "a statement of an unknown version",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: statementPayload(image, { ...typed(form), type: "https://in-toto.io/Statement/v2" }),
        }),
        refusal: "candidate-malformed",
      },
      {
        title: "a payload that is not JSON",
        forms: FORMS,
        said: () => ({ payload: Buffer.from("{") }),
        refusal: "candidate-malformed",
      },
    ]),
  )("$title in a $form by $signer", async ({ form, said, order, policy, refusal }) => {
    const parts = await stage.sign(form, { ...order, ...said(form) });
    expect(stage.outcome(candidateOf(form, parts), policy)).toMatchObject({ kind: "refused", refusal });
  });
});

describe("accepts", () => {
  test.each(
    rowsOf<ClaimRow>([
      {
        title: "two subjects of which the second is meant",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: about(
            form,
            [other, image].map((digest) => ({ name: "x", digest: { sha256: hexOf(digest) } })),
          ),
        }),
      },
      {
        // The specification of cosign says that the reference is not verified.
        title: "a reference of another repository",
        forms: ["legacy signature"],
        said: () => ({ payload: simpleSigningPayload(image, { reference: "evil.example/another" }) }),
      },
      {
        title: "a claim of the type that other tools write",
        forms: ["legacy signature"],
        said: () => ({ payload: simpleSigningPayload(image, { type: "atomic container signature" }) }),
      },
      {
        title: "a claim in JSON with white space",
        forms: ["legacy signature"],
        said: () => ({
          payload: Buffer.from(
            JSON.stringify(JSON.parse(simpleSigningPayload(image).toString()), undefined, 3),
          ),
        }),
      },
    ]),
  )("$title in a $form by $signer", async ({ form, said, order, policy }) => {
    const parts = await stage.sign(form, { ...order, ...said(form) });
    expect(stage.outcome(candidateOf(form, parts), policy)).toMatchObject({ kind: "accepted" });
  });
});

/** The statement replaced by another one of the same length, under the old signature. */
function swapped(parts: SignedParts): SignedParts {
  const payload = Buffer.from(
    Buffer.from(parts.payload).toString().replace("1.6", "1.5").replace("{}}", "{ }"),
  );
  const { signatures = [] } = parts.envelope ?? {};
  return { ...parts, payload, envelope: { ...envelopeDocument(payload, []), signatures } };
}

describe("refuses a statement swapped under its signature", () => {
  test.each(STATEMENT_FORMS)("in a %s by a key", async (form) => {
    const parts = await stage.sign(form, { key: stage.vendor, log: "none" });
    const policy = stage.policy({ log: "ignore" }, [vendorKeyOf(stage)]);
    expect(stage.outcome(candidateOf(form, swapped(parts)), policy)).toMatchObject({
      refusal: "signature-key-unknown",
    });
  });

  test.each(STATEMENT_FORMS)("in a %s by a certificate", async (form) => {
    const parts = await stage.sign(form);
    expect(stage.outcome(candidateOf(form, swapped(parts)))).toMatchObject({ refusal: "signature-invalid" });
  });

  test.each(STATEMENT_FORMS)("in a %s by a certificate, with an entry about the new one", async (form) => {
    const parts = await stage.sign(form);
    const forged = swapped(parts);
    const { entries } = await stage.sign(form, { payload: forged.payload });
    const outcome = stage.outcome(candidateOf(form, { ...forged, entries }));
    expect(outcome).toMatchObject({ refusal: "signature-invalid" });
  });
});

describe("predicate types", () => {
  const other = { predicateType: "https://example.org/other" };

  test("come from what is signed, whatever the layer says", async () => {
    const parts = await stage.sign("legacy attestation", { payload: statementPayload(image, other) });
    const candidate = legacyAttestationOf(parts, "https://cyclonedx.org/bom");
    const { results, verdict } = stage.judge([
      candidate,
      candidateOf("image bundle", await stage.sign("image bundle")),
    ]);
    expect(results[0]).toMatchObject({ ...other, outcome: { kind: "accepted", proves: "statement" } });
    expect(verdict).toMatchObject({ kind: "verified", sbom: { kind: "missing" } });
  });

  test.each([{ annotations: {} }, { annotations: other }])(
    "are those of an SBOM, whatever the layer says instead: $annotations",
    async ({ annotations }) => {
      const attestation = legacyAttestationOf(await stage.sign("legacy attestation"));
      const { predicateType: _, ...proofs } = attestation.annotations;
      const candidate: Candidate = { ...attestation, annotations: { ...proofs, ...annotations } };
      const image = candidateOf("image bundle", await stage.sign("image bundle"));
      expect(stage.judge([candidate, image]).verdict).toMatchObject({
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
