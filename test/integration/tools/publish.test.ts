import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Digest, dashedOf, digestOf } from "../../../src/image/digest.ts";
import { MANIFEST_MEDIA_TYPES, parseManifest, runnableChildrenOf } from "../../../src/image/manifest.ts";
import { type CosignKey, cosign, generateKeyPair } from "../../tools/cosign.ts";
import { type DockerRegistry, REGISTRY_LOGIN, startDockerRegistry } from "../../tools/docker-registry.ts";
import { oras, orasMissing } from "../../tools/oras.ts";
import { attestImage, pushImage, signImage } from "../../tools/publish.ts";
import { missingTools } from "../../tools/tool.ts";

const RELEASE = { version: "1.2.3", createdAt: "2026-11-20T10:00:00Z" };
const INSECURE = ["--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry"];

const registryMissing = missingTools("docker-registry");
const signingMissing = missingTools("docker-registry", "cosign");

describe.skipIf(registryMissing !== undefined)(`docker-registry (${registryMissing ?? "present"})`, () => {
  let registry: DockerRegistry;

  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry.close());

  test("holds an image of two platforms under its tag", async () => {
    const place = { host: registry.host, repository: "acme/base" };
    const pushed = await pushImage({ ...place, tag: "1", release: RELEASE });

    const { bytes, type } = await fetchManifest(place, "1");
    const manifest = parseManifest(bytes, type);
    expect(digestOf(bytes)).toBe(pushed.digest);
    expect(manifest.kind).toBe("index");
    if (manifest.kind !== "index") return;
    expect(runnableChildrenOf(manifest)).toEqual(pushed.children);
    expect(pushed.children.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64"]);
  });

  test("takes a second push of equal content as the same digest", async () => {
    const image = { host: registry.host, repository: "acme/same", release: RELEASE };
    const first = await pushImage({ ...image, tag: "1" });
    expect(await pushImage({ ...image, tag: "2" })).toEqual(first);
  });

  test("forgets a manifest that is deleted by digest", async () => {
    const place = { host: registry.host, repository: "acme/gone" };
    const { digest } = await pushImage({ ...place, tag: "1", release: RELEASE });
    const url = `http://${place.host}/v2/${place.repository}/manifests/${digest}`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(202);
    expect((await fetch(url, { headers: { accept: MANIFEST_MEDIA_TYPES.join(", ") } })).status).toBe(404);
  });

  test("refuses a push without login once there are passwords", async () => {
    const guarded = await startDockerRegistry({ htpasswd: REGISTRY_LOGIN.htpasswd });
    try {
      const image = { host: guarded.host, repository: "acme/base", tag: "1", release: RELEASE };
      await expect(pushImage(image)).rejects.toThrow(/401/);
      await expect(pushImage({ ...image, login: { ...REGISTRY_LOGIN, password: "wrong" } })).rejects.toThrow(
        /401/,
      );
      await expect(pushImage({ ...image, login: REGISTRY_LOGIN })).resolves.toMatchObject({
        children: [{}, {}],
      });
    } finally {
      await guarded.close();
    }
  });

  test("says that a port is taken", async () => {
    const port = Number(registry.host.split(":")[1]);
    await expect(startDockerRegistry({ port })).rejects.toThrow(/address already in use/);
  });

  test("is gone once it is closed", async () => {
    const short = await startDockerRegistry();
    await short.close();
    await expect(fetch(`${short.url}/v2/`)).rejects.toThrow("fetch failed");
    expect(() => process.kill(short.pid, 0)).toThrow("ESRCH");
  });
});

describe.skipIf(signingMissing !== undefined)(`cosign (${signingMissing ?? "present"})`, () => {
  let registry: DockerRegistry;
  let directory: string;
  let key: CosignKey;
  let stranger: CosignKey;

  beforeAll(async () => {
    registry = await startDockerRegistry();
    directory = await mkdtemp(join(tmpdir(), "hk-cosign-"));
    key = await generateKeyPair(directory);
    stranger = await generateKeyPair(directory, "stranger");
    await writeFile(
      join(directory, "sbom.json"),
      '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}',
    );
  });
  afterAll(async () => {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  });

  const push = async (repository: string) => {
    const place = { host: registry.host, repository };
    const { digest } = await pushImage({ ...place, tag: "1", release: RELEASE });
    return { ...place, digest };
  };
  test("verifies what it signed, by the right key only", async () => {
    const image = await push("acme/signed");
    await expect(verify(image, key)).rejects.toThrow(/no signatures found/);
    await signImage({ ...image, key });
    expect((await verify(image, key)).stdout).toContain(image.digest);
    await expect(verify(image, stranger)).rejects.toThrow(/no matching signatures/);
  });

  test("verifies an SBOM it attested", async () => {
    const image = await push("acme/attested");
    await attestImage({ ...image, key, type: "cyclonedx", predicateFile: join(directory, "sbom.json") });
    expect((await verify(image, key, "verify-attestation")).stdout).toContain("payload");
    await expect(verify(image, stranger, "verify-attestation")).rejects.toThrow(/no matching attestations/);
  });

  test("writes a bundle as a referrer, listed under the fallback tag", async () => {
    const image = await push("acme/bundle");
    const predicateFile = join(directory, "sbom.json");
    await attestImage({ ...image, key, type: "cyclonedx", predicateFile, layout: "referrers" });
    const { bytes, type } = await fetchManifest(image, dashedOf(image.digest));
    expect(parseManifest(bytes, type)).toMatchObject({ kind: "index", manifests: [{}] });
  });

  test.skipIf(orasMissing() !== undefined)("oras finds the referrer", async () => {
    const image = await push("acme/oras");
    await signImage({ ...image, key, layout: "referrers" });
    const { stdout } = await oras([
      "discover",
      "--plain-http",
      "--format=json",
      `${image.host}/${image.repository}@${image.digest}`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ manifests: [{}] });
  });
});

function verify(
  { host, repository, digest }: { host: string; repository: string; digest: Digest },
  by: CosignKey,
  how: "verify" | "verify-attestation" = "verify",
) {
  const type = how === "verify" ? [] : ["--type=cyclonedx"];
  return cosign([how, ...type, ...INSECURE, `--key=${by.publicPath}`, `${host}/${repository}@${digest}`]);
}

async function fetchManifest(
  { host, repository }: { readonly host: string; readonly repository: string },
  reference: string,
) {
  const response = await fetch(`http://${host}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: MANIFEST_MEDIA_TYPES.join(", ") },
  });
  expect(response.status).toBe(200);
  return { bytes: await response.bytes(), type: response.headers.get("content-type") ?? "" };
}
