import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS, later } from "../../../src/time.ts";
import type { TrustedIdentity } from "../../../src/trust/policy.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { newSigningKey } from "../../fakes/signer.ts";
import { PURPOSES } from "../../fakes/sigstore/certificate.ts";
import { utf8 } from "../../fakes/sigstore/der.ts";
import { IDENTITY, type SigningOrder } from "../../fakes/sigstore/world.ts";
import { FORMS, candidateOf, createStage, inForms, vendorKeyOf } from "./stage.ts";

/** Who signed: certificates that are not what they should be, and identities that are not meant. */
const stage = await createStage();
const { world, stranger } = stage;
const GITHUB = IDENTITY.subject;
const url = (value: string) => ({ type: "url", value }) as const;
const email = (value: string) => ({ type: "email", value }) as const;
const unknownExtension = (criticality: "critical" | "optional") => ({
  oid: "1.3.6.1.4.1.99999.1",
  criticality,
  value: utf8("must be understood"),
});

const issuerExtension = (issuer: string) => ({
  oid: "1.3.6.1.4.1.57264.1.8",
  criticality: "optional" as const,
  value: utf8(issuer),
});

type CertificateWishes = NonNullable<SigningOrder["certificate"]>;

describe("refuses a certificate", () => {
  test.each(
    inForms<{ title: string; certificate: CertificateWishes; refusal: Refusal }>([
      {
        title: "for servers",
        certificate: { purposes: [PURPOSES.serverAuth] },
        refusal: "certificate-invalid",
      },
      {
        title: "for timestamps",
        certificate: { purposes: [PURPOSES.timeStamping] },
        refusal: "certificate-invalid",
      },
      { title: "for no named purpose", certificate: { purposes: [] }, refusal: "certificate-invalid" },
      {
        title: "with a critical extension that nobody knows",
        certificate: { more: [unknownExtension("critical")] },
        refusal: "certificate-invalid",
      },
      { title: "of an authority", certificate: { constraints: "authority" }, refusal: "certificate-invalid" },
      {
        title: "with two names, the trusted one first",
        certificate: { names: [url(GITHUB), url("https://github.com/evil/images")] },
        refusal: "certificate-invalid",
      },
      {
        title: "with two names, the trusted one last",
        certificate: { names: [email("evil@example.org"), url(GITHUB)] },
        refusal: "certificate-invalid",
      },
      { title: "without a name", certificate: { names: [] }, refusal: "certificate-invalid" },
      { title: "without an issuer of names", certificate: { issuerIn: [] }, refusal: "certificate-invalid" },
      {
        title: "with two issuers of names",
        certificate: { issuerIn: ["v1"], more: [issuerExtension("https://evil.example")] },
        refusal: "certificate-invalid",
      },
      {
        title: "with the name of a host",
        certificate: { names: [{ type: "dns", value: "github.com" }] },
        refusal: "certificate-invalid",
      },
      { title: "in no log of certificates", certificate: { logs: [] }, refusal: "certificate-invalid" },
      {
        title: "in an unknown log of certificates",
        certificate: { logs: [stranger.certificateLog] },
        refusal: "trust-root-outdated",
      },
      {
        title: "with the promise of its log twice",
        certificate: { logs: [world.certificateLog, world.certificateLog] },
        refusal: "certificate-invalid",
      },
      {
        title: "of an unknown authority",
        certificate: { authority: stranger.authority },
        refusal: "trust-root-outdated",
      },
    ]),
  )("$title on a $form", async ({ form, certificate, refusal }) => {
    const parts = await stage.sign(form, { certificate });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ kind: "refused", refusal });
  });

  test.each(FORMS)("in whose log another certificate is, on a %s", async (form) => {
    const foreign = {
      publicKey: world.certificateLog.publicKey,
      promise: () => world.certificateLog.promise(new Uint8Array(decoy).buffer, stageKey, world.now),
    };
    const parts = await stage.sign(form, { certificate: { logs: [foreign] } });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "certificate-invalid" });
  });

  test.each(FORMS)("that is an authority's own, on a %s", async (form) => {
    const parts = await stage.sign(form);
    const [intermediate] = world.authority.chain;
    if (intermediate === undefined) throw new Error("an authority has a certificate");
    const { key } = parts.verifier;
    const forged = { ...parts, verifier: { kind: "certificate", certificate: intermediate, key } } as const;
    expect(stage.outcome(candidateOf(form, forged))).toMatchObject({ kind: "refused" });
  });
});

const { privateKey: stageKey } = newSigningKey("p-384");
const decoyParts = await stage.sign("legacy signature");
const decoy = decoyParts.verifier.kind === "certificate" ? decoyParts.verifier.certificate : Buffer.alloc(0);

describe("refuses a time", () => {
  test.each(
    inForms<{ title: string; order: Partial<SigningOrder>; refusal: Refusal }>([
      {
        title: "after the certificate had expired",
        order: { certificate: { validFrom: later(world.now, -2 * HOUR_MS) } },
        refusal: "certificate-expired",
      },
      {
        title: "before the certificate was valid",
        order: { certificate: { validFrom: later(world.now, -30 * MINUTE_MS) } },
        refusal: "certificate-expired",
      },
      {
        title: "that is in the future",
        order: { at: later(world.now, DAY_MS) },
        refusal: "log-entry-invalid",
      },
      {
        title: "before its log was in use",
        order: { at: later(world.now, -400 * DAY_MS) },
        refusal: "log-entry-invalid",
      },
    ]),
  )("$title on a $form", async ({ form, order, refusal }) => {
    const parts = await stage.sign(form, order);
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ kind: "refused", refusal });
  });

  test.each(FORMS)("of nobody, though the certificate of a %s is valid now", async (form) => {
    const parts = await stage.sign(form, { at: later(world.now, -MINUTE_MS), log: "none" });
    const candidate = candidateOf(form, parts);
    expect(stage.outcome(candidate)).toMatchObject({ refusal: "log-entry-missing" });
    expect(stage.outcome(candidate, stage.policy({ log: "ignore" }))).toMatchObject({
      refusal: "trusted-time-missing",
    });
  });
});

const identity = (more: Partial<TrustedIdentity>): TrustedIdentity => ({ ...world.identity, ...more });
const pattern = (source: string): TrustedIdentity => identity({ subject: { kind: "pattern", source } });

describe("refuses the identity of somebody", () => {
  test.each(
    inForms<{ title: string; certificate?: CertificateWishes; trusted?: TrustedIdentity }>([
      { title: "whose name goes on", certificate: { names: [url(`${GITHUB}-evil`)] } },
      { title: "whose name ends early", certificate: { names: [url(GITHUB.slice(0, -1))] } },
      {
        title: "whose name begins otherwise",
        certificate: { names: [url(`https://evil.example/?${GITHUB}`)] },
      },
      { title: "whose name is in upper case", certificate: { names: [url(GITHUB.toUpperCase())] } },
      { title: "whom another issuer named", certificate: { issuer: "https://evil.example" } },
      { title: "whose issuer goes on", certificate: { issuer: `${IDENTITY.issuer}.evil.example` } },
      { title: "whose issuer has a slash more", certificate: { issuer: `${IDENTITY.issuer}/` } },
      {
        title: "whose name goes on behind a pattern without anchors",
        certificate: { names: [url(`${GITHUB}-evil`)] },
        trusted: pattern("https://github\\.com/vendor/.*@refs/heads/main"),
      },
      {
        title: "whose name begins before a pattern without anchors",
        certificate: { names: [url(`https://evil.example/${GITHUB}`)] },
        trusted: pattern("https://github\\.com/vendor/.*"),
      },
      {
        title: "who is in neither half of a pattern with a choice",
        certificate: { names: [url("https://github.com/vendor/evil")] },
        trusted: pattern("https://github\\.com/vendor/images|other"),
      },
    ]),
  )("$title on a $form", async ({ form, certificate = {}, trusted = world.identity }) => {
    const parts = await stage.sign(form, { certificate });
    expect(stage.outcome(candidateOf(form, parts), stage.policy({}, [trusted]))).toMatchObject({
      kind: "refused",
      refusal: "identity-mismatch",
    });
  });

  test.each(FORMS)("with an address of e-mail that is meant as a URI, on a %s", async (form) => {
    const parts = await stage.sign(form, { certificate: { names: [email("release@vendor.example")] } });
    expect(stage.outcome(candidateOf(form, parts))).toMatchObject({ refusal: "identity-mismatch" });
  });
});

describe("accepts the identity of somebody", () => {
  test.each(
    inForms<{ title: string; certificate?: CertificateWishes; trusted?: TrustedIdentity }>([
      { title: "whose issuer is in the old extension only", certificate: { issuerIn: ["v1"] } },
      { title: "whose issuer is in the new extension only", certificate: { issuerIn: ["v2"] } },
      {
        title: "with an address of e-mail",
        certificate: { names: [email("release@vendor.example")] },
        trusted: identity({ subject: { kind: "exact", text: "release@vendor.example" } }),
      },
      { title: "whom a pattern means", trusted: pattern("https://github\\.com/vendor/.*@refs/heads/main") },
      { title: "whom an anchored pattern means", trusted: pattern("^https://github\\.com/vendor/.*$") },
      {
        title: "with an extension that may be ignored",
        certificate: { more: [unknownExtension("optional")] },
      },
      { title: "whose certificate says that it is no authority", certificate: { constraints: "leaf" } },
      {
        title: "whose certificate has a second purpose",
        certificate: { purposes: [PURPOSES.codeSigning, PURPOSES.serverAuth] },
      },
    ]),
  )("$title on a $form", async ({ form, certificate = {}, trusted = world.identity }) => {
    const parts = await stage.sign(form, { certificate });
    expect(stage.outcome(candidateOf(form, parts), stage.policy({}, [trusted]))).toMatchObject({
      kind: "accepted",
      signer: { kind: "identity", issuer: IDENTITY.issuer },
    });
  });
});

describe("refuses the other kind of signer", () => {
  test.each(FORMS)("a certificate on a %s where only keys are trusted", async (form) => {
    const candidate = candidateOf(form, await stage.sign(form));
    expect(stage.outcome(candidate, stage.policy({}, [vendorKeyOf(stage)]))).toMatchObject({
      refusal: "certificate-unsupported",
    });
  });

  test.each(FORMS)("a key on a %s where only identities are trusted", async (form) => {
    const candidate = candidateOf(form, await stage.sign(form, { key: stage.vendor }));
    expect(stage.outcome(candidate)).toMatchObject({ refusal: "signature-key-unknown" });
  });

  test.each(FORMS)("an identity on a %s whose trust root is not held", async (form) => {
    const candidate = candidateOf(form, await stage.sign(form));
    const missing = { roots: new Map() };
    expect(stage.outcome(candidate, stage.policy(), missing)).toMatchObject({ kind: "refused" });
  });

  test.each(FORMS)("another certificate of the same identity beside the signature of a %s", async (form) => {
    const [signed, other] = [await stage.sign(form), await stage.sign(form)];
    expect(stage.outcome(candidateOf(form, { ...signed, verifier: other.verifier }))).toMatchObject({
      refusal: "signature-invalid",
    });
  });
});
