import { z } from "zod";
import { demand, demandWritable, findVisible } from "./access.ts";
import { demandApp, installationCaller } from "./app.ts";
import { GLOBAL_ROUTES } from "./app-routes.ts";
import type { GlobalRequest, GlobalRoutes } from "./app-routes.ts";
import type { Mischief } from "./faults.ts";
import { GIT_ROUTES } from "./git-routes.ts";
import { createGraphApi } from "./graphql/engine.ts";
import type { GraphApi } from "./graphql/engine.ts";
import { NEEDS } from "./needs.ts";
import type { Exchange, OpenApiValidator } from "./openapi-validator.ts";
import { PULL_ROUTES } from "./pull-routes.ts";
import { renderDate } from "./shapes.ts";
import { STATUS_ROUTES } from "./status-routes.ts";
import { Refused } from "./world.ts";
import type { ApiAnswer, Handler, Routes, World } from "./world.ts";

const RATE_LIMIT = 5_000;
const RATE_WINDOW_S = 3_600;

/** A request below the base of the API. */
export interface ApiCall extends Exchange {
  readonly authorization: string | undefined;
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
  readonly report: (fault: string) => void;
}): Api {
  const { world, token, validator, report } = options;
  const routes = [
    ...Object.entries(GLOBAL_ROUTES).map(([name, global]) => routeOf(name, { global })),
    ...Object.entries(REPOSITORY_ROUTES).map(([name, handler]) => routeOf(name, { handler })),
  ];
  const graph = createGraphApi(report);
  const used = { core: 0, graphql: 0 };

  const countedHeaders = (resource: keyof typeof used): Readonly<Record<string, string>> => {
    used[resource] += 1;
    return {
      ...rateHeaders(world, resource, used[resource]),
      "x-github-request-id": requestId(used.core + used.graphql),
    };
  };

  return {
    graph,
    async handle(call) {
      const headers = countedHeaders("core");
      const identity = identify(world, token, call.authorization);
      if (identity instanceof Refused) return { headers, ...refusalOf(identity) };
      const faults = validator.requestFaults(call);
      for (const fault of faults) report(fault);
      const answer = await answerTo(call, { world, identity, routes }).catch(refusalOf);
      for (const fault of validator.answerFaults(call, { status: answer.status, body: answer.body }))
        report(fault);
      return { ...answer, headers: { ...headers, ...answer.headers } };
    },
    async handleGraph({ authorization, body }, mischief) {
      const headers = countedHeaders("graphql");
      const caller = identify(world, token, authorization);
      if (caller instanceof Refused) return { headers, ...refusalOf(caller) };
      if (caller.kind === "app") return { headers, ...refusalOf(new Refused(401, "Bad credentials")) };
      const rateLimit = (): object => ({
        limit: RATE_LIMIT,
        used: used.graphql,
        remaining: Math.max(0, RATE_LIMIT - used.graphql),
        resetAt: renderDate(new Date(windowEndS(world) * 1_000)),
      });
      return { headers, ...(await graph.handle({ world, caller, body, mischief, rateLimit })) };
    },
  };
}

const REPOSITORY_ROUTES: Routes = { ...GIT_ROUTES, ...PULL_ROUTES, ...STATUS_ROUTES };

function routeOf(name: string, answerer: Pick<Route, "global" | "handler">): Route {
  const [method = "", template = ""] = name.split(" ");
  // Branches, refs and paths may hold slashes, encoded or not; owner and name cannot.
  const pattern = template.replaceAll(/\{(\w+)\}/g, (_, key: string) =>
    /^(?:owner|repo|name|\w+_number)$/.test(key) ? `(?<${key}>[^/]+)` : `(?<${key}>.+)`,
  );
  return { name, method, pattern: new RegExp(`^${pattern}$`), ...answerer };
}

/** Whose request it is; or how it is turned away. */
function identify(
  world: World,
  token: string,
  authorization: string | undefined,
): GlobalRequest["identity"] | Refused {
  const [, given = ""] = /^(?:token|bearer) (\S+)$/i.exec(authorization ?? "") ?? [];
  if (given === token) return { kind: "token", login: world.actor };
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
  }: {
    readonly world: World;
    readonly identity: GlobalRequest["identity"];
    readonly routes: readonly Route[];
  },
): Promise<ApiAnswer> {
  for (const { name, method, pattern, handler, global } of routes) {
    const groups = method === call.method ? (pattern.exec(call.path)?.groups ?? {}) : undefined;
    if (groups === undefined || !pattern.test(call.path)) continue;
    const parameter = (key: string): string => decodeURIComponent(groups[key] ?? "");
    const request = { world, parameter, query: call.query, body: call.body };
    if (global !== undefined) return global({ ...request, identity });
    if (identity.kind === "app") throw new Refused(401, "Requires authentication");
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
function errorBody({ status, message, errors }: Refused): object {
  return {
    message,
    ...(errors === undefined ? {} : { errors }),
    documentation_url: "https://docs.github.com/rest",
    status: String(status),
  };
}

function windowEndS({ now }: World): number {
  return (Math.floor(now().getTime() / 1_000 / RATE_WINDOW_S) + 1) * RATE_WINDOW_S;
}

function rateHeaders(world: World, resource: string, used: number): Readonly<Record<string, string>> {
  return {
    "x-ratelimit-limit": String(RATE_LIMIT),
    "x-ratelimit-remaining": String(Math.max(1, RATE_LIMIT - used)),
    "x-ratelimit-used": String(used),
    "x-ratelimit-reset": String(windowEndS(world)),
    "x-ratelimit-resource": resource,
    "x-github-media-type": "github.v3; format=json",
  };
}

function requestId(number: number): string {
  return `D0B1:${number.toString(16).toUpperCase().padStart(8, "0")}`;
}
