import { describe, expect, test } from "vitest";
import { blobNameOf } from "../../../src/adapters/github/blobs.ts";
import { type Harness, PATIENT, SHOP, countOf, failureOf, startHarness } from "./harness.ts";

const MEBIBYTE = 1024 * 1024;
const all = (): boolean => true;
const listed = (path: string, text: string) => ({ path, text, blob: blobNameOf(Buffer.from(text)) });
const isDockerfile = (path: string): boolean => path.endsWith("Dockerfile");

test.each([
  { title: "LF", text: "FROM a\nRUN b\n" },
  { title: "CRLF", text: "FROM a\r\nRUN b\r\n" },
  { title: "mixed line ends, none at the end", text: "FROM a\r\nRUN b\n\rRUN c" },
  { title: "a byte-order mark", text: "\uFEFFFROM a\r\n" },
  { title: "nothing", text: "" },
  { title: "letters of the world", text: "# Größe 漢字 🚢 \u200B\u0000 \uFFFD\n" },
])("reads and writes back $title to the byte", async ({ text }) => {
  const { host, double, base } = await startHarness({ Dockerfile: text, other: "other\n" });
  const listing = await host.files(SHOP, base, (path) => path === "Dockerfile", PATIENT);
  expect(listing).toEqual({ files: [listed("Dockerfile", text)], skipped: [], unchanged: [] });

  const files = [{ path: "copy/Dockerfile", text: listing.files[0]?.text ?? "" }];
  const content = { branch: "b", parent: base, files, message: "m", expected: { kind: "absent" } } as const;
  const commit = await host.writeBranch(SHOP, content, PATIENT);
  expect(await double.readFile("acme", "shop", commit, "copy/Dockerfile")).toBe(text);
});

test("reads only what is wanted, sorted by path, one content once", async () => {
  const harness = await startHarness({
    "z/Dockerfile": "FROM same\n",
    Dockerfile: "FROM same\n",
    "a/b/Dockerfile": "FROM other\n",
    "README.md": "no",
  });
  const { files } = await harness.host.files(SHOP, harness.base, isDockerfile, PATIENT);
  expect(files.map(({ path }) => path)).toEqual(["Dockerfile", "a/b/Dockerfile", "z/Dockerfile"]);
  expect(countOf(harness, "GET", "/git/trees/")).toBe(1);
  expect(countOf(harness, "POST", "/graphql")).toBe(1);
  expect(harness.double.requests).toHaveLength(2);
});

test.each([
  {
    title: "a symbolic link",
    file: { path: "Dockerfile", content: "real", mode: "120000" },
    reason: /symbolic link/,
  },
  {
    title: "bytes that are no text",
    file: { path: "Dockerfile", content: Buffer.from([0x46, 0xff, 0x0a]) },
    reason: /UTF-8/,
  },
  {
    title: "a lone surrogate",
    file: { path: "Dockerfile", content: Buffer.from([0xed, 0xa0, 0x80]) },
    reason: /UTF-8/,
  },
  {
    title: "UTF-16",
    file: { path: "Dockerfile", content: Buffer.from("\uFEFFFROM a", "utf16le") },
    reason: /UTF-8/,
  },
  {
    title: "1 MiB and a byte",
    file: { path: "Dockerfile", content: "x".repeat(MEBIBYTE + 1) },
    reason: /larger than 1 MiB/,
  },
])("skips $title with the reason", async ({ file, reason }) => {
  const { host, base } = await startHarness([file, { path: "run.sh", content: "FROM b\n", mode: "100755" }]);
  const listing = await host.files(SHOP, base, all, PATIENT);
  expect(listing.files).toEqual([listed("run.sh", "FROM b\n")]);
  expect(listing.skipped).toMatchObject([{ path: "Dockerfile", reason: expect.stringMatching(reason) }]);
});

test("does not mention links, or anything else, that nobody wants", async () => {
  const { host, base } = await startHarness([{ path: "link", content: "x", mode: "120000" }]);
  expect(await host.files(SHOP, base, () => false, PATIENT)).toEqual({
    files: [],
    skipped: [],
    unchanged: [],
  });
});

test("skips a submodule with the reason", async () => {
  const { host, double, base } = await startHarness();
  const tree = [{ path: "lib", mode: "160000", type: "commit", sha: base }];
  double.inject({
    path: "/git/trees/",
    mischief: { kind: "answer", status: 200, body: { sha: base, tree, truncated: false } },
  });
  expect(await host.files(SHOP, base, all, PATIENT)).toEqual({
    files: [],
    skipped: [{ path: "lib", reason: "a submodule, not followed" }],
    unchanged: [],
  });
});

test("reads exactly 1 MiB", async () => {
  const text = "x".repeat(MEBIBYTE);
  const { host, base } = await startHarness({ Dockerfile: text });
  const { files } = await host.files(SHOP, base, all, PATIENT);
  expect(files[0]?.text.length).toBe(MEBIBYTE);
});

test("reads at most 500 files, and names the others", async () => {
  const paths = Array.from({ length: 503 }, (_, index) => `d/${String(index).padStart(3, "0")}`);
  const { host, base } = await startHarness(paths.map((path) => ({ path, content: "FROM a\n" })));
  const { files, skipped } = await host.files(SHOP, base, all, PATIENT);
  expect(files.length).toBe(500);
  expect(skipped.map(({ path }) => path)).toEqual(["d/500", "d/501", "d/502"]);
  expect(skipped[0]?.reason).toContain("more than 500");
});

test("reads first what is wanted first", async () => {
  const paths = [...Array.from({ length: 503 }, (_, index) => `d/${String(index).padStart(3, "0")}`), "z"];
  const { host, base } = await startHarness(paths.map((path) => ({ path, content: "FROM a\n" })));
  const { files, skipped } = await host.files(SHOP, base, (path) => path !== "z" || "first", PATIENT);
  expect(files.map(({ path }) => path)).toContain("z");
  expect(files.length).toBe(500);
  expect(skipped.map(({ path }) => path)).toEqual(["d/499", "d/500", "d/501", "d/502"]);
});

test("walks a tree that GitHub cuts short", async () => {
  const files = { "a/1": "1", "a/2": "2", "b/c/3": "3", "b/c/4": "4", "b/5": "5", "6": "6" };
  const { host, base } = await startHarness(files, { treeEntriesMax: 3 });
  const listing = await host.files(SHOP, base, all, PATIENT);
  expect(Object.fromEntries(listing.files.map(({ path, text }) => [path, text]))).toEqual(files);
});

test("says of a directory with more files than GitHub lists that it is so", async () => {
  const { host, base } = await startHarness(
    { "a/1": "1", "a/2": "2", "a/3": "3", "a/4": "4" },
    { treeEntriesMax: 3 },
  );
  expect(await host.files(SHOP, base, all, PATIENT)).toEqual({
    files: [],
    skipped: [],
    unchanged: [],
    unlisted: "one directory holds more files than GitHub lists",
  });
});

test("says of a tree that goes deeper than 200 requests that it is so", async () => {
  const harness = await startHarness();
  const { host, double, base } = harness;
  const directory = { path: "d", mode: "040000", type: "tree", sha: base };
  const answers = [
    { path: /recursive/, body: { sha: base, tree: [], truncated: true } },
    { path: /trees/, body: { sha: base, tree: [directory], truncated: false } },
  ];
  for (const { path, body } of answers) {
    double.inject({ path, times: 1_000, mischief: { kind: "answer", status: 200, body } });
  }
  const { files, unlisted } = await host.files(SHOP, base, all, PATIENT);
  expect(files).toEqual([]);
  expect(unlisted).toContain("more than 200 requests");
  expect(countOf(harness, "GET", "/git/trees/")).toBe(200);
});

test("does not believe other bytes than the tree names", async () => {
  const { host, double, base } = await startHarness();
  const blob = { content: Buffer.from("FROM evil\n").toString("base64"), encoding: "base64" };
  double.inject({ path: "/git/blobs/", mischief: { kind: "answer", status: 200, body: blob } });
  const failure = await failureOf(host.files(SHOP, base, all, PATIENT));
  expect(failure.code).toBe("code-host-unavailable");
  expect(failure.message).toContain("other bytes came back");
});

test("one request that fails fails the whole, and ends the rest", async () => {
  const harness = await startHarness(numbered(60, "f"));
  harness.double.inject({ path: "/graphql", mischief: { kind: "answer", status: 502 } });
  const failure = await failureOf(harness.host.files(SHOP, harness.base, all, PATIENT));
  expect(failure).toMatchObject({ code: "code-host-unavailable", status: 502 });
  expect(countOf(harness, "GET", "/git/blobs/")).toBe(0);
});

function numbered(count: number, folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${folder}/${index}`, `FROM ${folder}${index}\n`]),
  );
}

function entryOf([path, text]: readonly [path: string, text: string]) {
  const bytes = Buffer.from(text);
  return { path, mode: "100644", type: "blob", sha: blobNameOf(bytes), size: bytes.byteLength };
}

/** Has the next listing of a tree tell of these files, and of 3,000 others. */
function listAlso3000({ double }: Harness, files: Readonly<Record<string, string>>): void {
  const tree = Object.entries({ ...files, ...numbered(3_000, "other") }).map(entryOf);
  const body = { sha: "0".repeat(40), tree, truncated: false };
  double.inject({ path: "/git/trees/", mischief: { kind: "answer", status: 200, body } });
}

describe("many files at once", () => {
  test.each([
    { title: "none", count: 0, requests: 1 },
    { title: "one", count: 1, requests: 2 },
    { title: "two", count: 2, requests: 2 },
    { title: "50", count: 50, requests: 2 },
    { title: "51", count: 51, requests: 3 },
    { title: "101", count: 101, requests: 4 },
  ])("$title cost $requests requests beside 3,000 that nobody wants", async ({ count, requests }) => {
    const harness = await startHarness(numbered(Math.max(count, 1), "f"));
    listAlso3000(harness, numbered(count, "f"));
    const { files } = await harness.host.files(SHOP, harness.base, isInF, PATIENT);
    expect(files).toHaveLength(count);
    expect(harness.double.requests).toHaveLength(requests);
  });

  test("what GraphQL does not give whole is read by REST", async () => {
    const odd = {
      bom: "\uFEFFFROM a\r\n",
      nul: "FROM a\u0000\n",
      long: "# \u00e9\n".repeat(120_000),
    };
    const harness = await startHarness({ ...odd, ...numbered(3, "f") });
    const { files } = await harness.host.files(SHOP, harness.base, all, PATIENT);
    expect(files).toEqual(
      expect.arrayContaining(Object.entries(odd).map(([path, text]) => listed(path, text))),
    );
    expect(files).toHaveLength(6);
  });

  test("text that GraphQL makes up is not believed", async () => {
    const { host, double, base } = await startHarness({ a: "FROM a\n", b: "FROM b\n" });
    const repository = { nameWithOwner: "acme/shop", b0: { text: "FROM evil\n" }, b1: {} };
    const body = { data: { repository } };
    double.inject({ path: "/graphql", mischief: { kind: "answer", status: 200, body } });
    const { files } = await host.files(SHOP, base, all, PATIENT);
    expect(files).toEqual([listed("a", "FROM a\n"), listed("b", "FROM b\n")]);
  });

  test("large ones do not go in one answer", async () => {
    const big = Object.fromEntries(
      Array.from({ length: 24 }, (_, index) => [`f${index}`, `${index}`.padEnd(450_000, "x")]),
    );
    const harness = await startHarness(big);
    const { files } = await harness.host.files(SHOP, harness.base, all, PATIENT);
    expect(files).toHaveLength(24);
    expect(countOf(harness, "POST", "/graphql")).toBe(2);
  });

  test("where GraphQL is not there, each is read by REST", async () => {
    const harness = await startHarness(numbered(3, "f"));
    const body = { message: "Not Found" };
    harness.double.inject({ path: "/graphql", mischief: { kind: "answer", status: 404, body } });
    const { files } = await harness.host.files(SHOP, harness.base, all, PATIENT);
    expect(files).toHaveLength(3);
    expect(countOf(harness, "GET", "/git/blobs/")).toBe(3);
  });

  test.each([
    { title: "too many requests", status: 429, code: "code-host-rate-limited" },
    { title: "a wrong token", status: 401, code: "code-host-unauthorized" },
  ])("$title is no reason to ask by REST", async ({ status, code }) => {
    const harness = await startHarness(numbered(3, "f"));
    const body = { message: "no" };
    harness.double.inject({ path: "/graphql", mischief: { kind: "answer", status, body } });
    expect(await failureOf(harness.host.files(SHOP, harness.base, all, PATIENT))).toMatchObject({ code });
    expect(countOf(harness, "GET", "/git/blobs/")).toBe(0);
  });
});

const knownOf = (files: Readonly<Record<string, string>>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, blobNameOf(Buffer.from(text))]));
const togetherOf = (path: string): string => path.split("/", 1)[0] ?? path;
const isInF = (path: string): boolean => path.startsWith("f/");

describe("what is known is not read again", () => {
  test("one changed file of 3,000 costs three requests with its branch", async () => {
    const old = numbered(99, "f");
    const harness = await startHarness({ "f/7": "FROM new\n" });
    listAlso3000(harness, { ...old, "f/7": "FROM new\n" });
    const known = knownOf(old);
    const { commit } = await harness.host.branch(SHOP, undefined, PATIENT);
    const listing = await harness.host.files(SHOP, commit, { isWanted: isInF, known }, PATIENT);
    expect(listing.files).toEqual([listed("f/7", "FROM new\n")]);
    expect(listing.unchanged).toHaveLength(98);
    expect(listing.unchanged).not.toContain("f/7");
    expect(harness.double.requests).toHaveLength(3);
  });

  test.each([
    { title: "nothing changed", now: { "a/1": "1", "a/2": "2", "b/1": "1" }, read: [] },
    { title: "one changed", now: { "a/1": "x", "a/2": "2", "b/1": "1" }, read: ["a/1", "a/2"] },
    { title: "one is gone", now: { "a/2": "2", "b/1": "1" }, read: ["a/2"] },
    {
      title: "one is new",
      now: { "a/1": "1", "a/2": "2", "b/1": "1", "b/0": "n" },
      read: ["b/0", "b/1"],
    },
    { title: "all are gone", now: { x: "x" }, read: ["x"] },
    {
      title: "two change places",
      now: { "a/1": "2", "a/2": "1", "b/1": "1" },
      read: ["a/1", "a/2"],
    },
  ])("$title: what belongs to it is read again", async ({ now, read }) => {
    const { host, base } = await startHarness(
      Object.entries(now).map(([path, content]) => ({ path, content })),
    );
    const known = knownOf({ "a/1": "1", "a/2": "2", "b/1": "1" });
    const listing = await host.files(SHOP, base, { isWanted: all, known, togetherOf }, PATIENT);
    expect(listing.files.map(({ path }) => path)).toEqual(read);
    const rest = Object.keys(now).filter((path) => !read.some((other) => other === path));
    expect(listing.unchanged).toEqual(rest);
  });

  test("what is no text is named with its content, and not read again", async () => {
    const harness = await startHarness([{ path: "Dockerfile", content: Buffer.from([0xff]) }]);
    const { host, base } = harness;
    const { skipped } = await host.files(SHOP, base, all, PATIENT);
    const blob = blobNameOf(Buffer.from([0xff]));
    expect(skipped).toEqual([{ path: "Dockerfile", reason: "not UTF-8 text", blob }]);
    const known = new Map([["Dockerfile", blob]]);
    expect(await host.files(SHOP, base, { isWanted: all, known }, PATIENT)).toEqual({
      files: [],
      skipped: [],
      unchanged: ["Dockerfile"],
    });
    expect(countOf(harness, "GET", "/git/blobs/")).toBe(1);
  });

  test("what is known and wanted no more is not answered", async () => {
    const { host, base } = await startHarness([{ path: "a", content: "1" }]);
    const wish = { isWanted: () => false, known: knownOf({ a: "1" }) };
    expect(await host.files(SHOP, base, wish, PATIENT)).toEqual({ files: [], skipped: [], unchanged: [] });
  });
});

describe("default branches", () => {
  test("one costs one request", async () => {
    const harness = await startHarness();
    expect(await harness.host.branch(SHOP, undefined, PATIENT)).toEqual({
      name: "main",
      commit: harness.base,
    });
    expect(harness.double.requests).toHaveLength(1);
  });

  test("60 that are asked about together cost two", async () => {
    const { host, double } = await startHarness();
    const names = Array.from({ length: 60 }, (_, index) => `r${index}`);
    for (const name of names) await double.createRepository("acme", name, [{ path: "a", content: name }]);
    const asked = names.map((name) => host.branch({ owner: "acme", name }, undefined, PATIENT));
    expect((await Promise.all(asked)).map(({ name }) => name)).toEqual(names.map(() => "main"));
    expect(double.requests).toHaveLength(2);
  });

  test("one that is not there does not harm the others", async () => {
    const { host, base } = await startHarness();
    const good = host.branch(SHOP, undefined, PATIENT);
    const bad = host.branch({ owner: "acme", name: "gone" }, undefined, PATIENT);
    expect((await failureOf(bad)).code).toBe("code-host-not-found");
    expect(await good).toEqual({ name: "main", commit: base });
  });

  test("where GraphQL is not there, REST tells", async () => {
    const { host, double, base } = await startHarness();
    const body = { message: "Not Found" };
    double.inject({ path: "/graphql", mischief: { kind: "answer", status: 404, body } });
    expect(await host.branch(SHOP, undefined, PATIENT)).toEqual({ name: "main", commit: base });
    expect(await host.branch(SHOP, undefined, PATIENT)).toEqual({ name: "main", commit: base });
    expect(double.requests.filter(({ kind }) => kind === "graphql")).toHaveLength(1);
  });

  test.each([
    { title: "no answer", status: 502, code: "code-host-unavailable" },
    { title: "too many requests", status: 429, code: "code-host-rate-limited" },
  ])("$title is no reason to ask by REST", async ({ status, code }) => {
    const { host, double } = await startHarness();
    double.inject({ path: "/graphql", mischief: { kind: "answer", status, body: { message: "no" } } });
    expect((await failureOf(host.branch(SHOP, undefined, PATIENT))).code).toBe(code);
    expect(double.requests).toHaveLength(1);
  });
});

test("a commit that is not there is an error", async () => {
  const { host } = await startHarness();
  await expect(host.files(SHOP, "1".repeat(40), all, PATIENT)).rejects.toMatchObject({
    code: "code-host-not-found",
  });
});
