import { describe, expect, test } from "vitest";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { attestationCandidate, bundleCandidate, bytesOf, newSigningKey } from "../../fakes/signer.ts";
import { octets, sequence } from "../../fakes/sigstore/der.ts";
import type { SignedParts } from "../../fakes/sigstore/signed-parts.ts";
import { candidateOf, createStage, vendorKeyOf } from "./stage.ts";

/** What is too large is refused before it is read, and reading what is not takes time that grows with its size only. */
const stage = await createStage();
const { image } = stage;
const policy = stage.policy({ log: "if-known" }, [stage.world.identity, vendorKeyOf(stage)]);
const signed = await stage.sign("bundle", { timestamp: "signature" });
const strange = await stage.sign("bundle", { key: newSigningKey() });
const DEEP_ONES = Array.from({ length: 20 });
const MIB = 1024 * 1024;

/** DER of this size that is as hard to read as can be: nothing but empty values. */
const empties = (bytes: number): Buffer =>
  sequence(Buffer.alloc(bytes).map((_, place) => (place % 2 === 0 ? 5 : 0)));

/** DER in DER in DER. */
function nested(levels: number): Uint8Array {
  let value: Uint8Array = Buffer.alloc(2);
  for (let level = 0; level < levels; level += 1) value = octets(value);
  return value;
}

const withToken = (token: Uint8Array): SignedParts => ({ ...signed, timestamps: [token] });
const withCertificate = (certificate: Buffer): SignedParts => ({
  ...signed,
  verifier: { kind: "certificate", certificate, key: newSigningKey() },
});
const withBody = (body: Uint8Array): SignedParts => ({
  ...signed,
  entries: signed.entries.map((entry) => ({
    ...entry,
    canonicalizedBody: Buffer.from(body).toString("base64"),
  })),
});

describe("too large", () => {
  test.each([
    { title: "a countersignature", parts: withToken(empties(MIB)) },
    { title: "a certificate", parts: withCertificate(empties(MIB)) },
    { title: "the body of a log's entry", parts: withBody(bytesOf({ text: "a".repeat(MIB) })) },
    { title: "a checkpoint", parts: prolonged("a".repeat(MIB)) },
  ])("$title is refused unread", ({ parts }) => {
    expect(stage.outcome(candidateOf("bundle", parts), policy)).toMatchObject({
      refusal: "candidate-malformed",
      detail: expect.stringMatching(/more than \d+ bytes|<=\d+ characters/),
    });
  });

  test.each([
    {
      title: "entries",
      parts: { ...signed, entries: Array.from({ length: 9 }, () => signed.entries).flat() },
    },
    {
      title: "countersignatures",
      parts: { ...signed, timestamps: Array.from({ length: 9 }, () => signed.timestamps).flat() },
    },
  ])("many $title are refused unread", ({ parts }) => {
    expect(stage.outcome(candidateOf("bundle", parts), policy)).toMatchObject({
      refusal: "candidate-malformed",
    });
  });
});

function prolonged(text: string): SignedParts {
  const entries = signed.entries.map(({ inclusionProof, ...entry }) =>
    inclusionProof === undefined
      ? entry
      : {
          ...entry,
          inclusionProof: {
            ...inclusionProof,
            checkpoint: { envelope: `${inclusionProof.checkpoint.envelope}${text}` },
          },
        },
  );
  return { ...signed, entries };
}

function enveloped(payload: Uint8Array): Candidate {
  const { envelope } = signed;
  return attestationCandidate({
    bytes: bytesOf({ ...envelope, payload: Buffer.from(payload).toString("base64") }),
    annotations: {},
  });
}

/** Times that something is larger in the second measurement. */
const GROWTH = 8;
/** How much more than that it may cost: what takes the square of its size would cost eight times more. */
const SLACK = 3;

/** Processor time, the least of some attempts: others' work and collected garbage only add to it. */
function costOf(candidates: readonly Candidate[]): number {
  const attempts = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    stage.judge(candidates, policy);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...attempts);
}

describe("grows with its size only:", () => {
  test.each<{ title: string; of: (size: number) => readonly Candidate[]; size: number }>([
    { title: "an SBOM", size: MIB / 4, of: (size) => [enveloped(bytesOf({ text: "a".repeat(size) }))] },
    {
      title: "a list",
      size: MIB / 32,
      of: (size) => [enveloped(bytesOf(Array.from({ length: size }, () => 1)))],
    },
    {
      title: "a depth",
      size: MIB / 32,
      of: (size) => [enveloped(Buffer.from("[".repeat(size) + "]".repeat(size)))],
    },
    {
      title: "a list of names",
      size: 4_000,
      of: (size) => [
        enveloped(
          bytesOf(Object.fromEntries(Array.from({ length: size }, (_, index) => [`name${index}`, 1]))),
        ),
      ],
    },
    {
      title: "a list of subjects",
      size: 1_000,
      of: (size) => [enveloped(bytesOf({ subject: Array.from({ length: size }, () => ({ digest: {} })) }))],
    },
    {
      title: "white space in base64",
      size: MIB / 4,
      of: (size) => [bundleCandidate(image, bytesOf({ ...signed.envelope, payload: " ".repeat(size) }))],
    },
    {
      title: "a number of strangers",
      size: 10,
      of: (size) => Array.from({ length: size }, () => candidateOf("bundle", strange)),
    },
    {
      title: "a countersignature",
      size: 7_000,
      of: (size) => [candidateOf("bundle", withToken(empties(size)))],
    },
    {
      title: "a certificate",
      size: 3_500,
      of: (size) => [candidateOf("bundle", withCertificate(empties(size)))],
    },
    {
      title: "a depth of DER",
      size: 10,
      of: (size) => DEEP_ONES.map(() => candidateOf("bundle", withToken(nested(size)))),
    },
    {
      title: "signatures under a checkpoint",
      size: 1_800,
      of: (size) => [candidateOf("bundle", prolonged("\u2014 a AAAAAAA=\n".repeat(size / 14)))],
    },
    {
      title: "a word under a checkpoint",
      size: 1_800,
      of: (size) => [candidateOf("bundle", prolonged(`\u2014 ${"a".repeat(size)}`))],
    },
  ])("$title", ({ of, size }) => {
    const [small, large] = [of(size), of(size * GROWTH)];
    costOf(large);
    expect(costOf(large)).toBeLessThan(costOf(small) * GROWTH * SLACK);
  });
});
