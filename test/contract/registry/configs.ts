import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/image/digest.ts";
import { parseManifest } from "../../../src/image/manifest.ts";
import type { ConfigAnswer } from "../../../src/image/config.ts";
import type { Pushed, Stage } from "./stage.ts";

const CONFIG = "application/vnd.oci.image.config.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const { signal } = new AbortController();

/** How every registry is asked how an image is run. */
export function describeConfigs(stage: Stage): void {
  describe("configOf", () => {
    test("reads the config of an image, and how large its layers are", async () => {
      const path = "configs/image";
      const run = { User: "10001", Env: ["PATH=/bin", "TOKEN=hunter2"], Cmd: ["app"] };
      const text = JSON.stringify({ os: "linux", architecture: "arm64", variant: "v8", config: run });
      const config = await stage.pushText(path, CONFIG, text);
      const layers = [await stage.pushText(path, LAYER, "one"), await stage.pushText(path, LAYER, "three")];
      expect(await configOf(stage, path, { config, layers })).toMatchObject({
        kind: "config",
        config: {
          platform: "linux/arm64/v8",
          user: "10001",
          command: ["app"],
          environment: { PATH: "/bin", TOKEN: expect.stringMatching(/^sha256:/) },
          masked: ["TOKEN"],
          layerCount: 2,
          layerBytes: 8,
        },
      });
    });

    test.each([
      {
        title: "an artifact in the shape of an image",
        type: "application/vnd.oci.empty.v1+json",
        text: "{}",
      },
      { title: "a config that is no JSON", type: CONFIG, text: "{" },
      { title: "a config of another shape", type: CONFIG, text: '{"config":{"User":0}}' },
    ])("has none for $title", async ({ type, text }) => {
      const path = "configs/none";
      const config = await stage.pushText(path, type, text);
      expect(await configOf(stage, path, { config, layers: [] })).toMatchObject({ kind: "none" });
    });

    test.each([
      { title: "whose descriptor says another size", more: { size: 3 } },
      { title: "that says it is huge", more: { size: 2 * 1024 * 1024 } },
      { title: "that the registry does not have", more: { digest: digestOf(Buffer.from("nothing")) } },
    ])("has none for a config $title", async ({ more }) => {
      const path = "configs/wrong";
      const config = { ...(await stage.pushText(path, CONFIG, '{"os":"linux"}')), ...more };
      const image = { repository: stage.repositoryOf(path), digest: config.digest };
      expect(await stage.client.configOf(image, manifestOf({ config, layers: [] }), signal)).toMatchObject({
        kind: "none",
      });
    });
  });
}

async function configOf(
  stage: Stage,
  path: string,
  document: { readonly config: Pushed; readonly layers: readonly Pushed[] },
): Promise<ConfigAnswer> {
  const { digest } = await stage.pushDocument(path, document);
  const image = { repository: stage.repositoryOf(path), digest };
  const manifest = await stage.client.manifest(image, signal);
  if (manifest.kind === "index") throw new Error("an image was pushed");
  return stage.client.configOf(image, manifest, signal);
}

function manifestOf(document: object) {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = parseManifest(Buffer.from(JSON.stringify({ mediaType, ...document })), mediaType);
  if (manifest.kind === "index") throw new Error("it is an image");
  return manifest;
}
