import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { parseTrustRoot } from "../../src/trust/trust-root.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { verdictOn } from "../../src/trust/verify.ts";
import { keyPolicy, rulesOf } from "../fakes/policy.ts";
import { sharedData } from "../shared-data.ts";

/** Provenance that others published, with real Fulcio and Rekor, from 2023 to 2025: see ORIGIN.md of the shared data. */
const ROOT_FILE = sharedData("trust/public-good-trusted-root.json");
const LAYOUTS = sharedData("trust/slsa-verifier/");
const isPresent = existsSync(ROOT_FILE) && existsSync(LAYOUTS);

const GENERATOR = {
  kind: "identity",
  name: "Generator",
  issuer: "https://token.actions.githubusercontent.com",
  subject: {
    kind: "pattern",
    source: String.raw`https://github\.com/slsa-framework/slsa-github-generator/\.github/workflows/generator_container_slsa3\.yml@refs/tags/v[0-9.]+`,
  },
  root: "public",
} as const;

function judge(image: Digest, candidates: readonly Candidate[]): Verdict {
  const root = parseTrustRoot({ name: "public", kind: "sigstore", json: readFileSync(ROOT_FILE, "utf8") });
  const policy = {
    ...keyPolicy([], { log: "require" }),
    signers: { need: "any", groups: [{ name: "vendor", anyOf: [GENERATOR] }] },
  } as const;
  const rules = rulesOf(policy, { roots: new Map([["public", root]]) });
  return verdictOn(image, { digest: image, candidates, skipped: [] }, rules, () => false).verdict;
}

const VERSIONS = ["v1.4.0", "v1.7.0", "v1.9.0", "v2.1.0"] as const;

const layoutOf = (version: string) => new URL(`${version}/container_workflow_dispatch/`, LAYOUTS);

const digestIn = (version: string): Digest =>
  parseDigest(
    `sha256:${readFileSync(new URL(`${version}/container_workflow_dispatch.digest`, LAYOUTS), "utf8")
      .trim()
      .replace("sha256:", "")}`,
  );

function attestationsIn(version: string): readonly Extract<Candidate, { kind: "cosign-attestation" }>[] {
  const layout = layoutOf(version);
  const blobOf = (digest: string) =>
    readFileSync(new URL(`blobs/sha256/${parseDigest(digest).slice("sha256:".length)}`, layout));
  const { manifests } = z
    .object({ manifests: z.array(z.object({ digest: z.string() })) })
    .parse(JSON.parse(readFileSync(new URL("index.json", layout), "utf8")));
  const manifest = parseDigest(manifests.at(-1)?.digest ?? "");
  const { layers } = z
    .object({
      layers: z.array(z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()) })).min(1),
    })
    .parse(JSON.parse(blobOf(manifest).toString()));
  return layers.map(({ digest, annotations }) => ({
    kind: "cosign-attestation",
    source: { place: "att-tag", manifest, layer: parseDigest(digest) },
    envelope: blobOf(digest),
    annotations,
  }));
}

describe.skipIf(!isPresent)("attestations of slsa-verifier (real data not present: skipped)", () => {
  test.each(VERSIONS)("%s: all are accepted, and say when", (version) => {
    const candidates = attestationsIn(version);
    const verdict = judge(digestIn(version), candidates);
    // A statement about an image is no signature of it.
    expect(verdict).toMatchObject({ kind: "awaiting-evidence", missing: "signature" });
    const outcomes = "results" in verdict ? verdict.results.map(({ outcome }) => outcome) : [];
    expect(outcomes).toHaveLength(candidates.length);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ kind: "accepted", proves: "statement", timeProof: "log-promise" });
    }
  });

  test("both kinds of entries are among them", () => {
    const kinds = VERSIONS.flatMap(attestationsIn).map(({ annotations }) => {
      const { Payload } = JSON.parse(annotations["dev.sigstore.cosign/bundle"] ?? "{}");
      const { kind, apiVersion } = JSON.parse(Buffer.from(String(Payload.body), "base64").toString());
      return `${kind}/${apiVersion}`;
    });
    expect([...new Set(kinds)].toSorted()).toStrictEqual(["dsse/0.0.1", "intoto/0.0.1"]);
  });

  test.each(VERSIONS)("%s: none is accepted about another image, or with a byte changed", (version) => {
    const candidates = attestationsIn(version);
    const [first] = candidates;
    const other = judge(parseDigest(`sha256:${"0".repeat(64)}`), candidates);
    expect("results" in other && other.results.map(({ outcome }) => outcome)).toMatchObject(
      candidates.map(() => ({ refusal: "subject-mismatch" })),
    );
    if (first === undefined) throw new Error("there is no attestation");
    // White space around the envelope changes no word of it, and is not what was logged.
    const changed = { ...first, envelope: Buffer.concat([first.envelope, Buffer.from(" ")]) };
    const verdict = judge(digestIn(version), [changed]);
    const body = JSON.parse(first.annotations["dev.sigstore.cosign/bundle"] ?? "{}").Payload.body;
    const isWhole = JSON.parse(Buffer.from(String(body), "base64").toString()).kind === "intoto";
    expect("results" in verdict && verdict.results[0]?.outcome).toMatchObject(
      isWhole ? { refusal: "log-entry-mismatch" } : { kind: "accepted" },
    );
  });
});
