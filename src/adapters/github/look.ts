import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import type { LookQuestion, ProposalLook, PullRequest, SourceFile } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { instantOf } from "../../time.ts";
import { findHead, readBranch } from "./branches.ts";
import { blobNameOf } from "./blobs.ts";
import type { Client } from "./client.ts";
import { lackingError, missingOf, TO_LOOK } from "./grants.ts";
import { askGraph, errorOfFailure, type GraphAnswer, type GraphFailure } from "./graph.ts";
import { isAboutOne, joined, type Waiting as WaitingFor } from "./joined.ts";
import { lookForPullRequest } from "./pull-requests.ts";
import { readFiles } from "./read-files.ts";
import type { Graphs } from "./graphs.ts";

const REPOSITORIES_MAX = 20;
const FILES_MAX = 100;
/** Newest pull requests of one branch; those of forks are among them. */
const PULLS_MAX = 5;
const LOGIN_LENGTH_MAX = 100;
const NEVER = new AbortController().signal;

const oid = z.string().regex(/^[0-9a-f]{40}$/);
const FILE = z.object({
  mode: z.int(),
  oid,
  object: z.object({ text: z.string().nullish(), isTruncated: z.boolean().optional() }).nullish(),
});
const PULL = z.object({
  number: z.int().positive(),
  url: z
    .string()
    .max(2_000)
    .regex(/^https?:\/\//),
  state: z.enum(["OPEN", "CLOSED", "MERGED"]),
  title: z.string(),
  body: z.string(),
  baseRefName: z.string(),
  headRefOid: oid,
  isCrossRepository: z.boolean(),
  mergeable: z.string(),
  updatedAt: z.iso.datetime({ offset: true }),
  closedAt: z.iso.datetime({ offset: true }).nullish(),
  closings: z.object({
    nodes: z.array(
      z.object({ actor: z.object({ login: z.string().max(LOGIN_LENGTH_MAX) }).nullish() }).nullable(),
    ),
  }),
});
const HEAD = z.object({
  target: z.object({
    oid,
    message: z.string(),
    parents: z.object({ nodes: z.array(z.object({ oid })) }),
  }),
});
const REPOSITORY = z.object({
  id: z.string(),
  nameWithOwner: z.string(),
  base: z.object({ name: z.string(), target: z.looseObject({ oid }) }).nullable(),
  head: HEAD.nullable(),
  pullRequests: z.object({ nodes: z.array(PULL.nullable()) }),
});

const PULL_FIELDS = `number url state title body baseRefName headRefOid isCrossRepository mergeable updatedAt closedAt
    closings: timelineItems(itemTypes: [CLOSED_EVENT], last: 1) { nodes { ... on ClosedEvent { actor { login } } } }`;

type Waiting = WaitingFor<LookQuestion, ProposalLook>;

/** Looks at what a pull request rests on; joins what is asked of one owner's repositories within a few milliseconds. */
export type Look = (
  repository: CodeRepository,
  question: LookQuestion,
  signal: AbortSignal,
) => Promise<ProposalLook>;

/** @see Look */
export function createLook(client: Client, graphs: Graphs): Look {
  const lookTogether = joined<LookQuestion, ProposalLook>({
    isFull: (line) => line.length >= REPOSITORIES_MAX,
    isTooMuch: (line, next) => filesIn(line) + next.paths.length > FILES_MAX,
    ask: async (line) => lookAtAll(client, graphs, line),
  });
  const look: Look = async (repository, question, signal) => {
    if (graphs.areAbsent("look")) return lookByRest(client, repository, question, signal);
    if (question.paths.length > FILES_MAX) return lookInParts({ client, look }, repository, question, signal);
    return lookTogether(repository, question, signal);
  };
  return look;
}

function filesIn(line: readonly Waiting[]): number {
  return line.reduce((sum, { question }) => sum + question.paths.length, 0);
}

/** More files than one document takes: what is beyond is read at the commit that was looked at. */
async function lookInParts(
  { client, look }: { readonly client: Client; readonly look: Look },
  repository: CodeRepository,
  question: LookQuestion,
  signal: AbortSignal,
): Promise<ProposalLook> {
  const seen = await look(repository, { ...question, paths: question.paths.slice(0, FILES_MAX) }, signal);
  const rest = new Set(question.paths.slice(FILES_MAX));
  const { commit } = seen.base;
  const read = await readFiles(client, { repository, commit, wish: (path) => rest.has(path) }, signal);
  return { ...seen, files: [...seen.files, ...read.files.map(({ path, text }) => ({ path, text }))] };
}

async function lookAtAll(client: Client, graphs: Graphs, line: readonly Waiting[]): Promise<void> {
  const [first] = line;
  if (first === undefined) return;
  const { repository } = first;
  const { query, variables } = documentOf(line);
  try {
    const lacking = missingOf(TO_LOOK, await client.grantsOn(repository, NEVER));
    if (lacking.length > 0) {
      // It may have been given since: next time somebody looks again.
      client.logInAnew(repository);
      for (const { repository: one, reject } of line) {
        reject(lackingError(`look at ${one.owner}/${one.name}`, lacking));
      }
      return;
    }
    const call = { operation: "look", repository, signal: NEVER } as const;
    const answer = await askGraph({ client, graphs, document: "look" }, call, query, variables);
    await Promise.all(
      line.map(async (one, position) => {
        const look =
          answer === undefined
            ? lookByRest(client, one.repository, one.question, NEVER)
            : readLook(client, graphs, { ...one, answer, position });
        return look.then(one.resolve, one.reject);
      }),
    );
  } catch (thrown) {
    if (line.length > 1 && isAboutOne(thrown)) {
      await Promise.all(line.map(async (one) => lookAtAll(client, graphs, [one])));
      return;
    }
    for (const { reject } of line) reject(thrown);
  }
}

function documentOf(line: readonly Waiting[]): {
  readonly query: string;
  readonly variables: Readonly<Record<string, string>>;
} {
  const variables: Record<string, string> = {};
  const parts = line.map(({ repository, question: { baseBranch, branch, paths } }, index) => {
    const name = (field: string, value: string): string => {
      variables[`${field}${index}`] = value;
      return `$${field}${index}`;
    };
    const files = paths.map((path, position) => {
      const variable = name(`f${position}_`, path);
      return `f${position}: file(path: ${variable}) { mode oid object { ... on Blob { text isTruncated } } }`;
    });
    const commit = files.length === 0 ? "" : `... on Commit { ${files.join(" ")} }`;
    return `r${index}: repository(owner: ${name("o", repository.owner)}, name: ${name("n", repository.name)}) {
  id nameWithOwner
  base: ref(qualifiedName: ${name("b", `refs/heads/${baseBranch}`)}) { name target { oid ${commit} } }
  head: ref(qualifiedName: ${name("h", `refs/heads/${branch}`)}) { target { oid ... on Commit { message parents(first: 2) { nodes { oid } } } } }
  pullRequests(headRefName: ${name("p", branch)}, first: ${PULLS_MAX}, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { ${PULL_FIELDS} } }
}`;
  });
  const declared = Object.keys(variables).map((variable) => `$${variable}: String!`);
  return { query: `query Look(${declared.join(", ")}) {\n${parts.join("\n")}\n}`, variables };
}

async function readLook(
  client: Client,
  graphs: Graphs,
  {
    repository,
    question,
    answer,
    position,
  }: Pick<Waiting, "repository" | "question"> & { readonly answer: GraphAnswer; readonly position: number },
): Promise<ProposalLook> {
  const where = `${repository.owner}/${repository.name}`;
  const failures = answer.failures.filter(({ path }) => path === undefined || path[0] === `r${position}`);
  const [failure] = failures;
  if (failure !== undefined) {
    const needs = [...new Set(failures.map(needsOf))].toSorted().join(", ");
    throw errorOfFailure(`could not look at ${where}`, failure, needs);
  }
  const found = REPOSITORY.safeParse(answer.data[`r${position}`]);
  if (!found.success) {
    throw new CodedError("code-host-unavailable", `could not look at ${where}: an answer of another form`);
  }
  const { id, nameWithOwner, base, head, pullRequests } = found.data;
  if (nameWithOwner.toLowerCase() !== where.toLowerCase()) {
    throw new CodedError(
      "code-host-not-found",
      `could not look at ${where}: it is ${quote(nameWithOwner)} now`,
    );
  }
  if (base === null) {
    throw new CodedError(
      "code-host-not-found",
      `could not look at ${where}: no branch ${quote(question.baseBranch)}`,
    );
  }
  const entries = question.paths.flatMap((path, index) => {
    const file = FILE.safeParse(base.target[`f${index}`]);
    return file.success ? [{ path, ...file.data }] : [];
  });
  const ordinary = entries.filter(({ mode }) => mode === REGULAR).map(({ path }) => path);
  graphs.remember(repository, { commit: base.target.oid, id, ordinary });
  const files = await textsOf(client, repository, base.target.oid, entries);
  const pull = pullRequests.nodes.find((node) => node !== null && !node.isCrossRepository);
  return {
    base: { name: base.name, commit: base.target.oid },
    files,
    ...(head === null ? {} : { head: headOf(head) }),
    ...(pull === undefined || pull === null ? {} : { pull: pullOf(pull) }),
  };
}

/** The permission for what could not be read: everything but pull requests is content. */
function needsOf({ path }: GraphFailure): string {
  return path?.includes("pullRequests") === true ? "pull_requests=read" : "contents=read";
}

const REGULAR = 0o100644;
const EXECUTABLE = 0o100755;

/** Text that does not hash to the blob's name lost something on the way: then the blob itself is read. */
async function textsOf(
  client: Client,
  repository: CodeRepository,
  commit: string,
  entries: readonly (z.infer<typeof FILE> & { readonly path: string })[],
): Promise<readonly SourceFile[]> {
  const regular = entries.filter(({ mode }) => mode === REGULAR || mode === EXECUTABLE);
  const proven = regular.flatMap(({ path, oid: name, object }) => {
    const text = object?.text ?? undefined;
    return text !== undefined && blobNameOf(Buffer.from(text, "utf8")) === name ? [{ path, text }] : [];
  });
  const missing = new Set(regular.map(({ path }) => path));
  for (const { path } of proven) missing.delete(path);
  if (missing.size === 0) return proven;
  const read = await readFiles(client, { repository, commit, wish: (path) => missing.has(path) }, NEVER);
  return [...proven, ...read.files.map(({ path, text }) => ({ path, text }))];
}

function headOf({ target }: z.infer<typeof HEAD>): NonNullable<ProposalLook["head"]> {
  return {
    commit: target.oid,
    message: target.message,
    parents: target.parents.nodes.map((parent) => parent.oid),
  };
}

/** As the port has it. */
function pullOf(node: z.infer<typeof PULL>): PullRequest {
  const { number, url, state, title, body, baseRefName, headRefOid, mergeable, updatedAt, closedAt } = node;
  const closedBy = state === "CLOSED" ? node.closings.nodes.at(-1)?.actor?.login : undefined;
  return {
    number,
    url,
    state: state === "OPEN" ? "open" : state === "MERGED" ? "merged" : "closed",
    title,
    body,
    baseBranch: baseRefName,
    headCommit: headRefOid,
    updatedAt: instantOf(Date.parse(updatedAt)),
    ...(mergeable === "UNKNOWN" ? {} : { isMergeable: mergeable === "MERGEABLE" }),
    ...(typeof closedAt === "string" ? { closedAt: new Date(closedAt).toISOString() } : {}),
    ...(closedBy === undefined ? {} : { closedBy }),
  };
}

async function lookByRest(
  client: Client,
  repository: CodeRepository,
  { baseBranch, branch, paths }: LookQuestion,
  signal: AbortSignal,
): Promise<ProposalLook> {
  const base = await readBranch(client, { repository, name: baseBranch }, signal);
  const head = await findHead(client, { repository, branch }, signal);
  const pull = await lookForPullRequest(client, { repository, branch }, signal);
  const wanted = new Set(paths);
  const { files } = await readFiles(
    client,
    { repository, commit: base.commit, wish: (path) => wanted.has(path) },
    signal,
  );
  return {
    base,
    files,
    ...(head === undefined
      ? {}
      : { head: { commit: head.commit, message: head.message, parents: head.parents } }),
    ...(pull === undefined ? {} : { pull }),
  };
}
