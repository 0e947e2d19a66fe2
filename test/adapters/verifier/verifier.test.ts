import { afterEach, describe, expect, test } from "vitest";
import { createVerifier } from "../../../src/adapters/verifier/verifier.ts";
import type { ThreadsOptions } from "../../../src/adapters/verifier/threads.ts";
import { type Digest, digestOf } from "../../../src/image/digest.ts";
import type { Verifier, VerifyQuestion } from "../../../src/ports/verifier.ts";
import { instantOf } from "../../../src/time.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import { keyPolicy } from "../../fakes/policy.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../../fakes/signer.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const NEVER = new AbortController().signal;
const image = digestOf(Buffer.from("image"));
const vendor = newSigningKey();

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const verifier of open.splice(0)) await verifier.close();
});

function verifierWith(options: Partial<ThreadsOptions> = {}): Verifier {
  const verifier = createVerifier(options);
  open.push(verifier);
  return verifier;
}

/** An SBOM with so many components of about 250 bytes each. */
function sbomOf(count: number, about: Digest = image): Candidate {
  const components = Array.from({ length: count }, (_, at) => ({
    type: "library",
    name: `package-${at}`,
    version: "1.0.0",
    purl: `pkg:apk/acme/package-${at}@1.0.0?arch=x86_64&distro=acme-25`,
    description: "x".repeat(100),
  }));
  const predicate = { bomFormat: "CycloneDX", specVersion: "1.6", components };
  const payload = statementPayload(about, { predicateType: CYCLONEDX, predicate });
  return attestationCandidate(attestationLayer(envelopeDocument(payload, [vendor]), CYCLONEDX));
}

const signature = (): Candidate => signatureCandidate(signatureLayer(simpleSigningPayload(image), vendor));

function questionOf(candidates: readonly Candidate[], change: Partial<VerifyQuestion> = {}): VerifyQuestion {
  return {
    digest: image,
    evidence: { digest: image, candidates, skipped: [] },
    about: "image",
    policy: keyPolicy([trustedHalfOf(vendor, "Vendor")]),
    roots: [],
    now: instantOf(Date.UTC(2026, 10, 23)),
    ...change,
  };
}

describe("judges the same", () => {
  test.each([
    { title: "where it is asked", components: 3 },
    { title: "in a thread", components: 2_000 },
  ])("$title", async ({ components }) => {
    const { verdict, sbom } = await verifierWith().judge(
      questionOf([signature(), sbomOf(components)]),
      NEVER,
    );
    expect(verdict).toMatchObject({
      kind: "verified",
      signers: [{ kind: "key", name: "Vendor" }],
      sbom: { kind: "verified", predicateType: CYCLONEDX },
    });
    expect(sbom?.kind).toBe("read");
  });

  test("many at once, more than there are threads", async () => {
    const verifier = verifierWith({ threadsMax: 2 });
    const judged = await Promise.all(
      Array.from({ length: 7 }, () => verifier.judge(questionOf([signature(), sbomOf(1_000)]), NEVER)),
    );
    expect(judged.map(({ verdict }) => verdict?.kind)).toEqual(Array.from({ length: 7 }, () => "verified"));
  });

  test("what is refused", async () => {
    const stranger = keyPolicy([trustedHalfOf(newSigningKey(), "Stranger")]);
    const { verdict } = await verifierWith().judge(
      questionOf([signature(), sbomOf(2_000)], { policy: stranger }),
      NEVER,
    );
    expect(verdict).toMatchObject({ kind: "rejected", reason: "signature-key-unknown" });
  });
});

describe("ends", () => {
  test("what takes too long, and goes on with the next", async () => {
    const verifier = verifierWith({ threadsMax: 1, timeoutMs: 1 });
    await expect(verifier.judge(questionOf([signature(), sbomOf(20_000)]), NEVER)).rejects.toMatchObject({
      code: "verification-exhausted",
      transient: true,
      message: expect.stringContaining(image),
    });
    const { verdict } = await verifier.judge(questionOf([signature()]), NEVER);
    expect(verdict?.kind).toBe("verified");
  });

  test("what takes too much memory, and takes nothing else with it", async () => {
    const verifier = verifierWith({ threadsMax: 1, heapMiB: 24 });
    await expect(verifier.judge(questionOf([signature(), sbomOf(60_000)]), NEVER)).rejects.toMatchObject({
      code: "verification-exhausted",
      message: expect.stringContaining("24 MiB"),
    });
    const { verdict } = await verifier.judge(questionOf([signature(), sbomOf(1_000)]), NEVER);
    expect(verdict?.kind).toBe("verified");
  });

  test("what nobody waits for any more, while it runs and while it waits", async () => {
    const verifier = verifierWith({ threadsMax: 1 });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = verifier.judge(questionOf([signature(), sbomOf(20_000)]), running.signal);
    const second = verifier.judge(questionOf([signature(), sbomOf(20_000)]), waiting.signal);
    const third = verifier.judge(questionOf([signature(), sbomOf(1_000)]), NEVER);
    waiting.abort(new Error("second was stopped"));
    running.abort(new Error("first was stopped"));
    await expect(first).rejects.toThrow("first was stopped");
    await expect(second).rejects.toThrow("second was stopped");
    expect((await third).verdict?.kind).toBe("verified");
  });

  test("at once, what was stopped before it began", async () => {
    const stopped = AbortSignal.abort(new Error("stopped"));
    await expect(verifierWith().judge(questionOf([sbomOf(2_000)]), stopped)).rejects.toThrow("stopped");
  });

  test("what runs when it is closed", async () => {
    const verifier = createVerifier({ threadsMax: 1 });
    const judged = verifier.judge(questionOf([signature(), sbomOf(20_000)]), NEVER);
    const [outcome] = await Promise.allSettled([judged, verifier.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "verification-exhausted" } });
  });

  test("what waits when it is closed, and what comes later", async () => {
    const verifier = createVerifier({ threadsMax: 1 });
    const ask = () => verifier.judge(questionOf([signature(), sbomOf(2_000)]), NEVER);
    const asked = [ask(), ask(), ask()];
    const outcomes = await Promise.allSettled([...asked, verifier.close().then(ask)]);
    expect(outcomes).toHaveLength(4);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "verification-exhausted" } });
    }
  });

  test("a thread that has nothing to do, and the next question has one of its own", async () => {
    const verifier = verifierWith({ threadsMax: 1, idleMs: 0 });
    for (let round = 0; round < 3; round += 1) {
      const { verdict } = await verifier.judge(questionOf([signature(), sbomOf(1_000)]), NEVER);
      expect(verdict?.kind).toBe("verified");
    }
  });
});

test("a trust root that cannot be read is told, from a thread as well", async () => {
  const roots = [{ source: { name: "own", kind: "sigstore", json: "{" } as const, version: "1" }];
  for (const components of [1, 2_000]) {
    const judged = verifierWith().judge(questionOf([signature(), sbomOf(components)], { roots }), NEVER);
    await expect(judged).rejects.toMatchObject({ code: "trust-root-invalid" });
  }
});

test("what is judged in a thread keeps nothing waiting", async () => {
  const verifier = verifierWith();
  let ticks = 0;
  const ticking = setInterval(() => (ticks += 1), 1);
  await verifier.judge(questionOf([signature(), sbomOf(20_000)]), NEVER);
  clearInterval(ticking);
  // Reading the SBOM takes hundreds of milliseconds; judged where it is asked, not one tick would come between.
  expect(ticks).toBeGreaterThan(5);
});
