import { isScalar, LineCounter, parseDocument, visit } from "yaml";
import { messageOf } from "../src/errors.ts";
import type { Fault } from "./fault.ts";

/** Aliases are for saying a thing once, not for growing a small file into a large one. */
const ALIASES_MAX = 100;

/** Reads one YAML 1.2 document. Duplicate keys, unknown tags and exponential aliases are faults, not values. */
export function parseYaml(
  text: string,
): { readonly kind: "read"; readonly value: unknown } | { readonly kind: "fault"; readonly faults: Fault[] } {
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
    return { kind: "read", value: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    return { kind: "fault", faults: [{ path: "", reason: messageOf(error) }] };
  }
}

function faultAt(lines: LineCounter, offset: number, reason: string): Fault {
  const { line, col } = lines.linePos(offset);
  return { path: "", reason: `line ${line}, column ${col}: ${reason}` };
}
