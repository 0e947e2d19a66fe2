import { expect, test } from "vitest";
import { PATIENT, SHOP, countOf, failureOf, startHarness } from "./harness.ts";

const MEBIBYTE = 1024 * 1024;
const all = (): boolean => true;
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
  expect(listing).toEqual({ files: [{ path: "Dockerfile", text }], skipped: [] });

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
  expect(countOf(harness, "GET", "/git/blobs/")).toBe(2);
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
  expect(listing.files).toEqual([{ path: "run.sh", text: "FROM b\n" }]);
  expect(listing.skipped).toEqual([{ path: "Dockerfile", reason: expect.stringMatching(reason) }]);
});

test("does not mention links, or anything else, that nobody wants", async () => {
  const { host, base } = await startHarness([{ path: "link", content: "x", mode: "120000" }]);
  expect(await host.files(SHOP, base, () => false, PATIENT)).toEqual({ files: [], skipped: [] });
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

test("refuses a directory with more files than GitHub lists", async () => {
  const { host, base } = await startHarness(
    { "a/1": "1", "a/2": "2", "a/3": "3", "a/4": "4" },
    { treeEntriesMax: 3 },
  );
  const failure = await failureOf(host.files(SHOP, base, all, PATIENT));
  expect(failure).toMatchObject({ code: "code-host-too-large", transient: false });
  expect(failure.message).toBe(
    "could not list the files of acme/shop: one directory holds more files than GitHub lists",
  );
});

test("refuses a tree that goes deeper than 200 requests", async () => {
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
  const failure = await failureOf(host.files(SHOP, base, all, PATIENT));
  expect(failure.code).toBe("code-host-too-large");
  expect(failure.message).toContain("more than 200 requests");
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

test("one file that cannot be read fails the whole, and ends the rest", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [`f${index}`, `FROM ${index}\n`]),
  );
  const harness = await startHarness(files);
  harness.double.inject({ path: "/git/blobs/", after: 10, mischief: { kind: "answer", status: 502 } });
  const failure = await failureOf(harness.host.files(SHOP, harness.base, all, PATIENT));
  expect(failure).toMatchObject({ code: "code-host-unavailable", status: 502 });
  expect(countOf(harness, "GET", "/git/blobs/")).toBeLessThan(30);
});

test("a commit that is not there is an error", async () => {
  const { host } = await startHarness();
  await expect(host.files(SHOP, "1".repeat(40), all, PATIENT)).rejects.toMatchObject({
    code: "code-host-not-found",
  });
});
