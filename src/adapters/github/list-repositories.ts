import type { Octokit } from "octokit";
import type { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { ListedRepository } from "../../ports/code-host.ts";
import { INSTALLATION_REPOSITORIES, INSTALLATIONS, USER_REPOSITORIES } from "./answers.ts";
import type { Client, RequestControl } from "./client.ts";

const PAGE = 100;
const PAGES_MAX = 100;
const INSTALLATIONS_MAX = 1_000;

/**
 * What an App needs to do its work. `workflows` is needed beside for files below `.github/workflows`.
 *
 * @see GitHub REST API 2022-11-28, "Permissions required for GitHub Apps"
 */
const NEEDED: readonly (readonly [name: string, level: "read" | "write"])[] = [
  ["metadata", "read"],
  ["contents", "write"],
  ["pull_requests", "write"],
  ["statuses", "write"],
];

/**
 * All code repositories that the App is installed for, or that the token may write to: one request for each hundred. Sorted by name.
 *
 * @throws {CodedError} `code-host-*`; `code-host-too-large` beyond 10,000 of one installation: a part would look like all
 */
export async function listRepositories(
  client: Client,
  signal: AbortSignal,
): Promise<readonly ListedRepository[]> {
  const listed =
    client.ofInstallation === undefined
      ? await ofToken(client, signal)
      : await ofApp(client, client.ofInstallation, signal);
  return listed.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf({ codeRepository: { owner, name } }: ListedRepository): string {
  return `${owner}/${name}`;
}

async function ofToken(client: Client, signal: AbortSignal): Promise<ListedRepository[]> {
  const pages = await pagesOf(async (page) =>
    client.call({ operation: "list-repositories", signal }, USER_REPOSITORIES, (octokit, request) =>
      octokit.rest.repos.listForAuthenticatedUser({ per_page: PAGE, page, sort: "full_name", request }),
    ),
  );
  return pages.map((repository) =>
    listedOf(repository, repository.permissions?.push === true ? [] : ["contents: write"]),
  );
}

async function ofApp(
  client: Client,
  ofInstallation: (id: number) => Promise<Octokit>,
  signal: AbortSignal,
): Promise<ListedRepository[]> {
  const installations = await pagesOf(async (page) =>
    client.call({ operation: "list-installations", signal }, INSTALLATIONS, (octokit, request) =>
      octokit.rest.apps.listInstallations({ per_page: PAGE, page, request }),
    ),
  );
  if (installations.length > INSTALLATIONS_MAX) throw tooMany("installations", INSTALLATIONS_MAX);
  const listed: ListedRepository[] = [];
  for (const { id, suspended_at: suspendedAt, permissions } of installations) {
    // Whoever suspended it does not want it asked about.
    if (typeof suspendedAt === "string") continue;
    const missing = missingOf(permissions);
    const ask = async (request: RequestControl, page: number) =>
      (await ofInstallation(id)).rest.apps.listReposAccessibleToInstallation({
        per_page: PAGE,
        page,
        request,
      });
    const repositories = await pagesOf(async (page) => {
      const call = { operation: "list-repositories", signal } as const;
      const answer = await client.call(call, INSTALLATION_REPOSITORIES, (_, request) => ask(request, page));
      return answer.repositories;
    });
    listed.push(...repositories.map((repository) => listedOf(repository, missing)));
  }
  return listed;
}

/** What of {@link NEEDED} there is not, as GitHub writes it. */
function missingOf(permissions: Readonly<Record<string, string>>): readonly string[] {
  return NEEDED.filter(([name, level]) => {
    const granted = permissions[name];
    return granted === undefined || (level === "write" && granted === "read");
  }).map(([name, level]) => `${name}: ${level}`);
}

function listedOf(
  { name, owner, archived, fork, size }: z.infer<typeof INSTALLATION_REPOSITORIES>["repositories"][number],
  missing: readonly string[],
): ListedRepository {
  return {
    codeRepository: { owner: owner.login, name },
    isArchived: archived,
    isFork: fork,
    isEmpty: size === 0,
    missing,
  };
}

/** All pages, one after the other: the first that is not full is the last. */
async function pagesOf<Item>(ask: (page: number) => Promise<readonly Item[]>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const some = await ask(page);
    items.push(...some);
    if (some.length < PAGE) return items;
  }
  throw tooMany("code repositories", PAGE * PAGES_MAX);
}

function tooMany(what: string, most: number): CodedError {
  return new CodedError("code-host-too-large", `could not list ${what}: there are more than ${most}`);
}
