import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Digest, parseDigest } from "../../../src/image/digest.ts";
import { SECOND_MS } from "../../../src/time.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { clientFor, closeAll, errorOf, imageAt, lineAt, startFake, type TestClient } from "./stage.ts";

const OTHER = parseDigest(`sha256:${"1".repeat(64)}`);
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const INDEX = "application/vnd.oci.image.index.v1+json";
const { signal } = new AbortController();

let fake: FakeRegistry;
let client: TestClient;
let digest: Digest;

beforeAll(async () => {
  fake = await startFake();
  client = clientFor([fake]);
  ({ digest } = fake.putImage("acme/base", { tag: "latest" }));
});
afterEach(() => fake.faults.clear());
afterAll(closeAll);

const everywhere = /./;
const status = (code: number, headers: Record<string, string> = {}, body = ""): Fault => ({
  kind: "status",
  status: code,
  headers,
  body,
});

describe("a manifest with the right digest is refused", () => {
  const descriptor = { mediaType: "application/octet-stream", digest: OTHER, size: 3 };
  const image = { schemaVersion: 2, mediaType: IMAGE, config: descriptor, layers: [descriptor] };
  const index = { schemaVersion: 2, mediaType: INDEX };
  const child = { ...descriptor, mediaType: IMAGE };

  test.each<{ readonly title: string; readonly document: object | string; readonly type: string }>([
    { title: "nothing", document: "", type: IMAGE },
    { title: "brackets", document: "[".repeat(4_000_000), type: IMAGE },
    { title: "lists in lists", document: "[".repeat(100_000) + "]".repeat(100_000), type: IMAGE },
    {
      title: "objects in objects",
      document: `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
      type: IMAGE,
    },
    { title: "another type than it says", document: image, type: INDEX },
    { title: "an image and an index at once", document: { ...image, manifests: [child] }, type: IMAGE },
    {
      title: "an index with a config",
      document: { ...index, manifests: [], config: descriptor },
      type: INDEX,
    },
    {
      title: "schema 1",
      document: { schemaVersion: 1, name: "a", fsLayers: [] },
      type: "application/vnd.docker.distribution.manifest.v2+json",
    },
    {
      title: "an index of 10,000 children",
      document: { ...index, manifests: Array.from({ length: 10_000 }, () => child) },
      type: INDEX,
    },
    {
      title: "an index with a child whose digest is none",
      document: { ...index, manifests: [{ ...child, digest: "sha256:../../etc" }] },
      type: INDEX,
    },
    {
      title: "an index with a child of another algorithm",
      document: { ...index, manifests: [{ ...child, digest: `sha512:${"a".repeat(128)}` }] },
      type: INDEX,
    },
    { title: "a negative size", document: { ...image, layers: [{ ...descriptor, size: -1 }] }, type: IMAGE },
    {
      title: "a size of 2^62",
      document: { ...image, layers: [{ ...descriptor, size: 2 ** 62 }] },
      type: IMAGE,
    },
    { title: "only a prototype", document: `{"__proto__":${JSON.stringify(image)}}`, type: IMAGE },
  ])("when it is $title", async ({ document, type }) => {
    const bytes = Buffer.from(typeof document === "string" ? document : JSON.stringify(document));
    const put = fake.putManifest("acme/base", bytes, { mediaType: type });
    expect(await errorOf(client.manifest(imageAt(fake, put.digest), signal))).toMatchObject({
      code: "manifest-invalid",
      transient: false,
    });
  });

  test("of schema 1 under a tag it is no digest of an image", async () => {
    const type = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    const headers = { "content-type": type, "docker-content-digest": undefined };
    fake.faults.add({ path: everywhere, fault: { kind: "headers", headers } });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-protocol" });
  });
});

describe("a tag", () => {
  test.each<{ readonly title: string; readonly headers: Record<string, string | string[] | undefined> }>([
    { title: "no digest", headers: { "docker-content-digest": undefined } },
    { title: "an empty digest", headers: { "docker-content-digest": "" } },
    { title: "a malformed digest", headers: { "docker-content-digest": "sha256:abc" } },
    { title: "an upper-case digest", headers: { "docker-content-digest": `sha256:${"A".repeat(64)}` } },
    {
      title: "a digest of another algorithm",
      headers: { "docker-content-digest": `sha512:${"a".repeat(128)}` },
    },
    { title: "two digests", headers: { "docker-content-digest": [OTHER, OTHER] } },
  ])("with $title in the answer to HEAD is fetched and hashed", async ({ headers }) => {
    fake.faults.add({ method: "HEAD", path: everywhere, fault: { kind: "headers", headers } });
    const before = fake.requests.length;
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
    expect(fake.requests.slice(before).map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  test.each([304, 404, 405])("that HEAD answers with %d is asked again with GET", async (code) => {
    fake.faults.add({ method: "HEAD", path: everywhere, fault: status(code) });
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
  });

  test("is missing only when GET says so too", async () => {
    const before = fake.requests.length;
    expect(await client.resolve(lineAt(fake, "other"), signal)).toEqual({ kind: "missing" });
    expect(fake.requests.slice(before).map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  test("is never a page of HTML", async () => {
    fake.faults.add({ method: "HEAD", path: everywhere, fault: status(404) });
    fake.faults.add({
      method: "GET",
      path: everywhere,
      fault: status(200, { "content-type": "text/html" }, "<html>log in</html>"),
    });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-protocol" });
  });

  test("whose digest is a lie is found out when the manifest is read", async () => {
    const fault = { kind: "headers", headers: { "docker-content-digest": OTHER } } as const;
    fake.faults.add({ method: "HEAD", path: everywhere, fault });
    const claimed = await client.resolve(lineAt(fake), signal);
    expect(claimed).toEqual({ kind: "found", digest: OTHER });
    expect(await errorOf(client.manifest(imageAt(fake, OTHER), signal))).toMatchObject({
      code: "registry-not-found",
    });
  });

  test.each([
    { code: 401, expected: "registry-unauthorized" },
    { code: 403, expected: "registry-forbidden" },
    { code: 429, expected: "registry-rate-limited" },
    { code: 500, expected: "registry-unavailable" },
  ])("that cannot be asked for ($code) is an error, not missing", async ({ code, expected }) => {
    fake.faults.add({ path: everywhere, fault: status(code) });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: expected });
  });

  test.each([401, 403, 429, 500])(
    "that GET cannot be asked for (%d) after a 404 is an error",
    async (code) => {
      fake.faults.add({ method: "GET", path: everywhere, fault: status(code) });
      expect(await errorOf(client.resolve(lineAt(fake, "other"), signal))).toMatchObject({ status: code });
    },
  );

  test.each(["TOOMANYREQUESTS", "UNAVAILABLE"])(
    "is not missing when the registry says 404 and means %s",
    async (code) => {
      const fault = status(404, {}, JSON.stringify({ errors: [{ code }] }));
      fake.faults.add({ path: everywhere, fault });
      expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({
        status: 404,
        transient: true,
      });
    },
  );

  test("too large to be a manifest is an error", async () => {
    fake.faults.add({ method: "HEAD", path: everywhere, fault: status(404) });
    const fault = { kind: "oversize", megabytes: 5, framing: "chunked" } as const;
    fake.faults.add({ method: "GET", path: everywhere, fault });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-too-large" });
  });
});

describe("a tag that HEAD is forbidden for", () => {
  const body = '{"errors":[{"code":"DENIED","message":"your address is not on the list"}]}';
  const refusal = status(403, {}, body);

  test("is asked for with GET once in a while, to learn why", async () => {
    let nowMs = 0;
    const asking = clientFor([fake], { elapsedMs: () => nowMs });
    fake.faults.add({ path: everywhere, fault: refusal });
    const from = fake.requests.length;
    const methods = (): readonly string[] => fake.requests.slice(from).map(({ method }) => method);

    const first = await errorOf(asking.resolve(lineAt(fake), signal));
    expect(first).toMatchObject({ code: "registry-forbidden", status: 403 });
    expect(first.message).toContain("your address is not on the list");
    const second = await errorOf(asking.resolve(lineAt(fake, "other"), signal));
    expect(second).toMatchObject({ code: "registry-forbidden", status: 403 });
    expect(methods()).toEqual(["HEAD", "GET", "HEAD"]);

    nowMs = 10 * 60 * SECOND_MS;
    await errorOf(asking.resolve(lineAt(fake), signal));
    expect(methods().slice(3)).toEqual(["HEAD", "GET"]);
  });

  test("is found where GET is allowed, every time", async () => {
    fake.faults.add({ method: "HEAD", path: everywhere, fault: refusal });
    const asking = clientFor([fake]);
    expect(await asking.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
    expect(await asking.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
  });
});
