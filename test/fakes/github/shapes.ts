import type { GitCommit, GitPerson } from "./git-repository.ts";
import type { RepositoryState, World } from "./world.ts";

/** GitHub's JSON, complete enough for its own description. */

/** A date as GitHub writes it: whole seconds. */
export function renderDate(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

export function nodeIdOf(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString("base64url");
}

export function apiUrlOf({ apiUrl }: World, { owner, name }: RepositoryState): string {
  return `${apiUrl}/repos/${owner}/${name}`;
}

export function webUrlOf({ webUrl }: World, { owner, name }: RepositoryState): string {
  return `${webUrl}/${owner}/${name}`;
}

export function renderUser(world: World, login: string): object {
  const url = `${world.apiUrl}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: idOf(login),
    node_id: nodeIdOf("User", login),
    avatar_url: `${world.webUrl}/avatars/${encodeURIComponent(login)}`,
    gravatar_id: "",
    url,
    html_url: `${world.webUrl}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: login.endsWith("[bot]") ? "Bot" : "User",
    site_admin: false,
  };
}

/** A number that stays the same for the same login. */
function idOf(login: string): number {
  return Buffer.from(login).reduce((sum, byte) => (sum * 31 + byte) % 1_000_003, 7);
}

const URL_SUFFIXES = {
  archive_url: "{archive_format}{/ref}",
  assignees_url: "assignees{/user}",
  blobs_url: "git/blobs{/sha}",
  branches_url: "branches{/branch}",
  collaborators_url: "collaborators{/collaborator}",
  comments_url: "comments{/number}",
  commits_url: "commits{/sha}",
  compare_url: "compare/{base}...{head}",
  contents_url: "contents/{+path}",
  contributors_url: "contributors",
  deployments_url: "deployments",
  downloads_url: "downloads",
  events_url: "events",
  forks_url: "forks",
  git_commits_url: "git/commits{/sha}",
  git_refs_url: "git/refs{/sha}",
  git_tags_url: "git/tags{/sha}",
  hooks_url: "hooks",
  issue_comment_url: "issues/comments{/number}",
  issue_events_url: "issues/events{/number}",
  issues_url: "issues{/number}",
  keys_url: "keys{/key_id}",
  labels_url: "labels{/name}",
  languages_url: "languages",
  merges_url: "merges",
  milestones_url: "milestones{/number}",
  notifications_url: "notifications{?since,all,participating}",
  pulls_url: "pulls{/number}",
  releases_url: "releases{/id}",
  stargazers_url: "stargazers",
  statuses_url: "statuses/{sha}",
  subscribers_url: "subscribers",
  subscription_url: "subscription",
  tags_url: "tags",
  teams_url: "teams",
  trees_url: "git/trees{/sha}",
} as const;

export function renderRepository(world: World, repository: RepositoryState): object {
  const { id, owner, name, defaultBranch, createdAt, pulls } = repository;
  const url = apiUrlOf(world, repository);
  const web = webUrlOf(world, repository);
  const open = pulls.filter(({ state }) => state === "open").length;
  const urls = Object.entries(URL_SUFFIXES).map(([field, suffix]) => [field, `${url}/${suffix}`]);
  return {
    id,
    node_id: nodeIdOf("Repository", id),
    name,
    full_name: `${owner}/${name}`,
    owner: renderUser(world, owner),
    private: repository.isPrivate,
    html_url: web,
    description: null,
    fork: repository.isFork,
    url,
    ...Object.fromEntries(urls),
    clone_url: `${web}.git`,
    git_url: `${web}.git`,
    ssh_url: `${web}.git`,
    svn_url: web,
    mirror_url: null,
    homepage: null,
    language: null,
    ...Object.fromEntries(
      ["forks", "forks_count", "stargazers_count", "watchers", "watchers_count"].map((key) => [key, 0]),
    ),
    size: repository.kilobytes,
    default_branch: defaultBranch,
    open_issues: open,
    open_issues_count: open,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.isArchived,
    disabled: false,
    license: null,
    pushed_at: renderDate(createdAt),
    created_at: renderDate(createdAt),
    updated_at: renderDate(createdAt),
    network_count: 0,
    subscribers_count: 0,
    permissions: { admin: false, push: true, pull: true },
  };
}

function renderPerson({ name, email, at }: GitPerson): object {
  return { name, email, date: renderDate(at) };
}

function renderVerification(repository: RepositoryState, { sha, committer }: GitCommit): object {
  return repository.signed.has(sha)
    ? {
        verified: true,
        reason: "valid",
        signature: "-----BEGIN PGP SIGNATURE-----\n(double)\n-----END PGP SIGNATURE-----",
        payload: `commit ${sha}`,
        verified_at: renderDate(committer.at),
      }
    : { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };
}

/** As of the git database. */
export function renderGitCommit(world: World, repository: RepositoryState, commit: GitCommit): object {
  const url = apiUrlOf(world, repository);
  return {
    sha: commit.sha,
    node_id: nodeIdOf("Commit", commit.sha),
    url: `${url}/git/commits/${commit.sha}`,
    html_url: `${webUrlOf(world, repository)}/commit/${commit.sha}`,
    author: renderPerson(commit.author),
    committer: renderPerson(commit.committer),
    tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/git/commits/${sha}`,
      html_url: `${webUrlOf(world, repository)}/commit/${sha}`,
    })),
    verification: renderVerification(repository, commit),
  };
}

/** As lists and branches have it. */
export function renderCommit(world: World, repository: RepositoryState, commit: GitCommit): object {
  const url = apiUrlOf(world, repository);
  const web = webUrlOf(world, repository);
  return {
    sha: commit.sha,
    node_id: nodeIdOf("Commit", commit.sha),
    url: `${url}/commits/${commit.sha}`,
    html_url: `${web}/commit/${commit.sha}`,
    comments_url: `${url}/commits/${commit.sha}/comments`,
    commit: {
      url: `${url}/git/commits/${commit.sha}`,
      author: renderPerson(commit.author),
      committer: renderPerson(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      verification: renderVerification(repository, commit),
    },
    author: null,
    committer: null,
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${url}/commits/${sha}`,
      html_url: `${web}/commit/${sha}`,
    })),
  };
}

export function renderBranch(
  world: World,
  repository: RepositoryState,
  branch: { readonly name: string; readonly commit: GitCommit },
): object {
  const { name, commit } = branch;
  const url = apiUrlOf(world, repository);
  const web = webUrlOf(world, repository);
  const protectionUrl = `${url}/branches/${encodeURIComponent(name)}/protection`;
  return {
    name,
    commit: renderCommit(world, repository, commit),
    _links: {
      self: `${url}/branches/${encodeURIComponent(name)}`,
      html: `${web}/tree/${encodeURIComponent(name)}`,
    },
    protected: false,
    protection: {
      enabled: false,
      required_status_checks: { enforcement_level: "off", contexts: [], checks: [] },
    },
    protection_url: protectionUrl,
  };
}

export function renderRef(
  world: World,
  repository: RepositoryState,
  ref: { readonly name: string; readonly sha: string },
): object {
  const url = apiUrlOf(world, repository);
  return {
    ref: `refs/${ref.name}`,
    node_id: nodeIdOf("Ref", `${repository.id}:${ref.name}`),
    url: `${url}/git/refs/${ref.name}`,
    object: { sha: ref.sha, type: "commit", url: `${url}/git/commits/${ref.sha}` },
  };
}
