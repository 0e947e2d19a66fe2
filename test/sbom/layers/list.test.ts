import { describe, expect, test } from "vitest";
import { listOfLayers } from "../../../src/sbom/layers/list.ts";
import type { LayerFile, LayerFiles } from "../../../src/sbom/layers/stack.ts";
import { rpmDatabaseOf, rpmHeaderOf } from "../../tools/rpm-database.ts";

function filesOf(texts: Readonly<Record<string, string | Buffer>>): LayerFiles {
  return new Map(
    Object.entries(texts).map(([path, text]): [string, LayerFile] => [
      path,
      { kind: "file", bytes: Buffer.from(text) },
    ]),
  );
}

const ALPINE = "ID=alpine\nVERSION_ID=3.22.1\n";
const RHEL = 'ID="rhel"\nVERSION_ID="9.4"\nCPE_NAME="cpe:/o:redhat:enterprise_linux:9::baseos"\n';
const MUSL = "P:musl\nV:1.2.5-r12\nA:x86_64\no:musl\n\n";
const OPENSSL = {
  name: "openssl-libs",
  version: "3.0.7",
  release: "27.el9",
  epoch: 1,
  sourceRpm: "openssl-3.0.7-27.el9.src.rpm",
};

describe("the list of an image's layers", () => {
  test("of Alpine", () => {
    const files = filesOf({
      "etc/os-release": ALPINE,
      "lib/apk/db/installed": `P:libcrypto3\nV:3.5.4-r0\nA:x86_64\nL:Apache-2.0\no:openssl\n\n${MUSL}P:.deps\nV:1\n\n`,
    });
    expect(listOfLayers(files)).toMatchObject({
      kind: "read",
      list: {
        format: "layers",
        specVersion: "1",
        tool: "hullkeeper",
        toolVersion: "1",
        distribution: "alpine-3.22.1",
        components: [
          {
            key: "apk/alpine/libcrypto3",
            version: "3.5.4-r0",
            architecture: "x86_64",
            licence: "Apache-2.0",
            source: { name: "openssl", how: "upstream" },
            distribution: "alpine-3.22.1",
          },
          { key: "apk/alpine/musl", version: "1.2.5-r12", source: { name: "musl", how: "upstream" } },
        ],
        skipped: [{ reason: "pseudo-package", count: 1 }],
      },
    });
  });

  test("of Debian, with and without a package manager", () => {
    const files = filesOf({
      "usr/lib/os-release": "ID=debian\nVERSION_ID=12\n",
      "var/lib/dpkg/status": "Package: old\nStatus: deinstall ok config-files\nVersion: 1\n\n",
      "var/lib/dpkg/status.d/libssl3":
        "Package: libssl3\nSource: openssl\nVersion: 3.0.15-1~deb12u1\nArchitecture: amd64\n",
    });
    expect(listOfLayers(files)).toMatchObject({
      list: {
        distribution: "debian-12",
        components: [{ key: "deb/debian/libssl3", version: "3.0.15-1~deb12u1", source: { name: "openssl" } }],
        skipped: [{ reason: "not-installed", count: 1 }],
      },
    });
  });

  test("of Red Hat", () => {
    const gpg = { name: "gpg-pubkey", version: "fd431d51", release: "4ae0493b" };
    const files = filesOf({
      "etc/os-release": RHEL,
      "var/lib/rpm/rpmdb.sqlite": rpmDatabaseOf([
        rpmHeaderOf({ ...OPENSSL, ballastBytes: 20_000 }),
        rpmHeaderOf(gpg),
      ]),
      "var/lib/rpm/rpmdb.sqlite-wal": "",
    });
    expect(listOfLayers(files)).toMatchObject({
      list: {
        distribution: "rhel-9.4",
        distributionCpe: "cpe:/o:redhat:enterprise_linux:9::baseos",
        components: [
          {
            key: "rpm/redhat/openssl-libs",
            version: "1:3.0.7-27.el9",
            source: { name: "openssl", how: "upstream" },
            distribution: "rhel-9.4",
          },
        ],
        skipped: [{ reason: "pseudo-package", count: 1 }],
      },
    });
  });

  test("the system's name in etc stands before the one in usr/lib", () => {
    const files = filesOf({
      "etc/os-release": "ID=wolfi\nVERSION_ID=20230201\n",
      "usr/lib/os-release": ALPINE,
      "usr/lib/apk/db/installed": MUSL,
    });
    expect(listOfLayers(files)).toMatchObject({ list: { components: [{ key: "apk/wolfi/musl" }] } });
  });

  test("of an image that names no system has no distribution", () => {
    expect(listOfLayers(filesOf({ "lib/apk/db/installed": MUSL }))).toMatchObject({
      list: { components: [{ key: "apk/musl" }] },
    });
  });

  test("does not depend on the order of the files", () => {
    const texts = {
      "etc/os-release": ALPINE,
      "lib/apk/db/installed": MUSL,
      "usr/lib/apk/db/installed": MUSL,
    };
    const turned = Object.fromEntries(Object.entries(texts).toReversed());
    expect(listOfLayers(filesOf(turned))).toStrictEqual(listOfLayers(filesOf(texts)));
    expect(listOfLayers(filesOf(texts))).toMatchObject({
      list: { components: [{ key: "apk/alpine/musl" }] },
    });
  });

  test("fields that are there and empty say nothing", () => {
    const reading = listOfLayers(filesOf({ "lib/apk/db/installed": "P:musl\nV:1\nA:\no:\nL:\n\n" }));
    expect(reading).toMatchObject({
      list: {
        components: [
          {
            key: "apk/musl",
            type: "apk",
            name: "musl",
            version: "1",
            source: { name: "musl", how: "own-name" },
          },
        ],
      },
    });
  });

  test("names that cannot be shown are no packages", () => {
    const files = filesOf({
      "lib/apk/db/installed": `P:a\u202eb\nV:1\n\nP:${"a".repeat(400)}\nV:1\n\n${MUSL}`,
    });
    expect(listOfLayers(files)).toMatchObject({
      list: { components: [{ name: "musl" }], skipped: [{ reason: "entry-invalid", count: 2 }] },
    });
  });

  const damaged = rpmDatabaseOf([rpmHeaderOf(OPENSSL)]).subarray(0, 4_096);

  test.each<{ title: string; files: LayerFiles; reason: string }>([
    { title: "nothing", files: new Map(), reason: "no database of packages" },
    {
      title: "a system without packages",
      files: filesOf({ "etc/os-release": ALPINE }),
      reason: "no database",
    },
    { title: "an empty database", files: filesOf({ "lib/apk/db/installed": "" }), reason: "no database" },
    { title: "another text", files: filesOf({ "lib/apk/db/installed": "<html>" }), reason: "no database" },
    { title: "Berkeley DB", files: filesOf({ "var/lib/rpm/Packages": "x" }), reason: "Berkeley DB" },
    { title: "ndb", files: filesOf({ "usr/lib/sysimage/rpm/Packages.db": "x" }), reason: "ndb" },
    {
      title: "a journal that was not written back",
      files: filesOf({
        "var/lib/rpm/rpmdb.sqlite": rpmDatabaseOf([rpmHeaderOf(OPENSSL)]),
        "var/lib/rpm/rpmdb.sqlite-wal": "x",
      }),
      reason: "not written back",
    },
    {
      title: "a damaged database beside a good one",
      files: filesOf({ "lib/apk/db/installed": MUSL, "var/lib/rpm/rpmdb.sqlite": damaged }),
      reason: "not a package database",
    },
    {
      title: "a link in place of the database",
      files: new Map([["lib/apk/db/installed", { kind: "link" }]]),
      reason: "a link",
    },
    {
      title: "200,001 packages",
      files: filesOf({ "lib/apk/db/installed": "P:a\nV:1\n\n".repeat(200_001) }),
      reason: "more than 200000",
    },
  ])("of $title is not read", ({ files, reason }) => {
    const reading = listOfLayers(files);
    expect(reading).toMatchObject({ kind: "not-read", reason: expect.stringContaining(reason) });
  });
});
