import { isMatchedBy } from "../edit/glob.ts";
import { compareDigits, compareTexts, type Order } from "../versions/order.ts";

/**
 * The word for the default branch, wherever that is: as Renovate has it, so that lists can be taken over. No branch we read can be called so.
 *
 * @see https://docs.renovatebot.com/configuration-options/#basebranchpatterns
 */
export const DEFAULT_BRANCH = "$default";

/** Branches of one code repository that are read at most, however many its patterns name. */
export const BRANCHES_MAX = 20;

/** Where pull requests come from: nothing that is read. */
const OWN_BRANCHES = "hullkeeper/";

/** Which branches of a code repository are asked about. */
export interface HeadsWish {
  /** Whether the default branch is one of them. */
  readonly isDefaultWanted: boolean;
  /** By their exact names. */
  readonly names: readonly string[];
  /** All branches whose names begin with one of these; each ends in `/`, or is empty for all branches. */
  readonly prefixes: readonly string[];
}

/** What is to be asked to find all branches that are wanted. @param wanted {@link DEFAULT_BRANCH}, names, and globs with `*` */
export function headsWishOf(wanted: readonly string[]): HeadsWish {
  const others = wanted.filter((entry) => entry !== DEFAULT_BRANCH);
  const prefixes = others.filter(isGlob).map((glob) => {
    const literal = glob.slice(0, glob.indexOf("*"));
    return literal.slice(0, literal.lastIndexOf("/") + 1);
  });
  return {
    isDefaultWanted: others.length < wanted.length,
    names: [...new Set(others.filter((entry) => !isGlob(entry)))],
    // What begins with the longer one begins with the shorter one.
    prefixes: [...new Set(prefixes)].filter(
      (prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)),
    ),
  };
}

/** Names of branches that there are, as far as {@link headsWishOf} asks about them. */
export interface BranchesThere {
  readonly default?: string;
  readonly names: readonly string[];
}

/** Which branches are read, and what there is to say of the others that are wanted. */
export interface BranchChoice {
  /** {@link BRANCHES_MAX} at most, in the order they are wanted; of those that one glob names, the highest numbers first. */
  readonly branches: readonly string[];
  /** What was wanted and names no branch. */
  readonly missing: readonly string[];
  /** How many more there are that are wanted. */
  readonly leftOutCount: number;
}

/** Chooses the branches that are read. @param wanted as in {@link headsWishOf} */
export function chosenBranches(wanted: readonly string[], there: BranchesThere): BranchChoice {
  const found = new Set<string>();
  const missing: string[] = [];
  for (const entry of wanted) {
    const names = namesFor(entry, there);
    if (names.length === 0) missing.push(entry);
    for (const name of names) found.add(name);
  }
  const all = [...found];
  return {
    branches: all.slice(0, BRANCHES_MAX),
    missing,
    leftOutCount: Math.max(0, all.length - BRANCHES_MAX),
  };
}

/** Whether a branch is among those that are wanted, by its name alone. */
export function isWantedBranch(
  wanted: readonly string[],
  { branch, isDefault }: { readonly branch: string; readonly isDefault: boolean },
): boolean {
  const there = { names: [branch], ...(isDefault ? { default: branch } : {}) };
  return wanted.some((entry) => namesFor(entry, there).length > 0);
}

function namesFor(entry: string, there: BranchesThere): readonly string[] {
  if (entry === DEFAULT_BRANCH) return there.default === undefined ? [] : [there.default];
  const isMeant = isGlob(entry)
    ? (name: string): boolean => isMatchedBy(name, entry)
    : (name: string): boolean => name === entry;
  return there.names
    .filter((name) => !name.startsWith(OWN_BRANCHES) && isMeant(name))
    .toSorted((a, b) => compareNames(b, a));
}

function isGlob(entry: string): boolean {
  return entry.includes("*");
}

/** Orders names of branches by their numbers where they have some: `release/9` before `release/10`. */
function compareNames(a: string, b: string): Order {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const [one = "", other = ""] = [left[at], right[at]];
    const isNumber = /^\d/.test(one) && /^\d/.test(other);
    const order = isNumber ? compareDigits(one, other) : compareTexts(one, other);
    if (order !== 0) return order;
  }
  return compareTexts(a, b);
}

function partsOf(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

/** Why not all branches that are wanted are read, in a sentence for people; undefined where all are. */
export function branchesInWords({
  missing,
  leftOutCount,
  isPartial,
}: Pick<BranchChoice, "missing" | "leftOutCount"> & {
  /** There are more than were looked through. */
  readonly isPartial: boolean;
}): string | undefined {
  const gone = missing.length === 0 ? [] : [`no branch is named ${missing.join(", ")}`];
  const more =
    leftOutCount === 0
      ? []
      : [
          `${leftOutCount} more ${leftOutCount === 1 ? "is" : "are"} wanted than the ${BRANCHES_MAX} that are read`,
        ];
  const unseen = isPartial ? ["there are more branches than the 1,000 that are looked through"] : [];
  const all = [...gone, ...more, ...unseen];
  return all.length === 0 ? undefined : all.join("; ");
}
