import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, later } from "../../../src/time.ts";
import type { TrustedCertificate } from "../../../src/trust/policy.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { PURPOSES, pemOf } from "../../fakes/sigstore/certificate.ts";
import { utf8 } from "../../fakes/sigstore/der.ts";
import { IDENTITY, type SigningOrder } from "../../fakes/sigstore/world.ts";
import { FORMS, type Form, candidateOf, createStage, inForms } from "./stage.ts";

/** Certificates that live long, under an authority of the signer's own: no issuer, no log of certificates, no time. */
const stage = await createStage();
const { world, stranger } = stage;
const trusted: TrustedCertificate = {
  kind: "certificate",
  name: "Vendor",
  subject: { kind: "exact", text: IDENTITY.subject },
  root: "own",
};
const root = parseTrustRoot({ name: "own", kind: "certificates", authorities: world.pem.authority });
const rules = { roots: new Map([["own", root]]) };
const policy = stage.policy({ log: "ignore", logRoots: [] }, [trusted]);

type CertificateWishes = NonNullable<SigningOrder["certificate"]>;

const signed = async (form: Form, wishes: CertificateWishes = {}) =>
  candidateOf(
    form,
    await stage.sign(form, {
      log: "none",
      certificate: {
        validFrom: later(world.now, -30 * DAY_MS),
        validMs: 365 * DAY_MS,
        logs: [],
        issuerIn: [],
        ...wishes,
      },
    }),
  );

describe("accepts a certificate", () => {
  test.each(FORMS)("under the own authority on a %s", async (form) => {
    expect(stage.outcome(await signed(form), policy, rules)).toMatchObject({
      kind: "accepted",
      signer: { kind: "certificate", subject: IDENTITY.subject, root: "own", name: "Vendor" },
      groups: ["vendor"],
    });
  });

  test.each(FORMS)("under an own authority that is its root alone on a %s", async (form) => {
    const [, top] = world.authority.chain;
    if (top === undefined) throw new Error("an authority has a root");
    const alone = parseTrustRoot({ name: "own", kind: "certificates", authorities: pemOf(top) });
    // What stands between is the signer's to send, and nobody believes it because of that.
    const outcome = stage.outcome(await signed(form), policy, { roots: new Map([["own", alone]]) });
    expect(outcome).toMatchObject({ refusal: "trust-root-outdated" });
  });
});

describe("refuses a certificate", () => {
  test.each(
    inForms<{ title: string; wishes: CertificateWishes; refusal: Refusal }>([
      {
        title: "of another authority",
        wishes: { authority: stranger.authority },
        refusal: "trust-root-outdated",
      },
      { title: "that has expired", wishes: { validMs: DAY_MS }, refusal: "certificate-expired" },
      {
        title: "that is not valid yet",
        wishes: { validFrom: later(world.now, HOUR_MS) },
        refusal: "certificate-expired",
      },
      {
        title: "of somebody else",
        wishes: { names: [{ type: "url", value: `${IDENTITY.subject}-evil` }] },
        refusal: "identity-mismatch",
      },
      { title: "for servers", wishes: { purposes: [PURPOSES.serverAuth] }, refusal: "certificate-invalid" },
      { title: "of an authority", wishes: { constraints: "authority" }, refusal: "certificate-invalid" },
      {
        title: "with a critical extension that nobody knows",
        wishes: { more: [{ oid: "1.3.6.1.4.1.99999.1", criticality: "critical", value: utf8("x") }] },
        refusal: "certificate-invalid",
      },
    ]),
  )("$title on a $form", async ({ form, wishes, refusal }) => {
    expect(stage.outcome(await signed(form, wishes), policy, rules)).toMatchObject({
      kind: "refused",
      refusal,
    });
  });

  test.each(FORMS)("of the same name and authority on a %s where an identity is meant", async (form) => {
    const roots = new Map([[world.name, stage.root]]);
    const outcome = stage.outcome(await signed(form), stage.policy({ log: "ignore" }), { roots });
    expect(outcome).toMatchObject({ kind: "refused" });
  });

  test.each(FORMS)("on a %s that signed something else", async (form) => {
    const [first, second] = [
      await stage.sign(form, { log: "none" }),
      await stage.sign(form, { log: "none" }),
    ];
    const mixed = candidateOf(form, { ...first, verifier: second.verifier });
    expect(stage.outcome(mixed, policy, rules)).toMatchObject({ kind: "refused" });
  });
});
