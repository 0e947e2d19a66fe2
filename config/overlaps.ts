import { type ImagePattern, isCovering, isOverlapping, renderImagePattern } from "../src/vendor/pattern.ts";
import type { Fault } from "./fault.ts";

/** A pattern, and where it is written. */
export interface PatternPlace {
  readonly pattern: ImagePattern;
  readonly path: string;
}

/** A pattern that a profile claims, without what is another's. */
export interface ClaimedPattern extends PatternPlace {
  /** Patterns whose images are another profile's, which is more exact about them. */
  readonly except: readonly ImagePattern[];
}

/** What a profile claims. */
export interface Claimant {
  readonly id: string;
  readonly places: readonly ClaimedPattern[];
}

/**
 * Those of the other vendors' patterns that are more exact than this one where both mean an image: the longer text before the first `*`
 * decides (`cgr.dev/chainguard/*` before `cgr.dev/*\/*`), where that is equal what lies inside the other (`…/*-debian9` before `…/*`).
 */
export function moreExactThan(
  pattern: ImagePattern,
  others: readonly ImagePattern[],
): readonly ImagePattern[] {
  return others.filter((other) => isOverlapping(pattern, other) && isMoreExact(other, pattern));
}

function isMoreExact(a: ImagePattern, b: ImagePattern): boolean {
  const [ofA, ofB] = [literalLength(a), literalLength(b)];
  return ofA === ofB ? isCovering(b, a) && !isCovering(a, b) : ofA > ofB;
}

function literalLength(pattern: ImagePattern): number {
  const [literal = ""] = renderImagePattern(pattern).split("*");
  return literal.length;
}

/** Patterns of two profiles that can mean one image, of which neither leaves it to the other. */
export function overlapFaults(claimants: readonly Claimant[]): readonly Fault[] {
  return claimants.flatMap((later, index) =>
    claimants.slice(0, index).flatMap((earlier) =>
      later.places.flatMap((place) =>
        earlier.places
          .filter((other) => isOverlapping(place.pattern, other.pattern) && !isSettled(place, other))
          .map((other) => ({
            path: place.path,
            reason:
              `${renderImagePattern(place.pattern)} is claimed by two profiles, ${earlier.id} ` +
              `(${renderImagePattern(other.pattern)}, ${other.path}) and ${later.id}`,
          })),
      ),
    ),
  );
}

function isSettled(a: ClaimedPattern, b: ClaimedPattern): boolean {
  return (
    a.except.some((pattern) => isCovering(pattern, b.pattern)) ||
    b.except.some((pattern) => isCovering(pattern, a.pattern))
  );
}
