import { compareCounts, compareDigits, compareNumbers, compareTexts, isDigits, type Order } from "./order.ts";

/** A version that looks like one of Semantic Versioning. */
interface SemverLike {
  /** Runs of digits: more than three where somebody wrote more, at least one. */
  readonly numbers: readonly string[];
  /** Identifiers of a pre-release; none for a release. */
  readonly preRelease: readonly string[];
  /** Identifiers behind `+`. */
  readonly build: readonly string[];
}

const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const FORM = new RegExp(`^[v=]?(\\d+(?:\\.\\d+)*)(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`);

/**
 * Orders two versions by Semantic Versioning; what stands behind `+` does not count. Missing numbers are noughts, and numbers
 * beyond the third count like those before them: both are outside the specification, but packages have them.
 *
 * @returns undefined for anything else
 * @see https://semver.org/spec/v2.0.0.html#spec-item-11
 */
export function compareSemver(a: string, b: string): Order | undefined {
  const left = parseSemverLike(a);
  const right = parseSemverLike(b);
  return left === undefined || right === undefined ? undefined : compareParsed(left, right);
}

/**
 * Orders two versions as Dart does: as {@link compareSemver}, but what stands behind `+` decides last.
 *
 * @see https://pub.dev/documentation/pub_semver, Version.compareTo
 */
export function comparePub(a: string, b: string): Order | undefined {
  const left = parseSemverLike(a);
  const right = parseSemverLike(b);
  if (left === undefined || right === undefined) return undefined;
  const order = compareParsed(left, right);
  return order === 0 ? compareIdentifiers(left.build, right.build) : order;
}

/**
 * Orders two versions of Go modules, or of Go itself, with or without `v` or `go`: pseudo-versions are pre-releases, and `1.21rc2`
 * is the pre-release `1.21.0-rc.2`.
 *
 * @see https://go.dev/ref/mod#versions
 */
export function compareGolang(a: string, b: string): Order | undefined {
  return compareSemver(moduleVersionOf(a), moduleVersionOf(b));
}

function moduleVersionOf(text: string): string {
  return text.replace(/^go(?=\d)/, "").replace(/^(\d+\.\d+)(beta|rc)(\d+)$/, "$1-$2.$3");
}

/**
 * Orders two versions of .NET packages: up to four numbers, and letters of either case are the same.
 *
 * @see https://learn.microsoft.com/nuget/concepts/package-versioning
 */
export function compareNuget(a: string, b: string): Order | undefined {
  const left = parseSemverLike(a.toLowerCase());
  const right = parseSemverLike(b.toLowerCase());
  if (left === undefined || right === undefined) return undefined;
  return left.numbers.length > 4 || right.numbers.length > 4 ? undefined : compareParsed(left, right);
}

function parseSemverLike(text: string): SemverLike | undefined {
  const [, numbers, preRelease, build] = FORM.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return {
    numbers: numbers.split("."),
    preRelease: preRelease?.split(".") ?? [],
    build: build?.split(".") ?? [],
  };
}

function compareParsed(left: SemverLike, right: SemverLike): Order {
  const numbers = compareNumbers(left.numbers, right.numbers);
  if (numbers !== 0) return numbers;
  const isRelease = left.preRelease.length === 0;
  if (isRelease !== (right.preRelease.length === 0)) return isRelease ? 1 : -1;
  return compareIdentifiers(left.preRelease, right.preRelease);
}

function compareIdentifiers(left: readonly string[], right: readonly string[]): Order {
  for (const [at, one] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = compareIdentifier(one, other);
    if (order !== 0) return order;
  }
  return compareCounts(left.length, right.length);
}

/** Numbers by value, and below every text. */
function compareIdentifier(one: string, other: string): Order {
  if (isDigits(one)) return isDigits(other) ? compareDigits(one, other) : -1;
  return isDigits(other) ? 1 : compareTexts(one, other);
}
