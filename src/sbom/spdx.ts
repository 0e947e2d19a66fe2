import { InvalidInputError, quote } from "../errors.ts";
import { type Collector, createCollector } from "./collector.ts";
import type { ComponentList } from "./component.ts";
import type { Hints } from "./component-of.ts";
import { unread } from "./document.ts";
import { fieldIn, isObject, type JsonObject, listIn, textIn } from "./json.ts";
import { licenceOfSpdx } from "./licence-of.ts";
import { parsePurl, type Purl } from "./purl.ts";
import { type Relations, relationsOf } from "./spdx-relations.ts";
import { isShowable } from "./texts.ts";

const SPEC_VERSIONS = new Map([
  ["SPDX-2.2", "2.2"],
  ["SPDX-2.3", "2.3"],
]);
/** Purposes of entries that are no packages of the image. */
const OTHER_PURPOSES = new Set(["OPERATING_SYSTEM", "INSTALL", "FILE", "ARCHIVE", "SOURCE"]);

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
  const relations = relationsOf(document);
  for (const entry of listIn(document, "packages")) {
    collector.enter();
    read(entry, collector, { relations, isApko: tool.tool === "apko" || tool.tool === "melange" });
  }
  return { format: "spdx", specVersion, ...tool, ...collector.finish() };
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
  readonly relations: Relations;
  readonly isApko: boolean;
}

function read(entry: unknown, collector: Collector, { relations, isApko }: Setting): void {
  if (!isObject(entry)) return collector.skip("entry-invalid");
  const purpose = textIn(entry, "primaryPackagePurpose") ?? "";
  if (purpose === "CONTAINER") return collector.skipImage();
  if (purpose === "OPERATING_SYSTEM") {
    const [cpe] = refsIn(entry, CPE_TYPES);
    collector.system({ id: textIn(entry, "name") ?? "", version: textIn(entry, "versionInfo") ?? "", cpe });
  }
  if (OTHER_PURPOSES.has(purpose)) return collector.skip("not-a-package");
  const id = textIn(entry, "SPDXID") ?? "";
  if (relations.inputs.has(id)) return collector.skip("build-input");

  const texts = refsIn(entry, PURL_TYPES);
  const hints = hintsOf(entry, relations.recipes.get(id));
  if (texts.length === 0) {
    const name = textIn(entry, "name");
    // What the document is about is no part of it.
    if (relations.described.has(id)) return collector.skip("not-a-package");
    return name === undefined ? collector.skip("no-purl") : collector.addNamed(name, hints);
  }
  const purls = texts.map(parsePurl).filter((purl) => purl !== undefined);
  if (purls.length === 0) return collector.skip("purl-invalid");
  const packages = purls.filter(({ type }) => type !== "oci" && type !== "docker");
  if (packages.length === 0) return collector.skipImage();
  // apko lists, beside each package, its recipe and its upstream source.
  const own = packages.filter(({ type }) => !isApko || (type !== "github" && type !== "generic"));
  if (own.length === 0) return collector.skip("build-input");
  for (const purl of firstOfEachType(own)) collector.add(purl, hints);
}

function hintsOf(entry: JsonObject, recipe: string | undefined): Hints {
  const version = textIn(entry, "versionInfo");
  const licence = licenceOfSpdx(entry);
  return {
    ...(version === undefined ? {} : { version }),
    ...(licence === undefined ? {} : { licence }),
    ...(recipe === undefined ? {} : { recipe }),
  };
}

const PURL_TYPES = new Set(["purl"]);
const CPE_TYPES = new Set(["cpe23Type", "cpe22Type"]);

function refsIn(entry: JsonObject, types: ReadonlySet<string>): readonly string[] {
  const found: string[] = [];
  for (const reference of listIn(entry, "externalRefs")) {
    if (!types.has(textIn(reference, "referenceType") ?? "")) continue;
    const locator = textIn(reference, "referenceLocator");
    if (locator !== undefined) found.push(locator);
  }
  return found;
}

function firstOfEachType(purls: readonly Purl[]): readonly Purl[] {
  if (purls.length === 1) return purls;
  return [...new Map(purls.toReversed().map((purl) => [purl.type, purl])).values()];
}

/** `Tool: syft-1.8.0`, `Tool: apko (v0.30)`, `Tool: syft-[not provided]`: a name, and a version where there is one. */
function toolOf(document: JsonObject): Pick<ComponentList, "tool" | "toolVersion"> {
  const written = listIn(fieldIn(document, "creationInfo"), "creators")
    .filter((creator) => typeof creator === "string")
    .find((creator) => creator.startsWith("Tool: "))
    ?.slice("Tool: ".length)
    .slice(0, 200);
  const [, name = "", version] = /^(.*?)(?:-(v?\d.*|\[.*\])|\s*\((.*)\).*)?$/s.exec(written ?? "") ?? [];
  const tool = name.trim();
  if (!isShowable(tool)) return {};
  const toolVersion = version ?? /\((.*)\)/s.exec(written ?? "")?.[1];
  const isVersion = toolVersion !== undefined && /^v?\d/.test(toolVersion) && isShowable(toolVersion);
  return { tool, ...(isVersion ? { toolVersion } : {}) };
}
