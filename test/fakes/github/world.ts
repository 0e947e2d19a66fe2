import type { AppState } from "./app.ts";
import type { Webhooks } from "./webhooks.ts";
import type { GitRepository } from "./git-repository.ts";

/** Which GitHub it is. */
export type Edition =
  | { readonly kind: "cloud" }
  | {
      readonly kind: "enterprise";
      /** E.g. `3.16.0`. */
      readonly version: string;
      /**
       * What this version has not: mutations of GraphQL (`createCommitOnBranch`), other fields of it (`PullRequest.mergeable`), routes as they are listed
       * here (`POST /repos/{owner}/{repo}/check-runs`), all of GraphQL (`POST /graphql`).
       */
      readonly lacks?: readonly string[];
      /**
       * What may not be read is left out of answers of GraphQL without a word, as servers of 2.22 and 3.12 do to an App. Default: it is refused.
       *
       * @see https://github.com/dear-github/dear-github/issues/432
       */
      readonly withheld?: "left-out";
      /** Everything of the API stands below this path, as behind a proxy: `/github`. Default: nothing. */
      readonly below?: string;
    };

/** Whether what may not be read is left out without a word. */
export function leavesOut(edition: Edition): boolean {
  return edition.kind === "enterprise" && edition.withheld === "left-out";
}

/** What this edition has not. */
export function lackedBy(edition: Edition): ReadonlySet<string> {
  return new Set(edition.kind === "enterprise" ? edition.lacks : []);
}

/** Everything the double remembers besides what is in the git repositories. */
export interface World {
  readonly edition: Edition;
  readonly apiUrl: string;
  readonly webUrl: string;
  /** Login of the account that the token belongs to. */
  readonly actor: string;
  readonly now: () => Date;
  /** A tree with more entries than this is cut short. */
  readonly treeEntriesMax: number;
  /** By owner and name in lower case: GitHub does not tell cases apart. */
  readonly repositories: Map<string, RepositoryState>;
  readonly nextId: () => number;
  /** Logins in lower case of accounts that there are, whatever they may do. */
  readonly people: Set<string>;
  readonly app: AppState | undefined;
  readonly webhooks: Webhooks;
}

export interface RepositoryState {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly defaultBranch: string;
  isArchived: boolean;
  isFork: boolean;
  isPrivate: boolean;
  /** As GitHub says it: 0 of a new or a small one, too. */
  kilobytes: number;
  readonly createdAt: Date;
  readonly git: GitRepository;
  readonly pulls: PullState[];
  /** By name in lower case. */
  readonly labels: Map<string, LabelState>;
  /** Oldest first. */
  readonly statuses: StatusState[];
  /** Oldest first. */
  readonly checkRuns: CheckRunState[];
  /** Branches that only people may move, by a pull request. */
  readonly protectedBranches: Set<string>;
  /** What must have succeeded at a head before it is merged, by the base branch: contexts of statuses, names of check runs. */
  readonly requiredChecks: Map<string, readonly string[]>;
  /** What people may do, by login in lower case; who is not here is no collaborator. */
  readonly roles: Map<string, Role>;
  /** Slugs of the owner's teams that are collaborators. */
  readonly teams: Set<string>;
  readonly milestones: MilestoneState[];
  /** Commits that GitHub would have signed: made by the API without author and committer of their own. */
  readonly signed: Set<string>;
  /** Runs one change after the other, as a database would. */
  readonly exclusively: <T>(change: () => Promise<T>) => Promise<T>;
}

/** What a person may do in a repository, as GitHub names it. */
export type Role = "admin" | "maintain" | "write" | "triage" | "read";

/** A plan of the repository's owner. */
export interface MilestoneState {
  readonly id: number;
  readonly number: number;
  readonly title: string;
  state: "open" | "closed";
  readonly createdAt: Date;
}

export interface PullState {
  readonly number: number;
  readonly id: number;
  readonly author: string;
  readonly headBranch: string;
  baseBranch: string;
  title: string;
  body: string | null;
  state: "open" | "closed";
  /** Of the head and of the base when it was last open. */
  headCommit: string;
  baseCommit: string;
  mergeCommit: string | undefined;
  readonly createdAt: Date;
  updatedAt: Date;
  closedAt: Date | undefined;
  /** Who closed it, each time, oldest first. */
  readonly closings: { readonly at: Date; readonly by: string | undefined }[];
  mergedAt: Date | undefined;
  /** Names, in the order they were added. */
  labels: string[];
  /** Logins, in the order they were added. */
  readonly assignees: string[];
  readonly reviewers: string[];
  /** Slugs. */
  readonly reviewTeams: string[];
  /** Its number. */
  milestone: number | undefined;
  /** Oldest first. */
  readonly comments: CommentState[];
  /** Head and base of which it is known whether they can be merged: GitHub finds out after it was asked. */
  mergeabilityOf: string | undefined;
}

/** A comment on a pull request's page. */
export interface CommentState {
  readonly id: number;
  readonly author: string;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

/** A line of a check run at a place of a file. */
export interface AnnotationState {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  /** `notice`, `warning` or `failure`. */
  readonly level: string;
  readonly message: string;
  readonly title: string | null;
}

/** What an App says about a commit. Words as REST writes them. */
export interface CheckRunState {
  readonly id: number;
  readonly commit: string;
  /** Slug of the App. */
  readonly app: string;
  name: string;
  status: string;
  conclusion: string | null;
  detailsUrl: string | null;
  externalId: string;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: AnnotationState[];
  startedAt: Date | undefined;
  completedAt: Date | undefined;
}

export interface LabelState {
  /** Six hex digits. */
  readonly color: string;
  readonly description: string | null;
  readonly id: number;
  readonly name: string;
}

export interface StatusState {
  readonly id: number;
  readonly commit: string;
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly at: Date;
}

/** Whose request it is. */
export type Caller =
  | {
      readonly kind: "token";
      readonly login: string;
      /** Of a fine-grained one; a classic one may do everything. */
      readonly permissions: Permissions | undefined;
    }
  | {
      readonly kind: "installation";
      /** Of the App's account: `slug[bot]`. */
      readonly login: string;
      readonly app: string;
      readonly installationId: number;
      readonly permissions: Permissions;
      readonly sees: (repository: RepositoryState) => boolean;
    };

/** `read` or `write` by the name of the permission, as GitHub spells it: `pull_requests`. */
export type Permissions = Readonly<Record<string, string>>;

/** Who does something where. */
export interface Deed {
  readonly world: World;
  readonly repository: RepositoryState;
  readonly caller: Caller;
}

/** Runs what it is given one after the other. */
export function createLane(): RepositoryState["exclusively"] {
  let last: Promise<unknown> = Promise.resolve();
  return async (change) => {
    const turn = last.then(change);
    // The next one does not care how this one ended.
    last = turn.catch(() => {});
    return turn;
  };
}

export function keyOf(owner: string, name: string): string {
  return `${owner}/${name}`.toLowerCase();
}

/** An answer with a status of 400 or more. */
export class Refused extends Error {
  readonly status: number;
  readonly errors: readonly object[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** What explains it. */
  readonly page: string;

  constructor(
    status: number,
    message: string,
    errors?: readonly object[],
    headers: Readonly<Record<string, string>> = {},
    page = "https://docs.github.com/rest",
  ) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.errors = errors;
    this.headers = headers;
    this.page = page;
  }
}

/** GitHub's answer to a field it does not accept. */
export function invalid(
  resource: string,
  detail: { readonly field?: string; readonly message?: string },
): Refused {
  const code = detail.message === undefined ? "invalid" : "custom";
  return new Refused(422, "Validation Failed", [{ resource, code, ...detail }]);
}

/** A request to the API, taken apart. */
export interface ApiRequest {
  readonly world: World;
  readonly caller: Caller;
  readonly repository: RepositoryState;
  /** Of the path, decoded. */
  readonly parameter: (name: string) => string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: ApiRequest) => Promise<ApiAnswer>;

/** By method and path template, written as GitHub's description writes them. */
export type Routes = Readonly<Record<string, Handler>>;
