import { compareTexts } from "../versions/order.ts";
import { type ComponentChange, subjectOf } from "./change.ts";
import type { Component } from "./component.ts";

/** Kinds of lines in the order they are shown: what is rarest and most alarming first. */
export const SOURCE_CHANGE_KINDS = [
  "downgraded",
  "upgraded",
  "changed",
  "relicensed",
  "renamed",
  "added",
  "removed",
  "version-added",
  "version-removed",
] as const;

/** Changes of all packages that were built from one source package, where they went the same way. One line for people. */
export interface SourceChange {
  /** `renamed`: all packages of the source that changed are gone, and others built from it are there. */
  readonly kind: (typeof SOURCE_CHANGE_KINDS)[number];
  /** purl type of the packages. */
  readonly type: string;
  /** The source package, e.g. `openssl`; outside distributions the package itself with its namespace, e.g. `@types/node`. */
  readonly name: string;
  /** Absent for what was added. */
  readonly fromVersion?: string;
  /** Absent for what was removed. */
  readonly toVersion?: string;
  /** Of what is relicensed, as written. */
  readonly fromLicence?: string;
  readonly toLicence?: string;
  /** The packages, e.g. `libcrypto3` and `libssl3`: sorted, never empty. */
  readonly packages: readonly string[];
  /** What was called otherwise before, sorted; only of what is renamed. */
  readonly formerPackages?: readonly string[];
}

/** Distributions build several packages from one source and name the source in advisories; elsewhere a package is its own. */
const FOLDED_TYPES = new Set(["apk", "deb", "rpm"]);

/** Changes by source package, in the order of {@link SOURCE_CHANGE_KINDS}, then by name. */
export function foldBySource(changes: readonly ComponentChange[]): readonly SourceChange[] {
  const { renames, rest } = renamesOf(changes);
  const lines = new Map<string, { readonly line: Line; readonly packages: Set<string> }>();
  for (const change of rest) {
    const line = lineOf(change);
    const identity = JSON.stringify(Object.values(line));
    const known = lines.get(identity) ?? { line, packages: new Set() };
    known.packages.add(packageNameOf(subjectOf(change)));
    lines.set(identity, known);
  }
  return [
    ...[...lines.values()].map(({ line, packages }) => ({ ...line, packages: sorted(packages) })),
    ...renames,
  ].toSorted(inOrder);
}

type Line = Omit<SourceChange, "packages" | "formerPackages">;

function lineOf(change: ComponentChange): Line {
  const { kind } = change;
  const { type } = subjectOf(change);
  const name = sourceNameOf(subjectOf(change));
  switch (kind) {
    case "added":
    case "version-added":
      return { kind, type, name, toVersion: change.component.version };
    case "removed":
    case "version-removed":
      return { kind, type, name, fromVersion: change.component.version };
    case "upgraded":
    case "downgraded":
    case "changed":
      return { kind, type, name, fromVersion: change.from.version, toVersion: change.to.version };
    case "relicensed":
      return {
        kind,
        type,
        name,
        fromVersion: change.from.version,
        toVersion: change.to.version,
        fromLicence: change.from.licence ?? "",
        toLicence: change.to.licence ?? "",
      };
    default:
      return kind satisfies never;
  }
}

/**
 * Packages that were renamed within their source, such as Debian's `libssl3` to `libssl3t64`: everything of the source that changed was removed or
 * added, both happened, in one version each, and a document names the source. Nothing else is taken for a rename.
 */
function renamesOf(changes: readonly ComponentChange[]): {
  readonly renames: readonly SourceChange[];
  readonly rest: readonly ComponentChange[];
} {
  const renames: SourceChange[] = [];
  const renamed = new Set<ComponentChange>();
  const sources = Map.groupBy(
    changes.filter((change) => FOLDED_TYPES.has(subjectOf(change).type)),
    (change) => {
      const { type, namespace, source } = subjectOf(change);
      return JSON.stringify([type, namespace, source.name]);
    },
  );
  for (const members of sources.values()) {
    const rename = renameOf(members);
    if (rename === undefined) continue;
    renames.push(rename);
    for (const member of members) renamed.add(member);
  }
  return { renames, rest: changes.filter((change) => !renamed.has(change)) };
}

function renameOf(members: readonly ComponentChange[]): SourceChange | undefined {
  const gone = members.flatMap((change) => (change.kind === "removed" ? [change.component] : []));
  const come = members.flatMap((change) => (change.kind === "added" ? [change.component] : []));
  const [from] = gone;
  const [to] = come;
  if (from === undefined || to === undefined || gone.length + come.length < members.length) return undefined;
  if (gone.some(({ version }) => version !== from.version)) return undefined;
  if (come.some(({ version }) => version !== to.version)) return undefined;
  if ([...gone, ...come].every(({ source }) => source.how === "own-name")) return undefined;
  return {
    kind: "renamed",
    type: to.type,
    name: to.source.name,
    fromVersion: from.version,
    toVersion: to.version,
    packages: sorted(come.map(packageNameOf)),
    formerPackages: sorted(gone.map(packageNameOf)),
  };
}

function sourceNameOf(component: Component): string {
  return FOLDED_TYPES.has(component.type) ? component.source.name : packageNameOf(component);
}

/** A package as people write it: of a distribution its name, elsewhere with its namespace. */
function packageNameOf({ type, key, name }: Component): string {
  if (FOLDED_TYPES.has(type)) return name;
  if (key.startsWith("name:")) return key.slice("name:".length);
  return key.startsWith(`${type}/`) ? key.slice(type.length + 1) : name;
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].toSorted(compareTexts);
}

const RANKS = new Map(SOURCE_CHANGE_KINDS.map((kind, rank) => [kind, rank]));

function inOrder(a: SourceChange, b: SourceChange): number {
  const rank = (RANKS.get(a.kind) ?? 0) - (RANKS.get(b.kind) ?? 0);
  return rank || compareTexts(a.name, b.name) || compareTexts(a.type, b.type);
}
