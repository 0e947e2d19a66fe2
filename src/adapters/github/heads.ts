import { z } from "zod";
import type { Branch, HeadsSeen } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { HeadsWish } from "../../vendor/base-branches.ts";
import { findHead, readBranch } from "./branches.ts";
import type { Client } from "./client.ts";
import { askGraph } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { isAboutOne, joined, type Waiting as WaitingFor } from "./joined.ts";
import { readMatchingHeads } from "./matching-heads.ts";

/** Repositories in one document, and branches and lists of such that it asks about. */
const REPOSITORIES_MAX = 50;
const FIELDS_MAX = 200;
/** Branches of one list in one answer, as GitHub has it, and answers that are read. */
const PAGE = 100;
const PAGES_MAX = 10;
const NEVER = new AbortController().signal;

const OID = z.string().regex(/^[0-9a-f]{40}$/);
const HEAD = z.object({ name: z.string().min(1), target: z.object({ oid: OID }) });
const REPOSITORY = z.looseObject({ nameWithOwner: z.string(), branch: HEAD });
const LIST = z.object({
  nodes: z.array(z.object({ name: z.string().min(1), prefix: z.string(), target: z.object({ oid: OID }) })),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() }),
});

type Waiting = WaitingFor<HeadsWish, HeadsSeen>;

interface Access {
  readonly client: Client;
  readonly graphs: Graphs;
}

/** The branches of a code repository that are wanted. */
export type Heads = (repository: CodeRepository, wish: HeadsWish, signal: AbortSignal) => Promise<HeadsSeen>;

/**
 * Finds heads of branches by GraphQL, which takes one request for 50 repositories of one owner in place of two for each default branch and one for each
 * other. What GraphQL does not tell of, an empty repository or one that was moved among it, is asked for by REST, which says why.
 */
export function createHeads(client: Client, graphs: Graphs): Heads {
  const together = joined<HeadsWish, HeadsSeen>({
    isFull: (line) => line.length >= REPOSITORIES_MAX,
    isTooMuch: (line, next) =>
      [...line.map(({ question }) => question), next].reduce(addFields, 0) > FIELDS_MAX,
    ask: async (line) => askTogether(client, graphs, line),
  });
  return async (repository, wish, signal) =>
    graphs.areAbsent("read")
      ? headsByRest(client, { repository, question: wish }, signal)
      : together(repository, wish, signal);
}

function addFields(count: number, { names, prefixes }: HeadsWish): number {
  return count + 1 + names.length + prefixes.length;
}

async function askTogether(client: Client, graphs: Graphs, line: readonly Waiting[]): Promise<void> {
  const [first] = line;
  if (first === undefined) return;
  const { query, variables } = documentOf(line);
  const call = { operation: "get-heads", repository: first.repository, signal: NEVER } as const;
  try {
    const told = await askGraph({ client, graphs, document: "read" }, call, query, variables);
    const isFailed = (field: string): boolean =>
      (told?.failures ?? []).some(({ path }) => path === undefined || path[0] === field);
    line.forEach((one, position) => {
      const field = `r${position}`;
      // What may not be read is no branch that is not there.
      const mine = isFailed(field) ? undefined : told?.data[field];
      seenIn({ client, graphs }, one, mine).then(one.resolve, one.reject);
    });
  } catch (thrown) {
    const isAboutFirst = isAboutOne(thrown);
    for (const one of line) {
      if (isAboutFirst) headsByRest(client, one, NEVER).then(one.resolve, one.reject);
      else one.reject(thrown);
    }
  }
}

const HEAD_FIELDS = "{ name target { oid } }";
const LIST_FIELDS = "{ nodes { name prefix target { oid } } pageInfo { hasNextPage endCursor } }";

function documentOf(line: readonly Pick<Waiting, "repository" | "question">[]): {
  readonly query: string;
  readonly variables: Readonly<Record<string, string>>;
} {
  const variables: Record<string, string> = {};
  const parts = line.map(({ repository: { owner, name }, question }, index) => {
    const variable = (field: string, value: string): string => {
      variables[`${field}_${index}`] = value;
      return `$${field}_${index}`;
    };
    const fields = [
      // Asked for in any case: who may see it may see them all.
      `branch: defaultBranchRef ${HEAD_FIELDS}`,
      ...question.names.map(
        (branch, at) =>
          `b${at}: ref(qualifiedName: ${variable(`b${at}`, `refs/heads/${branch}`)}) ${HEAD_FIELDS}`,
      ),
      ...question.prefixes.map(
        (prefix, at) =>
          `p${at}: refs(refPrefix: ${variable(`p${at}`, `refs/heads/${prefix}`)}, first: ${PAGE}) ${LIST_FIELDS}`,
      ),
    ];
    const which = `owner: ${variable("o", owner)}, name: ${variable("n", name)}`;
    return `r${index}: repository(${which}) { nameWithOwner ${fields.join(" ")} }`;
  });
  const declared = Object.keys(variables).map((variable) => `$${variable}: String!`);
  return { query: `query Heads(${declared.join(", ")}) {\n${parts.join("\n")}\n}`, variables };
}

/** What an answer says; what it does not, REST is asked. */
async function seenIn(
  { client, graphs }: Access,
  { repository, question }: Pick<Waiting, "repository" | "question">,
  told: unknown,
): Promise<HeadsSeen> {
  const byRest = async (): Promise<HeadsSeen> => headsByRest(client, { repository, question }, NEVER);
  const { data } = REPOSITORY.safeParse(told);
  const where = `${repository.owner}/${repository.name}`.toLowerCase();
  if (data?.nameWithOwner.toLowerCase() !== where) return byRest();
  const { branch: main } = data;

  const branches = new Map<string, Branch>();
  for (const [at, name] of question.names.entries()) {
    const head = HEAD.nullable().safeParse(data[`b${at}`]);
    if (!head.success) return byRest();
    // GitHub may follow a branch to another name.
    if (head.data?.name === name) branches.set(name, branchOf(head.data));
  }
  let isPartial = false;
  for (const [at, prefix] of question.prefixes.entries()) {
    const first = LIST.safeParse(data[`p${at}`]);
    if (!first.success) return byRest();
    const list = await readOn({ client, graphs }, { repository, prefix }, first.data);
    if (list === undefined) return byRest();
    for (const branch of list.branches) branches.set(branch.name, branch);
    isPartial ||= list.isPartial;
  }
  return {
    ...(question.isDefaultWanted ? { default: branchOf(main) } : {}),
    branches: [...branches.values()],
    isPartial,
  };
}

interface ListedHeads {
  readonly branches: readonly Branch[];
  readonly isPartial: boolean;
}

/** The rest of a list of branches: one request for each further hundred. Undefined where one of them has no answer: what is not told of is not gone. */
async function readOn(
  { client, graphs }: Access,
  { repository, prefix }: { readonly repository: CodeRepository; readonly prefix: string },
  first: z.infer<typeof LIST>,
): Promise<ListedHeads | undefined> {
  const branches = first.nodes.map(namedIn);
  let { pageInfo } = first;
  for (let page = 1; page < PAGES_MAX && hasMore(pageInfo); page += 1) {
    const query = `query MoreHeads($o: String!, $n: String!, $p: String!, $c: String!) {
r0: repository(owner: $o, name: $n) { p0: refs(refPrefix: $p, first: ${PAGE}, after: $c) ${LIST_FIELDS} }
}`;
    const { owner, name } = repository;
    const variables = { o: owner, n: name, p: `refs/heads/${prefix}`, c: pageInfo.endCursor };
    const call = { operation: "get-heads", repository, signal: NEVER } as const;
    const told = await askGraph({ client, graphs, document: "read" }, call, query, variables);
    const next = z.object({ p0: LIST }).safeParse(told?.data["r0"]);
    if (!next.success) return undefined;
    branches.push(...next.data.p0.nodes.map(namedIn));
    ({ pageInfo } = next.data.p0);
  }
  return { branches, isPartial: hasMore(pageInfo) };
}

function hasMore({ hasNextPage, endCursor }: z.infer<typeof LIST>["pageInfo"]): boolean {
  return hasNextPage && typeof endCursor === "string";
}

const BRANCH_REFS = "refs/heads/";

/** A name in a list is what comes after its prefix. */
function namedIn({ name, prefix, target }: z.infer<typeof LIST>["nodes"][number]): Branch {
  const whole = `${prefix}${name}`;
  return { name: whole.startsWith(BRANCH_REFS) ? whole.slice(BRANCH_REFS.length) : name, commit: target.oid };
}

function branchOf({ name, target }: z.infer<typeof HEAD>): Branch {
  return { name, commit: target.oid };
}

async function headsByRest(
  client: Client,
  { repository, question: { isDefaultWanted, names, prefixes } }: Pick<Waiting, "repository" | "question">,
  signal: AbortSignal,
): Promise<HeadsSeen> {
  const main = isDefaultWanted
    ? await readBranch(client, { repository, name: undefined }, signal)
    : undefined;
  const branches = new Map<string, Branch>();
  for (const name of names) {
    const head = await findHead(client, { repository, branch: name }, signal);
    if (head !== undefined) branches.set(name, { name, commit: head.commit });
  }
  let isPartial = false;
  for (const prefix of prefixes) {
    const listed = await readMatchingHeads(client, { repository, prefix, max: PAGE * PAGES_MAX }, signal);
    for (const branch of listed.branches) branches.set(branch.name, branch);
    isPartial ||= listed.isPartial;
  }
  return { ...(main === undefined ? {} : { default: main }), branches: [...branches.values()], isPartial };
}
