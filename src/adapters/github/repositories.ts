import type { Octokit } from "octokit";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { ListedRepository, RepositoriesSeen } from "../../ports/code-host.ts";
import { findHead } from "./branches.ts";
import type { Client } from "./client.ts";
import { type Answer, parseAnswer, type Question, type RequestControl } from "./exchange.ts";
import { missingForWorkflows, missingOf } from "./grants.ts";
import type { InstallationName, Installations, Session } from "./installations.ts";
import type { Operation } from "./operations.ts";
import { inParallel } from "./parallel.ts";

/** Code repositories that are told at most. */
const REPOSITORIES_MAX = 10_000;
/** Installations that are asked at most. */
const INSTALLATIONS_MAX = 1_000;
const PAGE_SIZE = 100;

/** What an App needs to do all of its work. */
const NEEDED = {
  metadata: "read",
  contents: "write",
  pull_requests: "write",
  statuses: "write",
  checks: "write",
  workflows: "write",
} as const;

const REPOSITORY = z.object({
  name: z.string().min(1).max(200),
  owner: z.object({ login: z.string().min(1).max(200) }),
  archived: z.boolean().default(false),
  fork: z.boolean(),
  size: z.int().nonnegative().optional(),
  default_branch: z.string().min(1).max(500).default("main"),
  permissions: z.object({ push: z.boolean().optional() }).optional(),
});

const INSTALLATIONS = z.array(
  z.object({
    id: z.int().positive(),
    account: z
      .object({ login: z.string().max(200).optional(), slug: z.string().max(200).optional() })
      .nullable(),
    permissions: z.record(z.string(), z.string()),
    suspended_at: z.string().nullish(),
  }),
);

type Listed = z.output<typeof REPOSITORY> & {
  /** No kilobyte is in it, and no branch. */
  readonly isEmpty: boolean;
};

/** Repositories without a kilobyte that are asked for a branch; more are taken for such that have one. */
const ASKED_MAX = 200;

/**
 * The code repositories that the App is installed for, or that the token may see. What is suspended is not told of, and makes the list a
 * part of what there is. One page that does not come fails the whole.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function listRepositories(client: Client, signal: AbortSignal): Promise<RepositoriesSeen> {
  const { speaker } = client;
  if (speaker.kind === "app") return ofInstallations(client, speaker.installations, signal);
  const found = await ofToken(client, speaker.session, signal);
  const listed = await withEmptiness(client, found, signal);
  const isLacking = missingForWorkflows(speaker.session.grants()) !== undefined;
  const lacked = isLacking ? ["workflows: write"] : [];
  return seen(
    listed.map((repository) => tellOf(repository, [...pushOf(repository), ...lacked])),
    listed.length >= REPOSITORIES_MAX,
  );
}

function seen(repositories: readonly ListedRepository[], isPartial: boolean): RepositoriesSeen {
  return { repositories: repositories.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)), isPartial };
}

async function ofInstallations(
  client: Client,
  installations: Installations,
  signal: AbortSignal,
): Promise<RepositoriesSeen> {
  const listed: ListedRepository[] = [];
  const all = await listInstallations(client, installations.app, signal);
  const active = all.filter(({ isSuspended }) => !isSuspended);
  for (const { missing, id, account } of active) {
    const name = { id, account };
    const session = await installations.sessionOf(name, signal);
    const repositories = await ofInstallation(client, { name, session }, signal);
    const looked = await withEmptiness(client, repositories, signal);
    listed.push(...looked.map((repository) => tellOf(repository, missing)));
    if (listed.length >= REPOSITORIES_MAX) return seen(listed.slice(0, REPOSITORIES_MAX), true);
  }
  return seen(listed, active.length < all.length || all.length >= INSTALLATIONS_MAX);
}

interface ListedInstallation extends InstallationName {
  readonly missing: readonly string[];
  readonly isSuspended: boolean;
}

async function listInstallations(
  { exchange }: Client,
  { octokit, secrets }: Session,
  signal: AbortSignal,
): Promise<readonly ListedInstallation[]> {
  const question = {
    operation: "list-installations",
    subject: "the installations of the App",
    signal,
    secrets,
  } as const;
  const found = await pages(INSTALLATIONS_MAX, async (page) => {
    const { data } = await exchange.send(question, (request) =>
      octokit.rest.apps.listInstallations({ per_page: PAGE_SIZE, page, request }),
    );
    return parseAnswer(question, exchange.host, INSTALLATIONS, data);
  });
  return found.map(({ id, account, permissions, suspended_at: suspendedAt }) => ({
    id,
    account: account?.login ?? account?.slug ?? `number ${id}`,
    missing: missingOf(NEEDED, { kind: "permissions", given: permissions }),
    isSuspended: typeof suspendedAt === "string",
  }));
}

async function ofInstallation(
  client: Client,
  { name, session }: { readonly name: InstallationName; readonly session: Session },
  signal: AbortSignal,
): Promise<readonly z.output<typeof REPOSITORY>[]> {
  const question = questionOf(
    "list-repositories",
    `the code repositories of ${name.account}`,
    session,
    signal,
  );
  const schema = z.object({ repositories: z.array(REPOSITORY) });
  return pages(REPOSITORIES_MAX, async (page) => {
    const data = await ask(client, { question, session }, (octokit, request) =>
      octokit.rest.apps.listReposAccessibleToInstallation({ per_page: PAGE_SIZE, page, request }),
    );
    return parseAnswer(question, client.exchange.host, schema, data).repositories;
  });
}

/** GitHub says 0 of a small one, too, and of a new one for a while: whether there is a branch tells. One request for each that says 0. */
async function withEmptiness(
  client: Client,
  repositories: readonly z.output<typeof REPOSITORY>[],
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const doubtful = repositories.filter(({ size, archived }) => size === 0 && !archived).slice(0, ASKED_MAX);
  const empty = await inParallel(doubtful, signal, async ({ owner, name, default_branch: branch }, either) =>
    isBranchless(client, { repository: { owner: owner.login, name }, branch }, either),
  );
  const found = new Set(doubtful.filter((_, index) => empty[index] === true));
  return repositories.map((repository) => ({ ...repository, isEmpty: found.has(repository) }));
}

/** What may not be read is not known to be empty: reading it says what is wrong. */
async function isBranchless(
  client: Client,
  at: Parameters<typeof findHead>[1],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await findHead(client, at, signal)) === undefined;
  } catch (thrown) {
    if (thrown instanceof CodedError && !thrown.transient) return false;
    throw thrown;
  }
}

async function ofToken(
  client: Client,
  session: Session,
  signal: AbortSignal,
): Promise<readonly z.output<typeof REPOSITORY>[]> {
  const question = questionOf("list-repositories", "the code repositories of the token", session, signal);
  return pages(REPOSITORIES_MAX, async (page) => {
    const data = await ask(client, { question, session }, (octokit, request) =>
      octokit.rest.repos.listForAuthenticatedUser({ per_page: PAGE_SIZE, page, sort: "full_name", request }),
    );
    return parseAnswer(question, client.exchange.host, z.array(REPOSITORY), data);
  });
}

function questionOf(
  operation: Operation,
  subject: string,
  { secrets }: Session,
  signal: AbortSignal,
): Question {
  return { operation, subject, signal, secrets };
}

async function ask(
  { exchange }: Client,
  { question, session }: { readonly question: Question; readonly session: Session },
  send: (octokit: Octokit, request: RequestControl) => Promise<Answer>,
): Promise<unknown> {
  return (await exchange.send(question, (request) => send(session.octokit, request))).data;
}

/** All pages of a list, until one is not full; so many entries at most. */
async function pages<T>(
  entriesMax: number,
  read: (page: number) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; all.length < entriesMax; page += 1) {
    const entries = await read(page);
    all.push(...entries);
    if (entries.length < PAGE_SIZE) break;
  }
  return all.slice(0, entriesMax);
}

/** A token's holder may push or not, where the host says so; nothing more is told. */
function pushOf({ permissions }: Listed): readonly string[] {
  return permissions?.push === false ? ["contents: write"] : [];
}

function tellOf(
  { owner, name, archived, fork, isEmpty }: Listed,
  missing: readonly string[],
): ListedRepository {
  return {
    codeRepository: { owner: owner.login, name },
    isArchived: archived,
    isFork: fork,
    isEmpty,
    missing,
  };
}

function nameOf({ codeRepository: { owner, name } }: ListedRepository): string {
  return `${owner}/${name}`.toLowerCase();
}
