import { describe, expect, test } from "vitest";
import type { Findings } from "../../../src/cli/probe/findings.ts";
import { type Claimant, isAccepted, reportOn } from "../../../src/cli/probe/report.ts";
import { instantOf } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { createSigstoreWorld, IDENTITY } from "../../fakes/sigstore/world.ts";
import { bundleOf, legacySignatureOf } from "../../fakes/sigstore/signed-parts.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import {
  AMD64,
  ARM64,
  attested,
  profileOf,
  reportFor,
  singleOf,
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

const sbomsIn = async (candidates: readonly Candidate[]) =>
  (await reportFor(findingsOf(candidates))).subjects[0]?.sboms;

interface Row {
  readonly title: string;
  readonly findings: Findings;
  readonly claimant?: Omit<Claimant, "judged">;
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
      reason: "signed by Acme, without an SBOM",
    },
    {
      title: "with each platform signed, where each must be",
      findings: findingsOf([], [[signed(AMD64), attested(AMD64)], [signed(ARM64)]]),
      claimant: profileOf({ subject: "platform" }),
      reason: "signed by Acme, with a verified SBOM",
    },
    {
      title: "as an image of one platform, where platforms must be signed",
      findings: singleOf([signed(INDEX)]),
      claimant: profileOf({ subject: "platform" }),
      reason: "signed by Acme, without an SBOM",
    },
  ];
  test.each(rows)("$title", async ({ findings, claimant, reason }) => {
    const found = await reportFor(findings, claimant);
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
      claimant: profileOf({ sbom: "required" }),
      reason: "there is no sbom that proves it",
    },
    {
      title: "with platforms signed, where the index must be",
      kind: "refused",
      findings: findingsOf([], [[signed(AMD64)], [signed(ARM64)]]),
      claimant: profileOf({ subject: "index" }),
      reason: "there is no signature that proves it",
    },
    {
      title: "with the index signed, where each platform must be",
      kind: "refused",
      findings: findingsOf([signed(INDEX)]),
      claimant: profileOf({ subject: "platform" }),
      reason: "there is no signature that proves it",
    },
    {
      title: "with one of two platforms signed",
      kind: "refused",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: profileOf({ subject: "platform" }),
      reason: "there is no signature that proves it",
    },
    {
      title: "with a platform that was not looked at, where each must be signed",
      kind: "unknown",
      findings: findingsOf([], [], {
        subjects: [seen(INDEX), seen(AMD64, [signed(AMD64)], { platform: "linux/amd64" })],
      }),
      claimant: profileOf({ subject: "platform" }),
      reason: "it was not looked at (registry-forbidden)",
    },
    {
      title: "with evidence that could not be read, whatever else was",
      kind: "unknown",
      findings: findingsOf([], [], {
        subjects: [seen(INDEX, [signed(INDEX)]), seen(AMD64, [], { collected: FAILED })],
      }),
      reason: "it was not looked at (registry-forbidden)",
    },
    {
      title: "distrusted by the operator",
      kind: "refused",
      findings: findingsOf([signed(INDEX)]),
      claimant: profileOf({ distrust: { signers: [], digests: [INDEX] } }),
      reason: "digest-distrusted: ",
    },
    {
      title: "by a profile without a signer, which says what to do",
      kind: "unknown",
      findings: findingsOf([signed(INDEX)]),
      claimant: profileOf({ signers: { need: "any", groups: [] } }),
      reason: "Pin Acme's key.",
    },
  ];
  test.each(rows)("$title", async ({ findings, claimant, reason, kind }) => {
    const found = await reportFor(findings, claimant);
    expect(found.judgement).toEqual({ kind, reason: expect.stringContaining(reason) });
    expect(isAccepted(found)).toBe(false);
    expect(found.draft).toContain("# Unconfirmed");
  });

  test("without the trust roots that the policy names", () => {
    const judged = { fault: 'trust root "acme" is not held (trust-root-unavailable)' };
    const found = reportOn(findingsOf([signed(INDEX)]), { ...profileOf(), judged }, AT);
    expect(found.judgement).toEqual({ kind: "unknown", reason: judged.fault });
    expect(found.subjects[0]?.evidence[0]).not.toHaveProperty("outcome");
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
    const found = await reportFor(findingsOf([legacySignatureOf(parts), signed(INDEX)]));
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
    const claimant = profileOf({
      signers: { need: "any", groups: [{ name: "vendor", anyOf: [world.identity] }] },
      log: "require",
    });
    const root = parseTrustRoot({ name: world.name, kind: "sigstore", json: world.trustedRoot });
    const roots = new Map([[world.name, root]]);
    const found = await reportFor(findingsOf([bundleOf(parts)]), claimant, { roots });
    expect(found.judgement.kind).toBe("accepted");
    expect(found.subjects[0]?.evidence).toMatchObject([
      {
        predicateType: "https://sigstore.dev/cosign/sign/v1",
        outcome: { kind: "accepted", timeProof: expect.any(String) },
      },
    ]);
    const without = await reportFor(findingsOf([bundleOf(parts)]), claimant);
    expect(without.judgement.kind).toBe("refused");
  });

  test("stands with what its manifest says", async () => {
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
    const found = await reportFor(findingsOf([], [], { subjects: [seen(INDEX, [], { collected })] }));
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
  const spdx = { spdxVersion: "SPDX-2.3", SPDXID: "SPDXRef-DOCUMENT", name: "x", packages: [] };

  test("are counted by the type of their packages, verified ones first", async () => {
    expect(await sbomsIn([attested(INDEX, STRANGER), attested(INDEX)])).toMatchObject([
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

  test("are one of each format", async () => {
    const predicateType = "https://spdx.dev/Document";
    const candidates = [
      attested(INDEX),
      attested(INDEX, STRANGER, { predicateType, predicate: JSON.stringify(spdx) }),
      attested(INDEX, STRANGER, { predicateType, predicate: spdx }),
    ];
    expect((await sbomsIn(candidates))?.map(({ format, wrapping }) => [format, wrapping])).toEqual([
      ["cyclonedx", "document"],
      ["spdx", "text"],
    ]);
  });

  test("may be wrapped as cosign wraps what it does not know", async () => {
    const predicate = { Data: JSON.stringify(SBOM), Timestamp: "2026-11-20T10:00:00Z" };
    expect(await sbomsIn([attested(INDEX, STRANGER, { predicate })])).toMatchObject([
      { wrapping: "data", isVerified: false, content: { kind: "read", components: 3 } },
    ]);
  });

  test("that cannot be read are told so", async () => {
    expect(await sbomsIn([attested(INDEX, STRANGER, { predicate: "<bom/>" })])).toMatchObject([
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
  ])("$title are none", async ({ candidate }) => {
    expect(await sbomsIn([candidate])).toEqual([]);
  });
});

describe("what differs", () => {
  const rows: readonly {
    readonly title: string;
    readonly findings: Findings;
    readonly claimant?: Omit<Claimant, "judged">;
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
      claimant: profileOf({ sbom: "none" }),
      says: "There is an SBOM, and the profile expects none.",
    },
    {
      title: "signatures without a log",
      findings: findingsOf([signed(INDEX), attested(INDEX)]),
      claimant: profileOf({ log: "require" }),
      says: "The profile requires an entry in a transparency log, and 2 of 2 signatures have none.",
    },
    {
      title: "platforms signed instead of the index",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: profileOf({ subject: "index" }),
      says: "The profile wants the index signed, and only platforms are.",
    },
    {
      title: "platforms that are not signed",
      findings: findingsOf([], [[signed(AMD64)]]),
      claimant: profileOf({ subject: "platform" }),
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
      findings: singleOf([]),
      says: "It is an image of one platform, not an index.",
    },
    {
      title: "a profile without a signer",
      findings: findingsOf([signed(INDEX)]),
      claimant: profileOf({ signers: { need: "any", groups: [] } }),
      says: "The profile has no signer: nothing can be proven with it.",
    },
  ];
  test.each(rows)("$title is said", async ({ findings, claimant, says }) => {
    expect((await reportFor(findings, claimant)).differences.join("\n")).toContain(says);
  });

  test("nothing where all is as the profile says", async () => {
    expect((await reportFor(findingsOf([signed(INDEX), attested(INDEX)]))).differences).toEqual([]);
  });
});

test("tags of evidence are counted by themselves", async () => {
  expect((await reportFor(findingsOf([]))).tags).toEqual({ kind: "listed", total: 2, ofEvidence: 1 });
  expect((await reportFor(findingsOf([], [], { tags: FAILED }))).tags).toEqual(FAILED);
});
