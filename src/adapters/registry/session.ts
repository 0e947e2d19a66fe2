import { type Auth, type Authorization, authorizationOf } from "./auth.ts";
import { DeadlineReached, withDeadline } from "../../deadline.ts";
import { faultOf, faultOfStatus, type Subject } from "./fault.ts";
import type { Http, HttpAnswer } from "./http.ts";
import { BoundedMap } from "./bounded-map.ts";
import { isRedirect, redirectTargetOf } from "./redirect.ts";
import type { Permit } from "./permit.ts";
import { type Endpoint, endpointOf, type RegistryHostSettings, settingsFor, urlOf } from "./settings.ts";

export interface Question {
  readonly method: "GET" | "HEAD";
  readonly subject: Subject;
  /** Below the repository, e.g. `manifests/latest`, or a page of the registry's own origin. */
  readonly at: string | URL;
  readonly accept?: readonly string[];
  readonly deadlineMs: number;
  /** What pays for it, when it is one of several. */
  readonly permit?: Permit;
}

/** A question on its way. */
interface Asking {
  readonly question: Question;
  readonly endpoint: Endpoint;
  readonly url: URL;
  readonly authorization: Authorization;
}

export interface SessionOptions {
  readonly http: Http;
  readonly auth: Auth;
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly redirectsMax: number;
}

const REGISTRIES_MAX = 1_000;

/** What other places than the registry are shown. */
const NO_LOGIN: Authorization = authorizationOf(undefined, undefined);

/** Asks registries: logs in where asked to, follows redirects, keeps the time. */
export class Session {
  readonly #options: SessionOptions;
  readonly #endpoints = new BoundedMap<Endpoint>(REGISTRIES_MAX);

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * Asks, and hands the answer to `read`, all within the question's deadline. `read` sees every status but 401, and may call `fail` for
   * the error that the answer means; with its body where that was read already.
   *
   * @throws {CodedError} `registry-*`
   */
  async ask<Result>(
    question: Question,
    signal: AbortSignal,
    read: (answer: HttpAnswer, fail: (body?: string) => Promise<never>) => Promise<Result>,
  ): Promise<Result> {
    const { repository } = question.subject;
    const endpoint = this.#endpointOf(repository.registry);
    const answered = withDeadline(signal, question.deadlineMs, async (limited) => {
      const { answer, authorization } = await this.#answerTo(question, endpoint, limited);
      const fail = async (known?: string): Promise<never> => {
        const body = known ?? (await answer.errorText());
        throw faultOfStatus(question.subject, {
          ...answer,
          body,
          secrets: authorization.secrets(),
        });
      };
      return answer.status === 401 ? fail() : read(answer, fail);
    });
    return answered.catch((thrown: unknown) => {
      // Time ran out while waiting for a token that somebody else asked for.
      if (!(thrown instanceof DeadlineReached)) throw thrown;
      throw faultOf("registry-timeout", question.subject, `${endpoint.registry} gave ${thrown.message}`, {
        cause: thrown,
      });
    });
  }

  #endpointOf(registry: string): Endpoint {
    const known = this.#endpoints.get(registry);
    if (known !== undefined) return known;
    const endpoint = endpointOf(registry, settingsFor(this.#options.hosts, registry));
    this.#endpoints.set(registry, endpoint);
    return endpoint;
  }

  async #answerTo(
    question: Question,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<{ readonly answer: HttpAnswer; readonly authorization: Authorization }> {
    const { repository } = question.subject;
    const { auth } = this.#options;
    const url = typeof question.at === "string" ? urlOf(endpoint, repository, question.at) : question.at;
    // A list that was redirected elsewhere names its next page there: it gets no log-in.
    const isOwn = url.origin === endpoint.origin;
    const authorization = isOwn ? await auth.authorizationFor(endpoint, repository, signal) : NO_LOGIN;
    const answer = await this.#follow({ question, endpoint, url, authorization }, signal);
    if (answer.status !== 401 || !isOwn || answer.url.origin !== endpoint.origin) {
      return { answer, authorization };
    }

    const challenge = answer.headers["www-authenticate"];
    const renewed = await auth.renew(endpoint, repository, { authorization, challenge }, signal);
    if (renewed === undefined) return { answer, authorization };
    await answer.discard();
    const again = await this.#follow({ question, endpoint, url, authorization: renewed }, signal);
    return { answer: again, authorization: renewed };
  }

  /** Sends, and goes where redirects lead. An Authorization does not leave the origin it is for, and does not come back either. */
  async #follow(
    { question, endpoint, url, authorization }: Asking,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { method, accept, subject, permit } = question;
    const headers = accept === undefined ? {} : { accept: accept.join(", ") };
    let target = url;
    const { credentialId } = authorization;
    let login = authorization.header;
    for (let hops = 0; hops <= this.#options.redirectsMax; hops++) {
      const request = {
        method,
        url: target,
        headers: login === undefined ? headers : { ...headers, authorization: login },
        subject,
        payer: { endpoint, credentialId },
        ...(permit === undefined ? {} : { permit }),
        ...(target.origin === url.origin ? {} : { from: "redirect" as const }),
      };
      const answer = await this.#options.http.send(request, signal);
      if (!isRedirect(answer.status)) return answer;
      await answer.discard();
      target = redirectTargetOf(answer.headers["location"], target, subject);
      if (target.origin !== url.origin) login = undefined;
    }
    throw faultOf("registry-protocol", subject, `more than ${this.#options.redirectsMax} redirects`);
  }
}
