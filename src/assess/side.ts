import { type Judgement, mergedOf, type Reading, readingOf } from "../advisory/affected.ts";
import type { AdvisoryIndex } from "../advisory/advisory-index.ts";
import type { AdvisoryAnswer } from "../advisory/answer.ts";
import type { VexStatement } from "../advisory/vex.ts";
import { type ImageNames, vexJudgeOf } from "../advisory/vex-match.ts";
import type { ComponentList } from "../sbom/component.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";

/** One image as far as vulnerabilities are concerned. */
export interface ImageFacts {
  /** One for each platform, or one for the whole image, whose platform is the empty text. Undefined: its packages are not listed. */
  readonly lists: readonly { readonly platform: string; readonly list: ComponentList | undefined }[];
  /** What VEX statements may call it. */
  readonly names?: ImageNames;
  /** Statements attested with it. */
  readonly vex?: readonly VexStatement[];
}

/** What advisories say about an image: over all of its platforms, since a vulnerability is fixed when it is on none. */
export interface Side {
  /** By the key of their finding. */
  readonly judgements: ReadonlyMap<string, PlatformJudgement>;
  /** Platforms whose packages are listed. */
  readonly listed: ReadonlySet<string>;
  /** Source packages, on any platform. */
  readonly packages: ReadonlySet<string>;
  readonly matchedCount: number;
  readonly ownNameCount: number;
  readonly unmatched: readonly { readonly reason: string; readonly count: number }[];
  readonly unmatchedPackages: ReadonlyMap<string, string>;
}

/** A judgement and the platforms it is as bad as that on. */
export interface PlatformJudgement extends Judgement {
  readonly platforms: ReadonlySet<string>;
}

/** Reads the lists of an image against advisories. */
export function sideOf(
  image: ImageFacts,
  index: AdvisoryIndex,
  { vex }: Pick<AdvisoryAnswer, "vex">,
  at: Instant,
): Side {
  const judge = vexJudgeOf([...(image.vex ?? []), ...vex], image.names, at);
  const readings = image.lists.flatMap(({ platform, list }) =>
    list === undefined ? [] : [{ platform, reading: readingOf(list, index, judge) }],
  );
  const all = readings.map(({ reading }) => reading);
  const unmatched = mapsOf(all, "unmatched");
  return {
    judgements: judgementsOn(readings),
    listed: new Set(readings.map(({ platform }) => platform)),
    packages: setOf(all, "packages"),
    matchedCount: setOf(all, "matched").size,
    ownNameCount: setOf(all, "ownNamed").size,
    unmatched: countsOf(unmatched.values()),
    unmatchedPackages: mapsOf(all, "unmatchedPackages"),
  };
}

/** Whether what an image has on a platform is known. A list of the whole image stands for each. */
export function isListed({ listed }: Pick<Side, "listed">, platform: string): boolean {
  return listed.has(platform) || listed.has("") || (platform === "" && listed.size > 0);
}

function judgementsOn(
  readings: readonly { readonly platform: string; readonly reading: Reading }[],
): ReadonlyMap<string, PlatformJudgement> {
  const all = new Map<string, PlatformJudgement>();
  for (const { platform, reading } of readings) {
    for (const [key, judgement] of reading.judgements) {
      const known = all.get(key);
      const merged = mergedOf(known, judgement);
      all.set(key, { ...merged, platforms: platformsOf(known, judgement, platform) });
    }
  }
  return all;
}

function platformsOf(
  known: PlatformJudgement | undefined,
  judgement: Judgement,
  platform: string,
): ReadonlySet<string> {
  if (known === undefined) return new Set([platform]);
  if (known.state.kind === judgement.state.kind) return new Set([...known.platforms, platform]);
  const isWorse = mergedOf(known, judgement).state.kind === judgement.state.kind;
  return isWorse ? new Set([platform]) : known.platforms;
}

function setOf(readings: readonly Reading[], what: "packages" | "matched" | "ownNamed"): ReadonlySet<string> {
  return new Set(readings.flatMap((reading) => [...reading[what]]));
}

function mapsOf(
  readings: readonly Reading[],
  what: "unmatched" | "unmatchedPackages",
): ReadonlyMap<string, string> {
  return new Map(readings.flatMap((reading) => [...reading[what]]));
}

/** Most first. */
function countsOf(reasons: Iterable<string>): Side["unmatched"] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .toSorted((a, b) => b.count - a.count || compareTexts(a.reason, b.reason));
}
