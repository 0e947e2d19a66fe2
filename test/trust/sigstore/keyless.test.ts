import { describe, expect, test } from "vitest";
import { HOUR_MS, later } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { LogMode } from "../../../src/trust/policy.ts";
import type { Accepted, Refusal } from "../../../src/trust/verdict.ts";
import { PURPOSES } from "../../fakes/sigstore/certificate.ts";
import {
  type SignedParts,
  bundleOf,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import { IDENTITY, type SigningOrder, createSigstoreWorld } from "../../fakes/sigstore/world.ts";
import { IMAGE, type Judged, firstOutcome, rootOf, judge as judgeBy, rulesIn } from "./judge.ts";
import { newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";

/** What identities, logs and countersignatures prove, in each mode of the log; the private Sigstore of the tests is the trust root. */
const world = await createSigstoreWorld();
const stranger = await createSigstoreWorld({ name: "stranger" });
const key = newSigningKey();
const trustedKey = trustedHalfOf(key);

const judge = (
  candidates: readonly Candidate[],
  { signers = [world.identity, trustedKey], ...judged }: Judged = {},
) => judgeBy(candidates, rulesIn(world, { signers, ...judged }));

type Form = (parts: SignedParts) => Candidate;
const bundle01: Form = (parts) => bundleOf(parts, "0.1");
const bundle02: Form = (parts) => bundleOf(parts, "0.2");
const bundle03: Form = (parts) => bundleOf(parts, "0.3");

interface Row {
  readonly title: string;
  readonly order: Omit<SigningOrder, "image">;
  readonly form: Form;
  readonly judged?: Judged;
}

const signedAt = later(world.now, -HOUR_MS);

describe("is accepted:", () => {
  test.each<Row & { expected: Partial<Accepted> }>([
    {
      title: "a legacy signature with a promise",
      order: { claim: "signature", log: "promise" },
      form: legacySignatureOf,
      expected: { proves: "image", signedAt, timeProof: "log-promise" },
    },
    {
      title: "a legacy attestation with a dsse entry",
      order: { claim: "statement", log: "promise" },
      form: legacyAttestationOf,
      expected: { proves: "statement", signedAt, timeProof: "log-promise" },
    },
    {
      title: "a legacy attestation with an entry of in-toto's first version",
      order: { claim: "statement", log: { inclusion: "promise", kind: "intoto/0.0.1" } },
      form: legacyAttestationOf,
      expected: { proves: "statement", signedAt, timeProof: "log-promise" },
    },
    {
      title: "a legacy attestation with an entry of in-toto's second version",
      order: { claim: "statement", log: { inclusion: "promise", kind: "intoto/0.0.2" } },
      form: legacyAttestationOf,
      expected: { proves: "statement", signedAt },
    },
    {
      title: "a legacy attestation, logged and countersigned over its envelope",
      order: { claim: "statement", log: "promise", timestamp: "envelope" },
      form: legacyAttestationOf,
      expected: { proves: "statement", signedAt },
    },
    {
      title: "a legacy signature, logged and countersigned",
      order: { claim: "signature", log: "promise", timestamp: "signature" },
      form: legacySignatureOf,
      expected: { proves: "image", signedAt },
    },
    {
      title: "cosign 3's signature with promise and proof",
      order: { claim: "image-statement", log: "promise-and-proof" },
      form: bundle03,
      expected: { proves: "image", signedAt, timeProof: "log-proof" },
    },
    {
      title: "the same in a bundle 0.2",
      order: { claim: "image-statement", log: "promise-and-proof" },
      form: bundle02,
      expected: { proves: "image", signedAt },
    },
    {
      title: "the same in a bundle 0.1",
      order: { claim: "image-statement", log: "promise" },
      form: bundle01,
      expected: { proves: "image", signedAt, timeProof: "log-promise" },
    },
    {
      title: "cosign 3's signature in a log of the second generation",
      order: { claim: "image-statement", log: "v2" },
      form: bundle03,
      expected: { proves: "image", signedAt, timeProof: "countersignature" },
    },
    {
      title: "the same, logged as a hash",
      order: {
        claim: "image-statement",
        log: { inclusion: "proof", in: world.log2, kind: "hashedrekord/0.0.2" },
        timestamp: "signature",
      },
      form: bundle03,
      expected: { proves: "image", timeProof: "countersignature" },
    },
    {
      title: "a countersigned signature where entries only count if known",
      order: { claim: "image-statement", timestamp: "signature" },
      form: bundle03,
      judged: { log: "if-known" },
      expected: { proves: "image", signedAt, timeProof: "countersignature" },
    },
    {
      title: "a countersigned signature where no log is looked at, whatever the log says",
      order: {
        claim: "image-statement",
        log: { inclusion: "proof", in: stranger.log },
        timestamp: "signature",
      },
      form: bundle03,
      judged: { log: "ignore" },
      expected: { proves: "image", timeProof: "countersignature" },
    },
    {
      title: "an entry of an unknown log beside a countersignature, where entries only count if known",
      order: {
        claim: "image-statement",
        log: { inclusion: "proof", in: stranger.log },
        timestamp: "signature",
      },
      form: bundle03,
      judged: { log: "if-known" },
      expected: { unchecked: ["an entry in a log that no trust root knows"] },
    },
    {
      title: "a key's signature with its entry",
      order: { claim: "signature", key, log: "promise" },
      form: legacySignatureOf,
      expected: { signer: trustedKey.signer, signedAt, timeProof: "log-promise" },
    },
    {
      title: "a key's bundle in a log of the second generation",
      order: { claim: "image-statement", key, log: "v2" },
      form: bundle03,
      expected: { signer: trustedKey.signer, signedAt, timeProof: "countersignature" },
    },
    {
      title: "a key's bundle with a proof and nothing that says when",
      order: { claim: "image-statement", key, log: "proof" },
      form: bundle03,
      expected: { signer: trustedKey.signer },
    },
    {
      title: "a key's signature without entry, where entries only count if known",
      order: { claim: "signature", key },
      form: legacySignatureOf,
      judged: { log: "if-known" },
      expected: { signer: trustedKey.signer },
    },
    {
      title: "a key's signature in an unknown log, where entries only count if known",
      order: { claim: "signature", key, log: { inclusion: "promise", in: stranger.log } },
      form: legacySignatureOf,
      judged: { log: "if-known" },
      expected: { unchecked: ["an entry in a log that no trust root knows"] },
    },
    {
      title: "a key's signature in an unknown log, where no log is looked at",
      order: { claim: "signature", key, log: { inclusion: "promise", in: stranger.log } },
      form: legacySignatureOf,
      judged: { log: "ignore", roots: [] },
      expected: { signer: trustedKey.signer },
    },
    {
      title: "an issuer that stands in the certificate's older extension alone",
      order: { claim: "signature", log: "promise", certificate: { issuerIn: ["v1"] } },
      form: legacySignatureOf,
      expected: { proves: "image" },
    },
    {
      title: "a certificate of an e-mail address",
      order: {
        claim: "signature",
        log: "promise",
        certificate: { names: [{ type: "email", value: "keyless@vendor.example" }] },
      },
      form: legacySignatureOf,
      judged: {
        signers: [{ ...world.identity, subject: { kind: "exact", text: "keyless@vendor.example" } }],
      },
      expected: { proves: "image" },
    },
  ])("$title", async ({ order, form, judged, expected }) => {
    const verdict = judge([form(await world.sign({ image: IMAGE, ...order }))], judged);
    expect(firstOutcome(verdict)).toMatchObject({ kind: "accepted", groups: ["vendor"], ...expected });
  });
});

describe("is refused:", () => {
  test.each<Row & { refusal: Refusal }>([
    {
      title: "an identity without anything that says when",
      order: { claim: "signature" },
      form: legacySignatureOf,
      judged: { log: "if-known" },
      refusal: "trusted-time-missing",
    },
    {
      title: "no entry where one is demanded",
      order: { claim: "image-statement", timestamp: "signature" },
      form: bundle03,
      refusal: "log-entry-missing",
    },
    {
      title: "a key's signature without entry where one is demanded",
      order: { claim: "signature", key },
      form: legacySignatureOf,
      refusal: "log-entry-missing",
    },
    {
      title: "an entry of an unknown log",
      order: { claim: "signature", log: { inclusion: "promise", in: stranger.log } },
      form: legacySignatureOf,
      refusal: "trust-root-outdated",
    },
    {
      title: "an entry of an unknown log as the only clock",
      order: { claim: "signature", log: { inclusion: "promise", in: stranger.log } },
      form: legacySignatureOf,
      judged: { log: "if-known" },
      refusal: "trust-root-outdated",
    },
    {
      title: "another authority",
      order: { claim: "signature", log: "promise", certificate: { authority: stranger.authority } },
      form: legacySignatureOf,
      refusal: "trust-root-outdated",
    },
    {
      title: "a trust root that is not there",
      order: { claim: "signature", log: "promise" },
      form: legacySignatureOf,
      judged: { roots: [] },
      refusal: "trust-root-outdated",
    },
    {
      title: "another subject",
      order: {
        claim: "signature",
        log: "promise",
        certificate: { names: [{ type: "url", value: `${IDENTITY.subject}-evil` }] },
      },
      form: legacySignatureOf,
      refusal: "identity-mismatch",
    },
    {
      title: "another issuer",
      order: { claim: "signature", log: "promise", certificate: { issuer: "https://issuer.example" } },
      form: legacySignatureOf,
      refusal: "identity-mismatch",
    },
    {
      title: "logged after the certificate ended",
      order: { claim: "signature", log: { inclusion: "promise", at: later(world.now, -HOUR_MS / 2) } },
      form: legacySignatureOf,
      refusal: "certificate-expired",
    },
    {
      title: "a certificate for servers",
      order: { claim: "signature", log: "promise", certificate: { purposes: [PURPOSES.serverAuth] } },
      form: legacySignatureOf,
      refusal: "certificate-invalid",
    },
  ])("$title", async ({ order, form, judged, refusal }) => {
    const verdict = judge([form(await world.sign({ image: IMAGE, ...order }))], judged);
    expect(verdict).toMatchObject({ kind: "rejected", reason: refusal });
  });
});

describe("a Sigstore with a timestamp authority alone, as GitHub has for private repositories,", () => {
  const { tlogs: _tlogs, ctlogs: _ctlogs, ...document } = JSON.parse(world.trustedRoot);
  const roots = [rootOf({ name: world.name, trustedRoot: JSON.stringify(document) })];
  const order = { image: IMAGE, claim: "image-statement", certificate: { logs: [] } } as const;

  test.each<{ log: LogMode; expected: object }>([
    { log: "ignore", expected: { kind: "accepted", timeProof: "countersignature", signedAt } },
    { log: "if-known", expected: { kind: "accepted", timeProof: "countersignature", signedAt } },
    { log: "require", expected: { refusal: "log-entry-missing" } },
  ])("vouches for an identity where entries are to $log: $expected", async ({ log, expected }) => {
    const parts = await world.sign({ ...order, timestamp: "signature" });
    expect(firstOutcome(judge([bundle03(parts)], { log, roots }))).toMatchObject(expected);
  });

  test.each<{ title: string; by: Partial<SigningOrder>; refusal: Refusal }>([
    { title: "nothing that says when", by: {}, refusal: "trusted-time-missing" },
    { title: "the log of another one", by: { log: "promise-and-proof" }, refusal: "trust-root-outdated" },
    {
      title: "a countersignature after the certificate ended",
      by: { timestamp: "signature", certificate: { logs: [], validMs: 500 } },
      refusal: "certificate-expired",
    },
  ])("does not with $title", async ({ by, refusal }) => {
    const parts = await world.sign({ ...order, ...by });
    expect(firstOutcome(judge([bundle03(parts)], { log: "if-known", roots }))).toMatchObject({ refusal });
  });

  test("does not with a countersignature by an authority that nobody knows", async () => {
    const parts = await world.sign(order);
    const { timestamps } = await stranger.sign({ ...order, timestamp: "signature" });
    expect(firstOutcome(judge([bundle03({ ...parts, timestamps })], { log: "ignore", roots }))).toMatchObject(
      {
        refusal: "trust-root-outdated",
      },
    );
  });
});
