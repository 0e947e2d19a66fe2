/**
 * Webhooks as GitHub writes them, cut down to what a reader could look at: written by hand after GitHub's documentation of 2026-11.
 *
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */

export const COMMIT = "9f2c6e1d0b7a4c55a1f3e8d2b6c7091a4e5d3f28";
const BEFORE = "1c0ffee0b7a4c55a1f3e8d2b6c7091a4e5d3f280";
const ZERO = "0".repeat(40);

export const REPOSITORY = {
  id: 1_296_269,
  node_id: "R_kgDOABPHnQ",
  name: "shop",
  full_name: "acme/shop",
  private: true,
  owner: { name: "acme", login: "acme", id: 21, type: "Organization", site_admin: false },
  html_url: "https://github.com/acme/shop",
  fork: false,
  size: 4_211,
  archived: false,
  default_branch: "main",
  master_branch: "main",
};

export const FORK = {
  ...REPOSITORY,
  id: 1_296_270,
  full_name: "mallory/shop",
  owner: { login: "mallory", id: 666, type: "User", site_admin: false },
  fork: true,
};

export const BOT = { login: "hullkeeper-acme[bot]", id: 4_711, type: "Bot", site_admin: false };
export const PERSON = { login: "octocat", id: 1, type: "User", site_admin: false };
const INSTALLATION = { id: 5_150, node_id: "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uNTE1MA==" };

/** A commit of a push. */
export function commitOf(files: {
  readonly added?: readonly string[];
  readonly modified?: readonly string[];
  readonly removed?: readonly string[];
}): object {
  return {
    id: COMMIT,
    tree_id: BEFORE,
    distinct: true,
    message: "Use Java 25",
    timestamp: "2026-11-28T13:37:00+01:00",
    url: `https://github.com/acme/shop/commit/${COMMIT}`,
    author: { name: "Mona", email: "mona@example.org", username: "octocat" },
    committer: { name: "GitHub", email: "noreply@github.com", username: "web-flow" },
    added: [],
    removed: [],
    modified: [],
    ...files,
  };
}

/** A push of one commit that changes a Dockerfile. */
export function pushPayload(change: object = {}): object {
  const commit = commitOf({ modified: ["services/shop/Dockerfile"] });
  return {
    ref: "refs/heads/main",
    before: BEFORE,
    after: COMMIT,
    repository: REPOSITORY,
    pusher: { name: "octocat", email: "mona@example.org" },
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
    created: false,
    deleted: false,
    forced: false,
    base_ref: null,
    compare: "https://github.com/acme/shop/compare/1c0ffee0b7a4...9f2c6e1d0b7a",
    commits: [commit],
    head_commit: commit,
    ...change,
  };
}

/** A branch that was made of another one: no commit is new. */
export const CREATED = { created: true, before: ZERO, commits: [], head_commit: null };
/** A branch that is gone. */
export const DELETED = { deleted: true, after: ZERO, commits: [], head_commit: null };

/** What happened to a pull request of ours. */
export function pullPayload(
  action: string,
  change: { readonly pull?: object } & Record<string, unknown> = {},
): object {
  const { pull, ...rest } = change;
  return {
    action,
    number: 7,
    pull_request: {
      id: 279_147_437,
      number: 7,
      state: action === "closed" ? "closed" : "open",
      locked: false,
      title: "hardened-base: musl fixes 3 critical",
      user: BOT,
      body: "Merge by Monday.",
      created_at: "2026-11-27T09:00:00Z",
      head: {
        label: "acme:hullkeeper/bellsoft",
        ref: "hullkeeper/bellsoft",
        sha: COMMIT,
        user: { login: "acme" },
        repo: REPOSITORY,
      },
      base: { label: "acme:main", ref: "main", sha: BEFORE, user: { login: "acme" }, repo: REPOSITORY },
      merged: false,
      ...pull,
    },
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
    ...rest,
  };
}

/** What somebody wrote below a pull request. */
export function commentPayload(body: string | null, change: object = {}): object {
  return {
    action: "created",
    issue: {
      id: 279_147_437,
      number: 7,
      title: "hardened-base: musl fixes 3 critical",
      user: BOT,
      state: "open",
      pull_request: {
        url: "https://api.github.com/repos/acme/shop/pulls/7",
        html_url: "https://github.com/acme/shop/pull/7",
      },
      body: "Merge by Monday.",
    },
    comment: {
      id: 99_262_140,
      user: PERSON,
      created_at: "2026-11-28T13:37:00Z",
      author_association: "MEMBER",
      body,
    },
    repository: REPOSITORY,
    sender: PERSON,
    installation: INSTALLATION,
    ...change,
  };
}

/** What happened to an installation of the App. */
export function installationPayload(action: string): object {
  return {
    action,
    installation: {
      id: 5_150,
      account: { login: "acme", id: 21, type: "Organization" },
      repository_selection: "selected",
      app_id: 4_711,
      permissions: { contents: "write", metadata: "read", pull_requests: "write" },
      events: ["push", "pull_request"],
    },
    repositories: [
      { id: 1_296_269, node_id: "R_kgDOABPHnQ", name: "shop", full_name: "acme/shop", private: true },
    ],
    requester: null,
    sender: PERSON,
  };
}

/** What happened to a code repository. */
export function repositoryPayload(action: string, change: object = {}): object {
  return {
    action,
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    ...change,
  };
}

/** The body of a webhook. */
export function bytesOf(payload: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(payload));
}

const CHECK_APP = { id: 15_368, client_id: "Iv1.05c79e9ad1f6bdfa", slug: "github-actions", node_id: "A_1" };

/** All checks of an App at the head of a branch of ours. */
export function suitePayload(action: string, change: object = {}): object {
  return {
    action,
    check_suite: {
      id: 118_578_147,
      head_branch: "hullkeeper/bellsoft",
      head_sha: COMMIT,
      status: "completed",
      conclusion: "success",
      before: BEFORE,
      after: COMMIT,
      pull_requests: [],
      app: CHECK_APP,
      latest_check_runs_count: 2,
      ...change,
    },
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
  };
}

/** One check of an App at the head of a branch of ours. */
export function runPayload(action: string, change: object = {}): object {
  return {
    action,
    check_run: {
      id: 128_620_228,
      head_sha: COMMIT,
      external_id: "",
      status: "completed",
      conclusion: "success",
      name: "build",
      check_suite: { id: 118_578_147, head_branch: "hullkeeper/bellsoft", head_sha: COMMIT, app: CHECK_APP },
      app: CHECK_APP,
      pull_requests: [],
      ...change,
    },
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
  };
}

/** What somebody says about the head of a branch of ours. */
export function statusPayload(change: object = {}): object {
  return {
    id: 6_805_126_730,
    sha: COMMIT,
    name: "acme/shop",
    context: "ci/build",
    state: "success",
    description: "It builds",
    target_url: null,
    commit: { sha: COMMIT },
    branches: [
      {
        name: "hullkeeper/bellsoft",
        commit: { sha: COMMIT, url: "https://api.github.com/x" },
        protected: false,
      },
    ],
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
    ...change,
  };
}

/** A review of a pull request of ours. */
export function reviewPayload(
  action: string,
  { state = "approved", head = {} }: { readonly state?: string; readonly head?: object } = {},
): object {
  return {
    action,
    review: { id: 80, user: PERSON, body: null, commit_id: COMMIT, state, author_association: "MEMBER" },
    pull_request: {
      number: 7,
      state: "open",
      head: { ref: "hullkeeper/bellsoft", sha: COMMIT, repo: REPOSITORY, ...head },
      base: { ref: "main", sha: BEFORE, repo: REPOSITORY },
    },
    repository: REPOSITORY,
    organization: { login: "acme", id: 21 },
    sender: PERSON,
    installation: INSTALLATION,
  };
}
