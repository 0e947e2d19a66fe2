import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readerOf } from "./reader.ts";
import { sectionsOf } from "./schema.ts";
import { PUBLIC_GOOD } from "./signer-fields.ts";
import { loadVendorFiles, VENDORS_DIRECTORY } from "./vendor-file.ts";

/** The page that this module writes. */
export const DOCUMENT_FILE = join(import.meta.dirname, "..", "docs", "configuration.md");

/** A field as the page shows it. */
export interface DocumentedField {
  /** From its section down: `vendors.<vendor>.keys[].file`. */
  readonly path: string;
  readonly values: string;
  /** In YAML; `required`, or `–` for a field that may be left out. */
  readonly fallback: string;
  readonly description: string;
  readonly example: string;
}

/** A section with its fields, in the order of the schema. */
export interface DocumentedSection {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly DocumentedField[];
}

type Node = z.core.JSONSchema.BaseSchema;

/** Everything that may be configured, read off the schema. */
export async function documentedSections(): Promise<readonly DocumentedSection[]> {
  const reader = readerOf(VENDORS_DIRECTORY, {}, () => undefined);
  const { vendors } = await loadVendorFiles(VENDORS_DIRECTORY, reader);
  const schemas = sectionsOf({
    reader,
    vendorIds: vendors.map(({ id }) => id),
    rootNames: [PUBLIC_GOOD],
    calendarNames: [],
  });
  const root = z.toJSONSchema(z.strictObject(schemas), { io: "input", unrepresentable: "any" });
  return Object.entries(root.properties ?? {})
    .flatMap(([name, node]) => placeAt(name, node, { kind: "entry", isRequired: isIn(root, name) }))
    .map((place) => ({
      name: place.path,
      description: textOf(place.node, "description"),
      fields: fieldsUnder(place),
    }));
}

/** docs/configuration.md. */
export async function renderDocument(): Promise<string> {
  const sections = await documentedSections();
  return `${INTRODUCTION}\n${sections.map(renderSection).join("\n")}\n<!-- prettier-ignore-end -->\n`;
}

const INTRODUCTION = `<!-- Written by config/document.ts from config/schema.ts: run \`node config/document.ts\` after a change there. -->
<!-- prettier-ignore-start -->

# Configuration

One YAML file, given with \`--config\`. A short one to start from: [hullkeeper.example.yaml](../config/hullkeeper.example.yaml).

- Everything is checked before anything starts, and all faults are reported at once, each with its path. An unknown key is a fault.
- A **secret** is a reference: \`{ env: NAME }\` or \`{ file: path }\`. The line breaks at its end do not count. An empty one is a fault; one
  that everybody on the machine may read is a warning.
- A **path** is relative to the folder of the file.
- A **span** is a number with its unit: \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`. The shortest is \`1s\`; an interval is \`1m\` or more unless
  \`intervals.tryingOut\` says that this is a try on a registry of one's own.
- A **period**, for deadlines, is one number with its unit: \`7d\`, \`2w\`, \`48h\`, \`1mo\`, \`1y\`, \`7bd\` (working days), or as ISO 8601 has it (\`P7D\`,
  \`PT48H\`, \`P1M\`); or \`never\`. Ten years at most. Days are 24 hours; a month ends on the same day of the month (UTC), or its last one; working
  days end with the nth one after the start, by a calendar.
- A **pattern** names repositories of images: \`ghcr.io/acme/hardened-*\`, each \`*\` for any text inside one component of the
  path, at most three in each. Two profiles (vendors or subscriptions) whose patterns can meet in one name are a fault; of built-in ones the
  more exact has it.
- The environment variable \`REDIS_URL\` goes before \`redis.url\`. Proxies (\`network.proxy\`) and the places of docker's files
  (\`credentials.dockerConfig: auto\`) are read from the variables that every tool reads them from. No other variable is read unless the
  file names it.
`;

function renderSection({ name, description, fields }: DocumentedSection): string {
  const rows = fields.map(({ path, values, fallback, description: text, example }) =>
    [`\`${path}\``, values, fallback, `${text} E.g. \`${example}\``].map(cell).join(" | "),
  );
  return [
    `## ${name}`,
    "",
    description,
    "",
    "| field | value | default | |",
    "| --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
    "",
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}

/** A place in the schema. */
interface Place {
  readonly path: string;
  readonly node: Node;
  /** A field by name is shown whatever it says of itself; what stands for the entries of a list only where it says something. */
  readonly kind: "property" | "entry";
  readonly isRequired: boolean;
}

function fieldsUnder(place: Place): readonly DocumentedField[] {
  const { node, kind } = place;
  const own = kind === "property" || textOf(node, "example") !== "" ? [fieldOf(place)] : [];
  // A secret is one thing to people, whatever it is made of.
  const inner = textOf(node, "values") === "" ? innerOf(place) : [];
  return [...own, ...inner.flatMap(fieldsUnder)];
}

function innerOf({ path, node }: Place): readonly Place[] {
  const properties = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    placeAt(`${path}.${name}`, child, { kind: "property", isRequired: isIn(node, name) }),
  );
  const entry = { kind: "entry", isRequired: false } as const;
  const names = placeAt(`${path}.<${textOf(node, "keyName")}>`, node.additionalProperties, entry);
  const items = placeAt(`${path}[]`, node.items, entry);
  return [...properties, ...names, ...items];
}

function placeAt(path: string, node: unknown, rest: Pick<Place, "kind" | "isRequired">): readonly Place[] {
  return isNode(node) ? [{ path, node, ...rest }] : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fieldOf({ path, node, isRequired }: Place): DocumentedField {
  const fallback =
    node.default === undefined ? "–" : `\`${JSON.stringify(node.default).replaceAll('"', "")}\``;
  return {
    path,
    values: valuesOf(node),
    fallback: isRequired ? "required" : fallback,
    description: textOf(node, "description"),
    example: textOf(node, "example"),
  };
}

function valuesOf(node: Node): string {
  const named = textOf(node, "values");
  if (named !== "") return named;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  switch (node.type) {
    case "array":
      return "list";
    case "object":
      return "mapping";
    case "boolean":
      return "`true`, `false`";
    case "string":
      return "text";
    default:
      return String(node.type);
  }
}

function isIn(node: Node, name: string): boolean {
  return node.required?.includes(name) === true;
}

function textOf(node: Node, key: string): string {
  const value = node[key];
  return typeof value === "string" ? value : "";
}

if (import.meta.main) await writeFile(DOCUMENT_FILE, await renderDocument());
