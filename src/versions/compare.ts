import { compareApk } from "./apk.ts";
import type { Order } from "./order.ts";
import { comparePypi } from "./pypi.ts";

/** Longer texts are not compared: no real version comes near, and every comparison stays cheap. */
export const VERSION_LENGTH_MAX = 256;

/**
 * Orders two versions the way their packaging system does.
 *
 * @param type purl type, e.g. `apk`
 * @returns undefined when the type has no order here, or a version is malformed where it would have to decide. Whoever asks
 *   must not read that as "fixed". Never throws; linear in the length of the texts.
 */
export function compareVersions(type: string, a: string, b: string): Order | undefined {
  if (a.length > VERSION_LENGTH_MAX || b.length > VERSION_LENGTH_MAX) return undefined;
  switch (type) {
    case "apk":
      return compareApk(a, b);
    case "pypi":
      return comparePypi(a, b);
    default:
      return undefined;
  }
}
