import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { textOfFile } from "../../test/conformance/read-file.ts";
import { sharedData } from "../../test/shared-data.ts";

/** Two SBOMs of one image, as texts. */
export interface Pair {
  readonly title: string;
  readonly predicateType: string;
  readonly before: string;
  readonly after: string;
}

const SPDX = "https://spdx.dev/Document";
const CYCLONEDX = "https://cyclonedx.org/bom";
const TYPES = [
  "rpm/redhat",
  "deb/debian",
  "apk/alpine",
  "npm",
  "maven/org.acme",
  "golang/acme.example",
  "pypi",
];
/** Every so many packages are in another version in the second document. */
const CHANGED_EVERY = 10;
const PACKAGES = 8_000;

/** Published pairs, where they are, and one that is made here. */
export async function pairs(): Promise<readonly Pair[]> {
  const made: Pair = {
    title: "made, 8,000 packages",
    predicateType: SPDX,
    before: spdxOf(0),
    after: spdxOf(1),
  };
  return [...(await publishedPairs()), made];
}

async function publishedPairs(): Promise<readonly Pair[]> {
  if (!existsSync(sharedData("sbom/"))) return [];
  return [
    {
      title: "quay-builder, two releases",
      predicateType: CYCLONEDX,
      before: await text("quay-builder-2025-02-24.amd64.cdx.json"),
      after: await text("quay-builder-2025-04-02.amd64.cdx.json"),
    },
    {
      title: "kube-proxy, another base",
      predicateType: SPDX,
      before: await text("kube-proxy-1.24.6.spdx.json.gz"),
      after: await text("kube-proxy-1.25.1.spdx.json.gz"),
    },
    {
      title: "ubi of syft, 8,289 files",
      predicateType: SPDX,
      before: await text("syft-ubi.v1.spdx.json.xz"),
      after: await text("syft-ubi.v2.spdx.json.xz"),
    },
  ];
}

function text(name: string): Promise<string> {
  return textOfFile(fileURLToPath(sharedData(`sbom/${name}`)));
}

/** An SPDX document of 14 MB as tools write them: packages of all kinds, a tenth of them in another version in another release. */
function spdxOf(release: 0 | 1): string {
  const packages = Array.from({ length: PACKAGES }, (_, at) => packageOf(at, release));
  return JSON.stringify({
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: "acme/everything",
    documentNamespace: `https://acme.example/sbom/${release}`,
    creationInfo: { created: "2026-11-01T00:00:00Z", creators: ["Tool: syft-1.16.0"] },
    packages,
    relationships: packages.map(({ SPDXID }) => ({
      spdxElementId: "SPDXRef-DOCUMENT",
      relatedSpdxElement: SPDXID,
      relationshipType: "DESCRIBES",
    })),
  });
}

function packageOf(at: number, release: 0 | 1) {
  const type = TYPES[at % TYPES.length] ?? "";
  const patch = at % CHANGED_EVERY === 0 ? release : 0;
  const version = `${type.startsWith("golang") ? "v" : ""}1.${at % 97}.${patch}`;
  const purl = `pkg:${type}/package-${at}@${version}`;
  return {
    SPDXID: `SPDXRef-Package-${at}`,
    name: `package-${at}`,
    versionInfo: version,
    supplier: "Organization: Acme Example Incorporated",
    downloadLocation: "NOASSERTION",
    filesAnalyzed: false,
    licenseConcluded: "NOASSERTION",
    licenseDeclared: at % 3 === 0 ? "MIT AND (Apache-2.0 OR BSD-3-Clause)" : "Apache-2.0",
    copyrightText: "NOASSERTION",
    checksums: [{ algorithm: "SHA256", checksumValue: at.toString(16).padStart(64, "0") }],
    description: "x".repeat(580),
    externalRefs: [
      ...Array.from({ length: 4 }, (_, part) => ({
        referenceCategory: "SECURITY",
        referenceType: "cpe23Type",
        referenceLocator: `cpe:2.3:a:acme-${part}:package-${at}:${version}:*:*:*:*:*:*:*`,
      })),
      { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl },
    ],
  };
}
