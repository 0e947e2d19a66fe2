import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { cosign } from "../tools/cosign.ts";
import {
  type SigstoreServices,
  startSigstoreServices,
  type TestIdentity,
} from "../tools/sigstore-services.ts";
import { type ReleaseNumber, REPOSITORY, sbomFile } from "../tools/world.ts";
import { type Installation, installationMissing, noteOn, startInstallation } from "./installation.ts";
import { expectOnePullRequest } from "./scene.ts";

const missing = installationMissing();
const ROOT = "private";
const WORKFLOW: TestIdentity = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/vendor/images/.github/workflows/release.yaml@refs/heads/main",
};
/** The same name with something after it: what a pattern without an end would take. */
const LOOK_ALIKE: TestIdentity = { ...WORKFLOW, subject: `${WORKFLOW.subject}-evil` };

/** Publishes a release that an identity signs and attests, both logged, without any key. */
async function publish(
  { world }: Installation,
  services: SigstoreServices,
  { release, by = WORKFLOW }: { readonly release: ReleaseNumber; readonly by?: TestIdentity },
): Promise<Digest> {
  const digest = await world.publish({ release, evidence: "none" });
  const reference = `${world.registry.host}/${REPOSITORY}@${digest}`;
  const flags = [
    "--yes",
    "--allow-http-registry",
    "--allow-insecure-registry",
    `--rekor-url=${services.url}`,
    `--fulcio-url=${services.url}`,
    `--identity-token=${services.tokenFor(by)}`,
  ];
  const { environment: env } = services;
  await cosign(["sign", ...flags, reference], { env });
  const predicate = [`--predicate=${sbomFile(release)}`, "--type=cyclonedx"];
  await cosign(["attest", ...flags, ...predicate, reference], { env });
  return digest;
}

/** Has the configuration trust the identity instead of the vendor's key. */
async function trustIdentity({ config, world }: Installation): Promise<void> {
  const text = await readFile(config, "utf8");
  const keys = /^ {4}keys: .*$/m;
  expect(text).toMatch(keys);
  const identity = JSON.stringify({ ...WORKFLOW, root: ROOT });
  const file = JSON.stringify(join(world.directory, `${ROOT}.trusted-root.json`));
  await writeFile(
    config,
    `${text.replace(keys, `    identity: ${identity}\n    log: require`)}trustRoots: { ${ROOT}: { file: ${file} } }\n`,
  );
}

describe.skipIf(missing !== undefined)(`images that nobody signed with a key${noteOn(missing)}`, () => {
  test.concurrent("are proposed with who signed them and when; look-alikes are not", async (context) => {
    const installation = await startInstallation(context);
    const { world } = installation;
    const services = await startSigstoreServices(world.directory, ROOT);
    context.onTestFinished(() => services.close());
    await trustIdentity(installation);
    const first = await publish(installation, services, { release: 1 });
    await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
    expect((await installation.pass()).code).toBe(0);

    const second = await publish(installation, services, { release: 2 });
    expect((await installation.pass()).code).toBe(0);
    const { body } = await expectOnePullRequest(installation, "shop", second);
    expect(body).toContain(WORKFLOW.subject);
    expect(body).toContain(WORKFLOW.issuer);
    expect(body).toContain(`--certificate-identity ${WORKFLOW.subject}`);
    expect(body).not.toContain("--insecure-ignore-tlog");
    expect(
      (await installation.store.verdict({ ...installation.line, digest: second }))?.verdict,
    ).toMatchObject({
      kind: "verified",
      signers: [{ kind: "identity", ...WORKFLOW, root: ROOT }],
      trustedAt: expect.any(Number),
      sbom: { kind: "verified" },
    });

    const third = await publish(installation, services, { release: 3, by: LOOK_ALIKE });
    await installation.pass();
    await expectOnePullRequest(installation, "shop", second);
    expect(
      (await installation.store.verdict({ ...installation.line, digest: third }))?.verdict,
    ).toMatchObject({
      kind: "rejected",
      reason: "identity-mismatch",
    });
  });
});
