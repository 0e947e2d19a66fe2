import type { Octokit } from "octokit";
import type { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import { createExchange, type Exchange, parseAnswer } from "./exchange.ts";
import type { Answer, Question, RequestControl } from "./exchange.ts";
import type { Grants } from "./grants.ts";
import { createInstallations, type Installations, type Session, type Sessions } from "./installations.ts";
import { createKeptAnswers } from "./kept-answers.ts";
import { createOctokits, usableBaseUrl, usableToken } from "./octokits.ts";
import type { Operation } from "./operations.ts";
import type { GitHubOptions } from "./options.ts";

/** One call: what is asked, of which repository. */
export interface Call {
  readonly operation: Operation;
  readonly repository: CodeRepository;
  readonly signal: AbortSignal;
}

/** Who speaks to GitHub: the holder of a token, or an App. */
export type Speaker =
  | { readonly kind: "token"; readonly session: Session }
  | { readonly kind: "app"; readonly installations: Installations };

/** What a request carries whose answer is kept. */
export interface KeptControl {
  readonly request: RequestControl;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes single calls: no retry, no waiting for a turn; who calls decides on that. */
export interface Client {
  /**
   * The checked answer to one request, asked by whoever has the rights on the repository.
   *
   * @throws {CodedError} `code-host-*`; the reason of the caller's signal when that ended the call
   */
  call<T>(
    call: Call,
    answer: z.ZodType<T>,
    send: (octokit: Octokit, request: RequestControl) => Promise<Answer>,
  ): Promise<T>;
  /**
   * As {@link Client.call}; asks only for what is new since. Answers are kept by account and `what`; GitHub counts a question whose
   * answer it need not give for nothing. It may give another tag to another token of the same account, as an App has every hour: then the answer comes whole.
   *
   * @param send passes on `headers` with the request
   */
  callKept<T>(
    call: Call & { readonly what: string },
    answer: z.ZodType<T>,
    send: (octokit: Octokit, how: KeptControl) => Promise<Answer>,
  ): Promise<T>;
  /** What whoever has the rights on the repository was given, as far as it is known. @throws {CodedError} `code-host-*` */
  grantsOn(repository: CodeRepository, signal: AbortSignal): Promise<Grants | undefined>;
  /** Makes who has the rights on the repository log in anew: what is known of it may be old. */
  logInAnew(repository: CodeRepository): void;
  /** What the last answer said the time was, and how long ago it came. */
  time(): { readonly at: Instant; readonly agoMs: number } | undefined;
  /** For what is not about one repository. */
  readonly speaker: Speaker;
  readonly exchange: Exchange;
}

/**
 * A client of one GitHub.
 *
 * @throws {InvalidInputError} `config-invalid` for a base URL, a token or a private key that no request could use
 */
export function createClient(options: GitHubOptions): Client {
  const baseUrl = usableBaseUrl(options.baseUrl);
  const exchange = createExchange(options, baseUrl);
  const speaker = speakerOf(options, baseUrl, exchange);
  const sessions = sessionsOf(speaker);
  const kept = createKeptAnswers();

  const ask = async (
    { operation, repository, signal }: Call,
    send: (octokit: Octokit, request: RequestControl) => Promise<Answer>,
  ): Promise<{ readonly question: Question; readonly answer: Answer }> => {
    signal.throwIfAborted();
    const { octokit, secrets } = await sessions.sessionFor(repository, signal);
    const subject = `${repository.owner}/${repository.name}`;
    const question = { operation, subject, signal, secrets };
    try {
      return { question, answer: await exchange.send(question, (request) => send(octokit, request)) };
    } catch (thrown) {
      if (thrown instanceof CodedError && SUSPICIOUS.has(thrown.code)) sessions.refused(repository);
      throw thrown;
    }
  };

  return {
    time: () => exchange.time(),
    grantsOn: async (repository, signal) => (await sessions.sessionFor(repository, signal)).grants(),
    logInAnew: (repository) => sessions.refused(repository),
    async callKept({ what, ...call }, schema, send) {
      const { owner, name } = call.repository;
      const key = `${owner}/${name}`.toLowerCase() + ` ${what}`;
      const known = kept.find(key);
      const headers = known === undefined ? {} : { "if-none-match": known.etag };
      const { question, answer } = await ask(call, (octokit, request) => send(octokit, { request, headers }));
      const isSame = answer.status === 304 && known !== undefined;
      const parsed = parseAnswer(question, exchange.host, schema, isSame ? known.data() : answer.data);
      const etag = answer.headers?.["etag"];
      if (!isSame && typeof etag === "string") kept.keep(key, { etag, data: parsed });
      return parsed;
    },
    speaker,
    exchange,
    async call(call, schema, send) {
      const { question, answer } = await ask(call, send);
      return parseAnswer(question, exchange.host, schema, answer.data);
    },
  };
}

/** Refusals that a token may be the reason of which was taken back before its time. */
const SUSPICIOUS: ReadonlySet<string> = new Set(["code-host-unauthorized"]);

function speakerOf(options: GitHubOptions, baseUrl: string, exchange: Exchange): Speaker {
  const octokits = createOctokits(options, baseUrl, (date) => exchange.hear(date));
  const { auth } = options;
  switch (auth.kind) {
    case "token": {
      const token = usableToken(auth.token);
      let grants: Grants | undefined;
      const octokit = octokits.withToken(token, (told) => {
        grants = told ?? grants;
      });
      return { kind: "token", session: { octokit, secrets: [token], grants: () => grants } };
    }
    case "app": {
      const app = { octokit: octokits.asApp(auth.id, auth.privateKey), secrets: [], grants: () => undefined };
      return { kind: "app", installations: createInstallations(app, octokits, exchange) };
    }
    default:
      return auth satisfies never;
  }
}

function sessionsOf(speaker: Speaker): Sessions {
  if (speaker.kind === "app") return speaker.installations;
  const { session } = speaker;
  return { sessionFor: async () => session, refused: () => undefined };
}
