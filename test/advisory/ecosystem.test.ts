import { describe, expect, test } from "vitest";
import { type ImageSystem, packageMatchOf } from "../../src/advisory/ecosystem.ts";
import { componentFrom } from "../fixtures/lists.ts";

function matched(purl: string, system: ImageSystem = {}): readonly string[] | string {
  const match = packageMatchOf(componentFrom(purl), system);
  return match.kind === "matched"
    ? match.keys.map(({ ecosystem, name }) => `${ecosystem}|${name}`)
    : match.reason;
}

const BHC = "pkg:apk/bellsoft-hardened-containers";

describe("asks about", () => {
  test.each([
    {
      title: "the source package of a BellSoft image",
      purl: `${BHC}/libcrypto3@3?distro=bellsoft-hardened-containers-25&upstream=openssl`,
      keys: ["BellSoft Hardened Containers:25|openssl"],
    },
    {
      title: "its own name where that is the source",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-23`,
      keys: ["BellSoft Hardened Containers:23|zlib"],
    },
    {
      title: "the stream",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-stream`,
      keys: ["BellSoft Hardened Containers:stream|zlib"],
    },
    {
      title: "a release alone, as BellSoft's own purls have it",
      purl: `${BHC}/zlib@1?distro=25`,
      keys: ["BellSoft Hardened Containers:25|zlib"],
    },
    { title: "Alpaquita", purl: "pkg:apk/alpaquita/zlib@1?distro=alpaquita-23", keys: ["Alpaquita:23|zlib"] },
    {
      title: "the branch of an Alpine release",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3.22.1",
      keys: ["Alpine:v3.22|zlib"],
    },
    { title: "an Alpine branch", purl: "pkg:apk/alpine/zlib@1?distro=3.9", keys: ["Alpine:v3.9|zlib"] },
    {
      title: "the old type of Alpine's packages",
      purl: "pkg:alpine/zlib@1?distro=alpine-3.22.1",
      keys: ["Alpine:v3.22|zlib"],
    },
    { title: "Alpine edge", purl: "pkg:apk/alpine/zlib@1?distro=alpine-edge", keys: ["Alpine:edge|zlib"] },
    {
      title: "source and name of Wolfi, which has no releases",
      purl: "pkg:apk/wolfi/libssl3@3?upstream=openssl",
      keys: ["Wolfi|openssl", "Wolfi|libssl3"],
    },
    {
      title: "one name of Chainguard",
      purl: "pkg:apk/chainguard/zlib@1?distro=chainguard-20230214",
      keys: ["Chainguard|zlib"],
    },
    { title: "MinimOS", purl: "pkg:apk/minimos/zlib@1", keys: ["MinimOS|zlib"] },
  ])("$title", ({ purl, keys }) => {
    expect(matched(purl)).toStrictEqual(keys);
  });
});

describe("does not guess", () => {
  const RELEASE = "release of their distribution unknown";
  const DISTRIBUTION = "no advisories for their distribution";
  test.each([
    { title: "the release of BellSoft", purl: `${BHC}/zlib@1`, reason: RELEASE },
    { title: "the release of Alpine", purl: "pkg:apk/alpine/zlib@1", reason: RELEASE },
    {
      title: "from an empty release",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-`,
      reason: RELEASE,
    },
    {
      title: "from another distribution's release",
      purl: `${BHC}/zlib@1?distro=alpine-3.22.1`,
      reason: RELEASE,
    },
    {
      title: "from a release that has none of its forms",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-25%3A26`,
      reason: RELEASE,
    },
    {
      title: "from a release with something behind it",
      purl: "pkg:apk/alpaquita/zlib@1?distro=alpaquita-stream-x",
      reason: RELEASE,
    },
    {
      title: "which branch edge will be",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3.23_alpha20250612",
      reason: RELEASE,
    },
    {
      title: "that Alpine's major release is a branch",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3",
      reason: RELEASE,
    },
    {
      title: "that an apk is Alpine's",
      purl: "pkg:apk/zlib@1?distro=alpine-3.22.1",
      reason: "no advisories for their distribution",
    },
    {
      title: "that a distribution it does not know is another",
      purl: "pkg:apk/postmarketos/zlib@1?distro=postmarketos-25",
      reason: "no advisories for their distribution",
    },
    {
      title: "for another type",
      purl: "pkg:conan/zlib@1.3.1",
      reason: "no advisories for their type of package",
    },
    { title: "which Debian sid will be", purl: "pkg:deb/debian/zlib1g@1?distro=debian-sid", reason: RELEASE },
    { title: "the release of Ubuntu", purl: "pkg:deb/ubuntu/zlib1g@1?distro=ubuntu-24", reason: RELEASE },
    { title: "that a deb is Debian's", purl: "pkg:deb/zlib1g@1?distro=debian-13", reason: DISTRIBUTION },
    { title: "which AlmaLinux it is", purl: "pkg:rpm/almalinux/zlib@1?distro=rhel-9", reason: RELEASE },
    { title: "Red Hat's products", purl: "pkg:rpm/redhat/zlib@1?distro=rhel-9.4", reason: RELEASE },
    { title: "for Fedora", purl: "pkg:rpm/fedora/zlib@1?distro=fedora-42", reason: DISTRIBUTION },
    {
      title: "a version that is not stated",
      purl: "pkg:apk/alpine/zlib?distro=alpine-3.22.1",
      reason: "their version is not stated",
    },
  ])("$title", ({ purl, reason }) => {
    expect(matched(purl)).toBe(reason);
  });
});

describe("distributions with their own source packages and releases", () => {
  test.each([
    {
      title: "U5: Debian by its number",
      purl: "pkg:deb/debian/libssl3t64@3.5.1-1?distro=debian-13&upstream=openssl",
      keys: ["Debian:13|openssl"],
    },
    {
      title: "Debian by its code name",
      purl: "pkg:deb/debian/zlib1g@1?distro=trixie&upstream=zlib",
      keys: ["Debian:13|zlib"],
    },
    {
      title: "Debian's point release",
      purl: "pkg:deb/debian/bash@1?distro=debian-12.11",
      keys: ["Debian:12|bash"],
    },
    {
      title: "Ubuntu with long support",
      purl: "pkg:deb/ubuntu/bash@1?distro=ubuntu-24.04",
      keys: ["Ubuntu:24.04:LTS|bash"],
    },
    {
      title: "Ubuntu by its code name",
      purl: "pkg:deb/ubuntu/bash@1?distro=jammy",
      keys: ["Ubuntu:22.04:LTS|bash"],
    },
    {
      title: "Ubuntu of an odd year",
      purl: "pkg:deb/ubuntu/bash@1?distro=ubuntu-25.04",
      keys: ["Ubuntu:25.04|bash"],
    },
    {
      title: "Ubuntu of October",
      purl: "pkg:deb/ubuntu/bash@1?distro=ubuntu-24.10",
      keys: ["Ubuntu:24.10|bash"],
    },
    {
      title: "AlmaLinux by its major release",
      purl: "pkg:rpm/almalinux/openssl-libs@3?distro=almalinux-9.4&upstream=openssl-3.0.7-28.el9_4.src.rpm",
      keys: ["AlmaLinux:9|openssl"],
    },
    {
      title: "Rocky Linux",
      purl: "pkg:rpm/rocky/bash@1?distro=rocky-9.3",
      keys: ["Rocky Linux:9|bash"],
    },
    {
      title: "Azure Linux",
      purl: "pkg:rpm/azurelinux/bash@1?distro=azurelinux-3.0",
      keys: ["Azure Linux:3|bash"],
    },
    { title: "Mariner", purl: "pkg:rpm/mariner/bash@1?distro=mariner-2.0", keys: ["Azure Linux:2|bash"] },
    {
      title: "openSUSE Leap",
      purl: "pkg:rpm/opensuse/bash@1?distro=opensuse-leap-15.6",
      keys: ["openSUSE:Leap 15.6|bash"],
    },
    {
      title: "SUSE's service pack, of whose products the base has several",
      purl: "pkg:rpm/suse/bash@1?distro=sles-15.6",
      keys: [
        "SUSE:Linux Enterprise Server 15 SP6|bash",
        "SUSE:Linux Enterprise Module for Basesystem 15 SP6|bash",
      ],
    },
  ])("$title", ({ purl, keys }) => {
    expect(matched(purl)).toStrictEqual(keys);
  });

  test.each([
    "cpe:/o:redhat:enterprise_linux:9::baseos",
    "cpe:2.3:o:redhat:enterprise_linux:9:*:baseos:*:*:*:*:*",
  ])("Red Hat by the CPE of the image, under both names: %s", (distributionCpe) => {
    const purl = "pkg:rpm/redhat/openssl-libs@3?distro=rhel-9.4&upstream=openssl-3.0.7-28.el9_4.src.rpm";
    expect(matched(purl, { distributionCpe })).toStrictEqual([
      "Red Hat:enterprise_linux:9::baseos|openssl",
      "Red Hat:enterprise_linux:9::baseos|openssl-libs",
      "Red Hat:enterprise_linux:9::appstream|openssl",
      "Red Hat:enterprise_linux:9::appstream|openssl-libs",
    ]);
  });

  test.each([
    { title: "none", distributionCpe: "" },
    { title: "another vendor's", distributionCpe: "cpe:/o:fedoraproject:fedora:42" },
    { title: "one without release", distributionCpe: "cpe:/o:redhat:enterprise_linux" },
    { title: "one with other characters", distributionCpe: "cpe:/o:redhat:enterprise_linux:9\n" },
    { title: "one that is too long", distributionCpe: `cpe:/o:redhat:${"9".repeat(300)}:9` },
  ])("Red Hat with $title is not guessed", ({ distributionCpe }) => {
    expect(matched("pkg:rpm/redhat/zlib@1", { distributionCpe })).toBe(
      "release of their distribution unknown",
    );
  });
});

describe("languages and Docker's images", () => {
  test.each([
    {
      purl: "pkg:golang/github.com/Azure/azure-sdk@v1.2.3#sdk/storage",
      key: "Go|github.com/Azure/azure-sdk/sdk/storage",
    },
    { purl: "pkg:golang/stdlib@1.22.1", key: "Go|stdlib" },
    { purl: "pkg:npm/%40angular/core@1", key: "npm|@angular/core" },
    { purl: "pkg:npm/left-pad@1", key: "npm|left-pad" },
    { purl: "pkg:pypi/Zope.Interface@1", key: "PyPI|zope-interface" },
    { purl: "pkg:maven/org.apache/commons@1", key: "Maven|org.apache:commons" },
    { purl: "pkg:gem/rack@1", key: "RubyGems|rack" },
    { purl: "pkg:cargo/serde@1", key: "crates.io|serde" },
    { purl: "pkg:nuget/Newtonsoft.Json@1", key: "NuGet|Newtonsoft.Json" },
    { purl: "pkg:composer/symfony/http-kernel@1", key: "Packagist|symfony/http-kernel" },
  ])("$key", ({ purl, key }) => {
    expect(matched(purl)).toStrictEqual([key]);
  });

  test.each(["pkg:dhi/redis@1", "pkg:deb/dhi/redis@1", "pkg:apk/dhi/redis@1"])("%s", (purl) => {
    expect(matched(purl)).toStrictEqual(["Docker Hardened Images|redis", "DHI|redis"]);
  });
});

describe("the release of the image", () => {
  test("U6: stands for packages that name none, if it is of their own distribution", () => {
    const purl = "pkg:apk/bellsoft-hardened-containers/zlib@1";
    expect(matched(purl, { distribution: "bellsoft-hardened-containers-25" })).toStrictEqual([
      "BellSoft Hardened Containers:25|zlib",
    ]);
    expect(matched(purl, { distribution: "alpine-3.22" })).toBe("release of their distribution unknown");
    expect(matched(purl)).toBe("release of their distribution unknown");
  });

  test("does not overrule what a package says", () => {
    expect(
      matched("pkg:apk/alpine/zlib@1?distro=alpine-3.21.0", { distribution: "alpine-3.22" }),
    ).toStrictEqual(["Alpine:v3.21|zlib"]);
  });
});

describe("the version that is compared", () => {
  test.each([
    {
      title: "the source package's",
      purl: "pkg:deb/debian/libx@2?distro=debian-13",
      source: "1.5-1",
      expected: "1.5-1",
    },
    {
      title: "a rebuilt binary package's without its suffix",
      purl: "pkg:deb/debian/libx@1.5-1%2Bb3?distro=debian-13",
      source: undefined,
      expected: "1.5-1",
    },
    {
      title: "a Go module's without its letter",
      purl: "pkg:golang/a/b@v1.2.3",
      source: undefined,
      expected: "1.2.3",
    },
    { title: "Go's own", purl: "pkg:golang/stdlib@go1.22.1", source: undefined, expected: "1.22.1" },
    { title: "an apk's as it is", purl: "pkg:apk/wolfi/x@1.2-r3", source: undefined, expected: "1.2-r3" },
  ])("$title", ({ purl, source, expected }) => {
    const component = componentFrom(purl);
    const match = packageMatchOf(
      source === undefined ? component : { ...component, source: { ...component.source, version: source } },
    );
    expect(match).toMatchObject({ version: expected });
  });
});

test("U4: what no hint says the source of is asked about by its own name, and said to be", () => {
  const own = componentFrom(`${BHC}/libcrypto3@3?distro=bellsoft-hardened-containers-25`);
  expect(packageMatchOf(own)).toMatchObject({ keys: [{ name: "libcrypto3" }], isOwnName: true });
  const hinted = componentFrom(`${BHC}/libcrypto3@3?distro=bellsoft-hardened-containers-25&upstream=openssl`);
  expect(packageMatchOf(hinted)).toMatchObject({ keys: [{ name: "openssl" }], isOwnName: false });
  expect(packageMatchOf(componentFrom("pkg:npm/a@1"))).toMatchObject({ isOwnName: false });
});

test("a version that only marks a build has no order to look up", () => {
  expect(packageMatchOf({ ...componentFrom("pkg:golang/a/b@v1.0.0"), isBuildMark: true })).toStrictEqual({
    kind: "unmatched",
    reason: "their version only marks a build",
  });
});
