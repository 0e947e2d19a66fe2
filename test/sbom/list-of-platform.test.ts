import { describe, expect, test } from "vitest";
import { listOfPlatform, listsOfPlatforms } from "../../src/sbom/list-of-platform.ts";
import { listOf } from "../fixtures/lists.ts";

/** What distroless lists on its index: the packages of all platforms in one SBOM. */
const all = listOf(
  "pkg:deb/debian/base-files@13?arch=all",
  "pkg:deb/debian/libc6@2.41-12?arch=amd64",
  "pkg:deb/debian/libc6@2.41-12?arch=arm64",
  "pkg:deb/debian/libc6@2.41-11?arch=ppc64el",
  "pkg:deb/debian/libgcc-s1@14?arch=armhf",
);

function namesOf(platform: string): readonly string[] | undefined {
  return listOfPlatform(all, platform)?.components.map(({ name, version }) => `${name} ${version}`);
}

describe("the packages of one platform in a list of several", () => {
  test.each([
    { platform: "linux/amd64", names: ["base-files 13", "libc6 2.41-12"] },
    { platform: "linux/arm64", names: ["base-files 13", "libc6 2.41-12"] },
    { platform: "linux/arm64/v8", names: ["base-files 13", "libc6 2.41-12"] },
    { platform: "linux/ppc64le", names: ["base-files 13", "libc6 2.41-11"] },
    { platform: "linux/arm/v7", names: ["base-files 13", "libgcc-s1 14"] },
  ])("$platform", ({ platform, names }) => {
    expect(namesOf(platform)).toStrictEqual(names);
  });

  test.each(["linux/s390x", "linux/mystery", "linux", ""])("says nothing of %j", (platform) => {
    expect(namesOf(platform)).toBeUndefined();
  });

  test("what runs on an architecture beside its own is kept", () => {
    const list = listOf("pkg:rpm/redhat/glibc@1?arch=i686", "pkg:rpm/redhat/glibc@1?arch=x86_64");
    expect(listOfPlatform(list, "linux/amd64")?.components).toHaveLength(2);
    expect(listOfPlatform(list, "linux/386")?.components).toHaveLength(1);
  });

  test("all else of the list stays", () => {
    const { components: _components, ...rest } = all;
    expect(listOfPlatform(all, "linux/amd64")).toMatchObject(rest);
  });
});

describe("a list that covers several platforms", () => {
  test("has one list for each that it speaks of", () => {
    const lists = listsOfPlatforms(all, ["linux/amd64", "linux/arm64", "linux/s390x"]);
    expect(lists.map(({ platform, list }) => [platform, list.components.length])).toStrictEqual([
      ["linux/amd64", 2],
      ["linux/arm64", 2],
    ]);
  });

  test.each([
    { title: "one platform alone", platforms: ["linux/amd64"] },
    { title: "platforms of one architecture", platforms: ["linux/amd64", "windows/amd64"] },
    { title: "no platform", platforms: [] },
    { title: "platforms that it does not know", platforms: ["linux/s390x", "linux/riscv64"] },
  ])("is not split for $title", ({ platforms }) => {
    expect(listsOfPlatforms(all, platforms)).toStrictEqual([]);
  });

  test("is not one where its packages name no architecture", () => {
    const list = listOf("pkg:npm/a@1", "pkg:deb/debian/a@1");
    expect(listsOfPlatforms(list, ["linux/amd64", "linux/arm64"])).toStrictEqual([]);
  });
});
