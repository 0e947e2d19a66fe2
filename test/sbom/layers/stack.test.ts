import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  entryOf,
  type EntryType,
  type LayerChange,
  type LayerFiles,
  stackedOn,
} from "../../../src/sbom/layers/stack.ts";

const APK = "lib/apk/db/installed";
const DPKG = "var/lib/dpkg/status";
const PART = "var/lib/dpkg/status.d/base";

type Layers = readonly (readonly (readonly [name: string, type: EntryType, text?: string])[])[];

/** The texts that are left after these layers; each entry is a name, a type and, for files, what is in it. */
function stack(...layers: Layers): unknown {
  let files: LayerFiles = new Map();
  for (const layer of layers) {
    const changes = layer.flatMap(([name, type, text = ""]): readonly LayerChange[] => {
      const entry = entryOf(name, type);
      if (entry === undefined) return [];
      return [entry.kind === "wanted" ? { kind: "file", path: entry.path, bytes: Buffer.from(text) } : entry];
    });
    files = stackedOn(files, changes);
  }
  return Object.fromEntries(
    [...files].map(([path, file]) => [
      path,
      file.kind === "link" ? "link" : Buffer.from(file.bytes).toString(),
    ]),
  );
}

describe("which entries count", () => {
  test.each([
    { name: "lib/apk/db/installed", path: APK },
    { name: "./lib/apk/db/installed", path: APK },
    { name: "/lib/apk/db/installed", path: APK },
    { name: "lib//apk/./db/installed", path: APK },
    { name: "usr/lib/apk/db/installed", path: "usr/lib/apk/db/installed" },
    { name: "var/lib/dpkg/status", path: DPKG },
    { name: "var/lib/dpkg/status.d/base", path: PART },
    { name: "var/lib/rpm/rpmdb.sqlite", path: "var/lib/rpm/rpmdb.sqlite" },
    { name: "usr/lib/sysimage/rpm/rpmdb.sqlite-wal", path: "usr/lib/sysimage/rpm/rpmdb.sqlite-wal" },
    { name: "var/lib/rpm/Packages", path: "var/lib/rpm/Packages" },
    { name: "etc/os-release", path: "etc/os-release" },
  ])("$name is wanted", ({ name, path }) => {
    expect(entryOf(name, "file")).toStrictEqual({ kind: "wanted", path });
  });

  test.each([
    "",
    "/",
    ".",
    "..",
    "../lib/apk/db/installed",
    "lib/../lib/apk/db/installed",
    "x/lib/apk/db/installed",
    "lib/apk/db/installed/x",
    "lib/apk/db/Installed",
    "etc/passwd",
    "var/lib/dpkg/info/base.list",
    "var/lib/dpkg/status.d/a/b",
    ".wh.etc2",
    "x/.wh..wh..opq",
    `${"a/".repeat(3_000)}status`,
  ])("%j tells nothing", (name) => {
    expect(entryOf(name, "file")).toBeUndefined();
  });

  test("checksums beside the packages of status.d are not read", () => {
    expect(entryOf("var/lib/dpkg/status.d/base.md5sums", "file")?.kind).not.toBe("wanted");
  });
});

describe("layers on each other", () => {
  test.each([
    {
      title: "the later file counts",
      layers: [[[APK, "file", "old"]], [[APK, "file", "new"]]],
      expected: { [APK]: "new" },
    },
    {
      title: "of two in one layer the later counts",
      layers: [
        [
          [APK, "file", "one"],
          [APK, "file", "two"],
        ],
      ],
      expected: { [APK]: "two" },
    },
    {
      title: "a whiteout takes a file away",
      layers: [[[APK, "file"]], [["lib/apk/db/.wh.installed", "file"]]],
      expected: {},
    },
    {
      title: "a whiteout takes a folder away",
      layers: [[[APK, "file"]], [[".wh.lib", "file"]]],
      expected: {},
    },
    {
      title: "a whiteout takes one file away, not its neighbours",
      layers: [
        [
          [DPKG, "file", "x"],
          [PART, "file"],
        ],
        [["var/lib/dpkg/status.d/.wh.base", "file"]],
      ],
      expected: { [DPKG]: "x" },
    },
    {
      title: "a whiteout does not reach into its own layer",
      layers: [
        [[APK, "file", "old"]],
        [
          [APK, "file", "new"],
          [".wh.lib", "file"],
        ],
      ],
      expected: { [APK]: "new" },
    },
    {
      title: "an opaque folder hides what was below it",
      layers: [
        [
          [DPKG, "file"],
          [APK, "file", "x"],
        ],
        [["var/lib/.wh..wh..opq", "file"]],
      ],
      expected: { [APK]: "x" },
    },
    {
      title: "an opaque folder keeps what its own layer has",
      layers: [
        [[PART, "file", "old"]],
        [
          [PART, "file", "new"],
          ["var/lib/dpkg/status.d/.wh..wh..opq", "file"],
        ],
      ],
      expected: { [PART]: "new" },
    },
    { title: "an opaque root", layers: [[[APK, "file"]], [[".wh..wh..opq", "file"]]], expected: {} },
    { title: "a folder where the file was", layers: [[[APK, "file"]], [[APK, "folder"]]], expected: {} },
    {
      title: "a folder on the way changes nothing",
      layers: [[[APK, "file", "x"]], [["lib/apk/db", "folder"]]],
      expected: { [APK]: "x" },
    },
    { title: "a link where a folder was", layers: [[[APK, "file"]], [["lib", "link"]]], expected: {} },
    { title: "a file where a folder was", layers: [[[APK, "file"]], [["lib/apk", "file"]]], expected: {} },
    {
      title: "a link where the file was is kept in mind",
      layers: [[[APK, "file"]], [[APK, "link"]]],
      expected: { [APK]: "link" },
    },
    { title: "a device where the file was", layers: [[[APK, "file"]], [[APK, "other"]]], expected: {} },
    {
      title: "what was taken away can come again",
      layers: [[[APK, "file", "1"]], [[".wh.lib", "file"]], [[APK, "file", "3"]]],
      expected: { [APK]: "3" },
    },
  ] satisfies readonly { title: string; layers: Layers; expected: object }[])(
    "$title",
    ({ layers, expected }) => {
      expect(stack(...layers)).toStrictEqual(expected);
    },
  );

  test("any names and types are taken without an error", () => {
    const part = fc.constantFrom(
      "lib",
      "apk",
      "db",
      "installed",
      "var",
      ".wh.lib",
      ".wh..wh..opq",
      "..",
      ".",
      "",
      "x",
    );
    const name = fc.array(part, { maxLength: 8 }).map((parts) => parts.join("/"));
    const entry = fc.tuple(name, fc.constantFrom<EntryType>("file", "folder", "link", "other"));
    fc.assert(
      fc.property(fc.array(fc.array(entry)), (layers) => {
        expect(() => stack(...layers)).not.toThrow();
      }),
    );
  });
});
