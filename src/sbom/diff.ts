import type { Component } from "./component.ts";

/** One difference between two component lists. */
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
