import { compareVersions } from "../versions/compare.ts";
import { compareTexts, type Order } from "../versions/order.ts";
import {
  CHANGE_KINDS,
  type ComponentChange,
  type ComponentDiff,
  type DiffQuality,
  subjectOf,
} from "./change.ts";
import { type Component, type ComponentList, COMPONENTS_MAX } from "./component.ts";
import { isOtherLicence } from "./licence.ts";

/** So much removed and added means another base: more than so many, and more than half of the larger list. */
const REPLACED_COUNT = 20;

/**
 * What changed from an old component list to a new one. A package is the same whatever its version, architecture or place; one
 * that is there in several versions has those paired that are the same, then the rest from the highest down.
 *
 * Lists that name no packages, or too many, are not compared: then there are no changes, nothing is equal, and the quality says why.
 */
export function diffOf(before: ComponentList, after: ComponentList): ComponentDiff {
  const quality = qualityOf(before, after);
  if (quality === "index-only" || quality === "too-large") return nothing(quality);
  const isSameTool = quality === "exact" || quality === "tool-version";
  const old = byKey(before, isSameTool);
  const current = byKey(after, isSameTool);
  const tally: Tally = { changes: [], equalCount: 0, equivalentCount: 0, isSameTool };
  for (const [key, versions] of old.keys) compareKey(versions, current.keys.get(key) ?? NONE, tally);
  for (const [key, versions] of current.keys) if (!old.keys.has(key)) compareKey(NONE, versions, tally);
  const { changes, equalCount, equivalentCount } = tally;
  const replacedCount = changes.filter(({ kind }) => kind === "added" || kind === "removed").length;
  const isBaseReplaced =
    replacedCount > REPLACED_COUNT && replacedCount > Math.max(old.count, current.count) / 2;
  return { quality, changes: changes.toSorted(inOrder), equalCount, equivalentCount, isBaseReplaced };
}

/** What is known where nothing could be compared. */
export function nothing(quality: DiffQuality): ComponentDiff {
  return { quality, changes: [], equalCount: 0, equivalentCount: 0, isBaseReplaced: false };
}

/** Whether a list says what packages there are. One of an index names its images; one without packages proves nothing. */
export function listsPackages({ scope, components }: ComponentList): boolean {
  return scope !== "index" && components.length > 0;
}

function qualityOf(before: ComponentList, after: ComponentList): DiffQuality {
  if (!listsPackages(before) || !listsPackages(after)) return "index-only";
  if (Math.max(before.components.length, after.components.length) > COMPONENTS_MAX) return "too-large";
  if (before.format !== after.format) return "cross-format";
  if (before.tool !== after.tool) return "cross-tool";
  return majorOf(before.toolVersion) === majorOf(after.toolVersion) ? "exact" : "tool-version";
}

function majorOf(version: string | undefined): string | undefined {
  return version === undefined ? undefined : (/^\s*v?(\d+)/i.exec(version)?.[1] ?? version);
}

type Versions = ReadonlyMap<string, Component>;

const NONE: Versions = new Map();

interface Tally {
  readonly changes: ComponentChange[];
  equalCount: number;
  equivalentCount: number;
  readonly isSameTool: boolean;
}

/** A package without a purl has a name of the tool's choice. */
function byKey({ components }: ComponentList, isSameTool: boolean) {
  const keys = new Map<string, Map<string, Component>>();
  let count = 0;
  for (const component of components) {
    if (!isSameTool && component.key.startsWith("name:")) continue;
    count += 1;
    const versions = keys.get(component.key);
    if (versions === undefined) keys.set(component.key, new Map([[component.version, component]]));
    else versions.set(component.version, component);
  }
  return { keys, count };
}

function compareKey(old: Versions, current: Versions, tally: Tally): void {
  const gone: Component[] = [];
  for (const from of old.values()) {
    const to = current.get(from.version);
    if (to === undefined) gone.push(from);
    else if (!tellRelicensed(from, to, tally)) tally.equalCount += 1;
  }
  const come = [...current.values()].filter(({ version }) => !old.has(version));
  if (gone.length === 0 && come.length === 0) return;
  const left = withoutEquivalent(gone, come, tally);
  const pairCount = Math.min(left.gone.length, left.come.length);
  for (const [position, from] of left.gone.slice(0, pairCount).entries()) {
    const to = left.come[position];
    if (to === undefined) break;
    tally.changes.push({ kind: movementOf(from, to), from, to });
    tellRelicensed(from, to, tally);
  }
  const isOnBoth = old.size > 0 && current.size > 0;
  for (const component of left.come.slice(pairCount)) {
    tally.changes.push({ kind: isOnBoth ? "version-added" : "added", component });
  }
  for (const component of left.gone.slice(pairCount)) {
    tally.changes.push({ kind: isOnBoth ? "version-removed" : "removed", component });
  }
}

/** Licences as different tools read them differ for most packages that did not change. */
function tellRelicensed(from: Component, to: Component, { changes, isSameTool }: Tally): boolean {
  if (!isSameTool || !isOtherLicence(from.licence, to.licence)) return false;
  changes.push({ kind: "relicensed", from, to });
  return true;
}

function movementOf(from: Component, to: Component): "upgraded" | "downgraded" | "changed" {
  const order = orderOf(from, to);
  if (order === undefined || order === 0) return "changed";
  return order < 0 ? "upgraded" : "downgraded";
}

/** The mark of a build is no version: `(devel)` and `v0.0.0-2025…` are neither before nor after a release. */
function orderOf(a: Component, b: Component): Order | undefined {
  if (a.isBuildMark === true || b.isBuildMark === true) return undefined;
  return compareVersions(a.type, a.version, b.version);
}

/** Takes away what is on both sides under two spellings; the rest, the highest first. */
function withoutEquivalent(
  gone: readonly Component[],
  come: readonly Component[],
  tally: Tally,
): { readonly gone: readonly Component[]; readonly come: readonly Component[] } {
  const old = descending(gone);
  const current = descending(come);
  const left: { gone: Component[]; come: Component[] } = { gone: [], come: [] };
  let [i, j] = [0, 0];
  for (;;) {
    const from = old[i];
    const to = current[j];
    if (from === undefined || to === undefined) break;
    const order = orderOf(from, to);
    if (order === 0) {
      tally.equivalentCount += 1;
      tellRelicensed(from, to, tally);
    }
    // Of two without an order neither is ever equivalent to another, so it does not matter which one is passed.
    if (order === undefined) break;
    if (order > 0) left.gone.push(from);
    if (order < 0) left.come.push(to);
    if (order >= 0) i += 1;
    if (order <= 0) j += 1;
  }
  return { gone: [...left.gone, ...old.slice(i)], come: [...left.come, ...current.slice(j)] };
}

/** The highest first; after them those that have no order, by their text. */
function descending(components: readonly Component[]): readonly Component[] {
  if (components.length < 2) return components;
  const { ordered = [], unordered = [] } = Object.groupBy(components, (component) =>
    orderOf(component, component) === undefined ? "unordered" : "ordered",
  );
  return [...ordered.toSorted((a, b) => orderOf(b, a) || byText(a, b)), ...unordered.toSorted(byText)];
}

function byText(a: Component, b: Component): number {
  return compareTexts(b.version, a.version);
}

const RANKS = new Map(CHANGE_KINDS.map((kind, rank) => [kind, rank]));

function inOrder(a: ComponentChange, b: ComponentChange): number {
  const rank = (RANKS.get(a.kind) ?? 0) - (RANKS.get(b.kind) ?? 0);
  if (rank !== 0) return rank;
  const [one, other] = [subjectOf(a), subjectOf(b)];
  return compareTexts(one.key, other.key) || compareTexts(one.version, other.version);
}
