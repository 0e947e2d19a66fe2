import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AppOptions } from "./app.ts";
import { createApi } from "./api.ts";
import type { Api } from "./api.ts";
import { createWorld, pathsOf } from "./create-world.ts";
import { createFaults } from "./faults.ts";
import type { Fault, Faults, Mischief } from "./faults.ts";
import { createGit } from "./git.ts";
import { readBody, sendAnswer } from "./http.ts";
import { createHookWatch } from "./hook-watch.ts";
import type { HookWatch } from "./hook-watch.ts";
import { createLimits } from "./limits.ts";
import type { Limits, LimitWish } from "./limits.ts";
import { createOpenApiValidator } from "./openapi-validator.ts";
import type { OpenApiValidator } from "./openapi-validator.ts";
import { createOperator } from "./operator.ts";
import type { Operator } from "./operator.ts";
import { createHookOperator, PERSON, toldBy } from "./operator-told.ts";
import type { HookOperator } from "./operator-told.ts";
import { createTalkOperator } from "./operator-talk.ts";
import type { TalkOperator } from "./operator-talk.ts";
import { answerPerson } from "./site.ts";
import type { HookEvent } from "./webhooks.ts";
import type { Edition, Permissions, World } from "./world.ts";

export interface GitHubDoubleOptions {
  /** Where the git repositories are kept; made if absent. Default: a directory of its own, removed at the end. */
  readonly stateDirectory?: string;
  /** On loopback. Default: a free one. */
  readonly port?: number;
  /** The only token of a person that is let in. Default: a random one. */
  readonly token?: string;
  /** Login of the token's account. Default: `hullkeeper-bot`. */
  readonly actor?: string;
  /** Scopes of the token, as a classic one has them: `repo`, `workflow`. Default: none are told, as of a fine-grained one. */
  readonly tokenScopes?: readonly string[];
  /** What the token may do, if it is a fine-grained one. Default: everything. */
  readonly tokenPermissions?: Permissions;
  /** Default: a server of version 3.16.0 that lacks nothing. */
  readonly edition?: Edition;
  /** Certificate and key (PEM): TLS is spoken. Default: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** An App whose assertions and installation tokens are let in, too. Default: none. */
  readonly app?: AppOptions;
  /** Default: the machine's clock. */
  readonly now?: () => Date;
  /** Listings of trees are cut short beyond so many entries. Default: 100,000, as at GitHub. */
  readonly treeEntriesMax?: number;
  /** For those who start many: it compiles schemas, which takes about a second in all. Default: one of its own. */
  readonly validator?: OpenApiValidator;
}

/** One request, as it came and as it ended. */
export interface RecordedRequest {
  readonly kind: "rest" | "graphql";
  readonly method: string;
  /** Below the base of the API, percent-encoded, with its query; `/graphql` for GraphQL. */
  readonly path: string;
  /** The fields at the root of a GraphQL document, in order: `createRef`, `createPullRequest`. None for REST. */
  readonly operations: readonly string[];
  /** Of the operation in a GraphQL document, if it has one. */
  readonly operationName?: string;
  readonly body: unknown;
  /** What was answered; the fault that kept an answer from coming. */
  readonly outcome: number | Mischief["kind"];
}

/** How long requests take, in milliseconds of real time. For benchmarks. */
export interface Distance {
  readonly requestMs: number;
  /** On top, for each thing written: a request of REST, a mutation of GraphQL. */
  readonly writeMs: number;
}

/** GitHub's REST and GraphQL APIs over real git repositories, in this process, and pages to look at. */
export interface GitHubDouble extends Operator, TalkOperator, HookOperator {
  /** Base of the API, as a GitHub Enterprise Server has it. */
  readonly url: string;
  /** Address of the GraphQL API, as a GitHub Enterprise Server has it. */
  readonly graphqlUrl: string;
  /** Base of the pages. */
  readonly htmlUrl: string;
  readonly token: string;
  /** Requests to the API, oldest first, at most the last 10,000. */
  readonly requests: readonly RecordedRequest[];
  /** Keeps these limits from now on. Default: none. */
  limit(wish: LimitWish): void;
  /** Things that limits on content let through and turned away. */
  readonly made: Limits["made"];
  /** Of requests by the token, or by an App or installation of this name: see `x-ratelimit-used`. */
  used(account?: string): number;
  /** From now on requests take longer. */
  moveAway(distance: Distance): void;
  /** Lets the next requests of a kind go wrong. */
  inject(fault: Fault): void;
  /** @throws when an exchange did not keep to GitHub's OpenAPI description */
  assertNoViolations(): void;
  /** Ends the server and removes what it made. @throws as {@link GitHubDouble.assertNoViolations} */
  close(): Promise<void>;
}

const REQUESTS_MAX = 10_000;

/** Starts a double on loopback. */
export async function startGitHubDouble(options: GitHubDoubleOptions = {}): Promise<GitHubDouble> {
  const directory = options.stateDirectory ?? (await mkdtemp(join(tmpdir(), "github-double-")));
  await mkdir(directory, { recursive: true });
  const server = options.tls === undefined ? createServer() : createTlsServer({ ...options.tls });
  const port = await listen(server, options.port ?? 0);
  const htmlUrl = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const token = options.token ?? `ghp_${randomBytes(18).toString("hex")}`;
  const ended = new AbortController();
  const violations: string[] = [];
  const report = (fault: string): void => void violations.push(fault);
  const validator = options.validator ?? createOpenApiValidator();
  const inspect = (event: HookEvent): void => validator.webhookFaults(event).forEach(report);
  const world = createWorld(htmlUrl, options, { ended: ended.signal, inspect });
  const watch = createHookWatch(world);
  const limits = createLimits(() => world.now().getTime());
  const { tokenScopes: scopes, tokenPermissions: permissions } = options;
  const api = createApi({ world, token, validator, limits, scopes, permissions, report });
  let distance: Distance = { requestMs: 0, writeMs: 0 };
  const faults = createFaults();
  const requests: RecordedRequest[] = [];
  const record = (request: RecordedRequest): void => {
    if (requests.length >= REQUESTS_MAX) requests.shift();
    requests.push(request);
  };
  const answering = new Set<Promise<void>>();
  server.on("request", (request, response) => {
    const desk = { world, watch, api, faults, record, ended: ended.signal, distance };
    const answered = serve(desk, request, response)
      .catch((thrown: unknown) => {
        report(
          `the double failed: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
        );
        response.destroy();
      })
      .finally(() => answering.delete(answered));
    answering.add(answered);
  });

  const assertNoViolations = (): void => {
    if (violations.length > 0) throw new Error(`against GitHub's description:\n${violations.join("\n")}`);
  };
  const operator = {
    ...createTalkOperator(world),
    ...createOperator(world, { git: createGit(directory), directory }),
  };
  return {
    ...toldBy(operator, watch),
    ...createHookOperator(world, watch),
    url: world.apiUrl,
    graphqlUrl: `${htmlUrl}${pathsOf(world.edition).graphql}`,
    htmlUrl,
    token,
    requests,
    limit: (wish) => limits.set(wish),
    made: limits.made,
    used: (account = `user ${world.actor}`) => limits.used(account, "core"),
    moveAway(further) {
      distance = further;
    },
    inject: (fault) => faults.inject(fault),
    assertNoViolations,
    async close() {
      ended.abort();
      await stop(server);
      // Whoever was let go of in the middle may still be read for.
      await Promise.all(answering);
      if (options.stateDirectory === undefined) await rm(directory, { recursive: true, force: true });
      assertNoViolations();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}

interface Desk {
  readonly world: World;
  readonly watch: HookWatch;
  readonly api: Api;
  readonly faults: Faults;
  readonly record: (request: RecordedRequest) => void;
  readonly ended: AbortSignal;
  readonly distance: Distance;
}

async function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const method = request.method ?? "GET";
  const paths = pathsOf(desk.world.edition);
  if (url.pathname.startsWith(`${paths.rest}/`) || url.pathname === paths.graphql) {
    await serveApi(desk, { request, response, method, url });
    return;
  }
  const site = request.headers["sec-fetch-site"];
  const from = typeof site === "string" ? site : undefined;
  const page = await answerPerson(desk.world, { method, path: url.pathname, from });
  if (method === "POST") await desk.watch.look(PERSON);
  sendAnswer(response, page);
}

interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly url: URL;
}

async function serveApi(desk: Desk, { request, response, method, url }: Visit): Promise<void> {
  const paths = pathsOf(desk.world.edition);
  const kind = url.pathname === paths.graphql ? "graphql" : "rest";
  const restPath = url.pathname.slice(paths.rest.length);
  const path = `${kind === "graphql" ? "/graphql" : restPath}${url.search}`;
  const body = parseJson(await readBody(request));
  const asked = kind === "graphql" ? desk.api.graph.asked(body) : undefined;
  const operations = asked?.fields ?? [];
  const mischief = desk.faults.take({
    method,
    path,
    operations,
    ...(asked?.name === undefined ? {} : { name: asked.name }),
  });
  const name = asked?.name === undefined ? {} : { operationName: asked.name };
  const record = (outcome: RecordedRequest["outcome"]): void =>
    desk.record({ kind, method, path, operations, ...name, body, outcome });

  if (mischief?.kind === "cut" || mischief?.kind === "hang") {
    record(mischief.kind);
    if (mischief.kind === "cut") response.destroy();
    return;
  }
  if (mischief?.kind === "answer") {
    record(mischief.status);
    sendAnswer(response, mischief);
    return;
  }
  if (mischief?.kind === "slow") await pause(mischief.delayMs, desk.ended);
  const writes =
    kind === "rest" ? Number(method !== "GET") : asked?.type === "mutation" ? operations.length : 0;
  const delayMs = desk.distance.requestMs + writes * desk.distance.writeMs;
  if (delayMs > 0) await pause(delayMs, desk.ended);
  const call = {
    body,
    authorization: request.headers.authorization,
    known: request.headers["if-none-match"],
  };
  const answer =
    kind === "graphql"
      ? await desk.api.handleGraph(call, mischief)
      : await desk.api.handle({
          ...call,
          method,
          path: restPath,
          query: url.searchParams,
          contentType: request.headers["content-type"],
        });
  if (writes > 0)
    await desk.watch.look(desk.world.app === undefined ? desk.world.actor : `${desk.world.app.slug}[bot]`);
  record(mischief === undefined || isAnswered(mischief) ? answer.status : mischief.kind);
  if (mischief?.kind !== "keep-answer") sendAnswer(response, answer, mischief);
}

/** Whether the caller gets an answer of the API, whatever happens before. */
function isAnswered({ kind }: Mischief): boolean {
  return kind === "slow" || kind === "stop-after" || kind === "fail-field";
}

/** Undefined for nothing; text that is not JSON stays text, which no description allows. */
function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return text;
  }
}

async function pause(delayMs: number, ended: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    ended.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
