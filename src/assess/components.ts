import type { DiffQuality, PlatformsDiff } from "../sbom/change.ts";
import { type PlatformList, platformsDiffOf } from "../sbom/platforms.ts";
import type { Assessment } from "./assessment.ts";

/** The component lists of one side, or why there are none: a fragment for people, such as `no SBOM is attached`. */
export type ListsAnswer =
  | {
      readonly kind: "lists";
      /** One for each platform, or one for the whole digest. */
      readonly lists: readonly PlatformList[];
    }
  | { readonly kind: "missing"; readonly reason: string };

/** What changed between the packages of two images. Where nothing could be compared it says why, and never that nothing changed. */
export function componentsOf(old: ListsAnswer, current: ListsAnswer): Assessment["components"] {
  if (current.kind === "missing") {
    return { kind: "not-compared", quality: "new-missing", reason: `the new image: ${current.reason}` };
  }
  if (old.kind === "missing") {
    return { kind: "not-compared", quality: "old-missing", reason: `the old image: ${old.reason}` };
  }
  const diff = platformsDiffOf(old.lists, current.lists);
  const { common, own, compared } = diff;
  if (compared.length === 0) {
    const reason = reasonOf(common.quality, current.lists);
    return { kind: "not-compared", quality: common.quality, reason };
  }
  const comparedCount = common.equalCount + common.equivalentCount + common.changes.length + own.length;
  if (comparedCount > 0) return { kind: "compared", diff };
  return {
    kind: "not-compared",
    quality: common.quality,
    reason: "the lists of the two images have nothing in them that different tools would write alike",
  };
}

/** Whether anything is known to differ: a package, or which platforms there are. */
export function hasChanges({ common, own, added, removed }: PlatformsDiff): boolean {
  return common.changes.length + own.length + added.length + removed.length > 0;
}

function reasonOf(quality: DiffQuality, current: readonly PlatformList[]): string {
  switch (quality) {
    case "index-only":
      return `the ${listsNone(current) ? "new" : "old"} image: its SBOM lists no packages`;
    case "too-large":
      return "a component list is too large to be compared";
    case "old-missing":
      return "the old image: there is no component list for any platform that both have";
    case "new-missing":
    case "exact":
    case "tool-version":
    case "cross-tool":
    case "cross-format":
      return "the new image: there is no component list for any platform that both have";
    default:
      return quality satisfies never;
  }
}

function listsNone(lists: readonly PlatformList[]): boolean {
  return lists.every(
    ({ list }) => list === undefined || list.scope === "index" || list.components.length === 0,
  );
}
