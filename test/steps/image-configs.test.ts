import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { parseRepository, renderImage } from "../../src/image/reference.ts";
import { keepConfigs, type KeptConfigs } from "../../src/steps/image-configs.ts";
import { configsOf } from "../../src/steps/configs-answer.ts";
import { instantOf } from "../../src/time.ts";
import { createFakeRegistry } from "../fakes/image-registry.ts";
import { createFakeStore } from "../fakes/store.ts";
import { imageDocument, indexDocument } from "../workers/bench.ts";

const BASE = parseRepository("bellsoft/hardened-base");
const { signal } = new AbortController();
const imageOf = (digest: Digest) => ({ repository: BASE, digest });

function stage() {
  const registry = createFakeRegistry();
  const store = createFakeStore();
  /** Pushes the image of one platform. */
  const push = (name: string, run: object = {}): Digest => {
    const digest = registry.push(BASE, imageDocument(name));
    const [os, architecture, variant] = name.split("/");
    registry.configure(imageOf(digest), { os, architecture, variant, config: run });
    return digest;
  };
  const pushIndex = (platforms: readonly string[], gone: readonly Digest[] = []): Digest =>
    registry.push(
      BASE,
      indexDocument([
        ...platforms.map((platform) => ({ digest: push(platform), platform })),
        ...gone.map((digest, at) => ({ digest, platform: `linux/gone${at}` })),
      ]),
    );
  const keep = async (digest: Digest): Promise<KeptConfigs> => {
    const manifest = await registry.manifest(imageOf(digest), signal);
    return keepConfigs(imageOf(digest), manifest, { registry, store }, signal);
  };
  return { registry, store, push, pushIndex, keep };
}

describe("configs of a digest", () => {
  test("are that of an image, with what it runs on", async () => {
    const { store, push, keep } = stage();
    const digest = push("linux/arm64/v8", { User: "10001" });
    expect(await keep(digest)).toEqual({
      configs: [{ digest, platform: "linux/arm64/v8" }],
      configFaults: [],
    });
    expect((await store.configs([digest])).get(digest)).toMatchObject({ user: "10001" });
  });

  test("are those of each platform of an index, the usual ones first", async () => {
    const { pushIndex, keep } = stage();
    const { configs, configFaults } = await keep(
      pushIndex(["linux/s390x", "linux/arm64", "linux/386", "linux/amd64"]),
    );
    expect(configFaults).toEqual([]);
    expect(configs.map(({ platform }) => platform)).toEqual([
      "linux/amd64",
      "linux/arm64",
      "linux/386",
      "linux/s390x",
    ]);
  });

  test("are fetched for eight platforms at most, and the rest is said", async () => {
    const { pushIndex, keep, registry } = stage();
    const index = pushIndex(Array.from({ length: 30 }, (_, n) => `linux/p${n + 10}`));
    const { configs, configFaults } = await keep(index);
    expect([configs.length, configFaults.length]).toEqual([8, 22]);
    expect(configFaults[0]).toEqual({ platform: "linux/p18", reason: "only 8 platforms are looked at" });
    expect(registry.asked).toHaveLength(1 + 2 * 8);
  });

  test("are asked for once: what a digest says never changes", async () => {
    const { pushIndex, keep, registry } = stage();
    const index = pushIndex(["linux/amd64", "linux/arm64"]);
    const first = await keep(index);
    const { length } = registry.asked;
    expect(await keep(index)).toEqual(first);
    expect(registry.asked).toHaveLength(length + 1);
  });

  test("are missing for a platform that the registry does not have", async () => {
    const { pushIndex, keep } = stage();
    const { configs, configFaults } = await keep(pushIndex(["linux/amd64"], [digestOf(Buffer.from("gone"))]));
    expect(configs.map(({ platform }) => platform)).toEqual(["linux/amd64"]);
    expect(configFaults).toEqual([{ platform: "linux/gone0", reason: "the registry does not have it" }]);
  });

  test("are missing for a config that cannot be read, for an index in an index, and for what is refused for good", async () => {
    const { push, pushIndex, keep, registry } = stage();
    const wrong = push("linux/amd64");
    registry.configure(imageOf(wrong), { config: { User: 0 } });
    expect(await keep(wrong)).toMatchObject({ configs: [], configFaults: [{ platform: "" }] });
    const inner = pushIndex(["linux/amd64"]);
    expect(await keep(pushIndex([], [inner]))).toMatchObject({
      configs: [],
      configFaults: [{ reason: "it is an index itself" }],
    });
    const refused = push("linux/arm64");
    registry.fail(`config ${renderImage(imageOf(refused))}`, new CodedError("registry-forbidden", "no"));
    expect(await keep(refused)).toMatchObject({
      configs: [],
      configFaults: [{ reason: "it cannot be read (registry-forbidden)" }],
    });
  });

  test("are asked for again when the registry could not answer", async () => {
    const { push, keep, registry } = stage();
    const digest = push("linux/amd64");
    registry.fail(`config ${renderImage(imageOf(digest))}`, new CodedError("registry-unavailable", "no"));
    await expect(keep(digest)).rejects.toMatchObject({ code: "registry-unavailable" });
  });
});

const record = (more: object) => ({
  image: imageOf(digestOf(Buffer.from("a"))),
  verdict: { kind: "unverifiable", reason: "nobody says who signs it" } as const,
  policyHash: "",
  since: instantOf(0),
  checkedAt: instantOf(0),
  platforms: [],
  ...more,
});

describe("the answer about stored configs", () => {
  test("says why there is none", async () => {
    const { store } = stage();
    expect(await configsOf(undefined, store)).toEqual({
      kind: "missing",
      reason: "it was not looked at yet",
    });
    expect(await configsOf(record({}), store)).toEqual({
      kind: "missing",
      reason: "nobody says who signs it",
    });
  });

  test("holds what is kept, and says what is no longer", async () => {
    const { store, push, keep } = stage();
    const digest = push("linux/amd64", { User: "1" });
    const gone = digestOf(Buffer.from("gone"));
    const { configs } = await keep(digest);
    const answer = await configsOf(
      record({ configs: [...configs, { digest: gone, platform: "linux/arm64" }], configFaults: [] }),
      store,
    );
    expect(answer).toMatchObject({
      kind: "configs",
      configs: [{ platform: "linux/amd64", config: { user: "1" } }],
      faults: [{ platform: "linux/arm64", reason: "its config is no longer kept" }],
    });
  });
});
