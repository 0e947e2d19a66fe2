import { z } from "zod";
import { demand, demandWritable, findVisible } from "./access.ts";
import { demandApp, installationCaller } from "./app.ts";
import { GLOBAL_ROUTES } from "./app-routes.ts";
import type { GlobalRequest, GlobalRoutes } from "./app-routes.ts";
import { tagged } from "./etags.ts";
import type { Mischief } from "./faults.ts";
import { HOOK_ROUTES } from "./hook-routes.ts";
import { GIT_ROUTES } from "./git-routes.ts";
import { createGraphApi } from "./graphql/engine.ts";
import type { GraphApi } from "./graphql/engine.ts";
import { type Limits, type Resource, thingsIn, thingsOf, windowEndS } from "./limits.ts";
import { NEEDS } from "./needs.ts";
import type { Exchange, OpenApiValidator } from "./openapi-validator.ts";
import { PEOPLE_ROUTES } from "./people-routes.ts";
import { PULL_ROUTES } from "./pull-routes.ts";
import { renderDate } from "./shapes.ts";
import { STATUS_ROUTES } from "./status-routes.ts";
import { TALK_ROUTES } from "./talk-routes.ts";
import { lackedBy, Refused } from "./world.ts";
import type { ApiAnswer, Handler, Permissions, Routes, World } from "./world.ts";

/** A request below the base of the API. */
export interface ApiCall extends Exchange {
  readonly authorization: string | undefined;
  /** The `if-none-match` header. */
  readonly known: string | undefined;
}

type Answered = Required<Pick<ApiAnswer, "status" | "headers">> & Pick<ApiAnswer, "body">;

/** The API without HTTP. */
export interface Api {
  readonly graph: GraphApi;
  /** REST. */
  handle(call: ApiCall): Promise<Answered>;
  /** GraphQL. */
  handleGraph(
    call: Pick<ApiCall, "authorization" | "body">,
    mischief: Mischief | undefined,
  ): Promise<Answered>;
}

interface Route {
  /** Method and template. */
  readonly name: string;
  readonly method: string;
  readonly pattern: RegExp;
  /** Of what a repository has. */
  readonly handler?: Handler;
  /** Of anything else. */
  readonly global?: GlobalRoutes[string];
}

/** The API of a world. What violates GitHub's description is handed to `report`. */
export function createApi(options: {
  readonly world: World;
  readonly token: string;
  readonly validator: OpenApiValidator;
  readonly limits: Limits;
  /** Sent with what the token is answered: a classic token has scopes. */
  readonly scopes: readonly string[] | undefined;
  /** Of the token, if it is a fine-grained one. */
  readonly permissions: Permissions | undefined;
  readonly report: (fault: string) => void;
}): Api {
  const { world, validator, limits, scopes, report } = options;
  const routes = [
    ...Object.entries({ ...GLOBAL_ROUTES, ...HOOK_ROUTES }).map(([name, global]) =>
      routeOf(name, { global }),
    ),
    ...Object.entries(REPOSITORY_ROUTES).map(([name, handler]) => routeOf(name, { handler })),
  ].filter(({ name }) => !lackedBy(world.edition).has(name));
  const graph = createGraphApi(report, world.edition);
  let answered = 0;

  const finished = (
    { headers = {}, ...answer }: ApiAnswer,
    identity: Identity | Refused,
    resource: Resource,
  ): Answered => {
    answered += 1;
    const cost = answer.status === 304 ? "free" : "counted";
    const isClassic = !(identity instanceof Refused) && identity.kind === "token" && scopes !== undefined;
    return {
      body: undefined,
      ...answer,
      headers: {
        ...limits.count(accountOf(identity), resource, cost),
        "x-github-media-type": "github.v3; format=json",
        "x-github-request-id": requestId(answered),
        date: world.now().toUTCString(),
        ...(world.edition.kind === "enterprise"
          ? { "x-github-enterprise-version": world.edition.version }
          : {}),
        ...(isClassic ? { "x-oauth-scopes": scopes.join(", ") } : {}),
        ...headers,
      },
    };
  };

  return {
    graph,
    async handle(call) {
      const identity = identify(options, call.authorization);
      if (identity instanceof Refused) return finished(refusalOf(identity), identity, "core");
      const faults = validator.requestFaults(call);
      for (const fault of faults) report(fault);
      const answer = await answerTo(call, { world, identity, routes, limits }).catch(refusalOf);
      for (const fault of validator.answerFaults(call, { status: answer.status, body: answer.body }))
        report(fault);
      const { method, authorization = "", known } = call;
      const whole = method === "GET" ? tagged(answer, { authorization, known }) : answer;
      return finished(whole, identity, "core");
    },
    async handleGraph({ authorization, body }, mischief) {
      const caller = identify(options, authorization);
      if (caller instanceof Refused) return finished(refusalOf(caller), caller, "graphql");
      if (caller.kind === "app") {
        return finished(refusalOf(new Refused(401, "Bad credentials")), caller, "graphql");
      }
      if (lackedBy(world.edition).has("POST /graphql")) {
        return finished(refusalOf(new Refused(404, "Not Found")), caller, "graphql");
      }
      const account = accountOf(caller);
      const rateLimit = (): object => ({
        limit: POINTS_TOLD,
        // This one is among them.
        used: limits.used(account, "graphql") + 1,
        remaining: Math.max(0, POINTS_TOLD - limits.used(account, "graphql") - 1),
        resetAt: renderDate(new Date(windowEndS(world.now().getTime()) * 1_000)),
      });
      try {
        limits.demand(account, "graphql");
        const asked = graph.asked(body);
        if (asked?.type === "mutation") limits.make(account, thingsIn(asked.fields));
        return finished(await graph.handle({ world, caller, body, mischief, rateLimit }), caller, "graphql");
      } catch (thrown) {
        return finished(refusalOf(thrown), caller, "graphql");
      }
    },
  };
}

type Identity = GlobalRequest["identity"];

/** Points of GraphQL that are said to be left where they are not limited. */
const POINTS_TOLD = 5_000;

/** Whose allowance is used. */
function accountOf(identity: Identity | Refused): string {
  if (identity instanceof Refused) return "nobody";
  if (identity.kind === "app") return "the App";
  return identity.kind === "token" ? `user ${identity.login}` : `installation ID ${identity.installationId}`;
}

const REPOSITORY_ROUTES: Routes = {
  ...GIT_ROUTES,
  ...PULL_ROUTES,
  ...PEOPLE_ROUTES,
  ...TALK_ROUTES,
  ...STATUS_ROUTES,
};

function routeOf(name: string, answerer: Pick<Route, "global" | "handler">): Route {
  const [method = "", template = ""] = name.split(" ");
  // Branches, refs and paths may hold slashes, encoded or not; owner and name cannot.
  const pattern = template.replaceAll(/\{(\w+)\}/g, (_, key: string) =>
    /^(?:owner|repo|name|username|\w+_number)$/.test(key) ? `(?<${key}>[^/]+)` : `(?<${key}>.+)`,
  );
  return { name, method, pattern: new RegExp(`^${pattern}$`), ...answerer };
}

/** Whose request it is; or how it is turned away. */
function identify(
  {
    world,
    token,
    permissions,
  }: { readonly world: World; readonly token: string; readonly permissions: Permissions | undefined },
  authorization: string | undefined,
): GlobalRequest["identity"] | Refused {
  const [, given = ""] = /^(?:token|bearer) (\S+)$/i.exec(authorization ?? "") ?? [];
  if (given === token) return { kind: "token", login: world.actor, permissions };
  const { app } = world;
  try {
    if (app !== undefined && given.includes(".")) {
      demandApp(app, given, world.now());
      return { kind: "app", app };
    }
    const caller = app === undefined ? undefined : installationCaller(app, given, world.now());
    return caller ?? new Refused(401, "Bad credentials");
  } catch (thrown) {
    if (thrown instanceof Refused) return thrown;
    throw thrown;
  }
}

async function answerTo(
  call: ApiCall,
  {
    world,
    identity,
    routes,
    limits,
  }: {
    readonly world: World;
    readonly identity: Identity;
    readonly routes: readonly Route[];
    readonly limits: Limits;
  },
): Promise<ApiAnswer> {
  limits.demand(accountOf(identity), "core");
  for (const { name, method, pattern, handler, global } of routes) {
    const groups = method === call.method ? (pattern.exec(call.path)?.groups ?? {}) : undefined;
    if (groups === undefined || !pattern.test(call.path)) continue;
    const parameter = (key: string): string => decodeURIComponent(groups[key] ?? "");
    const request = { world, parameter, query: call.query, body: call.body };
    if (global !== undefined) return global({ ...request, identity });
    if (identity.kind === "app") throw new Refused(401, "Requires authentication");
    limits.make(accountOf(identity), thingsOf(name));
    const repository = findVisible(world, identity, { owner: parameter("owner"), name: parameter("repo") });
    if (repository === undefined || handler === undefined) throw new Refused(404, "Not Found");
    demand(identity, ...(NEEDS[name] ?? []));
    if (method === "GET") return handler({ ...request, caller: identity, repository });
    demandWritable(repository);
    return repository.exclusively(async () => handler({ ...request, caller: identity, repository }));
  }
  throw new Refused(404, "Not Found");
}

function refusalOf(thrown: unknown): ApiAnswer {
  if (thrown instanceof Refused) {
    return { status: thrown.status, headers: thrown.headers, body: errorBody(thrown) };
  }
  if (thrown instanceof z.ZodError)
    return { status: 422, body: errorBody(new Refused(422, "Invalid request.")) };
  throw thrown;
}

/** The body of every error, as GitHub writes it. */
function errorBody({ status, message, errors, page }: Refused): object {
  return {
    message,
    ...(errors === undefined ? {} : { errors }),
    documentation_url: page,
    status: String(status),
  };
}

function requestId(number: number): string {
  return `D0B1:${number.toString(16).toUpperCase().padStart(8, "0")}`;
}
