import {
  type Pair,
  type ParsedNode,
  type Scalar,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseAllDocuments,
} from "yaml";
import type { TextRange } from "../occurrence.ts";

/** How a scalar is written. */
export type ScalarStyle = "plain" | "single-quoted" | "double-quoted" | "literal" | "folded";

/** A scalar, always as text: `1.10` is `1.10`, a key without a value is empty and plain. */
export interface YamlScalar {
  readonly kind: "scalar";
  readonly value: string;
  readonly style: ScalarStyle;
  /** As written: with quotes, and with the header of a block scalar; without anchor, tag and comment. */
  readonly range: TextRange;
  /** Where the text of a block scalar starts, and how far its parent is indented. */
  readonly block?: { readonly bodyStart: number; readonly parentIndent: number };
}

/** An entry of a mapping. Entries that come from a merge key (`<<`) stand among the others, unless the mapping has them itself. */
export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

/** A mapping; keys that are no scalars are left out. */
export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
}

/** A sequence. */
export interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
}

/** A node; an alias is the node of its anchor, the same object. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

/** What could be read of a file. */
export interface YamlFile {
  /** Roots of the documents that could be read, in order. */
  readonly documents: readonly YamlNode[];
  /** Where the others stand: no YAML (a template, perhaps), deeper or larger than {@link readYaml} reads. In order. */
  readonly unread: readonly TextRange[];
}

/** Characters of a file; a longer one is not read. */
export const YAML_LENGTH_MAX = 1_048_576;
/**
 * Characters of a file that may end or start a token: what parsing takes goes with their number, a second and more for a MiB of nothing else.
 * Files that people keep have a twentieth of that.
 */
export const YAML_MARKS_MAX = 100_000;
const MARKS = new Set(Array.from("\n[]{},:?&*!#|>\"'%-", (mark) => mark.charCodeAt(0)));
const DEPTH_MAX = 64;
/** Nodes of a document with every alias written out: a few lines can mean billions. So many characters of a scalar count as a node, too. */
const NODES_MAX = 200_000;
const CHARACTERS_PER_NODE = 64;

/** Reads the documents of a YAML text. Never throws: what is no YAML is left out, document by document. */
export function readYaml(text: string): YamlFile {
  const parsed = text.length > YAML_LENGTH_MAX || hasManyMarks(text) ? undefined : parse(text);
  if (parsed === undefined) return { documents: [], unread: [{ start: 0, end: text.length }] };
  const documents: YamlNode[] = [];
  const unread: TextRange[] = [];
  for (const { contents, errors, range } of parsed) {
    const read = errors.length > 0 ? undefined : new Converter().read(contents);
    const isNothing = read?.kind === "scalar" && read.value === "";
    if (read !== undefined && !isNothing) documents.push(read);
    else if (errors.length > 0 || (contents !== null && !isNothing)) {
      unread.push({ start: range[0], end: range[2] });
    }
  }
  return { documents, unread };
}

function hasManyMarks(text: string): boolean {
  let marks = 0;
  for (let position = 0; position < text.length && marks <= YAML_MARKS_MAX; position += 1) {
    if (MARKS.has(text.charCodeAt(position))) marks += 1;
  }
  return marks > YAML_MARKS_MAX;
}

function parse(text: string) {
  try {
    return parseAllDocuments(text, {
      keepSourceTokens: true,
      // Every scalar is text. Tags of other programs are none of our business.
      schema: "failsafe",
      strict: false,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "silent",
    });
  } catch {
    // The parser calls itself for every level: a text of brackets alone is more than its stack takes.
    return undefined;
  }
}

interface Sized {
  readonly node: YamlNode;
  /** Nodes below and with this one, aliases written out. */
  readonly size: number;
}

const EMPTY_SCALAR = { kind: "scalar", value: "", style: "plain" } as const;

class Converter {
  readonly #anchors = new Map<string, Sized>();

  /** Undefined for a document without content, and one that is too deep or too large. */
  read(contents: ParsedNode | null): YamlNode | undefined {
    return contents === null ? undefined : this.#convert(contents, 0)?.node;
  }

  #convert(node: ParsedNode, depth: number): Sized | undefined {
    if (depth > DEPTH_MAX) return undefined;
    // An alias inside its own anchor, or of none: its value cannot be written out.
    if (isAlias(node)) return this.#anchors.get(node.source);
    const sized = this.#convertContent(node, depth);
    if (sized === undefined || sized.size > NODES_MAX) return undefined;
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, sized);
    return sized;
  }

  #convertContent(node: ParsedNode, depth: number): Sized | undefined {
    if (isScalar(node)) {
      const scalar = scalarOf(node);
      return { node: scalar, size: 1 + Math.floor(scalar.value.length / CHARACTERS_PER_NODE) };
    }
    if (isMap(node)) return this.#convertMap(node.items, depth);
    if (!isSeq(node)) return undefined;
    const items: YamlNode[] = [];
    let size = 1;
    for (const item of node.items) {
      const sized = this.#convert(item, depth + 1);
      if (sized === undefined) return undefined;
      items.push(sized.node);
      size += sized.size;
      if (size > NODES_MAX) return undefined;
    }
    return { node: { kind: "list", items }, size };
  }

  #convertMap(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], depth: number): Sized | undefined {
    const own: YamlEntry[] = [];
    const merged: YamlEntry[] = [];
    let size = 1;
    for (const { key, value } of pairs) {
      const sizedKey = this.#convert(key, depth + 1);
      const sized = value === null ? absentAfter(key) : this.#convert(value, depth + 1);
      if (sizedKey === undefined || sized === undefined) return undefined;
      size += sizedKey.size + sized.size;
      if (size > NODES_MAX) return undefined;
      if (sizedKey.node.kind !== "scalar") continue;
      const isMerge = sizedKey.node.value === "<<" && sizedKey.node.style === "plain";
      if (isMerge) merged.push(...mergedEntriesOf(sized.node));
      else own.push({ key: sizedKey.node, value: sized.node });
    }
    const taken = new Set(own.map(({ key }) => key.value));
    const added = merged.filter(({ key }) => {
      const isNew = !taken.has(key.value);
      taken.add(key.value);
      return isNew;
    });
    return { node: { kind: "map", entries: [...own, ...added] }, size };
  }
}

/** `? a` and `{a}`: a key that nothing follows. */
function absentAfter(key: ParsedNode): Sized {
  const end = key.range[1];
  return { node: { ...EMPTY_SCALAR, range: { start: end, end } }, size: 1 };
}

/** What `<<: *one` and `<<: [*one, *other]` bring: the first to name a key wins. */
function mergedEntriesOf(node: YamlNode): readonly YamlEntry[] {
  if (node.kind === "map") return node.entries;
  return node.kind === "list" ? node.items.flatMap((item) => (item.kind === "map" ? item.entries : [])) : [];
}

const STYLES: Readonly<Record<Scalar.Type, ScalarStyle>> = {
  PLAIN: "plain",
  QUOTE_SINGLE: "single-quoted",
  QUOTE_DOUBLE: "double-quoted",
  BLOCK_LITERAL: "literal",
  BLOCK_FOLDED: "folded",
};

function scalarOf({ value, type, range: [start, end], srcToken }: Scalar.Parsed): YamlScalar {
  const scalar = {
    kind: "scalar" as const,
    value: typeof value === "string" ? value : "",
    style: type === undefined ? "plain" : STYLES[type],
    range: { start, end },
  };
  if (srcToken?.type !== "block-scalar") return scalar;
  const header = srcToken.props.reduce(
    (length, token) => length + ("source" in token ? token.source.length : 0),
    0,
  );
  return { ...scalar, block: { bodyStart: start + header, parentIndent: srcToken.indent } };
}
