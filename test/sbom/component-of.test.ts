import { describe, expect, test } from "vitest";
import { componentFrom, listOf } from "../fixtures/lists.ts";

describe("the key is what it is, whatever its version and place", () => {
  test.each([
    {
      title: "apk",
      purl: "pkg:apk/alpine/zlib@1.3.1-r2?arch=x86_64&distro=alpine-3.22.1",
      key: "apk/alpine/zlib",
    },
    { title: "the old type of apk", purl: "pkg:alpine/zlib@1.3.1-r2", key: "apk/alpine/zlib" },
    { title: "namespace of a distribution in any case", purl: "pkg:rpm/RedHat/acl@1", key: "rpm/redhat/acl" },
    { title: "rhel is redhat", purl: "pkg:rpm/rhel/acl@1?arch=noarch", key: "rpm/redhat/acl" },
    {
      title: "namespace of no distribution keeps its case",
      purl: "pkg:golang/github.com/Azure/x@v1.0.0",
      key: "golang/github.com/Azure/x",
    },
    { title: "scope of npm", purl: "pkg:npm/%40types/node@1", key: "npm/@types/node" },
    { title: "runs of separators in Python names", purl: "pkg:pypi/Foo__Bar.baz@1", key: "pypi/foo-bar-baz" },
    { title: "subpath of golang", purl: "pkg:golang/k8s.io/x@v1.0.0#api/v2", key: "golang/k8s.io/x#api/v2" },
    { title: "no subpath of others", purl: "pkg:npm/x@1#lib", key: "npm/x" },
    { title: "jar of maven", purl: "pkg:maven/g/a@1?type=jar", key: "maven/g/a" },
    {
      title: "classifier and packaging of maven",
      purl: "pkg:maven/g/a@1?type=pom&classifier=tests",
      key: "maven/g/a?classifier=tests?type=pom",
    },
    {
      title: "no other qualifier",
      purl: "pkg:deb/debian/a@1?arch=all&checksum=x&package-id=y",
      key: "deb/debian/a",
    },
  ])("$title", ({ purl, key }) => {
    expect(componentFrom(purl).key).toBe(key);
  });
});

describe("the version", () => {
  test.each([
    { title: "as written", purl: "pkg:apk/alpine/a@1.2-r3", version: "1.2-r3" },
    { title: "unescaped", purl: "pkg:deb/debian/a@1%3A2%2Bdeb13u1", version: "1:2+deb13u1" },
    {
      title: "V7: epoch of rpm folded in",
      purl: "pkg:rpm/redhat/a@3.5-1.el8?epoch=1",
      version: "1:3.5-1.el8",
    },
    { title: "epoch 0 is none", purl: "pkg:rpm/redhat/a@3.5-1.el8?epoch=0", version: "3.5-1.el8" },
    { title: "no epoch twice", purl: "pkg:rpm/redhat/a@1:3.5-1.el8?epoch=1", version: "1:3.5-1.el8" },
    { title: "no epoch of others", purl: "pkg:apk/alpine/a@1?epoch=1", version: "1" },
    { title: "none at all", purl: "pkg:apk/alpine/a", version: "" },
  ])("$title", ({ purl, version }) => {
    expect(componentFrom(purl).version).toBe(version);
  });
});

describe("the release, the architecture and marks of builds", () => {
  test.each([
    { title: "distro", purl: "pkg:deb/debian/a@1?distro=debian-13", field: { distribution: "debian-13" } },
    {
      title: "the name and version that Docker writes",
      purl: "pkg:deb/debian/a@1?os_name=debian&os_version=13&os_distro=trixie",
      field: { distribution: "debian-13" },
    },
    {
      title: "no release of a name alone",
      purl: "pkg:deb/debian/a@1?os_name=debian",
      field: { distribution: undefined },
    },
    {
      title: "the architecture",
      purl: "pkg:apk/wolfi/a@1?arch=aarch64",
      field: { architecture: "aarch64" },
    },
    {
      title: "in lower case",
      purl: "pkg:apk/wolfi/a@1?arch=AArch64",
      field: { architecture: "aarch64" },
    },
    { title: "not of noarch", purl: "pkg:rpm/redhat/a@1?arch=noarch", field: { architecture: undefined } },
    { title: "not of all", purl: "pkg:deb/debian/a@1?arch=all", field: { architecture: undefined } },
    {
      title: "the build of a module",
      purl: "pkg:golang/example.com/a@(devel)",
      field: { isBuildMark: true, version: "(devel)" },
    },
    {
      title: "a build of changed files",
      purl: "pkg:golang/example.com/a@v0.0.0-20250204101112-0123456789ab%2Bdirty",
      field: { isBuildMark: true },
    },
    {
      title: "no mark: the pseudo version of a dependency has an order",
      purl: "pkg:golang/golang.org/x/exp@v0.0.0-20250204101112-0123456789ab",
      field: { isBuildMark: undefined },
    },
    {
      title: "no mark in other ecosystems",
      purl: "pkg:npm/a@(devel)",
      field: { isBuildMark: undefined },
    },
  ])("$title", ({ purl, field }) => {
    const { version, distribution, architecture, isBuildMark } = componentFrom(purl);
    expect({ version, distribution, architecture, isBuildMark }).toEqual(expect.objectContaining(field));
  });
});

describe("the source package", () => {
  test.each([
    {
      title: "upstream",
      purl: "pkg:apk/alpine/libcrypto3@3?upstream=openssl",
      source: { name: "openssl", how: "upstream" },
    },
    {
      title: "upstream with another version",
      purl: "pkg:deb/debian/libssl3@3?upstream=openssl%403.0.1",
      source: { name: "openssl", version: "3.0.1", how: "upstream" },
    },
    {
      title: "upstream with its own version",
      purl: "pkg:deb/debian/libssl3@3.0.1-1?upstream=openssl%403.0.1-1",
      source: { name: "openssl", how: "upstream" },
    },
    {
      title: "upstream with a version and nothing before it",
      purl: "pkg:deb/debian/a@3?upstream=%403.0.1",
      source: { name: "@3.0.1", how: "upstream" },
    },
    {
      title: "upstream with no version after the sign",
      purl: "pkg:deb/debian/a@3?upstream=b%40",
      source: { name: "b", how: "upstream" },
    },
    {
      title: "source rpm of another version",
      purl: "pkg:rpm/redhat/libstdc%2B%2B@8?upstream=gcc-toolset-8.5.0-22.el8.src.rpm",
      source: { name: "gcc-toolset", version: "8.5.0-22.el8", how: "upstream" },
    },
    {
      title: "source rpm of its own version, which has an epoch",
      purl: "pkg:rpm/redhat/openssl-libs@3.5-1.el9?epoch=1&upstream=openssl-3.5-1.el9.src.rpm",
      source: { name: "openssl", how: "upstream" },
    },
    {
      title: "source rpm of another version takes the epoch",
      purl: "pkg:rpm/redhat/a@3.5-1.el9?epoch=1&upstream=b-2.0-4.el9.src.rpm",
      source: { name: "b", version: "1:2.0-4.el9", how: "upstream" },
    },
    {
      title: "plus signs",
      purl: "pkg:apk/alpine/libx@1?upstream=libx%2B%2B",
      source: { name: "libx++", how: "upstream" },
    },
    {
      title: "its own name if it says nothing",
      purl: "pkg:apk/alpine/zlib@1",
      source: { name: "zlib", how: "own-name" },
    },
    {
      title: "its own name if upstream is empty",
      purl: "pkg:apk/alpine/zlib@1?upstream=",
      source: { name: "zlib", how: "own-name" },
    },
    {
      title: "its own name if upstream is no source rpm's name",
      purl: "pkg:rpm/redhat/zlib@1?upstream=x.src.rpm",
      source: { name: "zlib", how: "own-name" },
    },
  ])("$title", ({ purl, source }) => {
    expect(componentFrom(purl).source).toStrictEqual(source);
  });
});

test("D8: pkg:alpine/x and pkg:apk/alpine/x are one package", () => {
  expect(componentFrom("pkg:alpine/x@1").key).toBe(componentFrom("pkg:apk/alpine/x@1").key);
});

test("D12: the keys in the package database of rpm are ignored", () => {
  const [before, after] = ["pkg:rpm/redhat/gpg-pubkey@1-1", "pkg:rpm/redhat/gpg-pubkey@2-2"].map((key) =>
    listOf(key, "pkg:rpm/redhat/a@1"),
  );
  expect(before?.components.map(({ name }) => name)).toStrictEqual(["a"]);
  expect(after).toStrictEqual(before);
});

test("D13: golang modules that differ by their subpath have distinct keys", () => {
  const list = listOf("pkg:golang/k8s.io/x@v1.0.0#api", "pkg:golang/k8s.io/x@v1.1.0#client");
  expect(list.components.map(({ key }) => key)).toStrictEqual([
    "golang/k8s.io/x#api",
    "golang/k8s.io/x#client",
  ]);
});

test("D23: packages without a version are kept", () => {
  const list = listOf("pkg:apk/alpine/a", "pkg:apk/alpine/b?arch=x86_64", "pkg:deb/debian/c?");
  expect(list.components.map(({ key, version }) => [key, version])).toStrictEqual([
    ["apk/alpine/a", ""],
    ["apk/alpine/b", ""],
    ["deb/debian/c", ""],
  ]);
});

test("a key is not the same without a purl", () => {
  expect(componentFrom("pkg:npm/a@1").key).not.toBe("name:a");
});

test.each([
  { title: "no purl", purl: "zlib", reason: "purl-invalid" },
  { title: "no name", purl: "pkg:apk/", reason: "purl-invalid" },
  { title: "broken escape", purl: "pkg:apk/a/b@%E0%A4%A", reason: "purl-invalid" },
  { title: "credentials", purl: "pkg://user:pass@host/apk/x@1", reason: "purl-invalid" },
  { title: "a line break in the name", purl: "pkg:apk/a/b%0A%23 heading@1", reason: "purl-invalid" },
  {
    title: "a character that turns the text around",
    purl: "pkg:apk/a/b%E2%80%AEc@1",
    reason: "purl-invalid",
  },
  {
    title: "a null character in the distribution",
    purl: "pkg:apk/a/b@1?distro=x%00",
    reason: "purl-invalid",
  },
  { title: "a golang version the library fails on", purl: "pkg:golang/a/b@v1", reason: "purl-invalid" },
  { title: "longer than any purl", purl: `pkg:apk/a/b@1?x=${"y".repeat(3_000)}`, reason: "purl-invalid" },
  { title: "a name longer than any", purl: `pkg:apk/a/${"b".repeat(400)}@1`, reason: "entry-invalid" },
  { title: "a version longer than any", purl: `pkg:apk/a/b@${"1".repeat(400)}`, reason: "entry-invalid" },
  { title: "an image", purl: "pkg:oci/ubi9@sha256%3Aabc", reason: "not-a-package" },
  { title: "a key in the package database", purl: "pkg:rpm/redhat/gpg-pubkey@1", reason: "pseudo-package" },
  { title: "apk's mark of what to install", purl: "pkg:apk/alpine/.build-deps@0", reason: "pseudo-package" },
])("leaves out and counts $title", ({ purl, reason }) => {
  const list = listOf(purl, "pkg:apk/alpine/kept@1");
  expect(list.components.map(({ name }) => name)).toStrictEqual(["kept"]);
  expect(list.skipped).toStrictEqual([{ reason, count: 1 }]);
});

test("hostile qualifiers stay what they are: text", () => {
  const component = componentFrom("pkg:apk/alpine/a@1?__proto__=x&constructor=y&distro=alpine-3.22.1");
  expect(component.distribution).toBe("alpine-3.22.1");
  expect(Object.getPrototypeOf(component)).toBe(Object.prototype);
});
