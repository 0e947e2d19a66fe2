import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { compareVersions } from "../../src/versions/compare.ts";
import { sharedData } from "../shared-data.ts";
import { misses, rowsOf } from "./rows.ts";

const versions = sharedData("versions/");

describe.skipIf(!existsSync(versions))("published vectors (real data, skipped where not present)", () => {
  test.each([
    { type: "apk", file: "apk.txt", atLeast: 360 },
    { type: "apk", file: "scalibr-alpine-versions-generated.txt", atLeast: 1_700 },
    { type: "deb", file: "deb.txt", atLeast: 22 },
    { type: "deb", file: "scalibr-debian-versions-generated.txt", atLeast: 1_800 },
    { type: "rpm", file: "rpm.txt", atLeast: 46 },
    { type: "maven", file: "scalibr-maven-versions.txt", atLeast: 13 },
    { type: "gem", file: "scalibr-rubygems-versions.txt", atLeast: 4 },
    { type: "npm", file: "scalibr-semver-versions.txt", atLeast: 11 },
    { type: "golang", file: "scalibr-semver-versions.txt", atLeast: 11 },
  ])("$file as $type", ({ type, file, atLeast }) => {
    const rows = rowsOf(readFileSync(new URL(file, versions), "utf8"));
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(misses(type, rows)).toStrictEqual([]);
  });

  test.each([
    {
      title: "without order for what is older than PEP 440",
      type: "pypi",
      file: "scalibr-pypi-versions.txt",
      exceptions: ["0.9-fearow 0.9-gyarados: undefined and undefined, not -1"],
    },
    {
      title:
        "a release that is absent says nothing, as in a dependency of rpm; the vectors hold it for nought",
      type: "rpm",
      file: "scalibr-redhat-versions.txt",
      exceptions: ["1 1-: 0 and 0, not -1"],
    },
  ])("$file: right, but $title", ({ type, file, exceptions }) => {
    const rows = rowsOf(readFileSync(new URL(file, versions), "utf8"));
    expect(rows.length).toBeGreaterThan(exceptions.length);
    expect(misses(type, rows)).toStrictEqual(exceptions);
  });

  test("apk.txt: what apk calls malformed has no order against itself", () => {
    const malformed = readFileSync(new URL("apk.txt", versions), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(malformed.length).toBeGreaterThan(10);
    expect(
      malformed.filter((version) => compareVersions("apk", version, version) !== undefined),
    ).toStrictEqual([]);
  });
});
