import type { ComponentChange } from "../../src/sbom/change.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";

/** `upgraded apk/alpine/a 1 → 2`. */
export function written(change: ComponentChange): string {
  if ("component" in change) return `${change.kind} ${change.component.key} ${change.component.version}`;
  return `${change.kind} ${change.to.key} ${change.from.version} → ${change.to.version}`;
}

/** What changed between two lists, written. */
export function changesOf(before: ComponentList, after: ComponentList): readonly string[] {
  return diffOf(before, after).changes.map(written);
}
