import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/image/digest.ts";
import { DAY_MS, later } from "../../../src/time.ts";
import { NOTARY_KEYS } from "../../fakes/notation/certificates.ts";
import { attributesFor, notationEnvelope } from "../../fakes/notation/envelopes.ts";
import {
  contentsOf,
  IMAGE,
  judged,
  judgedContents,
  newNotaryWorld,
  NOW,
  SIGNED_AT,
  trustRootOf,
} from "../../fakes/notation/notary-world.ts";

const FORMS = ["jws", "cose"] as const;
const SCHEMES = ["notary.x509", "notary.x509.signingAuthority"] as const;
const TIMESTAMPS = ["no timestamp", "a timestamp"] as const;

const world = newNotaryWorld();
/** The same authorities, of whom it is also said that they may tell the time of their signatures. */
const SIGNING_ROOT = trustRootOf({
  authorities: [world.root.der],
  timestampAuthorities: [world.tsaRoot.der],
  signingAuthorities: [world.root.der],
});

const CELLS = FORMS.flatMap((form) =>
  NOTARY_KEYS.flatMap((kind) =>
    SCHEMES.flatMap((scheme) => TIMESTAMPS.map((timestamp) => ({ form, kind, scheme, timestamp }))),
  ),
);

describe("what Notation signs is accepted", () => {
  test("in every form, with every key, in every scheme, with and without a timestamp", () => {
    expect(CELLS).toHaveLength(48);
  });

  test.each(CELLS)("$form, $kind, $scheme, $timestamp", ({ form, kind, scheme, timestamp }) => {
    const signer = world.signer(kind);
    const attributes = attributesFor(signer.key, scheme, { signedAt: SIGNED_AT, expiresAt: NOW + DAY_MS });
    const contents = contentsOf(signer, {
      form,
      attributes,
      ...(timestamp === "a timestamp" ? { timestamp: (signature) => world.timestamp(signature) } : {}),
    });

    const outcome = judgedContents(world, contents, { trustRoot: SIGNING_ROOT });

    const isTimed = scheme === "notary.x509.signingAuthority" || timestamp === "a timestamp";
    expect(outcome).toEqual({
      kind: "signed",
      signer: {
        kind: "certificate",
        subject: "CN=Acme Signing, O=Acme, L=Redmond, ST=WA, C=US",
        root: "acme",
        name: "Acme",
      },
      trusted: world.notary,
      ...(isTimed ? { signedAt: SIGNED_AT } : {}),
      unchecked: ["whether the certificate was revoked"],
    });
  });
});

describe.each(FORMS)("time, in %s", (form) => {
  const expired = world.signer("p-256", { notAfter: SIGNED_AT + DAY_MS });

  test("an expired certificate counts with a countersignature made while it was valid", () => {
    const contents = contentsOf(expired, { form, timestamp: (signature) => world.timestamp(signature) });
    expect(judgedContents(world, contents)).toMatchObject({ kind: "signed", signedAt: SIGNED_AT });
  });

  test("an expired certificate counts for nothing without one", () => {
    const contents = contentsOf(expired, { form });
    expect(judgedContents(world, contents)).toMatchObject({
      kind: "refused",
      refusal: "certificate-expired",
    });
  });

  test("a valid certificate counts for nothing with a countersignature from before it was", () => {
    const signer = world.signer("p-256", { notBefore: SIGNED_AT + DAY_MS });
    const contents = contentsOf(signer, { form, timestamp: (signature) => world.timestamp(signature) });
    expect(judgedContents(world, contents)).toMatchObject({
      kind: "refused",
      refusal: "certificate-expired",
    });
  });

  test("a certificate that is not valid yet counts for nothing", () => {
    const contents = contentsOf(world.signer("p-256", { notBefore: NOW + 1000 }), { form });
    expect(judgedContents(world, contents)).toMatchObject({
      kind: "refused",
      refusal: "certificate-expired",
    });
  });

  test("an authority that expired before the signature was made counts for nothing", () => {
    const contents = contentsOf(world.signer(), { form });
    const outcome = judgedContents(world, contents, { now: later(NOW, 20 * 365 * DAY_MS) });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "certificate-expired" });
  });

  test("an expiry that is over counts, whatever the certificate", () => {
    const attributes = attributesFor(expired.key, "notary.x509", { signedAt: SIGNED_AT, expiresAt: NOW });
    const contents = contentsOf(expired, {
      form,
      attributes,
      timestamp: (signature) => world.timestamp(signature),
    });
    expect(judgedContents(world, contents)).toMatchObject({ kind: "refused", refusal: "signature-expired" });
    expect(judgedContents(world, contents, { now: later(NOW, -1000) })).toMatchObject({ kind: "signed" });
  });

  test("a signing authority is believed when it signed, if the trust root says that it is one", () => {
    const attributes = attributesFor(expired.key, "notary.x509.signingAuthority", { signedAt: SIGNED_AT });
    const contents = contentsOf(expired, { form, attributes });
    const outcome = judgedContents(world, contents, { trustRoot: SIGNING_ROOT });
    expect(outcome).toMatchObject({ kind: "signed", signedAt: SIGNED_AT });
  });

  test("who holds the key of an expired certificate cannot call itself a signing authority", () => {
    const attributes = attributesFor(expired.key, "notary.x509.signingAuthority", { signedAt: SIGNED_AT });
    const outcome = judgedContents(world, contentsOf(expired, { form, attributes }));
    expect(outcome).toMatchObject({ kind: "refused", refusal: "certificate-expired" });
  });

  test("a signer that says it is a signing authority is judged by our clock if it is none", () => {
    const signer = world.signer();
    const attributes = attributesFor(signer.key, "notary.x509.signingAuthority", { signedAt: SIGNED_AT });
    const outcome = judgedContents(world, contentsOf(signer, { form, attributes }));
    expect(outcome).toMatchObject({ kind: "signed" });
    expect(outcome).not.toHaveProperty("signedAt");
  });

  test("a signing authority is no authority of the ordinary scheme", () => {
    const attributes = attributesFor(expired.key, "notary.x509", { signedAt: SIGNED_AT });
    const trustRoot = trustRootOf({ authorities: [], signingAuthorities: [world.root.der] });
    const outcome = judgedContents(world, contentsOf(world.signer(), { form, attributes }), { trustRoot });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "trust-root-outdated" });
  });

  test("a signing authority's time before its certificate was valid counts for nothing", () => {
    const signer = world.signer("p-256", { notBefore: SIGNED_AT + 1000 });
    const attributes = attributesFor(signer.key, "notary.x509.signingAuthority", { signedAt: SIGNED_AT });
    const outcome = judgedContents(world, contentsOf(signer, { form, attributes }), {
      trustRoot: SIGNING_ROOT,
    });
    expect(outcome).toMatchObject({ kind: "refused", refusal: "certificate-expired" });
  });
});

describe("whom is trusted", () => {
  const signer = world.signer();
  const envelope = notationEnvelope(contentsOf(signer, { form: "jws" }));
  const judge = (more: Parameters<typeof judged>[3]): unknown => judged(world, "jws", envelope, more);
  const other = newNotaryWorld();

  test("an intermediate authority by its exact bytes", () => {
    const trustRoot = trustRootOf({ authorities: [world.intermediate.der] });
    expect(judge({ trustRoot })).toMatchObject({ kind: "signed" });
  });

  test("of several notaries the one who signed", () => {
    const stranger = { ...world.notary, name: "Stranger", identities: ["C=US, ST=WA, O=Other"] };
    expect(judge({ trusted: [stranger, world.notary] })).toMatchObject({
      kind: "signed",
      trusted: { name: "Acme" },
    });
  });

  test("of several identities the one in the certificate", () => {
    const notary = { ...world.notary, identities: ["nonsense", "C=DE, ST=BE, O=Acme", "O=Acme, S=WA, C=US"] };
    expect(judge({ trusted: [notary] })).toMatchObject({ kind: "signed" });
  });

  test.each([
    { title: "nobody", more: { trusted: [] }, refusal: "certificate-unsupported" },
    {
      title: "an unknown trust root",
      more: { trusted: [{ ...world.notary, root: "other" }] },
      refusal: "trust-root-outdated",
    },
    {
      title: "other authorities",
      more: { trustRoot: other.trustRoot },
      refusal: "trust-root-outdated",
    },
    {
      title: "an authority of the same name with another key",
      more: { trustRoot: trustRootOf({ authorities: [other.root.der, other.intermediate.der] }) },
      refusal: "trust-root-outdated",
    },
    {
      title: "no authority at all",
      more: { trustRoot: trustRootOf({ authorities: [] }) },
      refusal: "trust-root-outdated",
    },
    {
      title: "the signer's own certificate as an authority",
      more: { trustRoot: trustRootOf({ authorities: [signer.leaf.der] }) },
      refusal: "trust-root-outdated",
    },
    {
      title: "another organisation",
      more: { trusted: [{ ...world.notary, identities: ["C=US, ST=WA, O=Acme Inc"] }] },
      refusal: "identity-mismatch",
    },
    {
      title: "one attribute more than the certificate has",
      more: { trusted: [{ ...world.notary, identities: ["C=US, ST=WA, O=Acme, OU=Images"] }] },
      refusal: "identity-mismatch",
    },
    {
      title: "an identity that cannot be read",
      more: { trusted: [{ ...world.notary, identities: ["*", "CN=Acme Signing", ""] }] },
      refusal: "identity-mismatch",
    },
    {
      title: "no identity",
      more: { trusted: [{ ...world.notary, identities: [] }] },
      refusal: "identity-mismatch",
    },
    {
      title: "several, none of whom signed: the most telling",
      more: {
        trusted: [
          { ...world.notary, root: "other" },
          { ...world.notary, identities: ["C=DE, ST=BE, O=Acme"] },
        ],
      },
      refusal: "identity-mismatch",
    },
    {
      title: "another image",
      more: { digest: digestOf(Buffer.from("another image")) },
      refusal: "subject-mismatch",
    },
  ])("$title: refused", ({ more, refusal }) => {
    expect(judge(more)).toMatchObject({ kind: "refused", refusal });
  });

  test("the form is not guessed", () => {
    expect(judged(world, "cose", envelope)).toMatchObject({ refusal: "candidate-malformed" });
    const cose = notationEnvelope(contentsOf(world.signer(), { form: "cose" }));
    expect(judged(world, "jws", cose)).toMatchObject({ refusal: "candidate-malformed" });
    expect(judged(world, "cose", cose, { digest: IMAGE })).toMatchObject({ kind: "signed" });
  });
});
