import { InvalidInputError, quote } from "../errors.ts";
import { type Collector, createCollector } from "./collector.ts";
import type { ComponentList } from "./component.ts";
import { unread } from "./document.ts";
import { fieldIn, isObject, type JsonObject, listIn, textIn } from "./json.ts";
import { parsePurl, type Purl } from "./purl.ts";

const SPEC_VERSIONS = new Map([
  ["SPDX-2.2", "2.2"],
  ["SPDX-2.3", "2.3"],
]);
/** Purposes of entries that are no packages of the image. */
const OTHER_PURPOSES = new Set(["CONTAINER", "OPERATING_SYSTEM", "INSTALL", "FILE", "ARCHIVE", "SOURCE"]);
/** Relationships whose object is what the subject was made from or is described by: recipes and upstream sources. */
const MADE_FROM = new Set(["GENERATED_FROM", "DESCRIBED_BY"]);
/** Relationships whose subject serves only to make the object: `BUILD_TOOL_OF`, `DEV_DEPENDENCY_OF`, `TEST_OF` … */
const SERVES = /^(?:BUILD|DEV|TEST)_(?:[A-Z]+_)?OF$/;

/**
 * Reads an SPDX 2 document. Only `packages` count; files and snippets are a thousand times as many and no packages.
 *
 * @throws {InvalidInputError} `sbom-invalid` for another format or version (SPDX 3 is recognised and not read), and for more
 *   packages than are read
 * @see SPDX 2.3 JSON
 */
export function readSpdx(document: JsonObject): ComponentList {
  const specVersion = specVersionOf(document);
  const packages = fieldIn(document, "packages") ?? [];
  if (!Array.isArray(packages)) throw new InvalidInputError("sbom-invalid", "packages is not a list");
  const collector = createCollector();
  const tool = toolOf(document);
  const inputs = buildInputsOf(document);
  for (const entry of listIn(document, "packages")) {
    collector.enter();
    read(entry, collector, { inputs, isApko: tool === "apko" || tool === "melange" });
  }
  return { format: "spdx", specVersion, ...(tool === undefined ? {} : { tool }), ...collector.finish() };
}

function specVersionOf(document: JsonObject): string {
  const written = textIn(document, "spdxVersion");
  if (written?.startsWith("SPDX-3") === true) throw unread("SPDX 3");
  if (written === undefined && (Object.hasOwn(document, "@graph") || Object.hasOwn(document, "@context"))) {
    throw unread("SPDX 3");
  }
  const version = SPEC_VERSIONS.get(written ?? "");
  if (version !== undefined) return version;
  throw new InvalidInputError(
    "sbom-invalid",
    `SPDX version ${quote(written ?? "")} is not read, 2.2 and 2.3 are`,
  );
}

interface Setting {
  /** Ids of entries that served only to make the others. */
  readonly inputs: ReadonlySet<string>;
  readonly isApko: boolean;
}

function read(entry: unknown, collector: Collector, { inputs, isApko }: Setting): void {
  if (!isObject(entry)) return collector.skip("entry-invalid");
  const purpose = textIn(entry, "primaryPackagePurpose") ?? "";
  const version = textIn(entry, "versionInfo");
  if (purpose === "OPERATING_SYSTEM") collector.system(textIn(entry, "name") ?? "", version ?? "");
  if (OTHER_PURPOSES.has(purpose)) return collector.skip("not-a-package");
  if (inputs.has(textIn(entry, "SPDXID") ?? "")) return collector.skip("build-input");

  const texts = purlsIn(entry);
  if (texts.length === 0) return collector.skip("no-purl");
  const purls = texts.map(parsePurl).filter((purl) => purl !== undefined);
  if (purls.length === 0) return collector.skip("purl-invalid");
  const packages = purls.filter(({ type }) => type !== "oci" && type !== "docker");
  if (packages.length === 0) return collector.skip("not-a-package");
  // apko lists, beside each package, its recipe and its upstream source.
  const own = packages.filter(({ type }) => !isApko || (type !== "github" && type !== "generic"));
  if (own.length === 0) return collector.skip("build-input");
  for (const purl of firstOfEachType(own)) collector.add(purl, version === undefined ? {} : { version });
}

function purlsIn(entry: JsonObject): readonly string[] {
  return listIn(entry, "externalRefs")
    .filter((reference) => textIn(reference, "referenceType") === "purl")
    .map((reference) => textIn(reference, "referenceLocator"))
    .filter((locator) => locator !== undefined);
}

function firstOfEachType(purls: readonly Purl[]): readonly Purl[] {
  return [...new Map(purls.toReversed().map((purl) => [purl.type, purl])).values()];
}

/** Entries that take part in nothing but making others. */
function buildInputsOf(document: JsonObject): ReadonlySet<string> {
  const inputs = new Set<string>();
  const others = new Set<string>();
  for (const relationship of listIn(document, "relationships")) {
    const type = textIn(relationship, "relationshipType") ?? "";
    const subject = textIn(relationship, "spdxElementId") ?? "";
    const object = textIn(relationship, "relatedSpdxElement") ?? "";
    (SERVES.test(type) ? inputs : others).add(subject);
    (MADE_FROM.has(type) ? inputs : others).add(object);
  }
  return new Set([...inputs].filter((id) => !others.has(id)));
}

/** `Tool: syft-1.8.0`, `Tool: apko (v0.30)`: the name only, since another version of a tool still counts the same things. */
function toolOf(document: JsonObject): string | undefined {
  const tool = listIn(fieldIn(document, "creationInfo"), "creators")
    .filter((creator) => typeof creator === "string")
    .find((creator) => creator.startsWith("Tool: "))
    ?.slice("Tool: ".length);
  const name = tool
    ?.slice(0, 200)
    .replace(/(?:-v?\d|\s*\().*$/s, "")
    .trim();
  return name === "" ? undefined : name;
}
