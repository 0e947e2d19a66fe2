import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, type TestContext, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../config/load.ts";
import { type Digest, hexOf } from "../../src/image/digest.ts";
import { createOpenApiValidator } from "../fakes/github/openapi-validator.ts";
import { cosignMissing, generateKeyPair } from "../tools/cosign.ts";
import { dockerRegistryMissing } from "../tools/docker-registry.ts";
import { startHullkeeper } from "../tools/hullkeeper.ts";
import { oras, orasMissing } from "../tools/oras.ts";
import { pushImage, signImage } from "../tools/publish.ts";
import { REPOSITORY, startWorld, TAG, type World } from "../tools/world.ts";
import { noteOn } from "./installation.ts";

const VALIDATOR = createOpenApiValidator();
const missing = cosignMissing() ?? dockerRegistryMissing() ?? orasMissing();

interface Stage {
  readonly world: World;
  readonly config: string;
  readonly image: string;
  /** Runs `hullkeeper probe` to its end. */
  readonly probe: (
    ...words: readonly string[]
  ) => Promise<{ readonly code: unknown; readonly output: string }>;
}

async function stageFor(context: TestContext, timing?: (host: string) => string): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), "hk-probe-"));
  context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const world = await startWorld(directory, { validator: VALIDATOR });
  context.onTestFinished(() => world.close());
  const config = await world.writeConfig({
    repositories: ["acme/shop"],
    ...(timing === undefined ? {} : { timing }),
  });
  return {
    world,
    config,
    image: `${world.registry.host}/${REPOSITORY}:${TAG}`,
    async probe(...words) {
      const process = startHullkeeper(["probe", ...words], world.environment);
      context.onTestFinished(() => process.end("SIGKILL"));
      const code = await process.ended;
      return { code, output: process.output() };
    },
  };
}

describe.skipIf(missing !== undefined)(`probe${noteOn(missing)}`, () => {
  test.concurrent(
    "accepts what the vendor signed, and says where it hangs and what is in it",
    async (context) => {
      const { world, config, image, probe } = await stageFor(context);
      const digest = await world.publish({ release: 1 });
      const { code, output } = await probe(image, "--config", config);
      expect(output).toContain(`of 2 platforms: linux/amd64, linux/arm64`);
      expect(output).toContain(
        `on ${digest}\n  in ${world.registry.host}/${REPOSITORY}\n    list of referrers: none (404)`,
      );
      expect(output).toMatch(
        /tag \.sig: sha256:[0-9a-f]{64}\n {4}tag \.att: sha256:[0-9a-f]{64}\n {4}tag \.sbom: none/,
      );
      expect(output).toMatch(/✔ cosign-signature \(sig-tag, .*bytes\)\n {6}by BellSoft: SHA256:/);
      expect(output).toMatch(/✔ cosign-attestation https:\/\/cyclonedx\.org\/bom /);
      expect(output).toMatch(
        /✔ https:\/\/cyclonedx\.org\/bom on sha256:[0-9a-f]{7}, as document, verified\n.*packages: .*apk \d+/,
      );
      expect(output).toContain("profile bellsoft (BellSoft Hardened Images), built in,");
      expect(output).toContain("✔ accepted: signed by BellSoft, with a verified SBOM");
      expect(output).not.toContain("\ndraft");
      expect(code).toBe(0);
      expect(world.codeHost.requests).toEqual([]);
    },
  );

  test.concurrent(
    "does not accept a stranger's signature, and drafts nothing that trusts it",
    async (context) => {
      const { world, config, image, probe } = await stageFor(context);
      const key = await generateKeyPair(world.directory, "stranger");
      await world.publish({ release: 1, key });
      const { code, output } = await probe(image, "--config", config, "--platform", "linux/arm64");
      expect(output).toContain("✖ not accepted: signature-key-unknown:");
      expect(output).toMatch(
        /✖ cosign-signature \(sig-tag.*\)\n {6}signature-key-unknown: .*\n {6}says it is by a key, it does not say which/,
      );
      expect(output).toContain("▲ https://cyclonedx.org/bom");
      expect(output).toContain("on linux/arm64, sha256:");
      expect(output).not.toContain("on linux/amd64, sha256:");
      expect(output).toContain("# Unconfirmed: written from what the evidence says of itself");
      expect(output).toContain("mode: observed");
      expect(code).toBe(1);
    },
  );

  test.concurrent("does not accept an image that nobody signed", async (context) => {
    const { world, config, image, probe } = await stageFor(context);
    await world.publish({ release: 1, evidence: "none" });
    const { code, output } = await probe(image, "--config", config);
    expect(output).toContain("✖ not accepted: there is no signature that proves it");
    expect(output).toContain("no SBOM was found");
    expect(code).toBe(1);
  });

  test.concurrent("names tags that are there instead of one that is not", async (context) => {
    const { world, config, image, probe } = await stageFor(context);
    await world.publish({ release: 1, evidence: "none" });
    const { code, output } = await probe(`${image}x`, "--config", config);
    expect(output).toBe(`✖ ${image}x is not there\n  there are ${TAG}`);
    expect(code).toBe(1);
  });

  test.concurrent("without a configuration asks as nobody, at public addresses alone", async (context) => {
    const { image, probe } = await stageFor(context);
    const { code, output } = await probe(image);
    expect(output).toMatch(/^hullkeeper: .*127\.0\.0\.1/);
    expect(code).toBe(1);
  });

  test.concurrent("prints lines that let an accepted profile decide, and takes them", async (context) => {
    const { world, config, image, probe } = await stageFor(context);
    await world.publish({ release: 1 });
    const { code, output } = await probe(image, "--config", config, "--enforce");
    const lines = output.slice(output.indexOf("vendors:"));
    expect(parse(lines)).toEqual({ vendors: { bellsoft: { mode: "enforced" } } });
    expect(code).toBe(0);

    const key = await generateKeyPair(world.directory, "stranger");
    await world.publish({ release: 2, key });
    const refused = await probe(image, "--config", config, "--enforce");
    expect(refused.output).toContain("hullkeeper: not accepted, so there is nothing to enforce");
    expect(refused.output).not.toContain("mode: enforced");
    expect(refused.code).toBe(1);
  });

  test.concurrent(
    "drafts a subscription that the configuration takes, and then accepts the image",
    async (context) => {
      const { world, probe } = await stageFor(context);
      const place = { host: world.registry.host, repository: "acme/base" };
      const release = { version: "1", createdAt: "2026-11-20T10:00:00Z" };
      const { digest } = await pushImage({ ...place, tag: "1", release });
      await signImage({ ...place, digest, key: world.key });
      const image = `${place.host}/acme/base:1`;

      const before = await world.writeConfig({ repositories: ["acme/shop"] });
      const first = await probe(image, "--config", before);
      expect(first.output).toContain("no profile claims it");
      expect(first.code).toBe(1);
      const draft = first.output.slice(first.output.indexOf("subscriptions:"));
      const key = draft.replace("keys/base.pub", world.key.publicPath);
      const config = await world.writeConfig({ repositories: ["acme/shop"], timing: key });
      const { profiles } = await loadConfig(config, world.environment);
      expect(profiles.find(({ mode, id }) => id === "acme-base" && mode === "observed")).toBeDefined();
      const second = await probe(image, "--config", config);
      expect(second.output).toContain("of your own, observed");
      expect(second.output).toContain("✔ accepted: signed by");
      expect(second.code).toBe(0);
    },
  );

  test.concurrent("finds what hangs as Docker hangs it, on each platform", async (context) => {
    const stage = await stageFor(
      context,
      (host) =>
        `subscriptions: [{ image: "${host}/acme/dhi-base", keys: [{ file: vendor.pub }], sbom: required }]\n`,
    );
    const { world, config, probe } = stage;
    const place = { host: world.registry.host, repository: "acme/dhi-base" };
    const release = { version: "1", createdAt: "2026-11-20T10:00:00Z" };
    const { digest, children } = await pushImage({ ...place, tag: "1", release });
    await signImage({ ...place, digest, key: world.key, layout: "referrers" });
    const image = `${place.host}/acme/dhi-base:1`;
    expect((await probe(image, "--config", config)).output).toContain(
      "✖ not accepted: there is no sbom that proves it",
    );

    for (const { digest: child } of children) {
      const manifest = await attachSbom(world, `${place.host}/${place.repository}`, child);
      await signImage({ ...place, digest: manifest, key: world.key, layout: "referrers" });
    }
    const { output, code } = await probe(image, "--config", config, "--json");
    const report: unknown = JSON.parse(output);
    expect(report).toMatchObject({
      accepted: true,
      judgement: { kind: "accepted" },
      subjects: [
        { evidence: [{ kind: "cosign-signature", place: "referrer" }] },
        {
          platform: "linux/amd64",
          evidence: [
            { kind: "signed-manifest", outcome: { kind: "accepted" }, claims: [{ by: { kind: "key" } }] },
          ],
          sboms: [{ isVerified: true, content: { kind: "read", types: [{ type: "apk", count: 1 }] } }],
        },
        { platform: "linux/arm64" },
      ],
    });
    expect(code).toBe(0);
  });
});

async function attachSbom(world: World, repository: string, subject: Digest): Promise<Digest> {
  const statement = {
    _type: "https://in-toto.io/Statement/v0.1",
    subject: [{ name: repository, digest: { sha256: hexOf(subject) } }],
    predicateType: "https://cyclonedx.org/bom/v1.6",
    predicate: {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      components: [{ type: "library", name: "musl", version: "1.2", purl: "pkg:apk/alpine/musl@1.2" }],
    },
  };
  const name = `${hexOf(subject)}.json`;
  await writeFile(join(world.directory, name), JSON.stringify(statement));
  const { stdout } = await oras(
    [
      "attach",
      "--plain-http",
      "--format=json",
      "--artifact-type=application/vnd.in-toto+json",
      "--annotation=in-toto.io/predicate-type=https://cyclonedx.org/bom/v1.6",
      `${repository}@${subject}`,
      `${name}:application/vnd.in-toto+json`,
    ],
    { cwd: world.directory },
  );
  const { digest }: { readonly digest: Digest } = JSON.parse(stdout);
  return digest;
}
