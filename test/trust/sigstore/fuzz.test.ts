import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { REFUSALS } from "../../../src/trust/verdict.ts";
import { attestationCandidate, bundleCandidate, bytesOf, signatureCandidate } from "../../fakes/signer.ts";
import {
  bundleDocument,
  bundleOf,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import { createStage, vendorKeyOf } from "./stage.ts";

/** What nobody thought of: good signatures with pieces cut, doubled and replaced at random. */
const stage = await createStage();
const { image, world } = stage;

const everybody = [world.identity, vendorKeyOf(stage)];
const POLICIES = (["require", "if-known", "ignore"] as const).map((log) => stage.policy({ log }, everybody));

const GOOD = {
  signature: legacySignatureOf(await stage.sign("legacy signature", { timestamp: "signature" })),
  attestation: legacyAttestationOf(
    await stage.sign("legacy attestation", { log: { inclusion: "promise", kind: "intoto/0.0.1" } }),
  ),
  both: bundleOf(await stage.sign("image bundle")),
  second: bundleOf(await stage.sign("bundle", { log: "v2" })),
  keyed: bundleOf(await stage.sign("bundle", { key: stage.vendor })),
  old: bundleOf(await stage.sign("bundle"), "0.1"),
};
const DOCUMENTS = [
  bundleDocument(await stage.sign("image bundle")),
  bundleDocument(await stage.sign("bundle", { log: "v2" })),
  bundleDocument(await stage.sign("bundle", { key: stage.vendor, timestamp: "signature" })),
];

/** What makes some candidate unsound, or undefined: none may throw, or be believed but for the sake of those whom the policy names. */
function unsoundIn(candidates: fc.Arbitrary<Candidate>, numRuns: number): string | undefined {
  const property = fc.property(candidates, fc.constantFrom(...POLICIES), (candidate, policy) => {
    const outcome = stage.outcome(candidate, policy);
    return outcome.kind === "refused"
      ? REFUSALS.includes(outcome.refusal)
      : outcome.groups.includes("vendor");
  });
  const details = fc.check(property, { numRuns });
  return details.failed ? fc.defaultReportMessage(details) : undefined;
}

const anything = fc.oneof(
  fc.constantFrom<unknown>(null, "", "AAAA", "-1", "0", "1e309", "__proto__", [], {}, 0, -1, 1.5, true),
  fc.string(),
  fc.base64String({ maxLength: 64 }),
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom({ length: 1e9 }, { type: "Buffer", data: [1, 2] }, "9".repeat(400)),
);

/** How to get to one place in a document, and what to put there. */
interface Change {
  readonly turns: readonly number[];
  readonly value: unknown;
  readonly how: "replaced" | "removed" | "wrapped" | "repeated";
}

const change: fc.Arbitrary<Change> = fc.record({
  turns: fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 7 }),
  value: anything,
  how: fc.constantFrom("replaced", "removed", "wrapped", "repeated"),
});

function changed(document: unknown, { turns: [turn, ...turns], value, how }: Change): unknown {
  if (typeof document !== "object" || document === null || turn === undefined) {
    return how === "wrapped" ? [document] : value;
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(document);
  if (entries.length === 0) return value;
  const place = turn % entries.length;
  const next = entries.flatMap(([name, member], index) => {
    if (index !== place) return [[name, member] as const];
    if (turns.length > 0) return [[name, changed(member, { turns, value, how })] as const];
    switch (how) {
      case "removed":
        return [];
      case "replaced":
        return [[name, value] as const];
      case "wrapped":
        return [[name, [member]] as const];
      case "repeated":
        return [[name, member] as const, [`${name}2`, member] as const];
      default:
        return how satisfies never;
    }
  });
  return Array.isArray(document) ? next.map(([, member]) => member) : Object.fromEntries(next);
}

/** Pieces of a text cut out, doubled and overwritten. */
const cut = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat({ max: 200 }),
  instead: fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom("", "\u0000", "\ud800", '"', "}", "]", "\n", "="),
  ),
});

const cuts = fc.array(cut, { minLength: 1, maxLength: 3 });

type LegacyCandidate = typeof GOOD.signature | typeof GOOD.attestation;

function cutUp(
  bytes: Uint8Array,
  { from, length, instead }: { from: number; length: number; instead: string },
): Buffer {
  const start = Math.floor(from * bytes.byteLength);
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(instead), bytes.subarray(start + length)]);
}

describe("is judged soundly, whatever is done to", () => {
  test("what the tables start from is good", () => {
    for (const candidate of Object.values(GOOD)) {
      const [result] = stage.judge([candidate], POLICIES[0]).results;
      expect(result?.outcome).toMatchObject({ kind: "accepted" });
    }
  });

  test("the members of a bundle", () => {
    const candidates = fc
      .tuple(fc.constantFrom(...DOCUMENTS), fc.array(change, { minLength: 1, maxLength: 3 }))
      .map(([document, changes]) => changes.reduce<unknown>(changed, document))
      .map((broken) => bundleCandidate(image, bytesOf(broken ?? null)));
    expect(unsoundIn(candidates, 300)).toBeUndefined();
  });

  test("the text of a bundle", () => {
    const candidates = fc
      .tuple(fc.constantFrom(GOOD.both, GOOD.second, GOOD.keyed, GOOD.old), cuts)
      .map(([{ bundle }, all]) => bundleCandidate(image, all.reduce<Uint8Array>(cutUp, bundle)));
    expect(unsoundIn(candidates, 300)).toBeUndefined();
  });

  test("the annotations of a legacy layer", () => {
    const { payload, annotations } = GOOD.signature;
    const candidates = fc.tuple(fc.constantFrom(...Object.keys(annotations)), cuts).map(([name, all]) => {
      const broken = all.reduce<Uint8Array>(cutUp, Buffer.from(annotations[name] ?? ""));
      return signatureCandidate({
        bytes: payload,
        annotations: { ...annotations, [name]: broken.toString() },
      });
    });
    expect(unsoundIn(candidates, 200)).toBeUndefined();
  });

  test("the members of a log's annotation", () => {
    const name = "dev.sigstore.cosign/bundle";
    const candidates = fc
      .tuple(fc.constantFrom<LegacyCandidate>(GOOD.signature, GOOD.attestation), change)
      .map(([good, one]) => {
        const broken = JSON.stringify(changed(JSON.parse(good.annotations[name] ?? "{}"), one) ?? null);
        return { ...good, annotations: { ...good.annotations, [name]: broken } };
      });
    expect(unsoundIn(candidates, 200)).toBeUndefined();
  });

  test("the members of the body of a log's entry", () => {
    const candidates = fc.tuple(fc.constantFrom(...DOCUMENTS), change).map(([document, one]) => {
      const text = JSON.stringify(document).replace(/(?<="canonicalizedBody":")[^"]*/, (body) => {
        const entry: unknown = JSON.parse(Buffer.from(body, "base64").toString());
        return bytesOf(changed(entry, one) ?? null).toString("base64");
      });
      return bundleCandidate(image, Buffer.from(text));
    });
    expect(unsoundIn(candidates, 200)).toBeUndefined();
  });

  test("the text of an envelope", () => {
    const { annotations, envelope } = GOOD.attestation;
    const candidates = cuts.map((all) =>
      attestationCandidate({ bytes: all.reduce<Uint8Array>(cutUp, envelope), annotations }),
    );
    expect(unsoundIn(candidates, 200)).toBeUndefined();
  });
});
