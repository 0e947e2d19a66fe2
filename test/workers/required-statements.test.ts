import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  imageDocument,
  indexDocument,
  profileOf,
  signatureOn,
  STRANGER,
  VENDOR,
} from "./bench.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  type SigningKey,
  statementPayload,
} from "../fakes/signer.ts";

const PROVENANCE = "https://slsa.dev/provenance/v1";
const BUILDER = "https://builder.example/hosted";
const imageOf = (of: Digest) => ({ repository: BASE, digest: of });

const POLICY = {
  sbom: "none",
  attestations: [
    {
      name: "provenance",
      predicateTypes: ["https://slsa.dev/provenance/"],
      builders: [{ kind: "exact", text: BUILDER }],
    },
  ],
} as const;

function provenanceOf(about: Digest, builder = BUILDER, key: SigningKey = VENDOR): Candidate {
  const predicate = { runDetails: { builder: { id: builder } } };
  const payload = statementPayload(about, { predicateType: PROVENANCE, predicate });
  return attestationCandidate(attestationLayer(envelopeDocument(payload, [key]), PROVENANCE));
}

interface World {
  readonly bench: Bench;
  readonly index: Digest;
  readonly platforms: readonly [Digest, Digest];
}

/** A signed index of two platforms. */
function world(): World {
  const bench = createBench({ profiles: [profileOf(POLICY)] });
  const [amd64, arm64] = [
    bench.registry.push(BASE, imageDocument("amd64")),
    bench.registry.push(BASE, imageDocument("arm64")),
  ];
  const index = bench.registry.push(
    BASE,
    indexDocument([
      { digest: amd64, platform: "linux/amd64" },
      { digest: arm64, platform: "linux/arm64" },
    ]),
  );
  bench.registry.attach(imageOf(index), { candidates: [signatureOn(index)] });
  return { bench, index, platforms: [amd64, arm64] };
}

async function verdictOf({ bench, index }: World): Promise<unknown> {
  await bench.run(verify, { image: imageOf(index) });
  return (await bench.store.verdict(imageOf(index)))?.verdict;
}

describe("a statement that the policy requires", () => {
  test("may hang on the index", async () => {
    const { bench, index, ...rest } = world();
    bench.registry.attach(imageOf(index), { candidates: [signatureOn(index), provenanceOf(index)] });
    expect(await verdictOf({ bench, index, ...rest })).toMatchObject({ kind: "verified" });
    expect(bench.registry.asked.filter((asked) => asked.startsWith("evidence"))).toHaveLength(1);
  });

  test("may hang on every platform", async () => {
    const all = world();
    for (const platform of all.platforms) {
      all.bench.registry.attach(imageOf(platform), { candidates: [provenanceOf(platform)] });
    }
    expect(await verdictOf(all)).toMatchObject({ kind: "verified" });
  });

  test.each<{
    title: string;
    on: (platforms: World["platforms"]) => readonly (readonly Candidate[])[];
    want: object;
  }>([
    {
      title: "is awaited while it hangs nowhere",
      on: () => [[], []],
      want: { kind: "awaiting-evidence", missing: "attestation" },
    },
    {
      title: "is awaited while one platform lacks it",
      on: ([amd64]) => [[provenanceOf(amd64)], []],
      want: { kind: "awaiting-evidence", missing: "attestation" },
    },
    {
      title: "is refused when another builder built one platform",
      on: ([amd64, arm64]) => [[provenanceOf(amd64)], [provenanceOf(arm64, "https://other.example")]],
      want: { kind: "rejected", reason: "attestation-refused" },
    },
    {
      title: "is refused when somebody else signed it",
      on: ([amd64, arm64]) => [[provenanceOf(amd64, BUILDER, STRANGER)], [provenanceOf(arm64)]],
      want: { kind: "rejected", reason: "attestation-refused" },
    },
    {
      title: "is refused when it is about another platform",
      on: ([amd64, arm64]) => [[provenanceOf(arm64)], [provenanceOf(amd64)]],
      want: { kind: "rejected", reason: "attestation-refused" },
    },
  ])("$title", async ({ on, want }) => {
    const all = world();
    for (const [at, candidates] of on(all.platforms).entries()) {
      const platform = all.platforms[at];
      if (platform !== undefined) all.bench.registry.attach(imageOf(platform), { candidates });
    }
    expect(await verdictOf(all)).toMatchObject(want);
  });
});
