import type { FeedState } from "../advisory/feed.ts";
import type { Finding, NotAffected } from "../advisory/finding.ts";
import type { DiffQuality, PlatformsDiff } from "../sbom/change.ts";
import type { Instant } from "../time.ts";
import type { Configuration } from "./config-change.ts";

/**
 * How urgent an update is.
 *
 * `fixes`: at least one known vulnerability less. `regression`: it brings back a grave one, by an older version or one that was not to
 * return. `content`: something differs and no known vulnerability is fixed. `rebuild`: packages and configuration are equal.
 * `unassessed`: the packages could not be compared, or differ and what that fixes could not be told. `evidence-only`: the images are
 * the same ones, only what is attached to them changed. `moved-backwards`: the tag went back to a digest it had left, or to one that
 * is older.
 */
export const UPDATE_CLASSES = [
  "fixes",
  "content",
  "rebuild",
  "evidence-only",
  "moved-backwards",
  "regression",
  "unassessed",
] as const;

export type UpdateClass = (typeof UPDATE_CLASSES)[number];

/** A vulnerability that the new image no longer has, and why not. */
export interface FixedFinding extends Finding {
  /** `upgrade`: its version is past the fix. `removed`: no package of the source is there. `backport`: VEX says the fix is in. */
  readonly how: "upgrade" | "removed" | "backport";
}

/** The component lists of both sides against one snapshot of advisories. */
export interface VulnerabilityDelta {
  /** In the old image and, beyond doubt, not in the new one. */
  readonly fixed: readonly FixedFinding[];
  /** In the old image; of the new one the vendor says that it is not affected. Ends a clock, and remedies nothing. */
  readonly reclassified: readonly (Finding & { readonly why: NotAffected })[];
  /** In the new image and, beyond doubt, not in the old one. */
  readonly introduced: readonly Finding[];
  /** In the new image, and not introduced. */
  readonly remaining: readonly Finding[];
  /** Not known whether in the new image, which is not "fixed". */
  readonly indeterminate: readonly (Finding & { readonly reason: string })[];
  /** Of the new image. Sorted by id, then package. */
  readonly notAffected: readonly NotAffected[];
  /** Feeds that speak of packages of either image, and those of signals, which speak of no package. */
  readonly feeds: readonly FeedState[];
  /** Components of the new image that advisories could be asked about, and those that could not, by reason. */
  readonly matchedCount: number;
  readonly unmatched: readonly { readonly reason: string; readonly count: number }[];
  /** Of those asked about, how many by their own name, because nothing says which source they are from. */
  readonly ownNameCount: number;
  /** Ids of what is introduced by a step back to an older version, or that was not to return. Sorted. */
  readonly regressions: readonly string[];
}

/** What an update from one digest to another means. */
export interface Assessment {
  readonly class: UpdateClass;
  readonly components:
    | { readonly kind: "compared"; readonly diff: PlatformsDiff }
    | {
        readonly kind: "not-compared";
        readonly quality: DiffQuality;
        /** A fragment for people. */
        readonly reason: string;
      };
  /** Absent in what was assessed before configurations were compared. */
  readonly configuration?: Configuration;
  readonly vulnerabilities:
    | { readonly kind: "assessed"; readonly delta: VulnerabilityDelta }
    | { readonly kind: "not-assessed"; readonly reason: string };
  readonly assessedAt: Instant;
  /** Why it is a step backwards, where it is one: a fragment for people. */
  readonly stepBack?: string;
}
