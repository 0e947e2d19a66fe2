import { afterEach, describe, expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry, FakeRegistryOptions } from "../../fakes/registry/server.ts";
import { type Parts, partsFor } from "./parts.ts";
import { closeAll, errorOf, PATH, repositoryAt, startFake } from "./stage.ts";

const { signal } = new AbortController();
const LOGIN = { username: "user", password: "canary" };
const opened: Parts[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.close()));
  await closeAll();
});

interface Scene {
  readonly fake: FakeRegistry;
  readonly parts: Parts;
}

async function scene(
  options?: FakeRegistryOptions,
  ...more: Parameters<typeof partsFor> extends [unknown, ...infer Rest] ? Rest : never
): Promise<Scene> {
  const fake = await startFake(options);
  const parts = partsFor([fake], ...more);
  opened.push(parts);
  return { fake, parts };
}

function put(fake: FakeRegistry, ...tags: readonly string[]): void {
  const { digest } = fake.putImage(PATH);
  for (const tag of tags) fake.tag(PATH, tag, digest);
}

const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, number) => `t${String(number).padStart(5, "0")}`);
const page = (document: unknown, headers: Record<string, string> = {}): Fault => ({
  kind: "status",
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: typeof document === "string" ? document : JSON.stringify(document),
});
const anyPage = /\/tags\/list/;
const next = (location: string): Record<string, string> => ({ link: `<${location}>; rel="next"` });

describe("the tags of a repository", () => {
  test("come from one page where the registry has no more", async () => {
    const { fake, parts } = await scene();
    put(fake, "b", "a", "1.2");
    expect(await parts.tags.of(repositoryAt(fake), signal)).toEqual({
      tags: ["b", "a", "1.2"],
      unreadable: 0,
    });
    expect(fake.requests.map(({ url }) => url)).toEqual([`/v2/${PATH}/tags/list?n=1000`]);
  });

  test("come from all pages, each once", async () => {
    const { fake, parts } = await scene({ tagsPerPage: 2 });
    put(fake, "e", "d", "c", "b", "a");
    expect(await parts.tags.of(repositoryAt(fake), signal)).toEqual({
      tags: ["a", "b", "c", "d", "e"],
      unreadable: 0,
    });
    expect(fake.requests).toHaveLength(3);
  });

  test("are asked for in pages of the size that is wanted", async () => {
    const { fake, parts } = await scene();
    put(fake, "a");
    await parts.tags.of(repositoryAt(fake), signal, 10_000);
    expect(fake.requests[0]?.url).toBe(`/v2/${PATH}/tags/list?n=10000`);
  });

  test("are asked for in pages of the registry's own size where it has none that long, as Amazon's", async () => {
    const { fake, parts } = await scene();
    put(fake, "a");
    const fault = { kind: "status", status: 405, body: '{"errors":[{"code":"UNSUPPORTED"}]}' } as const;
    fake.faults.add({ path: /\?n=/, fault });
    expect(await parts.tags.of(repositoryAt(fake), signal)).toEqual({ tags: ["a"], unreadable: 0 });
    expect(fake.requests.map(({ url }) => url).at(-1)).toBe(`/v2/${PATH}/tags/list`);
  });

  test("are found with a log-in for the repository, on every page", async () => {
    const { fake, parts } = await scene(
      { tagsPerPage: 1, login: { kind: "token", user: LOGIN } },
      { login: { kind: "basic", username: LOGIN.username, password: new Secret(LOGIN.password) } },
    );
    put(fake, "a", "b", "c");
    expect((await parts.tags.of(repositoryAt(fake), signal)).tags).toEqual(["a", "b", "c"]);
    expect(fake.login.tokens).toHaveLength(1);
  });

  test("are none when the list is null", async () => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: anyPage, fault: page({ name: PATH, tags: null }) });
    expect(await parts.tags.of(repositoryAt(fake), signal)).toEqual({ tags: [], unreadable: 0 });
  });

  test("leave out what is no tag, and it is counted", async () => {
    const { fake, parts } = await scene();
    const tags = ["a", 1, null, {}, ["b"], "", "-x", "a b", "\u001b[31m", "x".repeat(129), "__proto__", "a"];
    fake.faults.add({ path: anyPage, fault: page({ tags }) });
    expect(await parts.tags.of(repositoryAt(fake), signal)).toEqual({
      tags: ["a", "__proto__"],
      unreadable: 9,
    });
  });

  test.each([
    { title: "without a part of the path, as Artifactory's", link: "/v2/base/tags/list?last=b&n=1000" },
    { title: "as a whole URL", link: "WHOLE/v2/acme/base/tags/list?last=b&n=1000" },
    { title: "as a query", link: "?last=b&n=1000" },
  ])("go on where a next page is named $title", async ({ link }) => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: /last=b/, fault: page({ tags: ["c"] }) });
    fake.faults.add({
      path: anyPage,
      fault: page({ tags: ["a", "b"] }, next(link.replace("WHOLE", fake.url))),
    });
    expect((await parts.tags.of(repositoryAt(fake), signal)).tags).toEqual(["a", "b", "c"]);
    expect(fake.requests.map(({ url }) => url)).toEqual([
      `/v2/${PATH}/tags/list?n=1000`,
      `/v2/${PATH}/tags/list?last=b&n=1000`,
    ]);
  });
});

describe("a list of tags says that it is not the whole one", () => {
  test("after 50 pages", async () => {
    const { fake, parts } = await scene({ tagsPerPage: 1 });
    put(fake, ...numbered(60));
    const list = await parts.tags.of(repositoryAt(fake), signal);
    expect(list).toMatchObject({ cut: "too-many-pages" });
    expect(list.tags).toHaveLength(50);
    expect(fake.requests).toHaveLength(50);
  });

  test("after 100,000 tags", async () => {
    const { fake, parts } = await scene();
    fake.faults.add({ path: anyPage, fault: page({ tags: numbered(100_001) }) });
    const list = await parts.tags.of(repositoryAt(fake), signal);
    expect(list).toMatchObject({ cut: "too-many-tags" });
    expect(list.tags).toHaveLength(100_000);
  });

  test.each([
    { title: "itself", links: ["?n=1000"] },
    { title: "the page before", links: ["?last=b", "?last=c", "?last=b"] },
  ])("when a page points to $title", async ({ links }) => {
    const { fake, parts } = await scene();
    for (const link of links)
      fake.faults.add({ path: anyPage, fault: page({ tags: ["a"] }, next(link)), times: 1 });
    expect(await parts.tags.of(repositoryAt(fake), signal)).toMatchObject({
      tags: ["a"],
      cut: "going-round",
    });
    expect(fake.requests).toHaveLength(links.length);
  });
});

describe("tags are not listed", () => {
  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
    { title: "404", fault: { kind: "status", status: 404 }, code: "registry-not-found" },
    { title: "401", fault: { kind: "status", status: 401 }, code: "registry-unauthorized" },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden" },
    { title: "405 for pages of any size", fault: { kind: "status", status: 405 }, code: "registry-protocol" },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { title: "a page of HTML", fault: page("<html>"), code: "registry-protocol" },
    { title: "a list alone", fault: page(["a"]), code: "registry-protocol" },
    { title: "tags in a text", fault: page({ tags: "a,b" }), code: "registry-protocol" },
    { title: "tags in an object", fault: page({ tags: { a: 1 } }), code: "registry-protocol" },
    {
      title: "no UTF-8",
      fault: { kind: "bytes", body: Buffer.from([0xff, 0xfe]) },
      code: "registry-protocol",
    },
    { title: "lists in lists", fault: page("[".repeat(1_000_000)), code: "registry-protocol" },
    {
      title: "more than 8 MiB",
      fault: { kind: "oversize", megabytes: 10, framing: "chunked" },
      code: "registry-too-large",
    },
    { title: "a compressed list", fault: { kind: "gzip" }, code: "registry-protocol" },
    {
      title: "a next page elsewhere",
      fault: page({ tags: [] }, next("https://evil.example/v2/acme/base/tags/list")),
      code: "registry-refused",
    },
    {
      title: "a next page at another port",
      fault: page({ tags: [] }, next("http://127.0.0.1:9/v2/acme/base/tags/list")),
      code: "registry-refused",
    },
  ])("for $title: $code", async ({ fault, code }) => {
    const { fake, parts } = await scene();
    put(fake, "a");
    fake.faults.add({ path: anyPage, fault });
    expect(await errorOf(parts.tags.of(repositoryAt(fake), signal))).toMatchObject({ code });
  });

  test("when a later page does not come: half a list is none", async () => {
    const { fake, parts } = await scene({ tagsPerPage: 1 });
    put(fake, "a", "b");
    fake.faults.add({ path: /last=a/, fault: { kind: "status", status: 500 } });
    expect(await errorOf(parts.tags.of(repositoryAt(fake), signal))).toMatchObject({ status: 500 });
  });

  test("a name that is none is not asked about", async () => {
    const { fake, parts } = await scene();
    const listing = parts.tags.of({ registry: fake.host, path: "a/../b" }, signal);
    expect(await errorOf(listing)).toMatchObject({ code: "reference-invalid" });
    expect(fake.requests).toEqual([]);
  });
});

test("a list that was redirected is read on at the registry, and the log-in stays there", async () => {
  const [fake, elsewhere] = [await startFake({ login: { kind: "basic", ...LOGIN } }), await startFake()];
  const login = { kind: "basic", username: LOGIN.username, password: new Secret(LOGIN.password) } as const;
  const parts = partsFor([fake, elsewhere], { login });
  opened.push(parts);
  put(fake, "b");
  fake.faults.add({ path: /n=1000$/, fault: { kind: "redirect", location: `${elsewhere.url}/list` } });
  elsewhere.faults.add({ path: /./, fault: page({ tags: ["a"] }, next("/other/place?last=a")) });
  expect((await parts.tags.of(repositoryAt(fake), signal)).tags).toEqual(["a", "b"]);
  expect(elsewhere.requests.map(({ url, headers }) => [url, headers["authorization"]])).toEqual([
    ["/list", undefined],
  ]);
});
