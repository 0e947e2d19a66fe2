import { signersOf } from "../../src/trust/policy.ts";
import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { parseRepository, renderImage } from "../../src/image/reference.ts";
import type { Evidence } from "../../src/trust/evidence.ts";
import type { EvidencePlace } from "../../src/vendor/evidence-place.ts";
import { parseImagePattern } from "../../src/vendor/pattern.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  imageDocument,
  indexDocument,
  KEY,
  MUSL,
  profileOf,
  purl,
  sbomOn,
  signatureOn,
  STRANGER,
} from "./bench.ts";
import { NEXT, OLD, onlyPull, proposable } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** A vendor whose evidence hangs in a registry of its own. */

const PLACE: EvidencePlace = {
  images: parseImagePattern("bellsoft/hardened-*"),
  at: parseImagePattern("evidence.example/bellsoft/ev-*"),
};
const ELSEWHERE = parseRepository("evidence.example/bellsoft/ev-base");
const PURLS = [purl("expat", "2.7.1-r0")];

function benchWith(evidence: readonly EvidencePlace[] = [PLACE]): Bench {
  return createBench({ store: createWrittenStore(), profiles: [{ ...profileOf(), evidence }] });
}

function evidenceAt(bench: Bench, of: Digest, evidence: Partial<Evidence>): void {
  bench.registry.attach({ repository: ELSEWHERE, digest: of }, evidence);
}

async function verdictOn(bench: Bench, of: Digest) {
  const image = { repository: BASE, digest: of };
  await bench.run(verify, { image });
  return (await bench.store.verdict(image))?.verdict;
}

describe("evidence in another repository", () => {
  test("proves an image whose own repository has none, and the verdict says where it hangs", async () => {
    const bench = benchWith();
    const pushed = bench.registry.push(BASE, imageDocument("1"));
    evidenceAt(bench, pushed, { candidates: [signatureOn(pushed), sbomOn(pushed, PURLS)] });
    expect(await verdictOn(bench, pushed)).toMatchObject({
      kind: "verified",
      sbom: { kind: "verified", source: { repository: ELSEWHERE } },
      results: [{ source: { repository: ELSEWHERE } }, { source: { repository: ELSEWHERE } }],
    });
  });

  test("is joined with what hangs on the image", async () => {
    const bench = benchWith();
    const pushed = bench.registry.push(BASE, imageDocument("1"));
    bench.registry.attach({ repository: BASE, digest: pushed }, { candidates: [signatureOn(pushed)] });
    evidenceAt(bench, pushed, { candidates: [sbomOn(pushed, PURLS)] });
    expect(await verdictOn(bench, pushed)).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
  });

  test("is looked for on each platform too", async () => {
    const bench = benchWith();
    const child = bench.registry.push(BASE, imageDocument("1"));
    const index = bench.registry.push(BASE, indexDocument([{ digest: child, platform: "linux/amd64" }]));
    evidenceAt(bench, index, { candidates: [signatureOn(index)] });
    evidenceAt(bench, child, { candidates: [sbomOn(child, PURLS)] });
    expect(await verdictOn(bench, index)).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
  });

  test("is not believed because of where it hangs", async () => {
    const bench = benchWith();
    const pushed = bench.registry.push(BASE, imageDocument("1"));
    evidenceAt(bench, pushed, { candidates: [signatureOn(pushed, STRANGER)] });
    expect(await verdictOn(bench, pushed)).toMatchObject({ kind: "rejected" });
  });

  test("about another image proves nothing", async () => {
    const bench = benchWith();
    const pushed = bench.registry.push(BASE, imageDocument("1"));
    evidenceAt(bench, pushed, { candidates: [signatureOn(digest("07e4"))] });
    expect(await verdictOn(bench, pushed)).not.toMatchObject({ kind: "verified" });
  });

  test.each([
    { title: "where no place is said", evidence: [] },
    {
      title: "where the place is of other images",
      evidence: [{ ...PLACE, images: parseImagePattern("bellsoft/hardened-go*") }],
    },
  ])("is not looked for $title", async ({ evidence }) => {
    const bench = benchWith(evidence);
    const pushed = bench.registry.push(BASE, imageDocument("1"));
    expect(await verdictOn(bench, pushed)).toMatchObject({ kind: "awaiting-evidence" });
    expect(bench.registry.asked.filter((question) => question.includes("evidence.example"))).toEqual([]);
  });

  test.each(["registry-unavailable", "registry-unauthorized"] as const)(
    "that cannot be asked for (%s) is an error, not a verdict",
    async (code) => {
      const bench = benchWith();
      const pushed = bench.registry.push(BASE, imageDocument("1"));
      bench.registry.attach({ repository: BASE, digest: pushed }, { candidates: [signatureOn(pushed)] });
      const question = `evidence ${renderImage({ repository: ELSEWHERE, digest: pushed })}`;
      bench.registry.fail(question, new CodedError(code, "no answer"));
      await expect(verdictOn(bench, pushed)).rejects.toMatchObject({ code });
      expect(await bench.store.verdict({ repository: BASE, digest: pushed })).toBeUndefined();
    },
  );
});

test("a pull request tells where evidence hangs, and its commands look there", async () => {
  const bench = await proposable([[MUSL, OLD]], { profiles: [{ ...profileOf(), evidence: [PLACE] }] });
  const image = { repository: BASE, digest: NEXT };
  const known = await bench.store.verdict(image);
  if (known?.verdict.kind !== "verified") throw new Error("not verified");
  const source = {
    place: "sig-tag",
    manifest: digest("a"),
    layer: digest("b"),
    repository: ELSEWHERE,
  } as const;
  const [signer] = signersOf(profileOf().policy).flatMap((key) => (key.kind === "key" ? [key.signer] : []));
  if (signer === undefined) throw new Error("the profile has no key");
  const accepted = { kind: "accepted", signer, groups: ["bellsoft"], proves: "image" } as const;
  if (known.verdict.sbom.kind !== "verified") throw new Error("it has no SBOM");
  const results = [
    { kind: "cosign-signature", source, outcome: accepted },
    {
      kind: "cosign-attestation",
      source: known.verdict.sbom.source,
      outcome: { ...accepted, proves: "statement" },
      predicateType: known.verdict.sbom.predicateType,
    },
  ] as const;
  await bench.store.saveVerdict({ ...known, verdict: { ...known.verdict, signers: [signer], results } });
  await bench.run(propose, KEY);
  const { body } = onlyPull(bench);
  expect(body).toContain("| evidence | some hangs in `evidence.example/bellsoft/ev-base`");
  expect(body).toContain(
    `cosign verify --key bellsoft.pub --insecure-ignore-tlog evidence.example/bellsoft/ev-base@${NEXT}`,
  );
  expect(body).toMatch(/cosign verify-attestation .* docker\.io\/bellsoft\/hardened-base@/);
});
