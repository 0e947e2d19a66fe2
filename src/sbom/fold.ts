import { compareTexts } from "../versions/order.ts";
import { CHANGE_KINDS, type ComponentChange } from "./diff.ts";

/** Changes of all packages that were built from one source package, where they went the same way. One line for people. */
export interface SourceChange {
  readonly kind: ComponentChange["kind"];
  /** purl type of the packages. */
  readonly type: string;
  /** The source package, e.g. `openssl`. */
  readonly name: string;
  /** Absent for what was added. */
  readonly fromVersion?: string;
  /** Absent for what was removed. */
  readonly toVersion?: string;
  /** The packages, e.g. `libcrypto3` and `libssl3`: sorted, never empty. */
  readonly packages: readonly string[];
}

/** Changes by source package, in the order of {@link CHANGE_KINDS}, then by name. */
export function foldBySource(changes: readonly ComponentChange[]): readonly SourceChange[] {
  const lines = new Map<string, { readonly line: Line; readonly packages: Set<string> }>();
  for (const change of changes) {
    const { line, package: name } = lineOf(change);
    const identity = JSON.stringify([line.kind, line.type, line.name, line.fromVersion, line.toVersion]);
    const known = lines.get(identity) ?? { line, packages: new Set() };
    known.packages.add(name);
    lines.set(identity, known);
  }
  return [...lines.values()]
    .map(({ line, packages }) => ({ ...line, packages: [...packages].toSorted(compareTexts) }))
    .toSorted(inOrder);
}

type Line = Omit<SourceChange, "packages">;

function lineOf(change: ComponentChange): { readonly line: Line; readonly package: string } {
  switch (change.kind) {
    case "added":
    case "removed": {
      const { type, source, version, name } = change.component;
      const side = change.kind === "added" ? { toVersion: version } : { fromVersion: version };
      return { line: { kind: change.kind, type, name: source.name, ...side }, package: name };
    }
    case "upgraded":
    case "downgraded":
    case "changed": {
      const { kind, from, to } = change;
      const versions = { fromVersion: from.version, toVersion: to.version };
      return { line: { kind, type: to.type, name: to.source.name, ...versions }, package: to.name };
    }
    default:
      return change satisfies never;
  }
}

function inOrder(a: SourceChange, b: SourceChange): number {
  const kinds = CHANGE_KINDS.indexOf(a.kind) - CHANGE_KINDS.indexOf(b.kind);
  if (kinds !== 0) return kinds;
  return a.name === b.name ? compareTexts(a.type, b.type) : compareTexts(a.name, b.name);
}
