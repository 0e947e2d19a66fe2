import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedData } from "../shared-data.ts";
import { answerOf } from "./diff-documents.ts";

const PROGRAM = fileURLToPath(new URL("sbom-diff.ts", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures/sbom/", import.meta.url));
const OLD = join(FIXTURES, "liberica-jre-25.release-1.cdx.json");
const NEW = join(FIXTURES, "liberica-jre-25.release-2.cdx.json");
const execute = promisify(execFile);
const documents = sharedData("sbom/");

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-sbom-diff-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function written(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

/** A CycloneDX document with these packages. */
function documentOf(...purls: readonly string[]) {
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    components: purls.map((purl) => ({ type: "library", name: "x", purl })),
  };
}

async function shown(old: string, current: string): Promise<unknown> {
  const { code, text } = await answerOf([old, current]);
  expect(`${code} ${code === 0 ? "" : text}`).toBe("0 ");
  return JSON.parse(text);
}

const ONE_UP = { quality: "exact", counts: { upgraded: 1, added: 0, removed: 0 }, equal: 1 };

describe("what the program reads", () => {
  const before = documentOf("pkg:apk/x/a@1", "pkg:apk/x/b@1");
  const after = documentOf("pkg:apk/x/a@2", "pkg:apk/x/b@1");
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "_", digest: { sha256: "0".repeat(64) } }],
    predicateType: "https://cyclonedx.org/bom",
    predicate: after,
  };
  const envelope = {
    payloadType: "application/vnd.in-toto+json",
    payload: Buffer.from(JSON.stringify(statement)).toString("base64"),
    signatures: [{ sig: "" }],
  };
  test.each([
    { title: "a document", content: JSON.stringify(after) },
    { title: "one with a byte order mark", content: `\uFEFF${JSON.stringify(after)}` },
    { title: "one in gzip, whatever its name", content: gzipSync(JSON.stringify(after)) },
    { title: "a statement", content: JSON.stringify(statement) },
    { title: "an envelope", content: JSON.stringify(envelope) },
    { title: "a bundle", content: JSON.stringify({ mediaType: "x", dsseEnvelope: envelope }) },
  ])("$title", async ({ content }) => {
    const old = await written("old.json", JSON.stringify(before));
    expect(await shown(old, await written("new.json", content))).toMatchObject(ONE_UP);
  });

  test("an SPDX document, which is another format", async () => {
    const spdx = { spdxVersion: "SPDX-2.3", packages: [] };
    const old = await written("old.json", JSON.stringify(before));
    const current = await written("new.json", JSON.stringify(spdx));
    expect(await shown(old, current)).toMatchObject({ quality: "index-only", new: { format: "spdx" } });
  });
});

test("what is printed: quality, counts by kind, the changes, and those by source", async () => {
  const { stdout } = await execute(process.execPath, [PROGRAM, OLD, NEW]);
  expect(JSON.parse(stdout)).toMatchObject({
    quality: "exact",
    counts: {
      downgraded: 0,
      upgraded: 9,
      changed: 0,
      relicensed: 0,
      added: 0,
      removed: 0,
      "version-added": 0,
      "version-removed": 0,
    },
    equal: 16,
    equivalent: 0,
    isBaseReplaced: false,
    old: { format: "cyclonedx", components: 25 },
  });
  const { changes, sources } = JSON.parse(stdout);
  expect(changes).toHaveLength(9);
  expect(changes[0]).toStrictEqual({
    kind: "upgraded",
    key: "apk/bellsoft-hardened-containers/ca-certificates",
    type: "apk",
    source: "ca-certificates",
    from: "20260714-r0",
    to: "20261027-r0",
  });
  expect(sources).toContainEqual({
    kind: "upgraded",
    type: "apk",
    name: "openssl",
    fromVersion: "3.5.3-r0",
    toVersion: "3.5.4-r0",
    packages: ["libcrypto3", "libssl3"],
  });
});

test.each([
  { title: "nothing", args: [] },
  { title: "one file", args: [OLD] },
  { title: "three files", args: [OLD, NEW, NEW] },
  { title: "an option", args: ["--old", NEW] },
])("not asked properly: $title", async ({ args }) => {
  expect(await answerOf(args)).toStrictEqual({
    code: 2,
    text: "usage: node test/conformance/sbom-diff.ts OLD NEW",
  });
});

describe("what cannot be read ends with 1 and a line", () => {
  const bomb = gzipSync(Buffer.alloc(41 * 1024 * 1024, 0x20));
  test.each([
    { title: "nothing", content: "", said: "sbom-invalid: " },
    { title: "no JSON", content: "hello", said: "the SBOM is not JSON" },
    {
      title: "a truncated document",
      content: '{"bomFormat":"CycloneDX","specVersion":"1.6","comp',
      said: "the SBOM is not JSON",
    },
    { title: "a list", content: "[]", said: "sbom-invalid: " },
    { title: "no SBOM", content: "{}", said: "SPDX version" },
    {
      title: "another version",
      content: '{"bomFormat":"CycloneDX","specVersion":"9"}',
      said: 'CycloneDX "9" is not read',
    },
    {
      title: "SPDX 3",
      content: '{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]}',
      said: "SPDX 3",
    },
    { title: "tag-value", content: "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", said: "SPDX tag-value" },
    { title: "XML", content: '<?xml version="1.0"?><bom/>', said: "XML" },
    {
      title: "a statement about something else",
      content:
        '{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"https://slsa.dev/provenance/v1","predicate":{}}',
      said: "not the predicate type",
    },
    { title: "a payload that is no statement", content: '{"payload":"e30="}', said: "statement-invalid: " },
    { title: "a bomb in gzip", content: bomb, said: "more than 41943040 bytes" },
    { title: "a broken gzip", content: gzipSync("{}").subarray(0, 12), said: "the file is no gzip" },
    { title: "a broken xz", content: Buffer.from("fd377a585a000000", "hex"), said: "the file is no xz" },
    { title: "bzip2", content: Buffer.from("BZh91AY&SY"), said: "compressed with bzip2 are not read" },
    { title: "zstd", content: Buffer.from("28b52ffd00", "hex"), said: "compressed with zstd are not read" },
    { title: "41 MiB", content: Buffer.alloc(41 * 1024 * 1024, 0x20), said: "more than 41943040 bytes" },
  ])("$title", async ({ content, said }) => {
    const path = await written("bad", content);
    for (const args of [
      [OLD, path],
      [path, NEW],
    ]) {
      const { code, text } = await answerOf(args);
      expect(code).toBe(1);
      expect(text).toContain(said);
      expect(text).not.toContain("\n");
    }
  });

  test("a file that is not there, on the error output", async () => {
    await expect(execute(process.execPath, [PROGRAM, OLD, join(directory, "absent")])).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("ENOENT"),
    });
  });
});

function real(name: string): string {
  return fileURLToPath(new URL(name, documents));
}

describe.skipIf(!existsSync(documents))("published files (real data, skipped where not present)", () => {
  test("D4: two files in xz: no difference", async () => {
    expect(await shown(real("syft-ubi.v1.spdx.json.xz"), real("syft-ubi.v2.spdx.json.xz"))).toMatchObject({
      quality: "exact",
      changes: [],
    });
  });

  test("D22: two files in gzip: another base", async () => {
    const old = real("kube-proxy-1.24.6.spdx.json.gz");
    expect(await shown(old, real("kube-proxy-1.25.1.spdx.json.gz"))).toMatchObject({
      counts: { upgraded: 2, added: 76, removed: 92 },
      isBaseReplaced: true,
    });
  });

  test("D20: a bomb in bzip2", async () => {
    expect(await answerOf([OLD, real("bomb.bz2")])).toMatchObject({ code: 1 });
  });
});
