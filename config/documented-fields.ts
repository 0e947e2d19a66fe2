import type { z } from "zod";

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

type Node = z.core.JSONSchema.BaseSchema;

/** Fields as a table of Markdown. */
export function fieldTable(fields: readonly DocumentedField[]): readonly string[] {
  const rows = fields.map(({ path, values, fallback, description, example }) =>
    [`\`${path}\``, values, fallback, `${description} E.g. \`${example}\``].map(cell).join(" | "),
  );
  return ["| field | value | default | |", "| --- | --- | --- | --- |", ...rows.map((row) => `| ${row} |`)];
}

function cell(text: string): string {
  return text.replaceAll("|", String.raw`\|`);
}

/** A place in the schema. */
export interface Place {
  readonly path: string;
  readonly node: Node;
  /** A field by name is shown whatever it says of itself; what stands for the entries of a list only where it says something. */
  readonly kind: "property" | "entry";
  readonly isRequired: boolean;
}

/** All fields at and below a place, in the order of the schema. */
export function fieldsUnder(place: Place): readonly DocumentedField[] {
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

/** The place of a part of a schema; none where it is no schema. */
export function placeAt(
  path: string,
  node: unknown,
  rest: Pick<Place, "kind" | "isRequired">,
): readonly Place[] {
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

/** Whether a field has to be there. */
export function isIn(node: Node, name: string): boolean {
  return node.required?.includes(name) === true;
}

/** What a schema says of itself under a key. */
export function textOf(node: Node, key: string): string {
  const value = node[key];
  return typeof value === "string" ? value : "";
}
