import { verify } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import { type Digest, hexOf, parseDigest } from "../../../src/image/digest.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { Registry } from "../../../src/ports/registry.ts";
import type { Candidate, Evidence } from "../../../src/trust/evidence.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { type CosignKey, generateKeyPair } from "../../tools/cosign.ts";
import { type DockerRegistry, startDockerRegistry } from "../../tools/docker-registry.ts";
import { oras } from "../../tools/oras.ts";
import { type Place, pushImage, signImage } from "../../tools/publish.ts";
import { missingTools } from "../../tools/tool.ts";

const STATEMENT = "application/vnd.in-toto+json";
const PREDICATE_TYPE = "in-toto.io/predicate-type";
const CYCLONEDX = "https://cyclonedx.org/bom/v1.6";
const missing = missingTools("docker-registry", "cosign", "oras");
const signal = AbortSignal.timeout(120_000);

/** Each statement in a manifest of its own that refers to the platform it is about, and whose digest cosign signed. */
describe.skipIf(missing !== undefined)(`statements as Docker hangs them (${missing ?? "present"})`, () => {
  let work: string;
  let server: DockerRegistry;
  let registry: Registry & { close(): Promise<void> };
  let key: CosignKey;

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "hk-signed-manifest-"));
    server = await startDockerRegistry();
    registry = createRegistry({
      hosts: new Map([[server.host, { plainHttp: true, allowPrivate: true }]]),
      gate: new OpenGate(),
      userAgent: "hullkeeper-test",
      metrics: UNCOUNTED,
    });
    key = await generateKeyPair(work, "vendor");
  });

  afterAll(async () => {
    await registry.close();
    await server.close();
    await rm(work, { recursive: true, force: true });
  });

  /** Pushes a statement about a manifest with oras, in a repository that need not be the image's. Answers with the digest of its manifest. */
  async function attach(place: Place, subject: Digest, predicateType: string): Promise<Digest> {
    const statement = {
      _type: "https://in-toto.io/Statement/v0.1",
      subject: [{ name: place.repository, digest: { sha256: hexOf(subject) } }],
      predicateType,
      predicate: {},
    };
    await writeFile(join(work, "statement.json"), JSON.stringify(statement));
    const { stdout } = await oras(
      [
        "attach",
        "--plain-http",
        "--format=json",
        `--artifact-type=${STATEMENT}`,
        `--annotation=${PREDICATE_TYPE}=${predicateType}`,
        `${place.host}/${place.repository}@${subject}`,
        `statement.json:${STATEMENT}`,
      ],
      { cwd: work, signal },
    );
    const { digest }: { readonly digest: string } = JSON.parse(stdout);
    return parseDigest(digest);
  }

  async function newImage(repository: string) {
    const place = { host: server.host, repository, signal };
    const release = { version: "1", createdAt: "2026-11-20T10:00:00Z" };
    const { digest, children } = await pushImage({ ...place, tag: "1", release });
    const [child] = children;
    if (child === undefined) throw new Error("the image has no platform");
    return { ...place, digest, platform: child.digest };
  }

  const evidenceOf = (repository: string, digest: Digest): Promise<Evidence> =>
    registry.evidenceOf({ repository: parseRepository(`${server.host}/${repository}`), digest }, signal);

  async function isSignedByVendor(
    signature: Extract<Candidate, { kind: "signed-manifest" }>["signatures"][number],
    manifest: Digest,
  ): Promise<boolean> {
    if (signature.kind !== "cosign-signature") return false;
    const { payload, annotations } = signature;
    const raw = Buffer.from(annotations["dev.cosignproject.cosign/signature"] ?? "", "base64");
    const isGood = verify("sha256", payload, await readFile(key.publicPath), raw);
    return isGood && Buffer.from(payload).includes(`"docker-manifest-digest":"${manifest}"`);
  }

  test.each([
    { layout: "referrers", place: "referrer" },
    { layout: "tags", place: "sig-tag" },
  ] as const)("are found on the platform with their signatures as $layout", async ({ layout, place }) => {
    const image = await newImage(`docker/dhi-${layout}`);
    const sbom = await attach(image, image.platform, CYCLONEDX);
    const scan = await attach(image, image.platform, "https://scout.docker.com/vulnerabilities/v0.1");
    await signImage({ ...image, digest: sbom, key, layout });
    await signImage({ ...image, key, layout });

    const evidence = await evidenceOf(image.repository, image.platform);
    expect(evidence.skipped).toEqual([]);
    expect(evidence.candidates).toMatchObject([
      {
        kind: "signed-manifest",
        source: { place: "referrer", manifest: sbom, subject: image.platform },
        annotations: { [PREDICATE_TYPE]: CYCLONEDX },
        signatures: [
          { kind: "cosign-signature", source: place === "referrer" ? { place, subject: sbom } : { place } },
        ],
      },
      { kind: "signed-manifest", source: { manifest: scan }, signatures: [] },
    ]);
    for (const candidate of evidence.candidates) {
      const signatures = candidate.kind === "signed-manifest" ? candidate.signatures : [];
      for (const signature of signatures) expect(await isSignedByVendor(signature, sbom)).toBe(true);
    }
    // The index has its own signature, and no statement.
    const ofIndex = await evidenceOf(image.repository, image.digest);
    expect(ofIndex.candidates.map(({ kind, source }) => [kind, source.place])).toEqual([
      ["cosign-signature", place],
    ]);
  });
});
