import { describe, expect, test } from "vitest";
import type { Refusal } from "../../../src/trust/verdict.ts";
import {
  attributesFor,
  AUTHENTIC_TIME,
  type EnvelopeAttributes,
  type EnvelopeContents,
  EXPIRY,
  notationEnvelope,
  payloadFor,
  SCHEME,
  SIGNING_TIME,
} from "../../fakes/notation/envelopes.ts";
import {
  contentsOf,
  IMAGE,
  judged,
  judgedContents,
  newNotaryWorld,
  NOW,
  SIGNED_AT,
} from "../../fakes/notation/notary-world.ts";

const world = newNotaryWorld();
const ec = world.signer("p-256");
const rsa = world.signer("rsa-2048");
const ATTRIBUTES = attributesFor(ec.key, "notary.x509", { signedAt: SIGNED_AT });
const AUTHORITY = attributesFor(ec.key, "notary.x509.signingAuthority", { signedAt: SIGNED_AT });
const EXPIRING = attributesFor(ec.key, "notary.x509", { signedAt: SIGNED_AT, expiresAt: NOW + 1000 });

function withNamed(
  attributes: EnvelopeAttributes,
  named: EnvelopeAttributes["named"],
  critical: readonly (string | number)[] = [],
): EnvelopeAttributes {
  return {
    ...attributes,
    critical: [...(attributes.critical ?? []), ...critical],
    named: { ...attributes.named, ...named },
  };
}

function without(attributes: EnvelopeAttributes, name: string): EnvelopeAttributes {
  return {
    ...attributes,
    named: Object.fromEntries(Object.entries(attributes.named).filter(([key]) => key !== name)),
  };
}

interface Row {
  readonly title: string;
  readonly contents: Partial<EnvelopeContents>;
  readonly refusal: Refusal;
}

const ATTRIBUTE_ROWS: readonly Row[] = [
  {
    title: "no signing scheme",
    contents: { attributes: without(ATTRIBUTES, SCHEME) },
    refusal: "candidate-malformed",
  },
  {
    title: "a signing scheme that nobody knows",
    contents: { attributes: withNamed(ATTRIBUTES, { [SCHEME]: "notary.x509.future" }) },
    refusal: "critical-unknown",
  },
  {
    title: "an empty signing scheme",
    contents: { attributes: withNamed(ATTRIBUTES, { [SCHEME]: "" }) },
    refusal: "critical-unknown",
  },
  {
    title: "a signing scheme that is no text",
    contents: { attributes: withNamed(ATTRIBUTES, { [SCHEME]: true }) },
    refusal: "candidate-malformed",
  },
  {
    title: "no time",
    contents: { attributes: without(ATTRIBUTES, SIGNING_TIME) },
    refusal: "candidate-malformed",
  },
  {
    title: "no time, by a signing authority",
    contents: { attributes: without({ ...AUTHORITY, critical: [SCHEME] }, AUTHENTIC_TIME) },
    refusal: "candidate-malformed",
  },
  {
    title: "a signing authority's time in the ordinary scheme",
    contents: { attributes: withNamed(ATTRIBUTES, { [AUTHENTIC_TIME]: new Date(SIGNED_AT) }) },
    refusal: "candidate-malformed",
  },
  {
    title: "the ordinary time in a signing authority's scheme",
    contents: { attributes: withNamed(AUTHORITY, { [SIGNING_TIME]: new Date(SIGNED_AT) }) },
    refusal: "candidate-malformed",
  },
  {
    title: "a time that is a text of another kind",
    contents: { attributes: withNamed(ATTRIBUTES, { [SIGNING_TIME]: "yesterday" }) },
    refusal: "candidate-malformed",
  },
  {
    title: "an expiry before the signature",
    contents: { attributes: withNamed(EXPIRING, { [EXPIRY]: new Date(SIGNED_AT) }) },
    refusal: "candidate-malformed",
  },
  {
    title: "an expiry that is over",
    contents: { attributes: withNamed(EXPIRING, { [EXPIRY]: new Date(NOW - 1000) }) },
    refusal: "signature-expired",
  },
  {
    title: "no list of critical attributes",
    contents: { attributes: { ...ATTRIBUTES, critical: undefined } },
    refusal: "candidate-malformed",
  },
  {
    title: "an empty list of critical attributes",
    contents: { attributes: { ...ATTRIBUTES, critical: [] } },
    refusal: "candidate-malformed",
  },
  {
    title: "a scheme that is not critical",
    contents: { attributes: { ...EXPIRING, critical: [EXPIRY] } },
    refusal: "candidate-malformed",
  },
  {
    title: "an expiry that is not critical",
    contents: { attributes: { ...EXPIRING, critical: [SCHEME] } },
    refusal: "candidate-malformed",
  },
  {
    title: "a signing authority's time that is not critical",
    contents: { attributes: { ...AUTHORITY, critical: [SCHEME] } },
    refusal: "candidate-malformed",
  },
  {
    title: "a critical attribute that is not there",
    contents: { attributes: { ...ATTRIBUTES, critical: [SCHEME, EXPIRY] } },
    refusal: "candidate-malformed",
  },
  {
    title: "a critical attribute named twice",
    contents: { attributes: { ...ATTRIBUTES, critical: [SCHEME, SCHEME] } },
    refusal: "candidate-malformed",
  },
  {
    title: "a critical attribute that nobody knows",
    contents: { attributes: withNamed(ATTRIBUTES, { "com.example.x": "y" }, ["com.example.x"]) },
    refusal: "critical-unknown",
  },
  {
    title: "a critical attribute that nobody knows and that is not there",
    contents: { attributes: { ...ATTRIBUTES, critical: [SCHEME, "com.example.x"] } },
    refusal: "critical-unknown",
  },
  {
    title: "the plugin of AWS Signer",
    contents: {
      attributes: withNamed(
        AUTHORITY,
        {
          "io.cncf.notary.verificationPlugin": "com.amazonaws.signer.notation.plugin",
          "io.cncf.notary.verificationPluginMinVersion": "1.0.290",
          "com.amazonaws.signer.signingJob": "arn:aws:signer:us-west-2:111122223333:/signing-jobs/1",
        },
        [
          "io.cncf.notary.verificationPlugin",
          "io.cncf.notary.verificationPluginMinVersion",
          "com.amazonaws.signer.signingJob",
        ],
      ),
    },
    refusal: "critical-unknown",
  },
  {
    title: "a plugin that is not marked critical",
    contents: { attributes: withNamed(ATTRIBUTES, { "io.cncf.notary.verificationPlugin": "x" }) },
    refusal: "critical-unknown",
  },
  {
    title: "no type of its payload",
    contents: { attributes: { ...ATTRIBUTES, contentType: undefined } },
    refusal: "candidate-malformed",
  },
  {
    title: "another type of payload",
    contents: { attributes: { ...ATTRIBUTES, contentType: "application/vnd.in-toto+json" } },
    refusal: "claim-type-unknown",
  },
];

const KEY_ROWS: readonly Row[] = [
  {
    title: "an algorithm with a shared secret",
    contents: { attributes: { ...ATTRIBUTES, algorithm: "HS256" }, signedWith: "ES256" },
    refusal: "algorithm-unsupported",
  },
  {
    title: "RSA with PKCS #1 v1.5",
    contents: { ...contentsOf(rsa, { form: "jws" }), attributes: { ...ATTRIBUTES, algorithm: "RS256" } },
    refusal: "algorithm-unsupported",
  },
  {
    title: "the algorithm of another key",
    contents: { attributes: { ...ATTRIBUTES, algorithm: "PS256" }, signedWith: "ES256" },
    refusal: "signature-invalid",
  },
  {
    title: "a longer hash than its key takes",
    contents: { attributes: { ...ATTRIBUTES, algorithm: "ES384" } },
    refusal: "signature-invalid",
  },
  {
    title: "PSS with a longer hash than its key takes",
    contents: { chain: rsa.chain, key: rsa.key, attributes: { ...ATTRIBUTES, algorithm: "PS384" } },
    refusal: "signature-invalid",
  },
  {
    title: "another way to sign than it says",
    contents: {
      chain: rsa.chain,
      key: rsa.key,
      attributes: { ...ATTRIBUTES, algorithm: "PS256" },
      signedWith: "RS256",
    },
    refusal: "signature-invalid",
  },
  {
    title: "somebody else's key",
    contents: { key: world.intermediate.key, signedWith: "ES256" },
    refusal: "signature-invalid",
  },
  { title: "no certificate", contents: { chain: [] }, refusal: "certificate-invalid" },
];

const PAYLOAD_ROWS: readonly Row[] = [
  {
    title: "a payload about another image",
    contents: { payload: payloadFor(`sha256:${"0".repeat(64)}`) },
    refusal: "subject-mismatch",
  },
  {
    title: "the digest in upper case",
    contents: { payload: payloadFor(`sha256:${IMAGE.slice(7).toUpperCase()}`) },
    refusal: "subject-mismatch",
  },
  {
    title: "a digest of another algorithm",
    contents: { payload: payloadFor(`sha512:${"0".repeat(128)}`) },
    refusal: "subject-mismatch",
  },
  {
    title: "the digest with a space after it",
    contents: { payload: payloadFor(`${IMAGE} `) },
    refusal: "subject-mismatch",
  },
  ...[
    { title: "an empty payload", text: "" },
    { title: "a payload that is no JSON", text: "targetArtifact" },
    { title: "a payload that is a list", text: "[]" },
    { title: "a payload without an artifact", text: "{}" },
    { title: "an artifact that is a digest", text: `{"targetArtifact":"${IMAGE}"}` },
    {
      title: "an artifact without a digest",
      text: `{"targetArtifact":{"mediaType":"a/b","size":1}}`,
    },
    {
      title: "an artifact without a type",
      text: `{"targetArtifact":{"digest":"${IMAGE}","size":1}}`,
    },
    {
      title: "an artifact without a size",
      text: `{"targetArtifact":{"mediaType":"a/b","digest":"${IMAGE}"}}`,
    },
    {
      title: "an artifact of a negative size",
      text: `{"targetArtifact":{"mediaType":"a/b","digest":"${IMAGE}","size":-1}}`,
    },
    {
      title: "two digests",
      text: `{"targetArtifact":{"mediaType":"a/b","digest":"x","digest":"${IMAGE}","size":1}}`,
    },
    {
      title: "two digests, one of them escaped",
      text: `{"targetArtifact":{"mediaType":"a/b","\\u0064igest":"x","digest":"${IMAGE}","size":1}}`,
    },
    {
      title: "two digests, one of them in capitals",
      text: `{"targetArtifact":{"mediaType":"a/b","digest":"${IMAGE}","Digest":"x","size":1}}`,
    },
    {
      title: "two artifacts",
      text: `{"targetArtifact":{},"targetArtifact":{"mediaType":"a/b","digest":"${IMAGE}","size":1}}`,
    },
    {
      title: "two artifacts, one of them in capitals",
      text: `{"TARGETARTIFACT":{},"targetArtifact":{"mediaType":"a/b","digest":"${IMAGE}","size":1}}`,
    },
    { title: "a byte order mark", text: `\uFEFF${payloadFor(IMAGE).toString()}` },
  ].map(({ title, text }) => ({
    title,
    contents: { payload: Buffer.from(text) },
    refusal: "candidate-malformed" as const,
  })),
];

const ROWS = (["jws", "cose"] as const).flatMap((form) =>
  [...ATTRIBUTE_ROWS, ...KEY_ROWS, ...PAYLOAD_ROWS].map((row) => ({ form, ...row })),
);

describe("refuses", () => {
  test.each(ROWS)("$form: $title", ({ form, contents, refusal }) => {
    const outcome = judgedContents(world, { ...contentsOf(ec, { form }), ...contents, form });
    expect(outcome).toMatchObject({ kind: "refused", refusal });
  });

  test.each(["jws", "cose"] as const)("%s of more bytes than one has", (form) => {
    const contents = contentsOf(ec, { form, payload: payloadFor(IMAGE, { pad: "x".repeat(1024 * 1024) }) });
    expect(judgedContents(world, contents)).toMatchObject({ refusal: "candidate-malformed" });
  });

  test("foreign text in the reason only quoted and short", () => {
    const attributes = withNamed(ATTRIBUTES, { [SCHEME]: `\u001b[31m${"x".repeat(10_000)}` });
    const outcome = judgedContents(world, contentsOf(ec, { form: "cose", attributes }));
    expect(outcome).toMatchObject({ kind: "refused", detail: expect.stringMatching(/^[ -~…]{1,200}$/) });
  });
});

describe("accepts beside", () => {
  test.each([
    {
      title: "an attribute that nobody knows and nobody needs",
      contents: { attributes: withNamed(ATTRIBUTES, { "com.example.x": true }) },
    },
    {
      title: "the ordinary time marked critical",
      contents: { attributes: withNamed(ATTRIBUTES, {}, [SIGNING_TIME]) },
    },
    {
      title: "an artifact with annotations",
      contents: { payload: payloadFor(IMAGE, { annotations: { "io.example.build": "123" } }) },
    },
  ])("$title", ({ contents }) => {
    for (const form of ["jws", "cose"] as const) {
      const envelope = notationEnvelope({ ...contentsOf(ec, { form }), ...contents });
      expect(judged(world, form, envelope)).toMatchObject({ kind: "signed" });
    }
  });
});
