import { type Auth, secretsOf } from "./auth.ts";
import { DeadlineReached, withDeadline } from "./deadline.ts";
import { faultOf, faultOfStatus, type Subject } from "./fault.ts";
import type { Http, HttpAnswer } from "./http.ts";
import { isRedirect, redirectTargetOf } from "./redirect.ts";
import { type Endpoint, endpointOf, type RegistryHostSettings, settingsFor, urlOf } from "./settings.ts";

export interface Question {
  readonly method: "GET" | "HEAD";
  readonly subject: Subject;
  /** Below the repository, e.g. `manifests/latest`, or a page of the registry's own origin. */
  readonly at: string | URL;
  readonly accept?: readonly string[];
  readonly deadlineMs: number;
}

export interface SessionOptions {
  readonly http: Http;
  readonly auth: Auth;
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly redirectsMax: number;
}

/** Asks registries: logs in where asked to, follows redirects, keeps the time. */
export class Session {
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * Asks, and hands the answer to `read`, all within the question's deadline. `read` sees every status but 401.
   *
   * @throws {CodedError} `registry-*`
   */
  async ask<Result>(
    question: Question,
    signal: AbortSignal,
    read: (answer: HttpAnswer, fail: () => Promise<never>) => Promise<Result>,
  ): Promise<Result> {
    const { repository } = question.subject;
    const endpoint = endpointOf(repository.registry, settingsFor(this.#options.hosts, repository.registry));
    const answered = withDeadline(signal, question.deadlineMs, async (limited) => {
      const { answer, authorization } = await this.#answerTo(question, endpoint, limited);
      const fail = async (): Promise<never> => {
        const body = await answer.errorText();
        throw faultOfStatus(question.subject, {
          ...answer,
          body,
          secrets: secretsOf(endpoint, authorization),
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

  async #answerTo(
    question: Question,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<{ readonly answer: HttpAnswer; readonly authorization: string | undefined }> {
    const { repository } = question.subject;
    const { auth } = this.#options;
    const url = typeof question.at === "string" ? urlOf(endpoint, repository, question.at) : question.at;
    // A page may name the next one after a redirect: then it is at another origin, and gets no log-in.
    const isOwn = url.origin === endpoint.origin;
    const authorization = isOwn ? await auth.authorizationFor(endpoint, repository, signal) : undefined;
    const answer = await this.#follow(question, url, authorization, signal);
    if (answer.status !== 401 || !isOwn || answer.url.origin !== endpoint.origin) {
      return { answer, authorization };
    }

    const challenge = answer.headers["www-authenticate"];
    const renewed = await auth.renew(endpoint, repository, { authorization, challenge }, signal);
    if (renewed === undefined) return { answer, authorization };
    await answer.discard();
    return { answer: await this.#follow(question, url, renewed, signal), authorization: renewed };
  }

  /** Sends, and goes where redirects lead. An Authorization does not leave the origin it is for, and does not come back either. */
  async #follow(
    { method, accept, subject }: Question,
    url: URL,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const headers = accept === undefined ? {} : { accept: accept.join(", ") };
    let target = url;
    let login = authorization;
    for (let hops = 0; hops <= this.#options.redirectsMax; hops++) {
      const request = {
        method,
        url: target,
        headers: login === undefined ? headers : { ...headers, authorization: login },
        subject,
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
