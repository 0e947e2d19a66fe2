import { expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { signerId } from "../../src/trust/signer.ts";
import { REJECTIONS, type Rejection } from "../../src/trust/verdict.ts";
import type { Rules } from "../../src/trust/verify.ts";
import { EXPIRY, attributesFor, notationEnvelope, payloadFor } from "../fakes/notation/envelopes.ts";
import { SIGNED_AT, contentsOf, newNotaryWorld } from "../fakes/notation/notary-world.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";
import { bundleOf, legacySignatureOf } from "../fakes/sigstore/signed-parts.ts";
import { type SigningOrder, createSigstoreWorld } from "../fakes/sigstore/world.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { IMAGE, type Judged, judge, rulesIn } from "./sigstore/judge.ts";

/** One image for each reason to reject one: that the list is complete is checked by the compiler, that each occurs by the test. */
const world = await createSigstoreWorld();
const stranger = await createSigstoreWorld({ name: "stranger" });
const notaries = newNotaryWorld();
const notary = notaries.signer("p-256");
const vendor = newSigningKey();
const trusted = trustedHalfOf(vendor);
const other = digestOf(Buffer.from("other"));

interface Case {
  readonly candidates: readonly Candidate[];
  readonly rules: Rules;
}

/** Signed in the private Sigstore, as a legacy signature with its entry, unless ordered otherwise. */
async function keyless(
  order: Partial<SigningOrder> = {},
  judged: Judged = {},
  form: typeof legacySignatureOf | typeof bundleOf = legacySignatureOf,
): Promise<Case> {
  const parts = await world.sign({ image: IMAGE, claim: "signature", log: "promise", ...order });
  return { candidates: [form(parts)], rules: rulesIn(world, judged) };
}

/** Signed by a key and judged without any log. */
function keyed(candidates: readonly Candidate[], policy: Parameters<typeof keyPolicy>[1] = {}): Case {
  return { candidates, rules: rulesOf(keyPolicy([trusted], policy)) };
}

const signed = (payload: Uint8Array, key = vendor): Candidate =>
  signatureCandidate(signatureLayer(payload, key));
const good = signed(simpleSigningPayload(IMAGE));

function attested(predicateType: string, key = vendor): Candidate {
  const payload = statementPayload(IMAGE, { predicateType });
  return attestationCandidate(attestationLayer(envelopeDocument(payload, [key]), predicateType));
}

/** Signed with Notation, and what it says changed. */
function notarised(named: Readonly<Record<string, Date | string>>, critical: readonly string[]): Case {
  const attributes = attributesFor(notary.key, "notary.x509", { signedAt: SIGNED_AT });
  const envelope = notationEnvelope(
    contentsOf(notary, {
      form: "jws",
      payload: payloadFor(IMAGE),
      attributes: {
        ...attributes,
        named: { ...attributes.named, ...named },
        critical: [...(attributes.critical ?? []), ...critical],
      },
    }),
  );
  const source = { place: "referrer", manifest: other, layer: digestOf(envelope), subject: IMAGE } as const;
  const signers = { need: "any", groups: [{ name: "vendor", anyOf: [notaries.notary] }] } as const;
  const rules = rulesOf(keyPolicy([], { signers }), { roots: new Map([["acme", notaries.trustRoot]]) });
  return { candidates: [{ kind: "notation-signature", source, form: "jws", envelope }], rules };
}

const logged = (log: NonNullable<SigningOrder["log"]>): Promise<Case> => keyless({ log });

const CASES: Record<Rejection, () => Case | Promise<Case>> = {
  "signer-distrusted": () =>
    keyed([good], { distrust: { signers: [signerId(trusted.signer)], digests: [] } }),
  "subject-mismatch": () => keyed([signed(simpleSigningPayload(other))]),
  "signature-key-unknown": () => keyed([signed(simpleSigningPayload(IMAGE), newSigningKey())]),
  "signature-key-expired": () =>
    keyed([good], {
      signers: { need: "any", groups: [{ name: "vendor", anyOf: [{ ...trusted, validUntil: world.now }] }] },
    }),
  "identity-mismatch": () => keyless({ certificate: { issuer: "https://issuer.example" } }),
  "signature-invalid": async () => {
    const { candidates, rules } = await keyless();
    const [candidate] = candidates;
    if (candidate?.kind !== "cosign-signature") throw new Error("nothing was signed");
    return {
      candidates: [{ ...candidate, payload: simpleSigningPayload(IMAGE, { reference: "x" }) }],
      rules,
    };
  },
  "trust-root-outdated": () => keyless({ certificate: { authority: stranger.authority } }),
  "certificate-invalid": () => keyless({ certificate: { purposes: [] } }),
  "certificate-expired": () => logged({ inclusion: "promise", at: later(world.now, -HOUR_MS / 2) }),
  "log-entry-missing": () => logged("none"),
  "log-entry-invalid": async () => {
    const parts = await world.sign({ image: IMAGE, claim: "image-statement", log: "promise-and-proof" });
    const twice = { ...parts, entries: [...parts.entries, ...parts.entries] };
    return { candidates: [bundleOf(twice)], rules: rulesIn(world) };
  },
  "log-entry-mismatch": () =>
    logged({ inclusion: "promise", verifier: { kind: "key", key: newSigningKey() } }),
  "timestamp-invalid": () =>
    // Over the envelope, where it must be over the signature.
    keyless({ claim: "image-statement", log: "v2", timestamp: "envelope" }, {}, bundleOf),
  "trusted-time-missing": () => keyless({ log: "none" }, { log: "if-known" }),
  "signature-expired": () => notarised({ [EXPIRY]: new Date(SIGNED_AT + 1000) }, [EXPIRY]),
  "claim-type-unknown": () => keyed([signed(simpleSigningPayload(IMAGE, { type: "something else" }))]),
  "critical-unknown": () => notarised({ "com.example.x": "y" }, ["com.example.x"]),
  "certificate-unsupported": () => keyless({}, { signers: [trusted] }),
  "referrer-subject-mismatch": () => {
    const candidate = signatureCandidate(signatureLayer(simpleSigningPayload(IMAGE), vendor));
    return keyed([{ ...candidate, source: { ...candidate.source, subject: other } }]);
  },
  "bundle-content-unsupported": () => keyless({ log: "promise-and-proof" }, {}, bundleOf),
  "algorithm-unsupported": () => keyless({ certificate: { keyKind: "secp256k1" } }),
  "signature-missing": () =>
    keyed([signatureCandidate({ bytes: simpleSigningPayload(IMAGE), annotations: {} })]),
  "candidate-malformed": () => keyed([signed(Buffer.from("no JSON"))]),
  "sbom-refused": () => keyed([good, attested("https://cyclonedx.org/bom", newSigningKey())]),
  "attestation-refused": () =>
    keyed([good, attested("https://openvex.dev/ns", newSigningKey())], {
      attestations: [{ name: "VEX", predicateTypes: ["https://openvex.dev/ns"] }],
    }),
  "digest-distrusted": () => keyed([good], { distrust: { signers: [], digests: [IMAGE] } }),
};

test.each(REJECTIONS)("%s is what an image is rejected for", async (reason) => {
  const { candidates, rules } = await CASES[reason]();
  const verdict = judge(candidates, rules);
  expect(verdict).toMatchObject({ kind: "rejected", reason });
  expect(verdict.kind === "rejected" && verdict.detail).toMatch(/^[^\p{Cc}]{10,300}$/u);
});

test("the same without a flaw is verified", async () => {
  const { candidates, rules } = await keyless();
  expect(judge(candidates, rules)).toMatchObject({ kind: "verified" });
  expect(judge([good], keyed([]).rules)).toMatchObject({ kind: "verified" });
  const { candidates: byNotary, rules: ofNotary } = notarised({}, []);
  expect(judge(byNotary, ofNotary)).toMatchObject({ kind: "verified" });
});
