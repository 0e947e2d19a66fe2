import { describe, expect, test } from "vitest";
import { HOUR_MS, type Instant, MINUTE_MS, later } from "../../../src/time.ts";
import type { LogMode, TrustedKey } from "../../../src/trust/policy.ts";
import { type TrustRoot, parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { Refusal } from "../../../src/trust/verdict.ts";
import { bundleOf, legacyAttestationOf, legacySignatureOf } from "../../fakes/sigstore/signed-parts.ts";
import { type SigningOrder, createSigstoreWorld } from "../../fakes/sigstore/world.ts";
import { newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";
import { IMAGE, firstOutcome, judge, rootOf, rulesIn } from "./judge.ts";

/** Keys: when they may sign, and logs of which nothing but the key is known. */
const world = await createSigstoreWorld();
const stranger = await createSigstoreWorld({ name: "stranger" });
const key = newSigningKey();
const trusted = trustedHalfOf(key);
const signedAt = later(world.now, -HOUR_MS);

interface Window {
  readonly validFrom?: Instant;
  readonly validUntil?: Instant;
}

async function outcomeIn(
  window: Window,
  order: Partial<SigningOrder> = {},
  log: LogMode = "if-known",
): Promise<unknown> {
  const parts = await world.sign({ image: IMAGE, claim: "signature", key, ...order });
  const signers: readonly TrustedKey[] = [{ ...trusted, ...window }];
  return firstOutcome(judge([legacySignatureOf(parts)], rulesIn(world, { signers, log })));
}

describe("a key with a window", () => {
  test.each<{ title: string; window: Window; order?: Partial<SigningOrder>; log?: LogMode }>([
    { title: "that is open", window: {} },
    { title: "that began at that instant", window: { validFrom: signedAt }, order: { log: "promise" } },
    {
      title: "that held the log's time, and is over now",
      window: { validFrom: later(signedAt, -MINUTE_MS), validUntil: later(signedAt, MINUTE_MS) },
      order: { log: "promise" },
    },
    {
      title: "that held the countersignature's time, and is over now",
      window: { validUntil: later(signedAt, MINUTE_MS) },
      order: { timestamp: "signature" },
    },
    { title: "that holds now, where nothing says when", window: { validFrom: later(world.now, -MINUTE_MS) } },
  ])("$title signs", async ({ window, order, log }) => {
    expect(await outcomeIn(window, order, log)).toMatchObject({ kind: "accepted" });
  });

  test.each<{ title: string; window: Window; order?: Partial<SigningOrder>; log?: LogMode }>([
    {
      title: "that ended at that instant",
      window: { validUntil: signedAt },
      order: { log: "promise" },
    },
    {
      title: "that began after the log's time, and holds now",
      window: { validFrom: later(signedAt, 1) },
      order: { log: "promise" },
    },
    {
      title: "that began after the countersignature's time, and holds now",
      window: { validFrom: later(signedAt, MINUTE_MS) },
      order: { timestamp: "signature" },
    },
    { title: "that is over now, where nothing says when", window: { validUntil: world.now } },
    { title: "that is not open yet, where nothing says when", window: { validFrom: later(world.now, 1) } },
    {
      title: "that is over now, where the log is not looked at",
      window: { validUntil: later(signedAt, MINUTE_MS) },
      order: { log: "promise" },
      log: "ignore",
    },
    {
      title: "that is over now, where nobody of ours knows the log",
      window: { validUntil: later(signedAt, MINUTE_MS) },
      order: { log: { inclusion: "promise", in: stranger.log } },
    },
  ])("$title does not", async ({ window, order, log }) => {
    expect(await outcomeIn(window, order, log)).toMatchObject({ refusal: "signature-key-expired" });
  });

  test("of which another group knows a wider one signs for that group", async () => {
    const parts = await world.sign({ image: IMAGE, claim: "signature", key });
    const groups = [
      { name: "narrow", anyOf: [{ ...trusted, validUntil: signedAt }] },
      { name: "wide", anyOf: [trusted] },
    ];
    const rules = rulesIn(world, { log: "if-known", policy: { signers: { need: "any", groups } } });
    const outcome = firstOutcome(judge([legacySignatureOf(parts)], rules));
    expect(outcome).toMatchObject({ kind: "accepted", groups: ["wide"] });
  });
});

describe("a log of which nothing but the key is known", () => {
  const root = parseTrustRoot({ name: "rekor", kind: "log-key", pem: world.pem.logKey });
  const by = (roots: readonly TrustRoot[]) => rulesIn(world, { signers: [trusted], roots });

  test("proves when a signature was made", async () => {
    const parts = await world.sign({ image: IMAGE, claim: "signature", key, log: "promise" });
    expect(firstOutcome(judge([legacySignatureOf(parts)], by([root])))).toMatchObject({
      kind: "accepted",
      signedAt,
      timeProof: "log-promise",
      log: { logId: world.log.id.toString("hex") },
    });
  });

  test("proves that a bundle is in it, whatever name its checkpoint has", async () => {
    const parts = await world.sign({ image: IMAGE, claim: "image-statement", key, log: "promise-and-proof" });
    expect(firstOutcome(judge([bundleOf(parts)], by([root])))).toMatchObject({
      kind: "accepted",
      timeProof: "log-proof",
    });
  });

  test.each<{ title: string; order: Partial<SigningOrder>; refusal: Refusal }>([
    {
      title: "another log",
      order: { log: { inclusion: "promise-and-proof", in: stranger.log } },
      refusal: "trust-root-outdated",
    },
    {
      title: "an entry about another key",
      order: { log: { inclusion: "promise-and-proof", verifier: { kind: "key", key: newSigningKey() } } },
      refusal: "log-entry-mismatch",
    },
    { title: "no entry", order: {}, refusal: "log-entry-missing" },
  ])("does not stand for $title", async ({ order, refusal }) => {
    const parts = await world.sign({ image: IMAGE, claim: "image-statement", key, ...order });
    expect(firstOutcome(judge([bundleOf(parts)], by([root])))).toMatchObject({ refusal });
  });

  test("is one of several that a policy may name", async () => {
    const parts = await world.sign({
      image: IMAGE,
      claim: "signature",
      key,
      log: { inclusion: "promise", in: stranger.log },
    });
    expect(firstOutcome(judge([legacySignatureOf(parts)], by([root])))).toMatchObject({
      refusal: "trust-root-outdated",
    });
    const both = by([root, rootOf(stranger)]);
    expect(firstOutcome(judge([legacySignatureOf(parts)], both))).toMatchObject({ kind: "accepted" });
  });

  test("that is not there is not passed over", async () => {
    const parts = await world.sign({ image: IMAGE, claim: "statement", key, log: "promise" });
    const rules = rulesIn(world, { signers: [trusted], log: "if-known" });
    const outcome = firstOutcome(judge([legacyAttestationOf(parts)], { ...rules, roots: new Map() }));
    expect(outcome).toMatchObject({ refusal: "trust-root-outdated" });
  });
});
