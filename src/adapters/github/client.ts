import { Octokit, RequestError } from "octokit";
import type { z } from "zod";
import { CodedError, InvalidInputError } from "../../errors.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { WriteLane } from "../../ports/write-lane.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { type Instant, isInstant, SECOND_MS } from "../../time.ts";
import { AnswerTooLargeError, boundedFetch } from "./bounded-fetch.ts";
import { OPERATIONS } from "./operations.ts";
import type { Operation } from "./operations.ts";
import { errorOf } from "./refusal.ts";
import { createSignIn, type GitHubAuth, type OctokitClass, type SignIn } from "./sign-in.ts";

export interface GitHubOptions {
  /** Of the REST API: `https://api.github.com`, or `https://HOST/api/v3` of a GitHub Enterprise Server. */
  readonly baseUrl: string;
  readonly auth: GitHubAuth;
  readonly userAgent: string;
  readonly metrics: Metrics;
  /** Where who creates something waits for a turn. Absent: nobody waits. */
  readonly lane?: WriteLane;
  /** Of one request, its answer included. GitHub itself gives up after 10 seconds. Default 30,000. */
  readonly timeoutMs?: number;
}

/** One call: what is asked, of which repository. */
export interface Call {
  readonly operation: Operation;
  /** Absent for what is about no single one. */
  readonly repository?: CodeRepository;
  readonly signal: AbortSignal;
}

/** What every request carries. */
export interface RequestControl {
  readonly signal: AbortSignal;
}

/** As far as it is read here. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
}

/** Makes single calls: no retry, no waiting for a turn; who calls decides on that. */
export interface Client {
  /**
   * The checked answer to one request.
   *
   * @throws {CodedError} `code-host-*`; the reason of the caller's signal when that ended the call
   */
  call<T>(
    call: Call,
    answer: z.ZodType<T>,
    send: (octokit: Octokit, request: RequestControl) => Promise<Answer>,
  ): Promise<T>;
  /** Of the App. Undefined for a token. */
  readonly ofInstallation: SignIn["ofInstallation"];
  /** What the last answer said the time was, and how long ago it came. */
  time(): { readonly at: Instant; readonly agoMs: number } | undefined;
}

const TIMEOUT_DEFAULT_MS = 30 * SECOND_MS;
/** Of a `Date` header. */
const DATE_LENGTH_MAX = 64;
const API_VERSION = "2022-11-28";

/**
 * A client of one GitHub with one token.
 *
 * @throws {InvalidInputError} `config-invalid` for a base URL or a token that no request could carry
 */
export function createClient(options: GitHubOptions): Client {
  const baseUrl = parseBaseUrl(options.baseUrl);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_DEFAULT_MS;
  const { host } = new URL(baseUrl);
  let said: { readonly at: Instant; readonly heardMs: number } | undefined;
  const hear = (date: unknown): void => {
    const epochMs =
      typeof date === "string" && date.length <= DATE_LENGTH_MAX ? Date.parse(date) : Number.NaN;
    if (isInstant(epochMs)) said = { at: epochMs, heardMs: performance.now() };
  };
  const signIn = createSignIn(options.auth, configured(baseUrl, options.userAgent, hear));

  return {
    ofInstallation: signIn.ofInstallation,
    time: () => (said === undefined ? undefined : { at: said.at, agoMs: performance.now() - said.heardMs }),
    async call(call, answer, send) {
      call.signal.throwIfAborted();
      const timeout = AbortSignal.timeout(timeoutMs);
      const startedAtMs = performance.now();
      const measure = (status: number | "none"): void => {
        const durationMs = performance.now() - startedAtMs;
        options.metrics.request({ party: "code-host", host, operation: call.operation, status, durationMs });
      };
      const signal = AbortSignal.any([call.signal, timeout]);
      const asked = signIn.octokitFor(call.repository, signal).then((octokit) => send(octokit, { signal }));
      const response = await asked.catch((thrown: unknown) => {
        const answered = thrown instanceof RequestError ? thrown.response : undefined;
        measure(answered?.status ?? "none");
        if (answered === undefined) call.signal.throwIfAborted();
        throw failureOf(thrown, {
          call,
          host,
          timedOutMs: timeout.aborted ? timeoutMs : undefined,
          signIn,
        });
      });
      measure(response.status);
      const parsed = answer.safeParse(response.data);
      if (parsed.success) return parsed.data;
      throw new CodedError("code-host-unavailable", `${attemptOf(call)}: ${oddityOf(host, parsed.error)}`);
    },
  };
}

function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (!isUsable) {
    throw new InvalidInputError(
      "config-invalid",
      "the base URL of the GitHub API is not a plain http(s) URL",
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** Octokits for one GitHub: nothing of theirs is kept per process, so that several share no budget and know of no job's deadline. */
function configured(baseUrl: string, userAgent: string, hear: (date: unknown) => void): OctokitClass {
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return Octokit.plugin((octokit) => {
    octokit.hook.before("request", (request) => {
      request.headers["x-github-api-version"] = API_VERSION;
    });
    octokit.hook.after("request", ({ headers }) => hear(headers.date));
  }).defaults({
    baseUrl,
    userAgent,
    throttle: { enabled: false },
    retry: { enabled: false },
    log: silent,
    request: { fetch: boundedFetch, log: silent },
  });
}

/** Octokit writes notes on deprecated endpoints to the console, which belongs to the JSON log. */
function ignore(): void {}

interface Circumstances {
  readonly call: Call;
  readonly host: string;
  readonly timedOutMs: number | undefined;
  readonly signIn: SignIn;
}

/** Never keeps what was thrown as `cause`: it holds the request, of which octokit blanks out one header and nothing else. */
function failureOf(thrown: unknown, { call, host, timedOutMs, signIn }: Circumstances): CodedError {
  const attempt = attemptOf(call);
  const answered = thrown instanceof RequestError ? thrown.response : undefined;
  if (answered !== undefined) {
    const { status, headers, data } = answered;
    // A proxy that echoes the request must not bring the token into a message.
    const redact = (text: string): string => signIn.redact(text);
    const { operation } = call;
    return errorOf({ operation, attempt, host, status, headers, data, redact, nowMs: Date.now() });
  }
  const causes = causesOf(thrown);
  if (causes.some((cause) => cause instanceof AnswerTooLargeError)) {
    return new CodedError("code-host-too-large", `${attempt}: the answer of ${host} is larger than 32 MiB`);
  }
  if (timedOutMs !== undefined) {
    return new CodedError(
      "code-host-unavailable",
      `${attempt}: no answer from ${host} within ${timedOutMs} ms`,
    );
  }
  return new CodedError("code-host-unavailable", `${attempt}: no answer from ${host} (${reasonOf(causes)})`);
}

function attemptOf({ operation, repository }: Call): string {
  const { doing } = OPERATIONS[operation];
  return repository === undefined
    ? `could not ${doing}`
    : `could not ${doing} ${repository.owner}/${repository.name}`;
}

function oddityOf(host: string, error: z.ZodError): string {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "as a whole" : `at ${issue.path.join(".")}`;
  return `the answer of ${host} does not have its documented form (${where})`;
}

const CAUSES_MAX = 8;

function causesOf(thrown: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let current = thrown;
  while (current !== undefined && causes.length < CAUSES_MAX) {
    causes.push(current);
    current = current instanceof Error ? current.cause : undefined;
  }
  return causes;
}

/** The code of the system's or undici's error (`ECONNREFUSED`, `UND_ERR_SOCKET`): its message may hold the request. */
function reasonOf(causes: readonly unknown[]): string {
  const codes = causes.flatMap((cause) =>
    cause instanceof Error && "code" in cause && typeof cause.code === "string" ? [cause.code] : [],
  );
  return codes.at(-1) ?? "the connection failed";
}
