import { describe, expect, test } from "vitest";
import type { Findings } from "../../../src/cli/probe/findings.ts";
import { type Claimant, isAccepted, reportOn } from "../../../src/cli/probe/report.ts";
import { instantOf } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { createSigstoreWorld, IDENTITY } from "../../fakes/sigstore/world.ts";
import { bundleOf, legacySignatureOf } from "../../fakes/sigstore/signed-parts.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import { rulesOf } from "../../fakes/policy.ts";
import {
  AMD64,
  ARM64,
  attested,
  claimantOf,
  findingsOf,
  INDEX,
  places,
  REPOSITORY,
  SBOM,
  seen,
  signed,
  STRANGER,
} from "./scene.ts";

const AT = instantOf(Date.UTC(2026, 10, 23, 12));
const report = (findings: Findings, claimant: Claimant | undefined = claimantOf()) =>
  reportOn(findings, claimant, AT);

interface Row {
  readonly title: string;
  readonly findings: Findings;
  readonly claimant?: Claimant;
  readonly reason: string;
}

const FAILED = { kind: "failed", code: "registry-forbidden", message: "403" } as const;

describe("is accepted", () => {
  const rows: readonly Row[] = [
    {
      title: "with signature and SBOM on the index",
      findings: findingsOf([signed(INDEX), attested(INDEX)]),
      reason: "signed by Acme, with a verified SBOM",
    },
    {
      title: "with the SBOM on a platform",
      findings: findingsOf([signed(INDEX)], [[], [attested(ARM64)]]),
      reason: "signed by Acme, with a verified SBOM",
    },
    {
      title: "without an SBOM where one is only expected",
      findings: findingsOf([signed(INDEX)]),
      reason: "signed by Acme, without an SBOM",
    },
    {
      title: "beside a stranger's signature",
      findings: findingsOf([signed(INDEX, STRANGER), signed(INDEX)]),
      reason: "signed by Acme, without an SBOM",
    },
    {
      title: "with each platform signed, where either will do",
      findings: findingsOf([], [[signed(AMD64)], [signed(ARM64)]]),
      reason: "each of 2 platforms: signed by Acme, without an SBOM",
    },
    {
      title: "with each platform signed, where each must be",
      findings: findingsOf([], [[signed(AMD64), attested(AMD64)], [signed(ARM64)]]),
      claimant: claimantOf({ subject: "platform" }),
      reason: "each of 2 platforms: signed by Acme, with a verified SBOM",
    },
    {
      title: "as an image of one platform, where platforms must be signed",
      findings: findingsOf([signed(INDEX)], [], {
        kind: "image",
        platforms: [],
        subjects: [seen(INDEX, [signed(INDEX)])],
      }),
      claimant: claimantOf({ subject: "platform" }),
      reason: "signed by Acme, without an SBOM",
    },
  ];
  test.each(rows)("$title", ({ findings, claimant, reason }) => {
    const found = report(findings, claimant);
    expect(found.judgement).toEqual({ kind: "accepted", reason });
    expect(isAccepted(found)).toBe(true);
    expect(found.draft).toBe("");
  });
});

describe("is not accepted", () => {
  const rows: readonly (Row & { readonly kind: "refused" | "unknown" })[] = [
    {
      title: "without anything",
      kind: "refused",
      findings: findingsOf([]),
      reason: "there is no signature that proves it",
    },
    {
      title: "signed by a stranger",
      kind: "refused",
      findings: findingsOf([signed(INDEX, STRANGER)]),
      reason: "signature-key-unknown: ",
    },
    {
      title: "with a signature of something else",
      kind: "refused",
      findings: findingsOf([signed(AMD64)]),
      reason: "subject-mismatch: ",
    },
    {
      title: "with a statement alone",
      kind: "refused",
      findings: findingsOf([attested(INDEX)]),
      reason: "there is no signature that proves it",
    },
    {
      title: "with a stranger's SBOM",
      kind: "refused",
      findings: findingsOf([signed(INDEX), attested(INDEX, STRANGER)]),
      reason: "sbom-refused: ",
    },
    {
      title: "with a stranger's SBOM on a platform",
      kind: "refused",
      findings: findingsOf([signed(INDEX)], [[attested(AMD64, STRANGER)]]),
      reason: "sbom-refused: ",
    },
    {
      title: "without an SBOM that is required",
      kind: "refused",
      findings: findingsOf([signed(INDEX)]),
      claimant: claimantOf({ sbom: "required" }),
      reason: "there is no sbom that proves it",
    },
    {
      title: "with platforms signed, where the index must be",
      kind: "refused",
      findings: findingsOf([], [[signed(AMD64)], [signed(ARM64)]]),
      claimant: claimantOf({ subject: "index" }),
      reason: "there is no signature that proves it",
    },
    {
      title: "with the index signed, where each platform must be",
      kind: "refused",
      findings: findingsOf([signed(INDEX)]),
      claimant: claimantOf({ subject: "platform" }),
      reason: "linux/amd64: there is no signature that proves it",
    },
    {
      title: "with one of two platforms signed",
      kind: "refused",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: claimantOf({ subject: "platform" }),
      reason: "linux/arm64: there is no signature that proves it",
    },
    {
      title: "with a platform that was not looked at, where each must be signed",
      kind: "unknown",
      findings: findingsOf([], [], {
        subjects: [seen(INDEX), seen(AMD64, [signed(AMD64)], { platform: "linux/amd64" })],
      }),
      claimant: claimantOf({ subject: "platform" }),
      reason: "each platform must be signed, and 1 were not looked at",
    },
    {
      title: "with evidence that could not be read, whatever else was",
      kind: "unknown",
      findings: findingsOf([], [], {
        subjects: [seen(INDEX, [signed(INDEX)]), seen(AMD64, [], { collected: FAILED })],
      }),
      reason: "evidence could not be read: 403",
    },
    {
      title: "distrusted by the operator",
      kind: "refused",
      findings: findingsOf([signed(INDEX)]),
      claimant: claimantOf({ distrust: { signers: [], digests: [INDEX] } }),
      reason: "digest-distrusted: ",
    },
    {
      title: "by a profile without a signer, which says what to do",
      kind: "unknown",
      findings: findingsOf([signed(INDEX)]),
      claimant: claimantOf({ signers: { need: "any", groups: [] } }),
      reason: "Pin Acme's key.",
    },
    {
      title: "without the trust roots that the policy names",
      kind: "unknown",
      findings: findingsOf([signed(INDEX)]),
      claimant: { ...claimantOf(), rules: { fault: 'trust root "acme" is not held' } },
      reason: 'trust root "acme" is not held',
    },
  ];
  test.each(rows)("$title", ({ findings, claimant, reason, kind }) => {
    const found = report(findings, claimant);
    expect(found.judgement).toEqual({ kind, reason: expect.stringContaining(reason) });
    expect(isAccepted(found)).toBe(false);
    expect(found.draft).toContain("# Unconfirmed");
  });

  test("where no profile claims it", () => {
    const found = reportOn(findingsOf([signed(INDEX)]), undefined, AT);
    expect(found.judgement).toEqual({ kind: "unknown", reason: "no profile claims this repository" });
    expect(found).not.toHaveProperty("profile");
    expect(found.subjects[0]?.evidence[0]).not.toHaveProperty("outcome");
  });

  test("as a tag that is not there", () => {
    expect(isAccepted({ kind: "absent", reference: "x", alike: [] })).toBe(false);
  });
});

describe("each piece of evidence", () => {
  test("is told with what it says of itself and what became of it", async () => {
    const world = await createSigstoreWorld();
    const parts = await world.sign({ image: INDEX, claim: "signature", log: "promise" });
    const found = report(findingsOf([legacySignatureOf(parts), signed(INDEX)]));
    expect(found.subjects[0]?.evidence).toMatchObject([
      {
        kind: "cosign-signature",
        outcome: { kind: "refused", refusal: expect.any(String) },
        claims: [{ by: { kind: "identity", subject: IDENTITY.subject }, logEntries: 1 }],
      },
      {
        kind: "cosign-signature",
        outcome: { kind: "accepted", signer: expect.stringMatching(/^Acme: SHA256:/) },
      },
    ]);
    expect(found.differences).toContain(
      `Signed, as it says, by ${IDENTITY.subject} (named by ${IDENTITY.issuer}): not accepted.`,
    );
  });

  test("that an identity signed is accepted by its trust root, with the proof of its time", async () => {
    const world = await createSigstoreWorld();
    const parts = await world.sign({ image: INDEX, claim: "image-statement", log: "v2" });
    const claimant = claimantOf({
      signers: { need: "any", groups: [{ name: "vendor", anyOf: [world.identity] }] },
      log: "require",
    });
    const root = parseTrustRoot({ name: world.name, kind: "sigstore", json: world.trustedRoot });
    const rules = rulesOf(claimant.profile.policy, { roots: new Map([[world.name, root]]), now: world.now });
    const found = report(findingsOf([bundleOf(parts)]), { ...claimant, rules });
    expect(found.judgement.kind).toBe("accepted");
    expect(found.subjects[0]?.evidence).toMatchObject([
      {
        predicateType: "https://sigstore.dev/cosign/sign/v1",
        outcome: { kind: "accepted", timeProof: expect.any(String) },
      },
    ]);
    expect(report(findingsOf([bundleOf(parts)]), claimant).judgement.kind).toBe("refused");
  });

  test("stands with what its manifest says", () => {
    const candidate = attested(INDEX);
    const manifest = {
      place: "referrer",
      digest: candidate.source.manifest,
      artifactType: "application/x",
      createdAt: "2026-11-20T10:00:00Z",
      layers: [{ mediaType: "y", digest: candidate.source.layer, size: 77 }],
    } as const;
    const collected = {
      kind: "collected",
      evidence: { digest: INDEX, candidates: [candidate], skipped: [] },
      manifests: [manifest],
    } as const;
    const found = report(findingsOf([], [], { subjects: [seen(INDEX, [], { collected })] }));
    expect(found.subjects[0]?.evidence).toMatchObject([
      {
        artifactType: "application/x",
        createdAt: "2026-11-20T10:00:00Z",
        size: 77,
        predicateType: "https://cyclonedx.org/bom",
      },
    ]);
  });
});

describe("SBOMs", () => {
  const sbomsIn = (candidates: readonly Candidate[]) => report(findingsOf(candidates)).subjects[0]?.sboms;
  const spdx = { spdxVersion: "SPDX-2.3", SPDXID: "SPDXRef-DOCUMENT", name: "x", packages: [] };

  test("are counted by the type of their packages, verified ones first", () => {
    expect(sbomsIn([attested(INDEX, STRANGER), attested(INDEX)])).toMatchObject([
      {
        isVerified: true,
        format: "cyclonedx",
        wrapping: "document",
        content: {
          specVersion: "1.6",
          components: 3,
          types: [
            { type: "apk", count: 2 },
            { type: "npm", count: 1 },
          ],
        },
      },
    ]);
  });

  test("are one of each format", () => {
    const predicateType = "https://spdx.dev/Document";
    const candidates = [
      attested(INDEX),
      attested(INDEX, STRANGER, { predicateType, predicate: JSON.stringify(spdx) }),
      attested(INDEX, STRANGER, { predicateType, predicate: spdx }),
    ];
    expect(sbomsIn(candidates)?.map(({ format, wrapping }) => [format, wrapping])).toEqual([
      ["cyclonedx", "document"],
      ["spdx", "text"],
    ]);
  });

  test("may be wrapped as cosign wraps what it does not know", () => {
    const predicate = { Data: JSON.stringify(SBOM), Timestamp: "2026-11-20T10:00:00Z" };
    expect(sbomsIn([attested(INDEX, STRANGER, { predicate })])).toMatchObject([
      { wrapping: "data", isVerified: false, content: { kind: "read", components: 3 } },
    ]);
  });

  test("that cannot be read are told so", () => {
    expect(sbomsIn([attested(INDEX, STRANGER, { predicate: "<bom/>" })])).toMatchObject([
      { wrapping: "text", content: { kind: "unreadable", reason: expect.stringContaining("XML") } },
    ]);
  });

  test.each<{ readonly title: string; readonly candidate: Candidate }>([
    { title: "of another image", candidate: attested(AMD64) },
    {
      title: "of another type",
      candidate: attested(INDEX, STRANGER, { predicateType: "https://openvex.dev/ns" }),
    },
    {
      title: "that are no statement",
      candidate: {
        ...attested(INDEX),
        kind: "cosign-attestation",
        envelope: Buffer.from("{"),
        annotations: {},
      },
    },
  ])("$title are none", ({ candidate }) => {
    expect(sbomsIn([candidate])).toEqual([]);
  });
});

describe("what differs", () => {
  const rows: readonly {
    readonly title: string;
    readonly findings: Findings;
    readonly claimant?: Claimant;
    readonly says: string;
  }[] = [
    {
      title: "an SBOM that is not there",
      findings: findingsOf([signed(INDEX)]),
      says: "The profile expects an SBOM, and none was found.",
    },
    {
      title: "an SBOM that nobody expects",
      findings: findingsOf([signed(INDEX), attested(INDEX)]),
      claimant: claimantOf({ sbom: "none" }),
      says: "There is an SBOM, and the profile expects none.",
    },
    {
      title: "signatures without a log",
      findings: findingsOf([signed(INDEX), attested(INDEX)]),
      claimant: claimantOf({ log: "require" }),
      says: "The profile requires an entry in a transparency log, and 2 of 2 signatures have none.",
    },
    {
      title: "platforms signed instead of the index",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: claimantOf({ subject: "index" }),
      says: "The profile wants the index signed, and only platforms are.",
    },
    {
      title: "platforms that are not signed",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: claimantOf({ subject: "platform" }),
      says: "The profile wants each platform signed, and 1 of 2 are not.",
    },
    {
      title: "an empty list of referrers beside a full tag",
      findings: findingsOf([], [], {
        subjects: [
          seen(INDEX, [], {
            places: [
              {
                repository: REPOSITORY,
                seen: places({
                  "referrers-api": { kind: "empty" },
                  "referrers-tag": { kind: "tagged", digest: AMD64 },
                }),
              },
            ],
          }),
        ],
      }),
      says: "registry.example/acme/base lists no referrers although it has the tag that lists them",
    },
    {
      title: "an SBOM that nobody signed",
      findings: findingsOf([], [], {
        subjects: [
          seen(INDEX, [], {
            places: [
              { repository: REPOSITORY, seen: places({ "sbom-tag": { kind: "tagged", digest: AMD64 } }) },
            ],
          }),
        ],
      }),
      says: "It is signed by nobody and not used.",
    },
    {
      title: "a place that could not be asked",
      findings: findingsOf([], [], {
        subjects: [
          seen(INDEX, [], { places: [{ repository: REPOSITORY, seen: places({ "att-tag": FAILED }) }] }),
        ],
      }),
      says: "att-tag could not be asked (registry-forbidden).",
    },
    {
      title: "an image without an index",
      findings: findingsOf([], [], { kind: "image", platforms: [], subjects: [seen(INDEX)] }),
      says: "It is an image of one platform, not an index.",
    },
    {
      title: "a profile without a signer",
      findings: findingsOf([signed(INDEX)]),
      claimant: claimantOf({ signers: { need: "any", groups: [] } }),
      says: "The profile has no signer: nothing can be proven with it.",
    },
  ];
  test.each(rows)("$title is said", ({ findings, claimant, says }) => {
    expect(report(findings, claimant).differences.join("\n")).toContain(says);
  });

  test("nothing where all is as the profile says", () => {
    expect(report(findingsOf([signed(INDEX), attested(INDEX)])).differences).toEqual([]);
  });
});

test("tags of evidence are counted by themselves", () => {
  expect(report(findingsOf([])).tags).toEqual({ kind: "listed", total: 2, ofEvidence: 1 });
  expect(report(findingsOf([], [], { tags: FAILED })).tags).toEqual(FAILED);
});
