import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { RegistryKind } from "../../../../src/image/registry-kind.ts";
import { parseRepository, parseTag } from "../../../../src/image/reference.ts";
import { parseInstant } from "../../../../src/time.ts";
import { FakeLists } from "../../../fakes/registry/lists.ts";
import { clientFor, closeAll, PATH, startFake } from "../stage.ts";
import { answerOf, digestNo, questionsOf, Shelf, signal, sourcesOf } from "./stage.ts";

afterEach(closeAll);

const PATHS = {
  "docker-hub": /^\/v2\/namespaces\/acme\/repositories\/base\/tags\?/,
  quay: /^\/api\/v1\/repository\/acme\/base\/tag\/\?/,
  acr: /^\/acr\/v1\/acme\/base\/_tags\?/,
  google: /^\/v2\/acme\/base\/tags\/list\?n=10000$/,
} as const;

type ListKind = keyof typeof PATHS;

/** A registry whose list answers with this body. */
async function shelfWith(kind: ListKind, body: string): Promise<Shelf> {
  const shelf = await Shelf.open(kind);
  const headers = { "content-type": "application/json" };
  shelf.fake.faults.add({ path: PATHS[kind], fault: { kind: "status", status: 200, headers, body } });
  return shelf;
}

describe("documented answers", () => {
  test("of Docker Hub: index digests and times; a tag without a digest is asked for", async () => {
    const shelf = await shelfWith("docker-hub", answerOf("docker-hub/tags.json"));
    const survey = await shelf.survey({ latest: digestNo(1), "3.22": digestNo(2), "2.6": digestNo(3) });
    expect(sourcesOf(survey)).toEqual(["2.6: missing", "3.22: bulk", "latest: bulk"]);
    expect(survey.answers.get(parseTag("latest"))).toEqual({
      kind: "found",
      digest: digestNo(1),
      source: "bulk",
      movedAt: parseInstant("2026-11-19T22:04:40.123Z"),
    });
    expect(shelf.fake.requests[0]?.url).toBe(
      "/v2/namespaces/acme/repositories/base/tags?page=1&page_size=100&ordering=last_updated",
    );
  });

  test("of Quay: digests and seconds since 1970", async () => {
    const shelf = await shelfWith("quay", answerOf("quay/tags.json"));
    const survey = await shelf.survey({ latest: digestNo(1), "v1.2": digestNo(2), gone: digestNo(3) });
    expect(sourcesOf(survey)).toEqual(["gone: missing", "latest: bulk", "v1.2: bulk"]);
    expect(survey.answers.get(parseTag("latest"))).toMatchObject({
      movedAt: parseInstant("2025-11-19T22:04:40Z"),
    });
    expect(shelf.fake.requests[0]?.url).toBe(
      "/api/v1/repository/acme/base/tag/?limit=100&page=1&onlyActiveTags=true",
    );
  });

  test("of ACR: digests and times with seven decimals", async () => {
    const shelf = await shelfWith("acr", answerOf("acr/tags.json"));
    const survey = await shelf.survey({ latest: digestNo(1), "1.2": digestNo(2), gone: digestNo(3) });
    expect(sourcesOf(survey)).toEqual(["1.2: bulk", "gone: missing", "latest: bulk"]);
    expect(survey.answers.get(parseTag("latest"))).toMatchObject({
      movedAt: parseInstant("2026-11-19T22:04:40.123Z"),
    });
    expect(shelf.fake.requests[0]?.url).toBe("/acr/v1/acme/base/_tags?n=100&orderby=timedesc");
  });

  test("of Google: the map of images; when one was uploaded is not when its tag was moved", async () => {
    const shelf = await shelfWith("google", answerOf("google/tags-list.json"));
    const survey = await shelf.survey({ latest: digestNo(1), nonroot: digestNo(1), debug: digestNo(1) });
    expect(sourcesOf(survey)).toEqual(["debug: missing", "latest: bulk", "nonroot: bulk"]);
    expect(survey.answers.get(parseTag("latest"))).not.toHaveProperty("movedAt");
  });

  test("of Chainguard: what a tag was between the known digest and now, and when it came there", async () => {
    const shelf = await Shelf.open("chainguard");
    const body = answerOf("chainguard/history.json").replaceAll(digestNo(1), shelf.push("latest", "new"));
    shelf.fake.faults.add({ path: /\/_chainguard\/history\/latest\?/, fault: { kind: "bytes", body } });
    const { answers } = await shelf.survey({ latest: digestNo(3) });
    expect(answers.get(parseTag("latest"))).toMatchObject({
      source: "head",
      movedAt: parseInstant("2026-11-19T03:09:01.5Z"),
      missed: [{ digest: digestNo(2), movedAt: parseInstant("2026-11-18T03:12:44Z") }],
    });
  });
});

describe("one entry that cannot be read does not hide the others, and its tag is asked for", () => {
  const good = digestNo(1);
  const odd = [
    null,
    7,
    "latest",
    {},
    { name: 7 },
    { name: null },
    { name: "a".repeat(10_000) },
    { name: "../../x" },
    { name: "odd" },
  ];
  const time = "2026-01-01T00:00:00Z";

  test.each<{ readonly kind: ListKind; readonly body: object }>([
    {
      kind: "docker-hub",
      body: {
        count: "many",
        next: 5,
        results: [
          ...odd,
          { name: "odd-2", digest: "sha256:x", last_updated: 5 },
          { name: "odd-3", digest: good.toUpperCase(), last_updated: "yesterday" },
          { name: "fine", digest: good, last_updated: time },
        ],
      },
    },
    {
      kind: "quay",
      body: {
        has_additional: false,
        tags: [
          ...odd,
          { name: "odd-2", manifest_digest: 5, start_ts: "1" },
          { name: "odd-3", manifest_digest: `${good}0`, start_ts: 1e300 },
          { name: "fine", manifest_digest: good, start_ts: 1 },
        ],
      },
    },
    {
      kind: "acr",
      body: {
        tags: [
          ...odd,
          { name: "odd-2", digest: [good], lastUpdateTime: {} },
          { name: "odd-3", digest: "", lastUpdateTime: "2026-02-30T00:00:00Z" },
          { name: "fine", digest: good, lastUpdateTime: time },
        ],
      },
    },
    {
      kind: "google",
      body: {
        tags: null,
        manifest: {
          "not a digest": { tag: ["odd"] },
          [digestNo(2)]: { tag: ["odd-2"] },
          [digestNo(3)]: { tag: ["odd-2"] },
          [digestNo(4)]: { tag: "odd-3" },
          [digestNo(5)]: null,
          [digestNo(6)]: { tag: [7, null, {}, "../x"] },
          [good]: { tag: ["fine"] },
        },
      },
    },
  ])("of $kind", async ({ kind, body }) => {
    const shelf = await shelfWith(kind, JSON.stringify(body));
    const survey = await shelf.survey({ fine: good, odd: digestNo(2), "odd-2": digestNo(2), "odd-3": good });
    expect(sourcesOf(survey)).toEqual(["fine: bulk", "odd-2: missing", "odd-3: missing", "odd: missing"]);
    expect(shelf.failures).toEqual([]);
  });

  test("of Chainguard: its history", async () => {
    const shelf = await Shelf.open("chainguard");
    const digest = shelf.push("latest", "new");
    const history = [
      null,
      {},
      { digest, updateTimestamp: "x" },
      { digest: "x", updateTimestamp: time },
      { digest, updateTimestamp: time },
    ];
    const body = JSON.stringify({ history });
    shelf.fake.faults.add({ path: /\/_chainguard\//, fault: { kind: "bytes", body } });
    const { answers } = await shelf.survey({ latest: digestNo(3) });
    expect(answers.get(parseTag("latest"))).toEqual({
      kind: "found",
      digest,
      source: "head",
      movedAt: parseInstant(time),
    });
  });
});

describe("what is no list is given up, and every tag is asked for", () => {
  const million = Array.from({ length: 1_000_000 }, () => "{}").join(",");
  const rows: readonly { readonly title: string; readonly body: string; readonly code?: string }[] = [
    { title: "nothing", body: "" },
    { title: "a page", body: "<html>log in</html>" },
    { title: "null", body: "null" },
    { title: "an array", body: "[]" },
    { title: "an empty object", body: "{}" },
    { title: "lists that are texts", body: '{"results":"x","tags":"x","has_additional":"x","manifest":"x"}' },
    { title: "lists that are objects", body: '{"results":{},"tags":{},"has_additional":{},"manifest":[]}' },
    { title: "lists that are numbers", body: '{"results":1,"tags":1,"has_additional":1,"manifest":1}' },
    { title: "10 MB of brackets", body: "[".repeat(10_000_000) },
    {
      title: "a million entries",
      body: `{"count":1,"next":null,"has_additional":false,"results":[${million}],"tags":[${million}],"manifest":[${million}]}`,
    },
  ];
  const kinds = ["docker-hub", "quay", "acr", "google"] as const;
  const cases = rows.flatMap((row) => kinds.map((kind) => ({ ...row, kind })));
  // No tags at all is how ACR may say so; it is a list without entries.
  test.each(cases.filter(({ kind, title }) => kind !== "acr" || title !== "an empty object"))(
    "$kind: $title",
    async ({ kind, body }) => {
      const shelf = await shelfWith(kind, body);
      const known = { a: shelf.push("a", "a"), b: shelf.push("b", "b"), c: shelf.push("c", "c") };
      const survey = await shelf.survey(known);
      expect(sourcesOf(survey)).toEqual(["a: head", "b: head", "c: head"]);
      expect(shelf.failures).toMatchObject([
        { error: { code: expect.stringMatching(/^registry-(?:protocol|too-large)$/) }, forMs: 3_600_000 },
      ]);
    },
  );
});

describe("a list of Google that is not whole is none", () => {
  const images = Object.fromEntries(
    Array.from({ length: 10_001 }, (_, number) => [digestNo(number), { tag: ["a"] }]),
  );
  test.each([
    { title: "more than 10,000 images", body: JSON.stringify({ manifest: images }), link: undefined },
    {
      title: "a next page",
      body: JSON.stringify({ manifest: {} }),
      link: '</v2/acme/base/tags/list?last=x>; rel="next"',
    },
  ])("$title", async ({ body, link }) => {
    const shelf = await Shelf.open("google");
    const headers = { "content-type": "application/json", ...(link === undefined ? {} : { link }) };
    shelf.fake.faults.add({ path: PATHS.google, fault: { kind: "status", status: 200, headers, body } });
    const known = { a: shelf.push("a", "a"), b: shelf.push("b", "b"), c: shelf.push("c", "c") };
    expect(sourcesOf(await shelf.survey(known))).toEqual(["a: head", "b: head", "c: head"]);
    expect(shelf.failures).toMatchObject([{ error: { code: "registry-too-large" } }]);
  });
});

test("a repository of Docker Hub with three levels has no list there", async () => {
  const shelf = await Shelf.open("docker-hub");
  const repository = { ...shelf.repository, path: "acme/team/base" };
  const questions = questionsOf({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
  const survey = await shelf.client.survey(repository, questions, { lists: "allowed" }, signal);
  expect(sourcesOf(survey)).toEqual(["a: missing", "b: missing", "c: missing"]);
  expect(shelf.fake.requests.every(({ url }) => url.startsWith("/v2/acme/team/base/manifests/"))).toBe(true);
});

describe("Amazon ECR", () => {
  const HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
  const repository = parseRepository(`${HOST}/${PATH}`);

  beforeEach(() => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTESTTEST");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "canary-secret");
    vi.stubEnv("AWS_SESSION_TOKEN", undefined);
  });
  afterEach(() => void vi.unstubAllEnvs());

  async function scene() {
    const lists = new FakeLists();
    const fake = await startFake({ lists });
    const failures: unknown[] = [];
    const client = clientFor([], {
      hosts: new Map([
        [HOST, { listsAt: fake.url }],
        [fake.host, { plainHttp: true, allowPrivate: true }],
      ]),
      // The registry itself cannot be reached: what is answered comes from the list.
      lookup: () => Promise.reject(new Error("no such name")),
      onListFailed: (failure) => failures.push(failure),
    });
    const survey = (known: Parameters<typeof questionsOf>[0]) =>
      client.survey(repository, questionsOf(known), { lists: "allowed" }, signal);
    return { fake, lists, failures, survey };
  }

  test("documented answer: pairs of tag and digest, by a signed request", async () => {
    const { fake, survey } = await scene();
    const headers = { "content-type": "application/x-amz-json-1.1" };
    const body = answerOf("ecr/list-images.json");
    fake.faults.add({ path: /^\/$/, fault: { kind: "status", status: 200, headers, body } });
    const found = await survey({ latest: digestNo(1), "1.2": digestNo(2), "1.2.3": digestNo(9) });
    expect(sourcesOf(found)).toEqual(["1.2.3: failed", "1.2: bulk", "latest: bulk"]);
    expect(fake.requests).toMatchObject([
      {
        method: "POST",
        url: "/",
        headers: {
          "user-agent": "hullkeeper-test",
          "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.ListImages",
          authorization: expect.stringContaining("/eu-west-1/ecr/aws4_request"),
        },
      },
    ]);
  });

  test("10,000 tags are ten requests", async () => {
    const { fake, lists, survey } = await scene();
    const names = Array.from({ length: 10_000 }, (_, number) => `v${number}`);
    const known = Object.fromEntries(names.map((name, number) => [name, digestNo(number)]));
    for (const [name, digest] of Object.entries(known)) lists.move(PATH, name, { digest, at: START_OF_ALL });
    const { answers } = await survey(known);

    expect([...answers.values()].every((answer) => answer.kind === "found" && answer.source === "bulk")).toBe(
      true,
    );
    expect(fake.requests).toHaveLength(10);
  });

  test.each([
    { name: "RepositoryNotFoundException", status: 400, code: "registry-not-found", forMs: 86_400_000 },
    { name: "AccessDeniedException", status: 400, code: "registry-forbidden", forMs: 86_400_000 },
    { name: "UnrecognizedClientException", status: 400, code: "registry-unauthorized", forMs: 86_400_000 },
    { name: "ThrottlingException", status: 400, code: "registry-rate-limited", forMs: 3_600_000 },
    { name: "ServerException", status: 500, code: "registry-unavailable", forMs: 3_600_000 },
    { name: "SomethingNew", status: 400, code: "registry-protocol", forMs: 3_600_000 },
  ])("$name is told as $code, without a secret", async ({ name, status, code, forMs }) => {
    const { fake, failures, survey } = await scene();
    const headers = { "content-type": "application/x-amz-json-1.1" };
    const body = JSON.stringify({ __type: name, message: "no" });
    fake.faults.add({ path: /^\/$/, fault: { kind: "status", status, headers, body } });
    await survey({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
    expect(failures).toMatchObject([{ error: { code }, forMs }]);
    expect(JSON.stringify(failures)).not.toContain("canary-secret");
    expect(fake.requests).toHaveLength(1);
  });

  test.each([
    { title: "a body that never ends", fault: { kind: "oversize", megabytes: 9, framing: "chunked" } },
    {
      title: "a page token of 10 KB",
      fault: { kind: "bytes", body: JSON.stringify({ imageIds: [], nextToken: "x".repeat(10_240) }) },
    },
    { title: "no JSON", fault: { kind: "bytes", body: "<html>" } },
    { title: "a redirect", fault: { kind: "redirect", location: "http://169.254.169.254/" } },
    { title: "a connection that ends", fault: { kind: "drop", when: "in-body" } },
  ] as const)("$title is no list", async ({ fault }) => {
    const { fake, lists, failures, survey } = await scene();
    lists.move(PATH, "a", { digest: digestNo(1), at: START_OF_ALL });
    fake.faults.add({ path: /^\/$/, fault });
    const found = await survey({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
    expect(sourcesOf(found)).toEqual(["a: failed", "b: failed", "c: failed"]);
    expect(failures).toHaveLength(1);
  });

  test.each([
    { host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", api: "api.ecr.eu-west-1.amazonaws.com" },
    {
      host: "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
      api: "api.ecr-fips.us-east-1.amazonaws.com",
    },
    { host: "123456789012.dkr-ecr.us-east-1.on.aws", api: "ecr.us-east-1.api.aws" },
    { host: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", api: "api.ecr.cn-north-1.amazonaws.com.cn" },
  ])("the list of $host is at $api", async ({ host, api }) => {
    const looked: string[] = [];
    const client = clientFor([], {
      lookup: (name) => {
        looked.push(name);
        return Promise.reject(new Error("no such name"));
      },
    });
    const questions = questionsOf({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
    const place = parseRepository(`${host}/${PATH}`);
    const survey = await client.survey(place, questions, { lists: "allowed" }, signal);
    expect(sourcesOf(survey)).toEqual(["a: failed", "b: failed", "c: failed"]);
    expect(looked[0]).toBe(api);
    expect(new Set(looked)).toEqual(new Set([api, host]));
  });

  test("the list is not fetched from a private address that nobody allowed", async () => {
    const failures: unknown[] = [];
    const client = clientFor([], {
      lookup: () => Promise.resolve([{ address: "169.254.169.254", family: 4 }]),
      onListFailed: (failure) => failures.push(failure),
    });
    const questions = questionsOf({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
    await client.survey(repository, questions, { lists: "allowed" }, signal);
    expect(failures).toMatchObject([{ error: { code: "registry-refused" } }]);
  });

  test("an endless list ends where it costs more than asking for the tags", async () => {
    const { fake, survey } = await scene();
    const body = JSON.stringify({ imageIds: [], nextToken: "again" });
    const headers = { "content-type": "application/x-amz-json-1.1" };
    fake.faults.add({ path: /^\/$/, fault: { kind: "status", status: 200, headers, body } });
    await survey({ a: digestNo(1), b: digestNo(2), c: digestNo(3) });
    expect(fake.requests).toHaveLength(3);
  });
});

const START_OF_ALL = parseInstant("2024-01-01T00:00:00Z") ?? expect.fail("not a moment");
const KINDS_WITHOUT: readonly RegistryKind[] = [
  "ghcr",
  "ecr",
  "ecr-public",
  "mcr",
  "harbor",
  "jfrog",
  "gitea",
  "generic",
];

test.each(KINDS_WITHOUT)(
  "a registry of kind %s without a list of its own is asked tag by tag",
  async (kind) => {
    const shelf = await Shelf.open(kind);
    const known = { a: shelf.push("a", "a"), b: shelf.push("b", "b"), c: shelf.push("c", "c") };
    expect(sourcesOf(await shelf.survey(known))).toEqual(["a: head", "b: head", "c: head"]);
    expect(shelf.fake.requests).toHaveLength(3);
  },
);
