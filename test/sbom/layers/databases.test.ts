import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { apkPackagesIn } from "../../../src/sbom/layers/apk.ts";
import { debPackagesIn } from "../../../src/sbom/layers/dpkg.ts";
import { parseOsRelease } from "../../../src/sbom/layers/os-release.ts";
import { rpmPackageIn } from "../../../src/sbom/layers/rpm-header.ts";
import { rpmPackagesInManifest } from "../../../src/sbom/layers/rpm-manifest.ts";
import { rpmHeaderOf } from "../../tools/rpm-database.ts";

const SKIPPED = { kind: "skipped", reason: "entry-invalid" };

describe("apk's database", () => {
  test("names, versions, architectures, licences and origins are read; files and dependencies are not", () => {
    const text = [
      "C:Q1abc=",
      "P:libcrypto3",
      "V:3.5.4-r0",
      "A:x86_64",
      "L:Apache-2.0",
      "o:openssl",
      "D:so:libc.musl-x86_64.so.1",
      "F:usr/lib",
      "R:libcrypto.so.3",
      "a:0:0:755",
      "Z:Q1abc=",
      "",
      "P:.build-deps",
      "V:20260101.000000",
      "",
      "",
      "P:musl",
      "V:1.2.5-r12",
    ].join("\n");
    expect([...apkPackagesIn(text)]).toStrictEqual([
      {
        kind: "package",
        package: {
          type: "apk",
          name: "libcrypto3",
          version: "3.5.4-r0",
          architecture: "x86_64",
          upstream: "openssl",
          licence: "Apache-2.0",
        },
      },
      { kind: "package", package: { type: "apk", name: ".build-deps", version: "20260101.000000" } },
      { kind: "package", package: { type: "apk", name: "musl", version: "1.2.5-r12" } },
    ]);
  });

  test.each([
    { title: "no name", text: "V:1\n\n" },
    { title: "no version", text: "P:a\n" },
    { title: "an empty version", text: "P:a\nV:\n" },
    { title: "no colon", text: "Pa\nV1\n" },
  ])("an entry with $title is counted as invalid", ({ text }) => {
    expect([...apkPackagesIn(text)]).toStrictEqual([SKIPPED]);
  });

  test.each(["", "\n", "\n\n\n"])("%j has no entries", (text) => {
    expect([...apkPackagesIn(text)]).toStrictEqual([]);
  });
});

const INSTALLED = "Status: install ok installed";

function deb(lines: readonly string[]): unknown {
  return [...debPackagesIn(lines.join("\n"))];
}

describe("dpkg's status", () => {
  test("a package, its source and the version of the source", () => {
    const lines = [
      "Package: libssl3t64",
      INSTALLED,
      "Architecture: amd64",
      "Source: openssl (3.5.1-1)",
      "Version: 3.5.1-1+b1",
      "Description: Secure Sockets Layer toolkit",
      " Version: 9",
      "\tPackage: other",
      "Version: 8",
      "",
    ];
    expect(deb(lines)).toStrictEqual([
      {
        kind: "package",
        package: {
          type: "deb",
          name: "libssl3t64",
          version: "3.5.1-1+b1",
          architecture: "amd64",
          upstream: "openssl@3.5.1-1",
        },
      },
    ]);
  });

  test.each([
    { title: "no source field", source: [], upstream: "bash" },
    { title: "an empty source", source: ["Source:"], upstream: "bash" },
    { title: "a source without a version", source: ["Source: bash-src"], upstream: "bash-src" },
    { title: "a source with an empty version", source: ["Source: bash-src ()"], upstream: "bash-src" },
  ])("$title", ({ source, upstream }) => {
    expect(deb(["Package: bash", ...source, "Version: 5"])).toMatchObject([{ package: { upstream } }]);
  });

  test.each(["installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"])(
    "what is %s is there",
    (state) => {
      expect(deb(["Package: a", `Status: install ok ${state}`, "Version: 1"])).toMatchObject([
        { kind: "package" },
      ]);
    },
  );

  test.each([
    "deinstall ok config-files",
    "purge ok not-installed",
    "install reinstreq half-installed",
    "x",
    "",
  ])("what is %j is not", (status) => {
    expect(deb(["Package: a", `Status: ${status}`, "Version: 1"])).toStrictEqual([
      { kind: "skipped", reason: "not-installed" },
    ]);
  });

  test.each([
    { title: "no name", lines: [INSTALLED, "Version: 1"] },
    { title: "no version", lines: ["Package: a", INSTALLED] },
  ])("an entry with $title is counted as invalid", ({ lines }) => {
    expect(deb(lines)).toStrictEqual([SKIPPED]);
  });
});

describe("a header of rpm's database", () => {
  const fields = {
    name: "openssl-libs",
    version: "3.0.7",
    release: "27.el9",
    epoch: 1,
    architecture: "x86_64",
    licence: "ASL 2.0",
    sourceRpm: "openssl-3.0.7-27.el9.src.rpm",
  };

  test("its package", () => {
    expect(rpmPackageIn(rpmHeaderOf(fields))).toStrictEqual({
      kind: "package",
      package: {
        type: "rpm",
        name: "openssl-libs",
        version: "3.0.7-27.el9",
        epoch: "1",
        architecture: "x86_64",
        upstream: "openssl-3.0.7-27.el9.src.rpm",
        licence: "ASL 2.0",
      },
    });
  });

  test("as rpm itself wrote it", () => {
    const header = readFileSync(new URL("../../fixtures/layers/rpm-header.bin", import.meta.url));
    expect(rpmPackageIn(header)).toStrictEqual({
      kind: "package",
      package: {
        type: "rpm",
        name: "openssl-libs",
        version: "3.0.7-27.el9",
        epoch: "1",
        architecture: "x86_64",
        upstream: "openssl-src-3.0.7-27.el9.src.rpm",
        licence: "ASL 2.0 and MIT",
      },
    });
  });

  test.each([
    { title: "nothing", bytes: Buffer.alloc(0) },
    { title: "zeros", bytes: Buffer.alloc(8) },
    { title: "more entries than bytes", bytes: Buffer.from("7fffffff7fffffff", "hex") },
    { title: "no name", bytes: rpmHeaderOf({ ...fields, name: "" }) },
    { title: "no version", bytes: rpmHeaderOf({ ...fields, version: "" }) },
    { title: "no release", bytes: rpmHeaderOf({ ...fields, release: "" }) },
    { title: "a name of 3,000 bytes", bytes: rpmHeaderOf({ ...fields, name: "a".repeat(3_000) }) },
    { title: "an end too soon", bytes: rpmHeaderOf(fields).subarray(0, -1) },
  ])("of $title there is no package", ({ bytes }) => {
    expect(rpmPackageIn(bytes)).toStrictEqual(SKIPPED);
  });

  test("bytes that are changed anywhere give an entry, never an error", () => {
    const header = rpmHeaderOf(fields);
    fc.assert(
      fc.property(fc.nat(header.byteLength - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(header);
        changed[at] = byte;
        expect(["package", "skipped"]).toContain(rpmPackageIn(changed).kind);
      }),
    );
  });
});

function line(columns: readonly string[]): string {
  return columns.join("\t");
}

describe("the manifest of rpm packages", () => {
  const OPENSSL = [
    "openssl-libs",
    "3.3.3-2.azl3",
    "1740000000",
    "1739000000",
    "Microsoft Corporation",
    "(none)",
    "7000000",
    "x86_64",
    "0",
    "openssl-3.3.3-2.azl3.src.rpm",
  ];

  test("a package per line", () => {
    const text = `${line(OPENSSL)}\n${line([...OPENSSL.slice(0, 8), "1", "(none)"])}\n`;
    expect([...rpmPackagesInManifest(text)]).toStrictEqual([
      {
        kind: "package",
        package: {
          type: "rpm",
          name: "openssl-libs",
          version: "3.3.3-2.azl3",
          epoch: "0",
          architecture: "x86_64",
          upstream: "openssl-3.3.3-2.azl3.src.rpm",
        },
      },
      {
        kind: "package",
        package: {
          type: "rpm",
          name: "openssl-libs",
          version: "3.3.3-2.azl3",
          epoch: "1",
          architecture: "x86_64",
        },
      },
    ]);
  });

  test.each([
    { title: "too few columns", text: line(OPENSSL.slice(0, 9)) },
    { title: "no name", text: line(["", ...OPENSSL.slice(1)]) },
    { title: "no release", text: line(["a", "1", ...OPENSSL.slice(2)]) },
    { title: "other text", text: "not a list" },
  ])("a line with $title is counted as invalid", ({ text }) => {
    expect([...rpmPackagesInManifest(text)]).toStrictEqual([SKIPPED]);
  });
});

describe("os-release", () => {
  test.each([
    {
      title: "quoted values and comments",
      text: '# x\nNAME="Red Hat"\nID="rhel"\nVERSION_ID="9.4"\nCPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"\n',
      expected: { id: "rhel", version: "9.4", cpe: "cpe:/o:redhat:enterprise_linux:9::baseos" },
    },
    {
      title: "bare values",
      text: "ID=alpine\nVERSION_ID=3.22.1",
      expected: { id: "alpine", version: "3.22.1" },
    },
    {
      title: "single quotes",
      text: "ID='debian'\r\nVERSION_ID='12'\r\n",
      expected: { id: "debian", version: "12" },
    },
    { title: "no release", text: "ID=arch\n", expected: { id: "arch" } },
    { title: "a name twice", text: "ID=a\nID=b\n", expected: { id: "b" } },
    { title: "a release that is none", text: 'ID=a\nVERSION_ID="1 2"\n', expected: { id: "a" } },
    { title: "a CPE with a line break", text: 'ID=a\nCPE_NAME="cpe:/o: x"\n', expected: { id: "a" } },
  ])("$title", ({ text, expected }) => {
    expect(parseOsRelease(text)).toStrictEqual(expected);
  });

  test.each(["", "NAME=x\n", "ID=\n", "ID=Debian\n", 'ID="a b"\n', `ID=${"a".repeat(65)}\n`, "ID=../x\n"])(
    "%j names no system",
    (text) => {
      expect(parseOsRelease(text)).toBeUndefined();
    },
  );
});
