import type { Finding } from "../advisory/finding.ts";
import type { DiffQuality, PlatformsDiff } from "../sbom/change.ts";
import type { Instant } from "../time.ts";
import type { Configuration } from "./config-change.ts";

/**
 * How urgent an update is.
 *
 * `fixes`: at least one known vulnerability less. `content`: components or how the image is run differ, no known vulnerability less. `rebuild`:
 * both are equal. `unassessed`: the component lists could not be compared. `evidence-only`: the images are the same ones, only what is
 * attached to them changed; never proposed. `moved-backwards`: the tag went back to a
 * digest it had left, or to one that is older; proposed only if somebody approves.
 */
export type UpdateClass =
  "fixes" | "content" | "rebuild" | "unassessed" | "evidence-only" | "moved-backwards";

/** Which advisories were asked, and how old their answer is. */
export interface AdvisorySource {
  readonly name: string;
  /** When the newest record of the snapshot was modified. */
  readonly asOf?: Instant;
  readonly recordCount: number;
}

/** The component lists of both sides against one snapshot of advisories. */
export interface VulnerabilityDelta {
  /** In the old image and, beyond doubt, not in the new one. */
  readonly fixed: readonly Finding[];
  /** In the new image and, beyond doubt, not in the old one. */
  readonly introduced: readonly Finding[];
  /** In the new image, and not introduced. */
  readonly remaining: readonly Finding[];
  readonly source: AdvisorySource;
  /** Components of the new image that advisories could be asked about, and those that could not, by reason. */
  readonly matchedCount: number;
  readonly unmatched: readonly { readonly reason: string; readonly count: number }[];
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
