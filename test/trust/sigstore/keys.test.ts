import { describe, expect, test } from "vitest";
import { HOUR_MS, SECOND_MS, later } from "../../../src/time.ts";
import type { LogMode, TrustedKey, VerificationPolicy } from "../../../src/trust/policy.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import { envelopeDocument, newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";
import type { SignedParts } from "../../fakes/sigstore/signed-parts.ts";
import {
  BUNDLE_FORMS,
  FORMS,
  LEGACY_FORMS,
  candidateOf,
  createStage,
  inForms,
  inclusionOf,
  vendorKeyOf,
} from "./stage.ts";

/** What keys sign, with entries in logs that are right, wrong or of nobody we know. */
const stage = await createStage();
const { world, stranger, vendor } = stage;
const trustedKey = vendorKeyOf(stage);
const signedAt = later(world.now, -HOUR_MS);

function policyOf(log: LogMode, key: TrustedKey = trustedKey): VerificationPolicy {
  return stage.policy({ log }, [key]);
}

describe("a key's signature", () => {
  test.each(inForms([{ title: "about another signature" }, { title: "that names somebody else" }]))(
    "with an entry $title on a $form counts only where logs are ignored",
    async ({ form, title }) => {
      const { entries } = await stage.sign(form, { key: vendor });
      const inclusion = inclusionOf(form);
      const verifier = { kind: "key", key: newSigningKey() } as const;
      const parts =
        title === "about another signature"
          ? { ...(await stage.sign(form, { key: vendor })), entries }
          : await stage.sign(form, { key: vendor, log: { inclusion, verifier } });
      const candidate = candidateOf(form, parts);
      expect(stage.outcome(candidate, policyOf("require"))).toMatchObject({ refusal: "log-entry-mismatch" });
      expect(stage.outcome(candidate, policyOf("if-known"))).toMatchObject({ refusal: "log-entry-mismatch" });
      expect(stage.outcome(candidate, policyOf("ignore"))).toMatchObject({ kind: "accepted" });
    },
  );

  test.each(FORMS)(
    "with an entry of an unknown log on a %s counts unless a log is required",
    async (form) => {
      const parts = await stage.sign(form, {
        key: vendor,
        log: { inclusion: inclusionOf(form), in: stranger.log },
      });
      const candidate = candidateOf(form, parts);
      expect(stage.outcome(candidate, policyOf("require"))).toMatchObject({ refusal: "trust-root-outdated" });
      for (const log of ["if-known", "ignore"] as const) {
        const outcome = stage.outcome(candidate, policyOf(log));
        expect(outcome).toMatchObject({ kind: "accepted" });
        expect(outcome).not.toHaveProperty("signedAt");
      }
    },
  );

  test.each(FORMS)("on a %s of another key counts for nothing", async (form) => {
    const parts = await stage.sign(form, { key: newSigningKey() });
    for (const log of ["require", "if-known", "ignore"] as const) {
      expect(stage.outcome(candidateOf(form, parts), policyOf(log))).toMatchObject({
        refusal: "signature-key-unknown",
      });
    }
  });

  test("in a legacy attestation counts behind that of somebody else", async () => {
    const parts = await stage.sign("legacy attestation", { key: vendor, log: "none" });
    const strange = envelopeDocument(parts.payload, [newSigningKey()]);
    const { signatures = [] } = parts.envelope ?? {};
    const envelope = { ...strange, signatures: [...strange.signatures, ...signatures] };
    const both = candidateOf("legacy attestation", { ...parts, envelope });
    const alone = candidateOf("legacy attestation", { ...parts, envelope: strange });
    expect(stage.outcome(both, policyOf("ignore"))).toMatchObject({ kind: "accepted", groups: ["vendor"] });
    expect(stage.outcome(alone, policyOf("ignore"))).toMatchObject({ refusal: "signature-key-unknown" });
  });

  test.each(BUNDLE_FORMS)("in a %s counts by its key, not by its hint", async (form) => {
    const parts = await stage.sign(form, { key: vendor, log: "none" });
    const hinted = (key: typeof vendor): SignedParts => ({ ...parts, verifier: { kind: "key", key } });
    const other = newSigningKey();
    expect(stage.outcome(candidateOf(form, hinted(other)), policyOf("ignore"))).toMatchObject({
      kind: "accepted",
    });
    expect(
      stage.outcome(candidateOf(form, hinted(vendor)), policyOf("ignore", trustedHalfOf(other))),
    ).toMatchObject({ refusal: "signature-key-unknown" });
  });

  test.each(FORMS)("on a %s counts while the key may sign", async (form) => {
    const logged = candidateOf(form, await stage.sign(form, { key: vendor }));
    const silent = candidateOf(form, await stage.sign(form, { key: vendor, log: "none" }));
    const until: TrustedKey = { ...trustedKey, validUntil: signedAt };
    const after: TrustedKey = { ...trustedKey, validUntil: later(signedAt, SECOND_MS) };
    const from: TrustedKey = { ...trustedKey, validFrom: later(signedAt, SECOND_MS) };
    const expired = { refusal: "signature-key-expired" };
    expect(stage.outcome(logged, policyOf("require", until))).toMatchObject(expired);
    expect(stage.outcome(logged, policyOf("require", from))).toMatchObject(expired);
    expect(stage.outcome(logged, policyOf("require", after))).toMatchObject({ kind: "accepted", signedAt });
    // Nobody says when it was signed: judged by now.
    expect(stage.outcome(silent, policyOf("ignore", after))).toMatchObject(expired);
    expect(stage.outcome(silent, policyOf("ignore", from))).toMatchObject({ kind: "accepted" });
  });

  test.each(LEGACY_FORMS)("on a %s counts with a log that is known by its key alone", async (form) => {
    const root = parseTrustRoot({ name: "rekor", kind: "log-key", pem: world.pem.logKey });
    const rules = { roots: new Map([["rekor", root]]) };
    const policy = stage.policy({ logRoots: ["rekor"] }, [trustedKey]);
    const candidate = candidateOf(form, await stage.sign(form, { key: vendor }));
    const log = { inclusion: "promise", in: stranger.log } as const;
    const foreign = candidateOf(form, await stage.sign(form, { key: vendor, log }));
    expect(stage.outcome(candidate, policy, rules)).toMatchObject({ kind: "accepted", signedAt });
    expect(stage.outcome(foreign, policy, rules)).toMatchObject({ refusal: "trust-root-outdated" });
  });
});
