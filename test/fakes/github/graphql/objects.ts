import { refreshPullsOf, mergeabilityOf } from "../pulls.ts";
import { labelsOf } from "../pull-shapes.ts";
import { nodeIdOf, renderDate, webUrlOf } from "../shapes.ts";
import type { CheckRunState, CommentState, Deed, LabelState, PullState } from "../world.ts";
import { connectionOf } from "./connection.ts";
import type { PageArguments } from "./connection.ts";
import { GraphFailure } from "./failure.ts";
import { commitOf, gitObjectOf } from "./git-objects.ts";
import { CONTENTS, PULL, read, TALK } from "./reading.ts";

/** What GitHub's schema calls a `Repository`. */
export async function repositoryOf(deed: Deed): Promise<object> {
  const { world, repository } = deed;
  const { id, owner, name, defaultBranch } = repository;
  const { git } = repository;
  const isEmpty = (await git.ref(`heads/${defaultBranch}`)) === undefined && (await git.refs()).length === 0;
  return {
    __typename: "Repository",
    id: nodeIdOf("Repository", id),
    databaseId: id,
    name,
    nameWithOwner: `${owner}/${name}`,
    owner: actorOf(deed, owner),
    url: webUrlOf(world, repository),
    isArchived: repository.isArchived,
    isDisabled: false,
    isFork: repository.isFork,
    isPrivate: repository.isPrivate,
    isEmpty,
    defaultBranchRef: async () => read(deed, CONTENTS, async () => refOf(deed, `heads/${defaultBranch}`)),
    ref: async ({ qualifiedName }: { readonly qualifiedName: string }) =>
      read(deed, CONTENTS, async () => refNamed(deed, qualifiedName)),
    refs: async (wish: RefsArguments) => read(deed, CONTENTS, async () => refsOf(deed, wish)),
    object: async ({
      oid,
      expression,
    }: {
      readonly oid?: string | null;
      readonly expression?: string | null;
    }) =>
      read(deed, CONTENTS, async () => {
        const found = await resolveExpression(deed, oid ?? expression ?? "");
        return found === undefined ? null : gitObjectOf(deed, found);
      }),
    label: async ({ name: wanted }: { readonly name: string }) =>
      read(deed, TALK, () => {
        const label = repository.labels.get(wanted.toLowerCase());
        return label === undefined ? null : labelOf(deed, label);
      }),
    labels: async (page: PageArguments & { readonly query?: string | null }) =>
      read(deed, { ...TALK, nothing: () => connectionOf("labels", [], page) }, () => {
        const words = (page.query ?? "").toLowerCase();
        const labels = [...repository.labels.values()].filter((label) =>
          label.name.toLowerCase().includes(words),
        );
        return connectionOf(
          "labels",
          labels.map((label) => labelOf(deed, label)),
          page,
        );
      }),
    pullRequest: async ({ number }: { readonly number: number }) =>
      read(deed, PULL, async () => {
        await refreshPullsOf(world, repository);
        const pull = repository.pulls.find((each) => each.number === number);
        return pull === undefined ? null : pullOf(deed, pull);
      }),
    pullRequests: async (wish: PullsArguments) =>
      read(deed, { ...PULL, nothing: () => connectionOf("pullRequests", [], wish) }, async () => {
        await refreshPullsOf(world, repository);
        return connectionOf("pullRequests", pullsOf(deed, wish), wish);
      }),
  };
}

interface RefsArguments extends PageArguments {
  readonly refPrefix: string;
}

/** Refs below a prefix, each named by what comes after it. */
async function refsOf(deed: Deed, { refPrefix, ...page }: RefsArguments): Promise<object> {
  const below = refPrefix.replace(/^refs\//, "");
  const refs = (await deed.repository.git.refs()).filter(({ name }) => name.startsWith(below));
  const found = refs.map(async ({ name }) => ({
    ...(await refOf(deed, name)),
    name: name.slice(below.length),
    prefix: refPrefix,
  }));
  return connectionOf("refs", await Promise.all(found), page);
}

interface PullsArguments extends PageArguments {
  readonly states?: readonly string[] | null;
  readonly headRefName?: string | null;
  readonly baseRefName?: string | null;
  readonly labels?: readonly string[] | null;
  readonly orderBy?: { readonly field: string; readonly direction: string } | null;
}

function pullsOf(deed: Deed, wish: PullsArguments): readonly object[] {
  const { states, headRefName, baseRefName, labels, orderBy } = wish;
  const isWanted = (pull: PullState): boolean =>
    (!states || states.includes(stateOf(pull))) &&
    (!headRefName || pull.headBranch === headRefName) &&
    (!baseRefName || pull.baseBranch === baseRefName) &&
    (!labels || pull.labels.some((label) => labels.includes(label)));
  const time = (pull: PullState): number =>
    (orderBy?.field === "UPDATED_AT" ? pull.updatedAt : pull.createdAt).getTime();
  const sign = orderBy?.direction === "DESC" ? -1 : 1;
  return deed.repository.pulls
    .filter(isWanted)
    .toSorted((left, right) => sign * (time(left) - time(right) || left.number - right.number))
    .map((pull) => pullOf(deed, pull));
}

async function refNamed(deed: Deed, qualifiedName: string): Promise<object | null> {
  if (qualifiedName.startsWith("refs/")) return refOf(deed, qualifiedName.slice("refs/".length));
  return (await refOf(deed, `heads/${qualifiedName}`)) ?? refOf(deed, `tags/${qualifiedName}`);
}

/** A ref named without `refs/`; null where there is none. */
export async function refOf(deed: Deed, name: string): Promise<object | null> {
  const oid = await deed.repository.git.ref(name);
  if (oid === undefined) return null;
  const [kind = "", ...rest] = name.split("/");
  return {
    __typename: "Ref",
    id: nodeIdOf("Ref", `${deed.repository.id}:${name}`),
    name: rest.join("/"),
    prefix: `refs/${kind}/`,
    target: async () => commitOf(deed, oid),
    repository: async () => repositoryOf(deed),
  };
}

/** `<id>`, `<branch>`, `<branch>:<path>`, `refs/heads/<branch>`: what of git's language clients use. */
async function resolveExpression({ repository }: Deed, expression: string): Promise<string | undefined> {
  const { git } = repository;
  const [revision, path] = splitOnce(expression, ":");
  const name = revision === "HEAD" ? repository.defaultBranch : revision;
  const commit =
    (await git.typeOf(name)) === undefined
      ? ((await git.ref(name.replace(/^refs\//, ""))) ?? (await git.ref(`heads/${name}`)))
      : name;
  if (commit === undefined || path === undefined) return commit;
  if (path === "") return (await git.commit(commit)).tree;
  return (await git.entry(commit, path))?.sha;
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** A pull request. */
export function pullOf(deed: Deed, pull: PullState): object {
  const { world, repository } = deed;
  return {
    __typename: "PullRequest",
    id: nodeIdOf("PullRequest", pull.id),
    fullDatabaseId: String(pull.id),
    number: pull.number,
    url: `${webUrlOf(world, repository)}/pull/${pull.number}`,
    state: stateOf(pull),
    closed: pull.state === "closed",
    merged: pull.mergedAt !== undefined,
    title: pull.title,
    body: pull.body ?? "",
    author: actorOf(deed, pull.author),
    baseRefName: pull.baseBranch,
    baseRefOid: pull.baseCommit,
    headRefName: pull.headBranch,
    headRefOid: pull.headCommit,
    isCrossRepository: false,
    isDraft: false,
    createdAt: renderDate(pull.createdAt),
    updatedAt: renderDate(pull.updatedAt),
    closedAt: dateOf(pull.closedAt),
    mergedAt: dateOf(pull.mergedAt),
    mergeable: async () => {
      const isMergeable = pull.state === "open" ? await mergeabilityOf(repository, pull) : undefined;
      if (isMergeable === undefined) return "UNKNOWN";
      return isMergeable ? "MERGEABLE" : "CONFLICTING";
    },
    labels: (page: PageArguments) =>
      connectionOf(
        "labels",
        labelsOf(repository, pull).map((label) => labelOf(deed, label)),
        page,
      ),
    comments: (page: PageArguments) =>
      connectionOf(
        "comments",
        pull.comments.map((comment) => commentOf(deed, pull, comment)),
        page,
      ),
    timelineItems: ({ itemTypes, ...page }: TimelineArguments) =>
      connectionOf("timelineItems", timelineOf(deed, pull, itemTypes ?? []), page),
    repository: async () => repositoryOf(deed),
  };
}

interface TimelineArguments extends PageArguments {
  readonly itemTypes?: readonly string[] | null;
}

/** Only how it was closed: the double keeps nothing else of what became of a pull request. */
function timelineOf(deed: Deed, { closings }: PullState, itemTypes: readonly string[]): readonly object[] {
  if (!itemTypes.includes("CLOSED_EVENT") || itemTypes.length > 1) {
    throw new GraphFailure("INTERNAL", "the double has no other timeline items");
  }
  return closings.map(({ at, by }) => ({
    __typename: "ClosedEvent",
    createdAt: renderDate(at),
    actor: by === undefined ? null : actorOf(deed, by),
  }));
}

function dateOf(at: Date | undefined): string | null {
  return at === undefined ? null : renderDate(at);
}

function stateOf({ state, mergedAt }: PullState): string {
  if (state === "open") return "OPEN";
  return mergedAt === undefined ? "CLOSED" : "MERGED";
}

/** A label. */
export function labelOf({ world, repository }: Deed, { id, name, color, description }: LabelState): object {
  const url = `${webUrlOf(world, repository)}/labels/${encodeURIComponent(name)}`;
  return { __typename: "Label", id: nodeIdOf("Label", id), name, color, description, url };
}

/** A comment of a pull request. */
export function commentOf(deed: Deed, pull: PullState, comment: CommentState): object {
  const { id, author, body, createdAt } = comment;
  return {
    __typename: "IssueComment",
    id: nodeIdOf("IssueComment", id),
    databaseId: id,
    author: actorOf(deed, author),
    body,
    createdAt: renderDate(createdAt),
    url: `${webUrlOf(deed.world, deed.repository)}/pull/${pull.number}#issuecomment-${id}`,
  };
}

/** A check run. */
export function checkRunOf({ world, repository }: Deed, run: CheckRunState): object {
  return {
    __typename: "CheckRun",
    id: nodeIdOf("CheckRun", run.id),
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    detailsUrl: run.detailsUrl,
    externalId: run.externalId,
    title: run.title,
    summary: run.summary,
    text: run.text,
    url: `${webUrlOf(world, repository)}/runs/${run.id}`,
  };
}

/** An account: a person's, an organisation's, or an App's. */
export function actorOf({ world }: Pick<Deed, "world">, login: string): object {
  const isBot = login.endsWith("[bot]");
  return {
    __typename: isBot ? "Bot" : "User",
    id: nodeIdOf(isBot ? "Bot" : "User", login),
    login: login.replace(/\[bot\]$/, ""),
    url: `${world.webUrl}/${encodeURIComponent(login)}`,
  };
}
