import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import type { VerdictRecord } from "../../src/ports/store.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import { verify } from "../../workers/verify.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  type SigningKey,
  statementPayload,
} from "../fakes/signer.ts";
import {
  BASE,
  type Bench,
  createBench,
  CYCLONEDX,
  cyclonedx,
  digest,
  imageDocument,
  indexDocument,
  MUSL,
  pin,
  profileOf,
  sbomOn,
  seen,
  signatureOn,
  statementOn,
  STRANGER,
  VENDOR,
} from "./bench.ts";

const SPDX = "https://spdx.dev/Document";
const OPENVEX = "https://openvex.dev/ns/v0.2.0";
const imageOf = (of: Digest) => ({ repository: BASE, digest: of });

/** What a list takes in the store. */
const BYTES: unknown = expect.any(Number);

/** An SBOM that lists images and no packages. */
const INDEX_ONLY = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: [{ type: "container", name: "image", purl: "pkg:oci/image@sha256%3Aabc" }],
};

interface World {
  readonly bench: Bench;
  readonly amd64: Digest;
  readonly arm64: Digest;
  readonly current: Digest;
}

/** A signed index of two images. */
function world({
  own = [],
  bench = createBench(),
}: { readonly own?: readonly unknown[]; readonly bench?: Bench } = {}): World {
  const amd64 = bench.registry.push(BASE, imageDocument("amd64"));
  const arm64 = bench.registry.push(BASE, imageDocument("arm64"));
  const current = bench.registry.push(
    BASE,
    indexDocument([
      { digest: amd64, platform: "linux/amd64" },
      { digest: arm64, platform: "linux/arm64" },
    ]),
  );
  bench.registry.attach(imageOf(current), {
    candidates: [signatureOn(current), ...own.map((predicate) => statementOn(current, predicate))],
  });
  return { bench, amd64, arm64, current };
}

function attach({ bench }: World, to: Digest, ...candidates: readonly Candidate[]): void {
  bench.registry.attach(imageOf(to), { candidates });
}

function apk(name: string, arch: string): string {
  return `pkg:apk/alpine/${name}@1-r0?arch=${arch}`;
}

function attested(
  about: Digest,
  predicateType: string,
  predicate: unknown,
  key: SigningKey = VENDOR,
): Candidate {
  const payload = statementPayload(about, { predicateType, predicate });
  return attestationCandidate(attestationLayer(envelopeDocument(payload, [key]), predicateType));
}

async function recordOf({ bench, current }: World, of = current): Promise<VerdictRecord> {
  await bench.run(verify, { image: imageOf(of) });
  const record = await bench.store.verdict(imageOf(of));
  if (record === undefined) throw new Error("no verdict was stored");
  return record;
}

async function namesIn({ bench }: World, record: VerdictRecord): Promise<readonly unknown[]> {
  return Promise.all(
    (record.lists ?? []).map(async ({ digest: of, platform }) => {
      const list = await bench.store.components(of);
      return [platform, list?.components.map(({ name }) => name)];
    }),
  );
}

describe("the component lists of an index", () => {
  test("of every platform, where the index has no SBOM", async () => {
    const at = world();
    attach(at, at.amd64, sbomOn(at.amd64, [apk("a", "x86_64")]));
    attach(at, at.arm64, sbomOn(at.arm64, [apk("b", "aarch64")]));
    const record = await recordOf(at);
    expect(record.lists).toEqual([
      { digest: at.amd64, platform: "linux/amd64", format: "cyclonedx", tool: "syft", bytes: BYTES },
      { digest: at.arm64, platform: "linux/arm64", format: "cyclonedx", tool: "syft", bytes: BYTES },
    ]);
    expect(record.components).toEqual({ digest: at.amd64, platform: "linux/amd64" });
    expect(await namesIn(at, record)).toEqual([
      ["linux/amd64", ["a"]],
      ["linux/arm64", ["b"]],
    ]);
  });

  test("D5: of every platform, where the index's own SBOM lists images only", async () => {
    const at = world({ own: [INDEX_ONLY] });
    attach(at, at.arm64, sbomOn(at.arm64, [apk("b", "aarch64")]));
    const record = await recordOf(at);
    expect(await namesIn(at, record)).toEqual([["linux/arm64", ["b"]]]);
    expect(record.verdict).toMatchObject({ kind: "verified", sbom: { kind: "verified" } });
  });

  test("D5: the index's own, marked as such, where no platform has one", async () => {
    const at = world({ own: [INDEX_ONLY] });
    const record = await recordOf(at);
    expect(record.lists).toEqual([{ digest: at.current, format: "cyclonedx", bytes: BYTES }]);
    expect(await at.bench.store.components(at.current)).toMatchObject({ scope: "index", components: [] });
  });

  test("of every platform, where the index's own SBOM cannot be read", async () => {
    const at = world({ own: ["not JSON"] });
    attach(at, at.amd64, sbomOn(at.amd64, [apk("a", "x86_64")]));
    const record = await recordOf(at);
    expect(await namesIn(at, record)).toEqual([["linux/amd64", ["a"]]]);
    expect(record.sbomFault).toBeUndefined();
  });

  test("one for each platform, where the index's own SBOM covers several", async () => {
    const own = cyclonedx([apk("a", "x86_64"), apk("b", "aarch64"), "pkg:npm/all@1"]);
    const at = world({ own: [own] });
    const record = await recordOf(at);
    expect(await namesIn(at, record)).toEqual([
      ["linux/amd64", ["a", "all"]],
      ["linux/arm64", ["b", "all"]],
    ]);
    expect(at.bench.registry.asked.filter((asked) => asked.startsWith("evidence"))).toHaveLength(1);
  });

  test("a platform takes the list that its verified index has of it", async () => {
    const own = cyclonedx([apk("a", "x86_64"), apk("b", "aarch64")]);
    const at = world({ own: [own] });
    await pin(at.bench, [[MUSL, at.arm64]]);
    await seen(at.bench, MUSL, [at.current]);
    await recordOf(at);
    const record = await recordOf(at, at.arm64);
    expect(record.verdict).toMatchObject({
      kind: "verified",
      coveredBy: at.current,
      sbom: { kind: "verified", predicateType: CYCLONEDX },
    });
    expect(record.lists).toEqual([
      { digest: at.arm64, platform: "linux/arm64", format: "cyclonedx", tool: "syft", bytes: BYTES },
    ]);
  });

  test("what is unreadable on every platform is told with the platform", async () => {
    const at = world();
    attach(at, at.amd64, statementOn(at.amd64, "not JSON"));
    attach(at, at.arm64, statementOn(at.arm64, { bomFormat: "Shopping list" }));
    const record = await recordOf(at);
    expect(record.sbomFault).toMatch(/^linux\/amd64: the SBOM is not JSON/);
    expect(record).not.toHaveProperty("lists");
  });

  test("a single image has one list, without a platform", async () => {
    const at = world();
    attach(at, at.amd64, signatureOn(at.amd64), sbomOn(at.amd64, [apk("a", "x86_64")]));
    const record = await recordOf(at, at.amd64);
    expect(record.lists).toEqual([{ digest: at.amd64, format: "cyclonedx", tool: "syft", bytes: BYTES }]);
  });
});

function spdxOf(name: string): unknown {
  return {
    spdxVersion: "SPDX-2.3",
    creationInfo: { creators: ["Tool: apko (v1)"] },
    packages: [
      { SPDXID: "a", externalRefs: [{ referenceType: "purl", referenceLocator: apk(name, "x86_64") }] },
    ],
  };
}

const both = (of: Digest): readonly Candidate[] => [
  signatureOn(of),
  attested(of, SPDX, spdxOf("a")),
  sbomOn(of, [apk("a", "x86_64")]),
];

describe("of several SBOMs", () => {
  test("CycloneDX is taken where nothing is known of the digest before", async () => {
    const at = world();
    attach(at, at.amd64, ...both(at.amd64));
    const record = await recordOf(at, at.amd64);
    expect(record.lists).toEqual([{ digest: at.amd64, format: "cyclonedx", tool: "syft", bytes: BYTES }]);
    expect(record.verdict).toMatchObject({ sbom: { predicateType: CYCLONEDX } });
  });

  test("one like that of the digest before it is taken, and the verdict names it", async () => {
    const at = world();
    attach(at, at.amd64, signatureOn(at.amd64), attested(at.amd64, SPDX, spdxOf("a")));
    attach(at, at.arm64, ...both(at.arm64));
    await pin(at.bench, [[MUSL, at.amd64]]);
    await seen(at.bench, MUSL, [at.amd64, at.arm64]);
    await recordOf(at, at.amd64);
    const record = await recordOf(at, at.arm64);
    expect(record.lists).toEqual([{ digest: at.arm64, format: "spdx", tool: "apko", bytes: BYTES }]);
    expect(record.verdict).toMatchObject({ sbom: { predicateType: SPDX } });
  });
});

function listed(
  at: World,
  of: Digest,
  predicate: unknown = cyclonedx([apk("a", "x86_64")]),
  about = of,
): void {
  const statement = statementPayload(about, { predicateType: CYCLONEDX, predicate });
  const source = { place: "index", manifest: digest("a77e57"), layer: digestOf(statement) } as const;
  at.bench.registry.list(imageOf(at.current), of, [{ source, statement }]);
}

describe("what a signed index lists beside its platforms, unsigned", () => {
  test("counts, and the verdict says where it stands", async () => {
    const at = world();
    listed(at, at.amd64);
    const record = await recordOf(at);
    expect(record.verdict).toMatchObject({
      kind: "verified",
      sbom: { kind: "verified", source: { place: "index" } },
    });
    expect(await namesIn(at, record)).toEqual([["linux/amd64", ["a"]]]);
  });

  test("comes after what is signed itself", async () => {
    const at = world();
    listed(at, at.amd64);
    attach(at, at.amd64, sbomOn(at.amd64, [apk("signed", "x86_64")]));
    const record = await recordOf(at);
    expect(await namesIn(at, record)).toEqual([["linux/amd64", ["signed"]]]);
    expect(record.verdict).toMatchObject({ sbom: { source: { place: "att-tag" } } });
  });

  test("D19: counts for nothing about another digest, and does not harm", async () => {
    const at = world();
    listed(at, at.amd64, cyclonedx([apk("a", "x86_64")]), at.arm64);
    const record = await recordOf(at);
    expect(record).not.toHaveProperty("lists");
    expect(record.verdict.kind).toBe("awaiting-evidence");
    expect(JSON.stringify(record.verdict)).toContain("other-subject");
  });

  test("is not asked for where the index itself is not signed", async () => {
    const at = world({ bench: createBench({ profiles: [profileOf({ subject: "platform" })] }) });
    listed(at, at.amd64);
    for (const platform of [at.amd64, at.arm64]) attach(at, platform, signatureOn(platform));
    at.bench.registry.attach(imageOf(at.current), { candidates: [] });
    const record = await recordOf(at);
    expect(record).not.toHaveProperty("lists");
    expect(at.bench.registry.asked.filter((asked) => asked.startsWith("listed"))).toEqual([]);
  });

  test("is not asked for where the index is signed by somebody else", async () => {
    const at = world();
    listed(at, at.amd64);
    at.bench.registry.attach(imageOf(at.current), { candidates: [signatureOn(at.current, STRANGER)] });
    expect((await recordOf(at)).verdict.kind).toBe("rejected");
    expect(at.bench.registry.asked.filter((asked) => asked.startsWith("listed"))).toEqual([]);
  });
});

describe("VEX documents", () => {
  test("of the index and of its platforms are kept, each under what it is about", async () => {
    const at = world();
    attach(at, at.current, signatureOn(at.current), attested(at.current, OPENVEX, { author: "index" }));
    attach(
      at,
      at.arm64,
      sbomOn(at.arm64, [apk("b", "aarch64")]),
      attested(at.arm64, OPENVEX, { author: "arm64" }),
    );
    const record = await recordOf(at);
    expect(record.vex).toEqual([
      { digest: at.current, leftOut: 0 },
      { digest: at.arm64, leftOut: 0 },
    ]);
    expect(await at.bench.store.vexDocuments(at.current)).toEqual([{ author: "index" }]);
    expect(await at.bench.store.vexDocuments(at.arm64)).toEqual([{ author: "arm64" }]);
  });

  test("of the index that covers a platform are about that platform as well", async () => {
    const at = world();
    attach(at, at.current, signatureOn(at.current), attested(at.current, OPENVEX, { author: "index" }));
    attach(at, at.arm64, sbomOn(at.arm64, [apk("b", "aarch64")]));
    await pin(at.bench, [[MUSL, at.arm64]]);
    await seen(at.bench, MUSL, [at.current]);
    await recordOf(at);
    const record = await recordOf(at, at.arm64);
    expect(record.verdict).toMatchObject({ kind: "verified", coveredBy: at.current });
    expect(record.vex).toEqual([{ digest: at.current, leftOut: 0 }]);
  });

  test.each([
    { title: "by somebody else", key: STRANGER, about: undefined },
    { title: "about another digest", key: VENDOR, about: digest("0e") },
  ])("$title are not believed", async ({ key, about }) => {
    const at = world();
    const statement = attested(about ?? at.current, OPENVEX, { author: "x" }, key);
    attach(at, at.current, signatureOn(at.current), sbomOn(at.current, [apk("a", "x86_64")]), statement);
    const record = await recordOf(at);
    expect(record.verdict.kind).toBe("verified");
    expect(record).not.toHaveProperty("vex");
    expect(await at.bench.store.vexDocuments(at.current)).toEqual([]);
  });

  test("of an image that is rejected are not kept", async () => {
    const at = world();
    attach(
      at,
      at.current,
      signatureOn(at.current),
      sbomOn(at.current, [apk("a", "x86_64")], STRANGER),
      attested(at.current, OPENVEX, { author: "x" }),
    );
    const record = await recordOf(at);
    expect(record.verdict.kind).toBe("rejected");
    expect(record).not.toHaveProperty("vex");
  });
});
