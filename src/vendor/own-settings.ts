import type { CustomMatcher, EditOptions } from "../edit/format.ts";
import { isMatchedBy } from "../edit/glob.ts";
import { type Repository, renderRepository } from "../image/reference.ts";
import { parseImagePattern, regExpOf } from "./pattern.ts";
import type { PullRules } from "./pull-rules.ts";

/** Where the owners of a code repository may say something themselves; one of them. */
export const OWN_FILES = [".github/hullkeeper.yml", ".github/hullkeeper.yaml"] as const;

/** All that they may say; a policy can take away each. The names stand in configurations and in the published schema. */
export const OWN_FIELDS = [
  "enabled",
  "ignorePaths",
  "images",
  "files",
  "group",
  "pin",
  "labels",
  "assignees",
  "reviewers",
  "codeowners",
  "milestone",
  "baseBranches",
] as const;
export type OwnField = (typeof OWN_FIELDS)[number];

/** What the owners of a code repository say of it. It makes things stricter or changes what is theirs: deadlines, signers and verdicts it cannot touch. */
export interface OwnSettings extends Partial<
  Pick<
    PullRules,
    "group" | "pin" | "labels" | "assignees" | "reviewers" | "codeowners" | "milestone" | "baseBranches"
  >
> {
  /** Whether there are pull requests. */
  readonly enabled?: boolean;
  /** Globs of files that are not read; 20 at most. */
  readonly ignorePaths?: readonly string[];
  /** Which images are kept up to date, by patterns of their repositories; 100 of each at most. */
  readonly images?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  readonly files?: { readonly shell?: boolean; readonly matchers?: readonly CustomMatcher[] };
}

/** One thing that is wrong with such a file. */
export interface OwnFault {
  /** Which field: `labels[0]`; empty for the file as a whole. */
  readonly path: string;
  /** From 1, where that is known. */
  readonly line?: number;
  readonly column?: number;
  /** What is wrong and what would be right; at most 400 characters. */
  readonly reason: string;
}

/** What a file came to. */
export type OwnReading =
  | { readonly kind: "read"; readonly settings: OwnSettings }
  /** At least one, 20 at most. */
  | { readonly kind: "faulty"; readonly faults: readonly OwnFault[] };

/** How such files are read. */
export interface OwnFileReader {
  /** Fields that the operator does not let owners decide: naming one is a fault. */
  readonly forbidden: readonly OwnField[];
  readonly parse: (text: string) => OwnReading;
}

/** What owners said, without what an operator lets nobody decide. */
export function allowedOf(settings: OwnSettings, forbidden: readonly OwnField[]): OwnSettings {
  const isForbidden: ReadonlySet<string> = new Set(forbidden);
  return Object.fromEntries(Object.entries(settings).filter(([field]) => !isForbidden.has(field)));
}

/** Names in a list of what both say, at most: as many as a code host takes for one pull request, twice. */
const NAMES_MAX = 40;

/** How pull requests are made where both the operator and the owners said something. */
export function joinPulls(rules: PullRules, own: OwnSettings | undefined): PullRules {
  if (own === undefined) return rules;
  const { group, pin, milestone, codeowners } = own;
  return {
    ...rules,
    ...(group === undefined ? {} : { group }),
    ...(pin === undefined ? {} : { pin }),
    ...(milestone === undefined ? {} : { milestone }),
    // Of the operator's none goes: the deadlines of what they hold would go with it.
    baseBranches: both(rules.baseBranches, own.baseBranches),
    labels: both(rules.labels, own.labels),
    assignees: both(rules.assignees, own.assignees),
    reviewers: both(rules.reviewers, own.reviewers),
    codeowners: rules.codeowners || codeowners === true,
  };
}

function both(names: readonly string[], more: readonly string[] = []): readonly string[] {
  return [...new Set([...names, ...more])].slice(0, NAMES_MAX);
}

/** What is edited where both said something. */
export function joinEdit(edit: EditOptions, own: OwnSettings | undefined): EditOptions {
  const { shell = false, matchers = [] } = own?.files ?? {};
  return { shell: edit.shell || shell, matchers: [...edit.matchers, ...matchers] };
}

/** Tells whether owners leave a file out. */
export function ignoredBy(own: OwnSettings | undefined): (path: string) => boolean {
  const globs = own?.ignorePaths ?? [];
  return (path) => globs.some((glob) => isMatchedBy(path, glob));
}

/** Tells whether owners leave images of a repository out. */
export function leftOutBy(own: OwnSettings | undefined): (repository: Repository) => boolean {
  const allow = own?.images?.allow?.map(patternOf);
  const deny = (own?.images?.deny ?? []).map(patternOf);
  return (repository) => {
    const name = renderRepository(repository);
    const isAllowed = allow === undefined || allow.some((pattern) => pattern.test(name));
    return !isAllowed || deny.some((pattern) => pattern.test(name));
  };
}

function patternOf(text: string): RegExp {
  return regExpOf(parseImagePattern(text));
}
