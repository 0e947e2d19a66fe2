import type { YamlMap, YamlNode, YamlScalar } from "./yaml.ts";

/** Keys and positions that lead from the root of a document to a node. */
export type YamlPath = readonly (string | number)[];

/** A node with the way that leads to it. */
export interface Visited {
  readonly path: YamlPath;
  readonly node: YamlNode;
}

/** The value of a key; of the last, where a mapping has it twice. */
export function valueAt(node: YamlNode | undefined, key: string): YamlNode | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.findLast((entry) => entry.key.value === key)?.value;
}

/** The node that these keys lead to, one below the other. */
export function nodeAt(node: YamlNode | undefined, ...keys: readonly string[]): YamlNode | undefined {
  return keys.reduce<YamlNode | undefined>((current, key) => valueAt(current, key), node);
}

/** The scalar that these keys lead to. */
export function scalarAt(node: YamlNode | undefined, ...keys: readonly string[]): YamlScalar | undefined {
  const found = nodeAt(node, ...keys);
  return found?.kind === "scalar" ? found : undefined;
}

/** The text of {@link scalarAt}. */
export function textAt(node: YamlNode | undefined, ...keys: readonly string[]): string | undefined {
  return scalarAt(node, ...keys)?.value;
}

/** Items of the list that these keys lead to; none where there is no list. */
export function itemsAt(node: YamlNode | undefined, ...keys: readonly string[]): readonly YamlNode[] {
  const found = nodeAt(node, ...keys);
  return found?.kind === "list" ? found.items : [];
}

/** Entries of the mapping that these keys lead to; none where there is no mapping. */
export function entriesAt(node: YamlNode | undefined, ...keys: readonly string[]): YamlMap["entries"] {
  const found = nodeAt(node, ...keys);
  return found?.kind === "map" ? found.entries : [];
}

/** The scalars of this node and all below it, each once, however many aliases lead to it. */
export function scalarsIn(node: YamlNode): ReadonlySet<YamlScalar> {
  const scalars = new Set<YamlScalar>();
  for (const { node: visited } of nodesIn(node)) if (visited.kind === "scalar") scalars.add(visited);
  return scalars;
}

/** This node and all below it, in order; what an alias stands for comes once for each alias. */
export function* nodesIn(node: YamlNode, path: YamlPath = []): Generator<Visited> {
  yield { path, node };
  if (node.kind === "map") {
    for (const { key, value } of node.entries) yield* nodesIn(value, [...path, key.value]);
  } else if (node.kind === "list") {
    for (const [position, item] of node.items.entries()) yield* nodesIn(item, [...path, position]);
  }
}
