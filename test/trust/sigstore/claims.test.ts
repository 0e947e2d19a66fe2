import { describe, expect, test } from "vitest";
import { digestOf, hexOf } from "../../../src/image/digest.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { bytesOf, envelopeDocument, simpleSigningPayload, statementPayload } from "../../fakes/signer.ts";
import type { SignedParts } from "../../fakes/sigstore/signed-parts.ts";
import type { SigningOrder } from "../../fakes/sigstore/world.ts";
import { CLAIMS, FORMS, type Form, STATEMENT_FORMS, candidateOf, createStage, vendorKeyOf } from "./stage.ts";

/** What is signed: rightly in every respect but what it says. */
const stage = await createStage();
const { image } = stage;
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
        title: "a subject with this digest, and another one under a spelling that Go would read",
        forms: STATEMENT_FORMS,
        said: (form) => ({
          payload: about(form, [
            { name: "x", digest: { sha256: hexOf(image) }, Digest: { sha256: hexOf(other) } },
          ]),
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
