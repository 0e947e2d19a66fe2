import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { sharedData } from "../shared-data.ts";
import { answerOf } from "./verify-bundle.ts";

/**
 * The public conformance suite's own bundles, each a folder whose name says what must become of it.
 *
 * @see sigstore/sigstore-conformance, test/assets/bundle-verify/README.md; `test` of it is looked for in the shared data
 */
const ASSETS = sharedData("trust/sigstore-conformance/test/assets/bundle-verify/");
const isHere = existsSync(ASSETS);

/** Who signs where a folder does not say it: the suite's own workflow. */
const BEACON = {
  identity:
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
  issuer: "https://token.actions.githubusercontent.com",
} as const;

interface Folder {
  readonly name: string;
  readonly path: (file: string) => string | undefined;
}

const folders: readonly Folder[] = (isHere ? readdirSync(ASSETS, { withFileTypes: true }) : [])
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    name,
    path: (file) => {
      const url = new URL(`${encodeURIComponent(name)}/${file}`, ASSETS);
      return existsSync(url) ? fileURLToPath(url) : undefined;
    },
  }));

function argumentsOf({ path }: Folder, what: string): readonly string[] {
  const key = path("key.pub");
  const root = path("trusted_root.json");
  const said = (file: keyof typeof BEACON): string => {
    const found = path(file);
    return found === undefined ? BEACON[file] : readFileSync(found, "utf8").trim();
  };
  return [
    "verify-bundle",
    "--bundle",
    path("bundle.sigstore.json") ?? "",
    ...(key === undefined
      ? ["--certificate-identity", said("identity"), "--certificate-oidc-issuer", said("issuer")]
      : ["--key", key]),
    ...(root === undefined ? [] : ["--trusted-root", root]),
    what,
  ];
}

function artifactOf({ path }: Folder): string {
  return path("artifact") ?? fileURLToPath(new URL("a.txt", ASSETS));
}

/** A statement names digests: it can be asked about without the bytes. */
function isStatement({ path }: Folder): boolean {
  return readFileSync(path("bundle.sigstore.json") ?? "", "utf8").includes('"dsseEnvelope"');
}

describe.skipIf(!isHere)(`the public conformance suite (${isHere ? "present" : "absent"})`, () => {
  test("is as large as it should be", () => {
    expect(folders.length).toBeGreaterThanOrEqual(70);
    expect(folders.filter(({ name }) => name.endsWith("_fail")).length).toBeGreaterThan(folders.length / 2);
  });

  test.each(folders)("$name", async (folder) => {
    const { code, line } = await answerOf(argumentsOf(folder, artifactOf(folder)));
    expect({ code, line }).toMatchObject({ code: folder.name.endsWith("_fail") ? 1 : 0 });
  });

  test.each(folders.filter(isStatement))("$name, by digest", async (folder) => {
    const digest = digestOf(readFileSync(artifactOf(folder)));
    const { code, line } = await answerOf(argumentsOf(folder, digest));
    expect({ code, line }).toMatchObject({ code: folder.name.endsWith("_fail") ? 1 : 0 });
  });
});
