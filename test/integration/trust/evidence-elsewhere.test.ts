import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import { parseRepository, renderImage } from "../../../src/image/reference.ts";
import { trustedKeyOf } from "../../../src/trust/key.ts";
import { verdictOn } from "../../../src/trust/verify.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import { cosign, cosignMissing, generateKeyPair } from "../../tools/cosign.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../tools/docker-registry.ts";
import { pushImage } from "../../tools/publish.ts";
import { runRecheck, supposedResult } from "../../tools/recheck.ts";
import { keyPolicy, rulesOf } from "../../fakes/policy.ts";

const missing = dockerRegistryMissing() ?? cosignMissing();
const CYCLONEDX = "https://cyclonedx.org/bom";

/** An image at one registry, whose evidence real cosign put into a repository of another. */
async function scene() {
  const work = await mkdtemp(join(tmpdir(), "hk-elsewhere-"));
  const [home, other] = [await startDockerRegistry(), await startDockerRegistry()];
  const client = createRegistry({
    hosts: new Map([home, other].map(({ host }) => [host, { plainHttp: true, allowPrivate: true }])),
    gate: new OpenGate(),
    userAgent: "hullkeeper-test",
    metrics: new RecordedMetrics(),
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all([home.close(), other.close(), rm(work, { recursive: true, force: true })]);
  });

  const key = await generateKeyPair(work, "vendor");
  await generateKeyPair(work, "stranger");
  await writeFile(join(work, "sbom.cdx"), '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}');
  const release = { version: "1", createdAt: "2026-11-20T10:00:00Z" };
  const { digest } = await pushImage({ host: home.host, repository: "acme/base", tag: "1", release });
  const image = { repository: parseRepository(`${home.host}/acme/base`), digest };
  const elsewhere = parseRepository(`${other.host}/evidence/base`);

  const flags = [
    "--key",
    key.privatePath,
    "--tlog-upload=false",
    "--yes",
    "--allow-http-registry",
    "--allow-insecure-registry",
  ];
  const env = { COSIGN_REPOSITORY: `${other.host}/evidence/base` };
  await cosign(["sign", ...flags, renderImage(image)], { env });
  const predicate = ["--predicate", join(work, "sbom.cdx"), "--type", "cyclonedx"];
  await cosign(["attest", ...flags, ...predicate, renderImage(image)], { env });
  return { work, client, image, elsewhere };
}

describe.skipIf(missing !== undefined)(
  `evidence in another registry, by real cosign (${missing ?? "present"})`,
  () => {
    test("verifies the image, and the printed commands look where it hangs", async () => {
      const { work, client, image, elsewhere } = await scene();
      const policyKey = trustedKeyOf(await readFile(join(work, "vendor.pub"), "utf8"), "Vendor");
      const policy = rulesOf(keyPolicy([policyKey]));
      const judge = async (also: readonly (typeof elsewhere)[]) => {
        const evidence = await client.evidenceOf(image, AbortSignal.timeout(20_000), also);
        return verdictOn(image.digest, evidence, policy, (type) => type === CYCLONEDX).verdict;
      };
      expect(await judge([])).toMatchObject({ kind: "awaiting-evidence" });
      expect(await judge([elsewhere])).toMatchObject({
        kind: "verified",
        sbom: { kind: "verified", source: { place: "att-tag", repository: elsewhere } },
      });

      const recheck = (keyFile: string) =>
        Promise.all(
          [{}, { predicateType: CYCLONEDX }].map((found) => {
            const result = supposedResult({ signer: policyKey.signer, ...found });
            const reader = { directory: work, keyFile };
            return runRecheck(
              { ...result, source: { ...result.source, repository: elsewhere } },
              image,
              reader,
            );
          }),
        );
      expect(await recheck("vendor.pub")).toEqual(["passes", "passes"]);
      expect(await recheck("stranger.pub")).toEqual(["fails", "fails"]);
    });
  },
);
