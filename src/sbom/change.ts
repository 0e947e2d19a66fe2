import type { Component } from "./component.ts";

/** Kinds of change in the order they are shown: what is rarest and most alarming first. */
export const CHANGE_KINDS = [
  "downgraded",
  "upgraded",
  "changed",
  "relicensed",
  "added",
  "removed",
  "version-added",
  "version-removed",
] as const;

/** One difference between two component lists. Of a package in several versions, each speaks of one of them. */
export type ComponentChange =
  | {
      /** `added`, `removed`: the package is on one side only. `version-…`: it is on both, in more versions on one of them. */
      readonly kind: "added" | "removed" | "version-added" | "version-removed";
      readonly component: Component;
    }
  | {
      /**
       * `changed`: the two versions have no order we know. `relicensed`: the same package under another licence, in the same version or, as a
       * change of its own beside that of the version, in the one it was paired with.
       */
      readonly kind: "upgraded" | "downgraded" | "changed" | "relicensed";
      readonly from: Component;
      readonly to: Component;
    };

/**
 * How much a comparison is worth. `exact`: same format, tool and major version of the tool. `tool-version`: another major version of it.
 * The rest: differences may be the tools', so licences and packages without a purl are not compared, or nothing could be.
 */
export const DIFF_QUALITIES = [
  "exact",
  "tool-version",
  "cross-tool",
  "cross-format",
  "index-only",
  "old-missing",
  "new-missing",
  "too-large",
] as const;

export type DiffQuality = (typeof DIFF_QUALITIES)[number];

/** The component that a change speaks of: of the new list where it is in both. */
export function subjectOf(change: ComponentChange): Component {
  return "component" in change ? change.component : change.to;
}

/** What changed from one component list to another. */
export interface ComponentDiff {
  readonly quality: DiffQuality;
  /** Sorted by kind in the order of {@link CHANGE_KINDS}, then key, then version. */
  readonly changes: readonly ComponentChange[];
  /** Components that are the same on both sides: in version and, where that is compared, licence. */
  readonly equalCount: number;
  /** Pairs whose versions are written differently and are the same. */
  readonly equivalentCount: number;
  /** So much was removed and added that another base is the likely reason: more than half of the larger list, and more than 20. */
  readonly isBaseReplaced: boolean;
}

/** The comparison of all platforms of two images. */
export interface PlatformsDiff {
  /**
   * What is the same on all platforms that both sides have. Its quality is the least of theirs, or says why nothing was compared; its counts are
   * those of the platform that has the fewest.
   */
  readonly common: ComponentDiff;
  /** What one platform has beside that; only where there is something. Sorted by platform. */
  readonly own: readonly { readonly platform: string; readonly changes: readonly ComponentChange[] }[];
  /** Platforms that both sides have a list of, sorted; `""` alone for lists that stand for whole digests. Empty: nothing was compared. */
  readonly compared: readonly string[];
  /** Platforms that only one side has: a finding of its own. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Platforms of both sides whose packages one side does not list. */
  readonly unlisted: readonly string[];
}
