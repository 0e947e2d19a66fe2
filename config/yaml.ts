import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import { messageOf } from "../src/errors.ts";
import type { Fault } from "./fault.ts";

/** Aliases are for saying a thing once, not for growing a small file into a large one. */
const ALIASES_MAX = 100;

/** From 1. */
export interface PlaceInText {
  readonly line: number;
  readonly column: number;
}

/** A document that was read, or what is wrong with it. */
export type YamlReading =
  | {
      readonly kind: "read";
      readonly value: unknown;
      /** Where a field or an entry stands, or what is left of the steps that lead there. */
      readonly at: (path: readonly PropertyKey[]) => PlaceInText | undefined;
    }
  | { readonly kind: "fault"; readonly faults: Fault[] };

/** Reads one YAML 1.2 document. Duplicate keys, unknown tags and exponential aliases are faults, not values. */
export function parseYaml(text: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    // The pretty form quotes the file, and what is written there by mistake may be a secret.
    prettyErrors: false,
    stringKeys: true,
    version: "1.2",
  });
  const faults = [...document.errors, ...document.warnings].map(({ message, pos: [offset] }) =>
    faultAt(lines, offset, message.split(/[;\n]/)[0] ?? message),
  );
  visit(document, {
    Pair(_index, { key }) {
      // A mapping of names would drop this one silently.
      if (isScalar(key) && key.value === "__proto__") {
        faults.push(faultAt(lines, key.range?.[0] ?? 0, "__proto__ cannot be a key"));
      }
    },
  });
  if (faults.length > 0) return { kind: "fault", faults };
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    return { kind: "read", value, at: (path) => placeOf(document, lines, path) };
  } catch (error) {
    return { kind: "fault", faults: [{ path: "", reason: messageOf(error) }] };
  }
}

function placeOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PropertyKey[],
): PlaceInText | undefined {
  let node: unknown = document.contents;
  let offset = isNode(node) ? node.range?.[0] : undefined;
  for (const step of path) {
    const holder = isAlias(node) ? node.resolve(document) : node;
    if (isMap(holder)) {
      const pair = holder.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(holder) && typeof step === "number") {
      node = holder.items[step];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else break;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function faultAt(lines: LineCounter, offset: number, reason: string): Fault {
  const { line, col } = lines.linePos(offset);
  return { path: "", reason: `line ${line}, column ${col}: ${reason}` };
}
