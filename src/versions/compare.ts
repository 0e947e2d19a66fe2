import { compareApk } from "./apk.ts";
import { compareComposer } from "./composer.ts";
import { compareCounted } from "./counted.ts";
import { compareDeb } from "./deb.ts";
import { compareGem } from "./gem.ts";
import { compareMaven } from "./maven.ts";
import type { Order } from "./order.ts";
import { comparePypi } from "./pypi.ts";
import { compareRpm } from "./rpm.ts";
import { compareGolang, compareNuget, comparePub, compareSemver } from "./semver.ts";

/** Longer texts are not compared: no real version comes near, and every comparison stays cheap. */
export const VERSION_LENGTH_MAX = 256;

const COMPARATORS: ReadonlyMap<string, (a: string, b: string) => Order | undefined> = new Map([
  ["apk", compareApk],
  ["bitnami", compareSemver],
  ["cargo", compareSemver],
  ["composer", compareComposer],
  ["cran", compareCounted],
  ["deb", compareDeb],
  ["gem", compareGem],
  ["golang", compareGolang],
  ["hackage", compareCounted],
  ["hex", compareSemver],
  ["maven", compareMaven],
  ["npm", compareSemver],
  ["nuget", compareNuget],
  ["pub", comparePub],
  ["pypi", comparePypi],
  ["rpm", compareRpm],
  ["semver", compareSemver],
  ["swift", compareSemver],
]);

/** Types that {@link compareVersions} knows an order for. */
export const ORDERED_TYPES: readonly string[] = [...COMPARATORS.keys()];

/**
 * Orders two versions the way their packaging system does.
 *
 * @param type purl type, e.g. `apk`, or `semver` for feeds that have that order alone
 * @param a as its package has it; with rpm the epoch in front (`1:3.5-1.el8`), which a purl carries beside the version
 * @returns undefined when the type has no order here, or a version is malformed where it would have to decide. Whoever asks
 *   must not read that as "fixed". Never throws; linear in the length of the texts.
 */
export function compareVersions(type: string, a: string, b: string): Order | undefined {
  if (a.length > VERSION_LENGTH_MAX || b.length > VERSION_LENGTH_MAX) return undefined;
  return COMPARATORS.get(type)?.(a, b);
}
