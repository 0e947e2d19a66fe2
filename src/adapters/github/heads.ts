import { z } from "zod";
import type { Branch } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { readBranch } from "./branches.ts";
import type { Client } from "./client.ts";
import { askGraph } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { isAboutOne, joined, type Waiting as WaitingFor } from "./joined.ts";

/** Branches in one document. */
const BRANCHES_MAX = 50;
const NEVER = new AbortController().signal;

const REPOSITORY = z.object({
  nameWithOwner: z.string(),
  branch: z.object({
    name: z.string().min(1),
    target: z.object({ oid: z.string().regex(/^[0-9a-f]{40}$/) }),
  }),
});

type Waiting = WaitingFor<undefined, Branch>;

/** The named branch, or the default branch. */
export type Heads = (
  repository: CodeRepository,
  name: string | undefined,
  signal: AbortSignal,
) => Promise<Branch>;

/**
 * Finds heads of branches. Of a named one by REST; of default branches by GraphQL, which takes one request for 50 repositories of one owner in place of
 * two for each. What GraphQL does not tell of, an empty repository or one that was moved among it, is asked for by REST, which says why.
 */
export function createHeads(client: Client, graphs: Graphs): Heads {
  const together = joined<undefined, Branch>({
    isFull: (line) => line.length >= BRANCHES_MAX,
    ask: async (line) => askTogether(client, graphs, line),
  });
  return async (repository, name, signal) =>
    name !== undefined || graphs.areAbsent("read")
      ? readBranch(client, { repository, name }, signal)
      : together(repository, undefined, signal);
}

async function askTogether(client: Client, graphs: Graphs, line: readonly Waiting[]): Promise<void> {
  const [first] = line;
  if (first === undefined) return;
  const { query, variables } = documentOf(line);
  const call = { operation: "get-heads", repository: first.repository, signal: NEVER } as const;
  try {
    const told = await askGraph({ client, graphs, document: "read" }, call, query, variables);
    line.forEach((one, position) => answer(client, one, told?.data[`r${position}`]));
  } catch (thrown) {
    const isAboutFirst = isAboutOne(thrown);
    for (const one of line) {
      if (isAboutFirst) answer(client, one, undefined);
      else one.reject(thrown);
    }
  }
}

function documentOf(line: readonly Waiting[]): {
  readonly query: string;
  readonly variables: Readonly<Record<string, string>>;
} {
  const variables: Record<string, string> = {};
  const parts = line.map(({ repository: { owner, name } }, index) => {
    variables[`o${index}`] = owner;
    variables[`n${index}`] = name;
    const branch = "branch: defaultBranchRef { name target { oid } }";
    return `r${index}: repository(owner: $o${index}, name: $n${index}) { nameWithOwner ${branch} }`;
  });
  const declared = Object.keys(variables).map((variable) => `$${variable}: String!`);
  return { query: `query Heads(${declared.join(", ")}) {\n${parts.join("\n")}\n}`, variables };
}

function answer(client: Client, { repository, resolve, reject }: Waiting, told: unknown): void {
  const { data } = REPOSITORY.safeParse(told);
  const where = `${repository.owner}/${repository.name}`.toLowerCase();
  if (data?.nameWithOwner.toLowerCase() === where) {
    resolve({ name: data.branch.name, commit: data.branch.target.oid });
  } else {
    readBranch(client, { repository, name: undefined }, NEVER).then(resolve, reject);
  }
}
