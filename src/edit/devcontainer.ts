import { type Node, parseTree } from "jsonc-parser";
import type { FileFormat } from "./format.ts";
import type { Occurrence } from "./occurrence.ts";
import { type Traced, sliceOf, tracedOf } from "./traced.ts";
import { occurrencesAt } from "./occurrences.ts";
import { type Place, placeOf, reportedPlace } from "./place.ts";

const NAME = /(?:^|\/)\.?devcontainer\.json$/;
const LENGTH_MAX = 1_048_576;

/** Development containers: JSON with comments. A Dockerfile that one builds is a file of its own. */
export const DEVCONTAINER: FileFormat = {
  id: "devcontainer",
  isNamed: (path) => NAME.test(path),
  occurrencesIn: ({ text }) => occurrencesIn(text),
};

/** @see containers.dev, "Dev Container metadata reference" */
function occurrencesIn(text: string): readonly Occurrence[] {
  const root = parse(text);
  const places: Place[] = [];
  for (const [key, value] of membersOf(root)) {
    const name = stringOf(key, text)?.text;
    const image = name === "image" ? stringOf(value, text) : undefined;
    if (image !== undefined && image.text !== "") places.push(imagePlace(image, text));
    if (name === "features") places.push(...featurePlaces(value, text));
  }
  return occurrencesAt(places, text);
}

function imagePlace(name: Traced, text: string): Place {
  return name.text.includes("${") ? reportedPlace(name, "variable-unresolved") : placeOf(name, text);
}

/** Features by their name in a registry, which takes a version or a digest and never both; others are no images. */
function featurePlaces(features: Node | undefined, text: string): readonly Place[] {
  return membersOf(features).flatMap(([key]) => {
    const name = stringOf(key, text);
    const isInRegistry =
      name !== undefined && /^[\w.-]+(?::\d+)?\/[^/].*$/.test(name.text) && !/^\.|:\/\//.test(name.text);
    return isInRegistry && name.text.split("/", 1)[0]?.includes(".") === true
      ? [placeOf(name, text, { pin: "never" })]
      : [];
  });
}

function parse(text: string): Node | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  try {
    // A byte-order mark is no white space to the parser.
    return parseTree(text.replace(/^\ufeff/, " "), [], { allowTrailingComma: true });
  } catch {
    // It calls itself for every level: a text of brackets alone is more than its stack takes.
    return undefined;
  }
}

function membersOf(node: Node | undefined): readonly (readonly [Node | undefined, Node | undefined])[] {
  if (node?.type !== "object") return [];
  return (node.children ?? []).map(({ children = [] }) => [children[0], children[1]] as const);
}

/** A string's value; with an escape in it, its characters have one place, and none is edited. */
function stringOf(node: Node | undefined, text: string): Traced | undefined {
  const value: unknown = node?.value;
  if (node?.type !== "string" || typeof value !== "string") return undefined;
  const written = sliceOf(tracedOf(text.slice(node.offset, node.offset + node.length), node.offset), 1, -1);
  if (written.text === value) return written;
  return { text: value, offsets: Array.from({ length: value.length }, () => node.offset) };
}
