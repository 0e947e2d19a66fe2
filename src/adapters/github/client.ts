import type { Octokit } from "octokit";
import type { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import { createExchange, type Exchange, parseAnswer } from "./exchange.ts";
import type { Answer, Question, RequestControl } from "./exchange.ts";
import { parseGraphqlAnswer } from "./graphql.ts";
import { createInstallations, type Installations, type Session, type Sessions } from "./installations.ts";
import { createOctokits, graphqlUrlOf, usableBaseUrl, usableToken } from "./octokits.ts";
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
   * The checked `data` of one GraphQL request. An error in the answer fails the whole, although mutations before it were done.
   *
   * @throws {CodedError} as {@link Client.call}
   */
  graphql<T>(
    call: Call,
    answer: z.ZodType<T>,
    query: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<T>;
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
  const graphqlUrl = graphqlUrlOf(baseUrl);
  const exchange = createExchange(options, baseUrl);
  const speaker = speakerOf(options, baseUrl, exchange);
  const sessions = sessionsOf(speaker);

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
    speaker,
    exchange,
    async call(call, schema, send) {
      const { question, answer } = await ask(call, send);
      return parseAnswer(question, exchange.host, schema, answer.data);
    },
    async graphql(call, schema, query, variables) {
      const { question, answer } = await ask(call, (octokit, request) =>
        octokit.request({ method: "POST", url: graphqlUrl, query, variables, request }),
      );
      return parseGraphqlAnswer(question, exchange, schema, answer);
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
      return { kind: "token", session: { octokit: octokits.withToken(token), secrets: [token] } };
    }
    case "app": {
      const app = { octokit: octokits.asApp(auth.id, auth.privateKey), secrets: [] };
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
