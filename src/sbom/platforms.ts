import { compareTexts } from "../versions/order.ts";
import {
  type ComponentChange,
  type ComponentDiff,
  DIFF_QUALITIES,
  type DiffQuality,
  type PlatformsDiff,
} from "./change.ts";
import { type ComponentList, COMPONENTS_MAX } from "./component.ts";
import { diffOf, listsPackages, nothing } from "./diff.ts";

/** What one platform of an image has in it, as far as that is known. */
export interface PlatformList {
  /** E.g. `linux/arm64`; `""` for a list that stands for the whole digest. */
  readonly platform: string;
  /** Absent where nobody says. */
  readonly list: ComponentList | undefined;
}

/**
 * What changed from one image to another on every platform. A list that stands for a whole digest stands for each of its platforms that
 * has none of its own.
 *
 * @param before one list for each platform of the digest, or one for the whole of it; of two for one platform the last counts
 */
export function platformsDiffOf(
  before: readonly PlatformList[],
  after: readonly PlatformList[],
): PlatformsDiff {
  const old = sideOf(before);
  const current = sideOf(after);
  const shared = sharedOf(old, current);
  const diffs: PlatformDiff[] = [];
  const unlisted: string[] = [];
  let quality: DiffQuality | undefined;
  for (const platform of shared) {
    const answer = comparisonOf(old.listOf(platform), current.listOf(platform));
    if (answer.kind === "compared") diffs.push({ platform, diff: answer.diff });
    else {
      unlisted.push(platform);
      quality ??= answer.quality;
    }
  }
  return {
    ...splitOf(diffs, quality ?? "new-missing"),
    compared: diffs.map(({ platform }) => platform),
    added: only(current, old),
    removed: only(old, current),
    unlisted: unlisted.filter((platform) => platform !== ""),
  };
}

/** How many changes there are on all platforms together, each once. */
export function changeCountOf({ common, own }: PlatformsDiff): number {
  const others = new Set(own.flatMap(({ changes }) => changes.map(identityOf)));
  return common.changes.length + others.size;
}

interface PlatformDiff {
  readonly platform: string;
  readonly diff: ComponentDiff;
}

interface Side {
  /** Sorted, without the whole. */
  readonly platforms: readonly string[];
  readonly whole: boolean;
  listOf(platform: string): ComponentList | undefined;
}

function sideOf(lists: readonly PlatformList[]): Side {
  const byPlatform = new Map(lists.map(({ platform, list }) => [platform, list]));
  return {
    platforms: [...byPlatform.keys()].filter((platform) => platform !== "").toSorted(compareTexts),
    whole: byPlatform.has(""),
    listOf: (platform) => byPlatform.get(platform) ?? byPlatform.get(""),
  };
}

/** What a whole digest stands for is as many platforms as the other side has. */
function sharedOf(old: Side, current: Side): readonly string[] {
  if (old.platforms.length === 0 && current.platforms.length === 0) return [""];
  if (old.platforms.length === 0) return old.whole ? current.platforms : [];
  if (current.platforms.length === 0) return current.whole ? old.platforms : [];
  return old.platforms.filter((platform) => current.platforms.includes(platform));
}

/** A side that names no platforms may have any. */
function only(side: Side, other: Side): readonly string[] {
  if (other.platforms.length === 0) return [];
  return side.platforms.filter((platform) => !other.platforms.includes(platform));
}

type Comparison =
  | { readonly kind: "compared"; readonly diff: ComponentDiff }
  | { readonly kind: "unlisted"; readonly quality: DiffQuality };

function comparisonOf(old: ComponentList | undefined, current: ComponentList | undefined): Comparison {
  if (current === undefined) return { kind: "unlisted", quality: "new-missing" };
  if (old === undefined) return { kind: "unlisted", quality: "old-missing" };
  if (!listsPackages(old) || !listsPackages(current)) return { kind: "unlisted", quality: "index-only" };
  if (Math.max(old.components.length, current.components.length) > COMPONENTS_MAX) {
    return { kind: "unlisted", quality: "too-large" };
  }
  return { kind: "compared", diff: diffOf(old, current) };
}

/** The common part, and what each platform has beside it. */
function splitOf(
  diffs: readonly PlatformDiff[],
  missing: DiffQuality,
): Pick<PlatformsDiff, "common" | "own"> {
  const [first, ...others] = diffs;
  if (first === undefined) return { common: nothing(missing), own: [] };
  const identities = others.map(({ diff }) => new Set(diff.changes.map(identityOf)));
  const isCommon = (identity: string): boolean => identities.every((set) => set.has(identity));
  const changes =
    others.length === 0
      ? first.diff.changes
      : first.diff.changes.filter((change) => isCommon(identityOf(change)));
  const common = new Set(changes.map(identityOf));
  const all = diffs.map(({ diff }) => diff);
  return {
    common: {
      quality: leastOf(all.map(({ quality }) => quality)),
      changes,
      equalCount: Math.min(...all.map(({ equalCount }) => equalCount)),
      equivalentCount: Math.min(...all.map(({ equivalentCount }) => equivalentCount)),
      isBaseReplaced: all.some(({ isBaseReplaced }) => isBaseReplaced),
    },
    own: diffs
      .map(({ platform, diff }) => ({
        platform,
        changes: diff.changes.filter((change) => !common.has(identityOf(change))),
      }))
      .filter((rest) => rest.changes.length > 0),
  };
}

function leastOf(qualities: readonly DiffQuality[]): DiffQuality {
  return DIFF_QUALITIES.findLast((quality) => qualities.includes(quality)) ?? "exact";
}

/** What makes a change the same on two platforms: not the architecture, nor where the document found it. */
function identityOf(change: ComponentChange): string {
  if ("component" in change)
    return JSON.stringify([change.kind, change.component.key, change.component.version]);
  const { kind, from, to } = change;
  const licences = kind === "relicensed" ? [from.licence, to.licence] : [];
  return JSON.stringify([kind, to.key, from.version, to.version, ...licences]);
}
