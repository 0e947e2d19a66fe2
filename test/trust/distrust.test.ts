import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import {
  distrustId,
  distrustOf,
  type DistrustSubject,
  isRevoked,
  isTouched,
  joinedDistrust,
  parseFingerprint,
  relevantDistrust,
  withdrawn,
} from "../../src/trust/distrust.ts";
import { type Distrust, NO_DISTRUST, policyHash, type VerificationPolicy } from "../../src/trust/policy.ts";
import { renderFingerprint, type Signer, signerId } from "../../src/trust/signer.ts";
import type { CandidateResult, Verdict } from "../../src/trust/verdict.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { newSigningKey, trustedHalfOf } from "../fakes/signer.ts";

const digest = (start: string): Digest => parseDigest(`sha256:${start.padEnd(64, "0")}`);
const IMAGE = digest("1a");
const INDEX = digest("1d");
const OTHER = digest("0e");
const VENDOR = trustedHalfOf(newSigningKey(), "vendor");
const BUILDER = trustedHalfOf(newSigningKey(), "builder");
const STRANGER = trustedHalfOf(newSigningKey(), "stranger");
const SOURCE = { place: "sig-tag", manifest: digest("aa"), layer: digest("ab") } as const;
const WORKFLOW: Signer = {
  kind: "identity",
  issuer: "https://token.example",
  subject: "https://code.example/release",
  root: "public",
  name: "release",
};

const accepted = (signer: Signer, groups: readonly string[] = []): CandidateResult => ({
  kind: "cosign-signature",
  source: SOURCE,
  outcome: { kind: "accepted", signer, groups, proves: "image" },
});
const verified = (
  results: readonly CandidateResult[],
  more: { readonly coveredBy?: Digest } = {},
): Extract<Verdict, { kind: "verified" }> => ({
  kind: "verified",
  signers: results.flatMap(({ outcome }) => (outcome.kind === "accepted" ? [outcome.signer] : [])),
  results,
  skipped: [],
  sbom: { kind: "missing" },
  insecure: [],
  ...more,
});
const signers = (...all: readonly Signer[]): Distrust => ({ signers: all.map(signerId), digests: [] });
const digests = (...all: readonly Digest[]): Distrust => ({ signers: [], digests: all });

describe("what a subject is called", () => {
  test.each<{ subject: DistrustSubject; id: string }>([
    { subject: { kind: "key", fingerprint: VENDOR.signer.fingerprint }, id: signerId(VENDOR.signer) },
    {
      subject: { kind: "identity", issuer: WORKFLOW.issuer, subject: WORKFLOW.subject },
      id: signerId(WORKFLOW),
    },
    {
      subject: { kind: "certificate", root: "acme", subject: "CN=acme" },
      id: signerId({ kind: "certificate", root: "acme", subject: "CN=acme", name: "Acme" }),
    },
    { subject: { kind: "digest", digest: IMAGE }, id: `digest ${IMAGE}` },
  ])("$subject.kind", ({ subject, id }) => {
    expect(distrustId(subject)).toBe(id);
    const { signers: ids, digests: all } = distrustOf([subject]);
    expect([...ids, ...all.map((each) => `digest ${each}`)]).toEqual([id]);
  });
});

describe("a fingerprint", () => {
  const hex = VENDOR.signer.fingerprint;
  test.each([
    { title: "hex", text: hex },
    { title: "upper-case hex", text: hex.toUpperCase() },
    { title: "as ssh writes it", text: renderFingerprint(VENDOR.signer) },
    { title: "hex in pairs", text: hex.match(/../g)?.join(":") ?? "" },
    { title: "with its padding", text: `${renderFingerprint(VENDOR.signer)}=` },
  ])("is read as $title", ({ text }) => {
    expect(parseFingerprint(text)).toBe(hex);
  });

  test.each([
    { title: "nothing", text: "" },
    { title: "a digit short", text: hex.slice(1) },
    { title: "a digit more", text: `${hex}0` },
    { title: "a digest", text: `sha256:${hex}` },
    { title: "base64 without its name", text: renderFingerprint(VENDOR.signer).slice(7) },
    { title: "31 bytes", text: `SHA256:${Buffer.alloc(31, 7).toString("base64").replace(/=+$/, "")}` },
    { title: "33 bytes", text: `SHA256:${Buffer.alloc(33, 7).toString("base64")}` },
    { title: "base64 with bits that must be nothing", text: `SHA256:${"A".repeat(42)}B` },
    { title: "base64 for addresses", text: `SHA256:${"-".repeat(43)}` },
    { title: "MD5", text: `MD5:${"aa:".repeat(16)}` },
    { title: "a new line", text: `${hex}\n` },
  ])("is refused: $title", ({ text }) => {
    expect(() => parseFingerprint(text)).toThrow(InvalidInputError);
  });
});

describe("what is relevant", () => {
  const all = joinedDistrust(signers(VENDOR.signer, STRANGER.signer, WORKFLOW), digests(IMAGE, OTHER));

  test("the policy's own keys and the digests that are judged", () => {
    expect(relevantDistrust(all, keyPolicy([VENDOR, BUILDER]), [IMAGE])).toEqual({
      signers: [signerId(VENDOR.signer)],
      digests: [IMAGE],
    });
  });

  test("every certificate where one may sign", () => {
    const identity = {
      kind: "identity",
      name: "release",
      issuer: WORKFLOW.issuer,
      subject: { kind: "pattern", source: ".*" },
      root: "public",
    } as const;
    const policy = { signers: { need: "any", groups: [{ name: "vendor", anyOf: [identity] }] } } as const;
    expect(relevantDistrust(all, policy, [])).toEqual(signers(WORKFLOW));
  });

  test("nothing else changes the hash of a policy", () => {
    const policy = keyPolicy([BUILDER]);
    const hash = (distrust: Distrust): string =>
      policyHash({ ...policy, distrust: relevantDistrust(distrust, policy, [INDEX]) }, new Map());
    expect(hash(all)).toBe(hash(NO_DISTRUST));
    expect(hash(signers(BUILDER.signer))).not.toBe(hash(NO_DISTRUST));
    expect(hash(digests(INDEX))).not.toBe(hash(NO_DISTRUST));
  });
});

const ONE = verified([accepted(VENDOR.signer, ["vendor"])]);
const TWO = verified([accepted(VENDOR.signer, ["vendor"]), accepted(BUILDER.signer, ["builder"])]);
const BOTH: VerificationPolicy["signers"] = {
  need: "all",
  groups: [
    { name: "vendor", anyOf: [VENDOR, STRANGER] },
    { name: "builder", anyOf: [BUILDER] },
  ],
};
const ANY = keyPolicy([VENDOR, BUILDER]).signers;

describe("taken back from what is stored alone", () => {
  test.each<{
    title: string;
    verdict: Verdict;
    distrust: Distrust;
    policy?: VerificationPolicy["signers"];
    reason: string;
  }>([
    { title: "its only signer", verdict: ONE, distrust: signers(VENDOR.signer), reason: "signer-distrusted" },
    {
      title: "both of its signers",
      verdict: TWO,
      distrust: signers(VENDOR.signer, BUILDER.signer),
      reason: "signer-distrusted",
    },
    {
      title: "one of two that were needed",
      verdict: TWO,
      distrust: signers(BUILDER.signer),
      policy: BOTH,
      reason: "signer-distrusted",
    },
    {
      title: "one of two of a record that does not say who is in which group",
      verdict: verified([accepted(VENDOR.signer), accepted(BUILDER.signer)]),
      distrust: signers(BUILDER.signer),
      policy: BOTH,
      reason: "signer-distrusted",
    },
    {
      title: "an identity",
      verdict: verified([accepted(WORKFLOW)]),
      distrust: signers(WORKFLOW),
      reason: "signer-distrusted",
    },
    { title: "the digest", verdict: TWO, distrust: digests(IMAGE), reason: "digest-distrusted" },
    {
      title: "the index that covers it",
      verdict: verified([accepted(VENDOR.signer)], { coveredBy: INDEX }),
      distrust: digests(INDEX),
      reason: "digest-distrusted",
    },
  ])("$title", ({ verdict, distrust, policy = ANY, reason }) => {
    const taken = withdrawn(IMAGE, verdict, { signers: policy, distrust });
    expect(taken).toMatchObject({ kind: "rejected", reason });
    expect(taken !== undefined && isRevoked(taken)).toBe(true);
    expect(isTouched(IMAGE, verdict, distrust)).toBe(true);
    // What was taken back is looked at again when it may be given again.
    expect(taken !== undefined && isTouched(IMAGE, taken, NO_DISTRUST)).toBe(true);
  });

  test("says of each signature who is distrusted", () => {
    const taken = withdrawn(IMAGE, TWO, { signers: BOTH, distrust: signers(BUILDER.signer) });
    expect(taken?.detail).toBe('an operator distrusts "builder"');
    expect(taken?.results.map(({ outcome }) => outcome)).toEqual([
      expect.objectContaining({ kind: "accepted", signer: VENDOR.signer }),
      {
        kind: "refused",
        refusal: "signer-distrusted",
        detail: 'signed by "builder", whom an operator distrusts',
      },
    ]);
  });
});

describe("not taken back", () => {
  test.each<{ title: string; verdict: Verdict; distrust: Distrust; touched: boolean }>([
    { title: "nothing distrusted", verdict: TWO, distrust: NO_DISTRUST, touched: false },
    { title: "somebody else", verdict: TWO, distrust: signers(STRANGER.signer), touched: false },
    { title: "another digest", verdict: TWO, distrust: digests(OTHER), touched: false },
    {
      title: "one of two of whom one is enough",
      verdict: TWO,
      distrust: signers(VENDOR.signer),
      touched: true,
    },
    {
      title: "what was never verified",
      verdict: { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
      distrust: signers(VENDOR.signer),
      touched: false,
    },
    {
      title: "what cannot be",
      verdict: { kind: "unverifiable", reason: "no key" },
      distrust: digests(IMAGE),
      touched: false,
    },
  ])("$title", ({ verdict, distrust, touched }) => {
    expect(withdrawn(IMAGE, verdict, { signers: ANY, distrust })).toBeUndefined();
    expect(isTouched(IMAGE, verdict, distrust)).toBe(touched);
  });
});
