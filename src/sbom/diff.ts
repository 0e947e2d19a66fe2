import { compareVersions } from "../versions/compare.ts";
import { compareTexts } from "../versions/order.ts";
import type { Component, ComponentList } from "./component.ts";

/** One difference between two component lists. Of a package in several versions, each speaks of one of them. */
export type ComponentChange =
  | { readonly kind: "added"; readonly component: Component }
  | { readonly kind: "removed"; readonly component: Component }
  | {
      /** `changed`: the two versions have no order we know. */
      readonly kind: "upgraded" | "downgraded" | "changed";
      readonly from: Component;
      readonly to: Component;
    };

/** What changed from one component list to another. */
export interface ComponentDiff {
  /** `exact`: same format and tool. The others say why the comparison is worth less. */
  readonly quality: "exact" | "cross-tool" | "cross-format";
  /** Sorted by kind (downgraded, upgraded, changed, added, removed), then key. */
  readonly changes: readonly ComponentChange[];
  /** Components that are the same on both sides. */
  readonly equalCount: number;
}

/** Kinds of change in the order they are shown: what is rarest and most alarming first. */
export const CHANGE_KINDS = [
  "downgraded",
  "upgraded",
  "changed",
  "added",
  "removed",
] as const satisfies readonly ComponentChange["kind"][];

/**
 * What changed from an old component list to a new one. A package is the same whatever its version, architecture or place; one
 * that is there in several versions has them paired from the highest down.
 */
export function diffOf(before: ComponentList, after: ComponentList): ComponentDiff {
  const old = byKey(before.components);
  const current = byKey(after.components);
  const changes: ComponentChange[] = [];
  let equalCount = 0;
  for (const key of new Set([...old.keys(), ...current.keys()])) {
    const result = diffOfKey(old.get(key) ?? NONE, current.get(key) ?? NONE);
    for (const change of result.changes) changes.push(change);
    equalCount += result.equalCount;
  }
  return { quality: qualityOf(before, after), changes: changes.toSorted(inOrder), equalCount };
}

type Versions = ReadonlyMap<string, Component>;

const NONE: Versions = new Map();

function byKey(components: readonly Component[]): ReadonlyMap<string, Versions> {
  const keys = new Map<string, Map<string, Component>>();
  for (const component of components) {
    const versions = keys.get(component.key) ?? new Map<string, Component>();
    keys.set(component.key, versions.set(component.version, component));
  }
  return keys;
}

function diffOfKey(old: Versions, current: Versions): Pick<ComponentDiff, "changes" | "equalCount"> {
  const gone = descending([...old.values()].filter(({ version }) => !current.has(version)));
  const come = descending([...current.values()].filter(({ version }) => !old.has(version)));
  const pairs = gone.slice(0, come.length).flatMap((from, position) => changeOf(from, come[position]) ?? []);
  const equivalentCount = Math.min(gone.length, come.length) - pairs.length;
  return {
    changes: [
      ...pairs,
      ...come.slice(gone.length).map((component) => ({ kind: "added", component }) as const),
      ...gone.slice(come.length).map((component) => ({ kind: "removed", component }) as const),
    ],
    equalCount: old.size - gone.length + equivalentCount,
  };
}

/** Undefined when the two versions are written differently and are the same. */
function changeOf(from: Component, to: Component | undefined): ComponentChange | undefined {
  if (to === undefined) return undefined;
  const order = compareVersions(from.type, from.version, to.version);
  if (order === 0) return undefined;
  return { kind: order === undefined ? "changed" : order < 0 ? "upgraded" : "downgraded", from, to };
}

function descending(components: readonly Component[]): readonly Component[] {
  return components.toSorted(
    (a, b) => compareVersions(a.type, b.version, a.version) ?? compareTexts(b.version, a.version),
  );
}

function qualityOf(before: ComponentList, after: ComponentList): ComponentDiff["quality"] {
  if (before.format !== after.format) return "cross-format";
  return before.tool === after.tool ? "exact" : "cross-tool";
}

function inOrder(a: ComponentChange, b: ComponentChange): number {
  return (
    CHANGE_KINDS.indexOf(a.kind) - CHANGE_KINDS.indexOf(b.kind) ||
    compareTexts(anyOf(a).key, anyOf(b).key) ||
    compareTexts(anyOf(a).version, anyOf(b).version)
  );
}

function anyOf(change: ComponentChange): Component {
  return change.kind === "added" || change.kind === "removed" ? change.component : change.from;
}
