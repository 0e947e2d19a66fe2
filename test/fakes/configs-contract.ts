import { beforeEach, describe, expect, it } from "vitest";
import type { ImageConfig } from "../../src/image/config.ts";
import { parseDigest } from "../../src/image/digest.ts";
import type { ConfigStore } from "../../src/ports/configs.ts";

const A = parseDigest(`sha256:${"a".repeat(64)}`);
const B = parseDigest(`sha256:${"b".repeat(64)}`);
const LEAST: ImageConfig = {
  entrypoint: [],
  command: [],
  environment: {},
  masked: [],
  exposedPorts: [],
  volumes: [],
  labels: {},
  layerCount: 0,
  layerBytes: 0,
};
const MOST: ImageConfig = {
  platform: "linux/arm64/v8",
  user: "10001:10001",
  entrypoint: ["/bin/app", "\u202e", ""],
  command: ["-v"],
  environment: { PATH: "/bin", constructor: "x", "\n": "" },
  masked: ["TOKEN"],
  exposedPorts: ["8080/tcp"],
  volumes: ["/data"],
  workingDirectory: "/app",
  stopSignal: "SIGINT",
  healthcheck: ["CMD", "true"],
  shell: ["/bin/bash", "-c"],
  onBuild: ["RUN true"],
  labels: { "org.opencontainers.image.vendor": "Acme" },
  layerCount: 12,
  layerBytes: 9_007_199_254_740_000,
};

/** What every store does with how images are run. @param open makes an empty store */
export function describeConfigs(name: string, open: () => Promise<ConfigStore>): void {
  describe(`${name}: configs of images`, () => {
    let store: ConfigStore;
    beforeEach(async () => {
      store = await open();
    });

    it("are none at first", async () => {
      expect(await store.configs([])).toEqual(new Map());
      expect(await store.configs([A, B])).toEqual(new Map());
    });

    it("come back as they were, those that there are", async () => {
      await store.saveConfig(A, MOST);
      expect(await store.configs([B, A])).toEqual(new Map([[A, MOST]]));
      await store.saveConfig(B, LEAST);
      await store.saveConfig(B, LEAST);
      expect(await store.configs([A, B, A])).toEqual(
        new Map([
          [A, MOST],
          [B, LEAST],
        ]),
      );
    });
  });
}
