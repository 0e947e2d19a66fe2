import { z } from "zod";
import { isVisible } from "./access.ts";
import { covers, issueToken } from "./app.ts";
import type { AppState, InstallationState } from "./app.ts";
import { renderPage } from "./page.ts";
import { nodeIdOf, renderDate, renderRepository, renderUser } from "./shapes.ts";
import { keyOf, Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, Caller, World } from "./world.ts";

/** A request that is about no repository; the caller is the App itself, or somebody with a token. */
export interface GlobalRequest extends Omit<ApiRequest, "repository" | "caller"> {
  readonly identity: Caller | { readonly kind: "app"; readonly app: AppState };
}

type AppRequest = GlobalRequest & { readonly app: AppState };

/** By method and path template, as {@link ApiRequest}'s are. */
export type GlobalRoutes = Readonly<Record<string, (request: GlobalRequest) => Promise<ApiAnswer>>>;

/** Apps, their installations, and what a token sees. */
export const GLOBAL_ROUTES: GlobalRoutes = {
  "GET /app": forApp(({ world, app }) => ({ status: 200, body: renderApp(world, app) })),
  "GET /app/installations": forApp((request) => {
    const { world, app } = request;
    const all = app.installations.map((each) => renderInstallation(world, app, each));
    return renderPage(request, "/app/installations", all);
  }),
  "GET /app/installations/{installation_number}": forApp((request) =>
    installationAnswer(request, ({ id }) => String(id) === request.parameter("installation_number")),
  ),
  "GET /repos/{owner}/{repo}/installation": forApp((request) => {
    const { world, parameter } = request;
    const repository = world.repositories.get(keyOf(parameter("owner"), parameter("repo")));
    return installationAnswer(
      request,
      (installation) => repository !== undefined && covers(installation, repository),
    );
  }),
  "GET /orgs/{owner}/installation": forApp((request) => ofAccount(request)),
  "GET /users/{owner}/installation": forApp((request) => ofAccount(request)),
  "POST /app/installations/{installation_number}/access_tokens": forApp(createToken),
  "GET /installation/repositories": listForInstallation,
  "GET /user/repos": listForUser,
  "GET /meta": async ({ world: { edition } }) => ({
    status: 200,
    body: {
      verifiable_password_authentication: true,
      // Only a server of one's own says it.
      ...(edition.kind === "enterprise" ? { installed_version: edition.version } : {}),
    },
  }),
};

function forApp(handler: (request: AppRequest) => ApiAnswer): (request: GlobalRequest) => Promise<ApiAnswer> {
  return async (request) => {
    const { identity } = request;
    if (identity.kind !== "app") throw new Refused(401, "A JSON web token could not be decoded");
    return handler({ ...request, app: identity.app });
  };
}

function ofAccount(request: AppRequest): ApiAnswer {
  const account = request.parameter("owner").toLowerCase();
  return installationAnswer(request, (installation) => installation.account.toLowerCase() === account);
}

function installationAnswer(
  { world, app }: AppRequest,
  isWanted: (installation: InstallationState) => boolean,
): ApiAnswer {
  const found = app.installations.find(isWanted);
  if (found === undefined) throw new Refused(404, "Not Found");
  return { status: 200, body: renderInstallation(world, app, found) };
}

const TOKEN = z.object({
  permissions: z.record(z.string(), z.string()).optional(),
  repositories: z.array(z.string()).optional(),
  repository_ids: z.array(z.number()).optional(),
});

function createToken({ world, app, parameter, body }: AppRequest): ApiAnswer {
  const installation = app.installations.find(({ id }) => String(id) === parameter("installation_number"));
  if (installation === undefined) throw new Refused(404, "Not Found");
  const { permissions, repositories: names, repository_ids: ids } = TOKEN.parse(body ?? {});
  const covered = [...world.repositories.values()].filter((each) => covers(installation, each));
  const chosen =
    names === undefined && ids === undefined
      ? undefined
      : [
          ...(names ?? []).map((name) =>
            covered.find((each) => each.name.toLowerCase() === name.toLowerCase()),
          ),
          ...(ids ?? []).map((id) => covered.find((each) => each.id === id)),
        ];
  const repositories = chosen?.map((each) => {
    if (each !== undefined) return each;
    throw new Refused(
      422,
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  });
  const issued = issueToken(app, installation, { permissions, repositories }, world.now());
  return {
    status: 201,
    body: {
      token: issued.token,
      expires_at: renderDate(issued.expiresAt),
      permissions: { ...issued.permissions, metadata: "read" },
      repository_selection:
        repositories === undefined && installation.repositoryIds === undefined ? "all" : "selected",
      ...(repositories === undefined
        ? {}
        : { repositories: repositories.map((each) => renderRepository(world, each)) }),
    },
  };
}

async function listForInstallation(request: GlobalRequest): Promise<ApiAnswer> {
  const { world, identity } = request;
  if (identity.kind !== "installation") {
    throw new Refused(
      403,
      "You must authenticate with an installation access token in order to list repositories for an installation.",
    );
  }
  const seen = [...world.repositories.values()].filter((each) => identity.sees(each));
  const repositories = seen.map((each) => renderRepository(world, each));
  const page = renderPage(request, "/installation/repositories", repositories);
  return {
    ...page,
    body: { total_count: seen.length, repository_selection: "selected", repositories: page.body },
  };
}

async function listForUser(request: GlobalRequest): Promise<ApiAnswer> {
  const { world, identity } = request;
  if (identity.kind !== "token") throw new Refused(403, "Resource not accessible by integration");
  const seen = [...world.repositories.values()].filter((each) => isVisible(identity, each));
  return renderPage(
    request,
    "/user/repos",
    seen.map((each) => renderRepository(world, each)),
  );
}

/** The App as others see it. */
export function renderApp(
  world: World,
  app: Pick<AppState, "id" | "slug" | "createdAt" | "installations">,
): object {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeIdOf("App", app.id),
    client_id: `Iv1.${String(app.id).padStart(16, "0")}`,
    owner: renderUser(world, "hullkeeper"),
    name: app.slug,
    description: null,
    external_url: "https://example.org/",
    html_url: `${world.webUrl}/apps/${app.slug}`,
    created_at: renderDate(app.createdAt),
    updated_at: renderDate(app.createdAt),
    permissions: {},
    events: [],
    installations_count: app.installations.length,
  };
}

/** An installation as the App and its webhooks see it. */
export function renderInstallation(world: World, app: AppState, installation: InstallationState): object {
  const { id, account, accountKind, suspendedAt } = installation;
  const suspended = suspendedAt === undefined ? null : renderDate(suspendedAt);
  return {
    id,
    account: {
      ...renderUser(world, account),
      type: accountKind,
      // Of enterprises; the description of the list takes no account without.
      name: account,
      slug: account,
      created_at: renderDate(installation.createdAt),
      updated_at: renderDate(installation.createdAt),
    },
    repository_selection: installation.repositoryIds === undefined ? "all" : "selected",
    access_tokens_url: `${world.apiUrl}/app/installations/${id}/access_tokens`,
    repositories_url: `${world.apiUrl}/installation/repositories`,
    html_url: `${world.webUrl}/settings/installations/${id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: id,
    target_type: accountKind,
    permissions: { ...installation.permissions, metadata: "read" },
    events: [],
    created_at: renderDate(installation.createdAt),
    updated_at: renderDate(installation.createdAt),
    single_file_name: null,
    suspended_by: suspended === null ? null : renderUser(world, account),
    suspended_at: suspended,
  };
}
