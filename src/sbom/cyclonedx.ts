import { InvalidInputError, quote } from "../errors.ts";
import type { ComponentList } from "./component.ts";
import { type Collector, createCollector } from "./collector.ts";
import { fieldIn, isObject, type JsonObject, listIn, textIn } from "./json.ts";
import { parsePurl } from "./purl.ts";

/** Components inside components, at most. */
const DEPTH_MAX = 50;
const SPEC_VERSIONS = new Set(["1.2", "1.3", "1.4", "1.5", "1.6"]);
/** Component types that are no packages, whatever purl they carry. */
const OTHER_TYPES = new Set([
  "file",
  "operating-system",
  "container",
  "platform",
  "data",
  "device",
  "machine-learning-model",
  "cryptographic-asset",
]);
/** Where syft keeps the source package: of apk, and of deb. */
const ORIGIN_PROPERTIES = new Set(["syft:metadata:originPackage", "syft:metadata:source"]);

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
  const tool = toolOf(document);
  return { format: "cyclonedx", specVersion, ...(tool === undefined ? {} : { tool }), ...collector.finish() };
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
  const version = textIn(entry, "version");
  if (type === "operating-system") collector.system(textIn(entry, "name") ?? "", version ?? "");
  if (OTHER_TYPES.has(type)) return collector.skip("not-a-package");
  const text = fieldIn(entry, "purl");
  if (text === undefined || text === "") return collector.skip("no-purl");
  const purl = typeof text === "string" ? parsePurl(text) : undefined;
  if (purl === undefined) return collector.skip("purl-invalid");
  if (purl.type === "oci" || purl.type === "docker") return collector.skip("not-a-package");
  const origin = originOf(entry);
  collector.add(purl, {
    ...(version === undefined ? {} : { version }),
    ...(origin === undefined ? {} : { origin }),
  });
}

function originOf(entry: JsonObject): string | undefined {
  const property = listIn(entry, "properties").find((candidate) =>
    ORIGIN_PROPERTIES.has(textIn(candidate, "name") ?? ""),
  );
  return textIn(property, "value");
}

/** The name only: another version of a tool still counts the same things. `tools` is a list up to 1.4, an object since. */
function toolOf(document: JsonObject): string | undefined {
  const metadata = fieldIn(document, "metadata");
  const tools = fieldIn(metadata, "tools");
  const [first] = Array.isArray(tools) ? listIn(metadata, "tools") : listIn(tools, "components");
  return textIn(first, "name", 200);
}
