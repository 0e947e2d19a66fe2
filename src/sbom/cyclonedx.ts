import { InvalidInputError, quote } from "../errors.ts";
import type { ComponentList } from "./component.ts";
import { type Collector, createCollector } from "./collector.ts";
import type { Hints } from "./component-of.ts";
import { fieldIn, isObject, type JsonObject, listIn, textIn } from "./json.ts";
import { licenceOfCycloneDx } from "./licence-of.ts";
import { parsePurl } from "./purl.ts";
import type { System } from "./systems.ts";
import { isShowable } from "./texts.ts";

/** Components inside components, at most. */
const DEPTH_MAX = 50;
/** Properties of one component that are looked at, at most: tools write dozens. */
const PROPERTIES_MAX = 1_000;
const SPEC_VERSIONS = new Set(["1.2", "1.3", "1.4", "1.5", "1.6"]);
/** Component types that are no packages, whatever purl they carry. */
const OTHER_TYPES = new Set([
  "file",
  "operating-system",
  "platform",
  "data",
  "device",
  "machine-learning-model",
  "cryptographic-asset",
]);
/** Where tools keep the source package: syft of apk, deb and rpm, and Trivy. */
const ORIGIN_PROPERTIES = [
  "syft:metadata:originPackage",
  "syft:metadata:source",
  "syft:metadata:sourceRpm",
  "aquasecurity:trivy:SrcName",
];

/**
 * Reads a CycloneDX document. `metadata.component` is what the SBOM is about, so it is not in the list.
 *
 * @throws {InvalidInputError} `sbom-invalid` for another format or version, and for more components or nesting than is read
 * @see CycloneDX 1.6 JSON
 */
export function readCycloneDx(document: JsonObject): ComponentList {
  const specVersion = specVersionOf(document);
  const collector = createCollector();
  walk(document, collector);
  return { format: "cyclonedx", specVersion, ...toolOf(document), ...collector.finish() };
}

function specVersionOf(document: JsonObject): string {
  if (fieldIn(document, "bomFormat") !== "CycloneDX") {
    throw new InvalidInputError("sbom-invalid", "not a CycloneDX document: bomFormat says something else");
  }
  const version = textIn(document, "specVersion") ?? "";
  if (SPEC_VERSIONS.has(version)) return version;
  throw new InvalidInputError("sbom-invalid", `CycloneDX ${quote(version)} is not read, 1.2 to 1.6 are`);
}

/** Walks with a list of its own instead of the stack: a document decides how deep it is. */
function walk(document: JsonObject, collector: Collector): void {
  const pending = [{ holder: document, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > DEPTH_MAX) {
      throw new InvalidInputError("sbom-invalid", `components are nested more than ${DEPTH_MAX} deep`);
    }
    for (const entry of entriesOf(next.holder)) {
      collector.enter();
      read(entry, collector);
      if (isObject(entry)) pending.push({ holder: entry, depth: next.depth + 1 });
    }
  }
}

function entriesOf(holder: JsonObject): readonly unknown[] {
  const components = fieldIn(holder, "components");
  if (components === undefined || Array.isArray(components)) return listIn(holder, "components");
  throw new InvalidInputError("sbom-invalid", "components is not a list");
}

function read(entry: unknown, collector: Collector): void {
  if (!isObject(entry)) return collector.skip("entry-invalid");
  const type = textIn(entry, "type") ?? "";
  if (type === "container") return collector.skipImage();
  const properties = propertiesOf(entry);
  if (type === "operating-system") collector.system(systemOf(entry, properties));
  if (OTHER_TYPES.has(type)) return collector.skip("not-a-package");
  const text = fieldIn(entry, "purl");
  if (text === undefined || text === "") {
    const name = nameOf(entry);
    return name === undefined
      ? collector.skip("no-purl")
      : collector.addNamed(name, hintsOf(entry, properties));
  }
  const purl = typeof text === "string" ? parsePurl(text) : undefined;
  if (purl === undefined) return collector.skip("purl-invalid");
  if (purl.type === "oci" || purl.type === "docker") return collector.skipImage();
  collector.add(purl, hintsOf(entry, properties));
}

function nameOf(entry: JsonObject): string | undefined {
  const name = textIn(entry, "name");
  const group = textIn(entry, "group");
  return name === undefined || group === undefined ? name : `${group}/${name}`;
}

type Properties = ReadonlyMap<string, string>;

/** Of properties with one name, the first. */
function propertiesOf(entry: JsonObject): Properties {
  const properties = new Map<string, string>();
  for (const property of listIn(entry, "properties").slice(0, PROPERTIES_MAX)) {
    const name = textIn(property, "name", 200);
    const value = textIn(property, "value");
    if (name !== undefined && value !== undefined && !properties.has(name)) properties.set(name, value);
  }
  return properties;
}

function systemOf(entry: JsonObject, properties: Properties): System {
  return {
    id: properties.get("syft:distro:id") ?? textIn(entry, "name") ?? "",
    version: properties.get("syft:distro:versionID") ?? textIn(entry, "version") ?? "",
    cpe: textIn(entry, "cpe") ?? properties.get("syft:distro:cpeName"),
  };
}

function hintsOf(entry: JsonObject, properties: Properties): Hints {
  const version = textIn(entry, "version");
  const licence = licenceOfCycloneDx(entry);
  const origin = ORIGIN_PROPERTIES.map((name) => properties.get(name)).find((value) => value !== undefined);
  const originVersion = properties.get("syft:metadata:sourceVersion") ?? trivySourceVersionOf(properties);
  const mainModule = properties.get("syft:metadata:mainModule");
  return {
    ...(version === undefined ? {} : { version }),
    ...(licence === undefined ? {} : { licence }),
    ...(origin === undefined ? {} : { origin }),
    ...(originVersion === undefined ? {} : { originVersion }),
    ...(mainModule === undefined ? {} : { isMainModule: mainModule === nameOf(entry) }),
  };
}

function trivySourceVersionOf(properties: Properties): string | undefined {
  const version = properties.get("aquasecurity:trivy:SrcVersion");
  if (version === undefined) return undefined;
  const epoch = properties.get("aquasecurity:trivy:SrcEpoch");
  const release = properties.get("aquasecurity:trivy:SrcRelease");
  return `${epoch === undefined || epoch === "0" ? "" : `${epoch}:`}${version}${release === undefined ? "" : `-${release}`}`;
}

/** `tools` is a list up to 1.4, an object since. */
function toolOf(document: JsonObject): Pick<ComponentList, "tool" | "toolVersion"> {
  const metadata = fieldIn(document, "metadata");
  const tools = fieldIn(metadata, "tools");
  const [first] = Array.isArray(tools) ? listIn(metadata, "tools") : listIn(tools, "components");
  const tool = textIn(first, "name", 200);
  const toolVersion = textIn(first, "version", 200);
  if (tool === undefined || !isShowable(tool)) return {};
  return { tool, ...(toolVersion === undefined || !isShowable(toolVersion) ? {} : { toolVersion }) };
}
