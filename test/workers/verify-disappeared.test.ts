import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { verify } from "../../workers/verify.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  MUSL,
  NOW,
  pin,
  purl,
  release,
  sbomOn,
  seen,
  signatureOn,
  STRANGER,
} from "./bench.ts";

const imageOf = (of: Digest) => ({ repository: BASE, digest: of });
const PACKAGES = [purl("expat", "2.7.1-r0")];

/** A verified digest with an SBOM, on which a tag stands, a day later. */
async function aDayLater(): Promise<{ readonly bench: Bench; readonly current: Digest }> {
  const bench = createBench();
  const current = release(bench, { name: "1", purls: PACKAGES });
  await pin(bench, [[MUSL, digest("01d")]]);
  await seen(bench, MUSL, [digest("01d"), current]);
  await verified(bench, current);
  bench.clock.advance(DAY_MS);
  return { bench, current };
}

async function verified(bench: Bench, of: Digest): Promise<VerdictRecord> {
  await bench.run(verify, { image: imageOf(of) });
  const record = await bench.store.verdict(imageOf(of));
  if (record === undefined) throw new Error("no verdict was stored");
  return record;
}

describe("a verified digest, looked at again", () => {
  test("is due once a day while a tag stands on it, and once the tag has left it never", async () => {
    const { bench, current } = await aDayLater();
    const due = { kind: "verify", image: imageOf(current) } as const;
    expect(bench.store.dueAt(due)).toBe(later(NOW, DAY_MS));
    await verified(bench, current);
    expect(bench.store.dueAt(due)).toBe(later(NOW, 2 * DAY_MS));
    await seen(bench, MUSL, [current, digest("2e3")]);
    await verified(bench, current);
    expect(bench.store.dueAt(due)).toBeUndefined();
  });

  test("stays as it is, with the same evidence", async () => {
    const { bench, current } = await aDayLater();
    const record = await verified(bench, current);
    expect(record).toMatchObject({ verdict: { kind: "verified" }, checkedAt: later(NOW, DAY_MS) });
    expect(record).not.toHaveProperty("disappeared");
    expect(await bench.messages("evidence-disappeared")).toEqual([]);
  });

  test.each([
    {
      title: "all of it",
      left: () => [],
      what: ["its signature", "the statement https://cyclonedx.org/bom"],
    },
    {
      title: "the SBOM",
      left: (current: Digest) => [signatureOn(current)],
      what: ["the statement https://cyclonedx.org/bom"],
    },
    {
      title: "the signature",
      left: (current: Digest) => [sbomOn(current, PACKAGES)],
      what: ["its signature"],
    },
  ])("is an alert, once, when evidence is gone, and stays verified: $title", async ({ left, what }) => {
    const { bench, current } = await aDayLater();
    bench.registry.attach(imageOf(current), { candidates: left(current) });
    const record = await verified(bench, current);
    expect(record).toMatchObject({
      verdict: { kind: "verified", sbom: { kind: "verified" } },
      components: { digest: current },
      disappeared: { what, since: later(NOW, DAY_MS) },
    });
    expect(await bench.messages("evidence-disappeared")).toEqual([
      `what proved it hangs there no more: ${what.join(", ")}`,
    ]);

    bench.clock.advance(DAY_MS + HOUR_MS);
    expect((await verified(bench, current)).disappeared).toEqual({ what, since: later(NOW, DAY_MS) });
    expect(await bench.messages("evidence-disappeared")).toHaveLength(1);
  });

  test("is no longer an alert when the evidence is back", async () => {
    const { bench, current } = await aDayLater();
    bench.registry.attach(imageOf(current), { candidates: [] });
    await verified(bench, current);
    release(bench, { name: "1", purls: PACKAGES });
    bench.clock.advance(DAY_MS);
    expect(await verified(bench, current)).not.toHaveProperty("disappeared");
  });

  test("is rejected when what hangs there now is wrong", async () => {
    const { bench, current } = await aDayLater();
    bench.registry.attach(imageOf(current), { candidates: [signatureOn(current, STRANGER)] });
    expect(await verified(bench, current)).toMatchObject({
      verdict: { kind: "rejected", reason: "signature-key-unknown" },
      verifiedAt: NOW,
    });
    expect(await bench.messages("rejected")).toHaveLength(1);
  });
});
