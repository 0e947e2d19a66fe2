import { z } from "zod";
import { type CodedError, quote } from "../../../errors.ts";
import { parseRepository, renderRepository, type Repository } from "../../../image/reference.ts";
import { DeadlineReached, withDeadline } from "../../../deadline.ts";
import { faultOf, faultOfStatus, hostOf, type Subject } from "../fault.ts";
import type { Http, HttpAnswer, HttpRequest, Payer } from "../http.ts";
import { askJson, readJson } from "../json.ts";
import { nextPageOf } from "../link.ts";
import { ANONYMOUS } from "../login/credentials.ts";
import { isRedirect } from "../redirect.ts";
import type { Session } from "../session.ts";
import type { Endpoint } from "../settings.ts";

/** Bytes of one page of a list, unless an adapter says otherwise. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;

export interface ListReaderOptions {
  readonly session: Session;
  readonly http: Http;
  readonly requestMs: number;
  /** A registry's endpoint, by its name. */
  readonly endpointOf: (registry: string) => Endpoint;
}

/** One page of a list. */
export interface Page {
  /** As parsed: anything. */
  readonly document: unknown;
  /** The page that its Link names, at the registry's origin. */
  readonly next: URL | undefined;
}

/** A request to an interface that is not the registry's protocol. */
export interface PlainRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** What must not be told when the answer repeats it. */
  readonly secrets?: readonly string[];
}

/** Reads pages of lists, each within a deadline and a number of bytes. */
export class ListReader {
  readonly #options: ListReaderOptions;

  constructor(options: ListReaderOptions) {
    this.#options = options;
  }

  /**
   * A page at the registry's own origin, logged in to as for its images.
   *
   * @param at below the repository (`tags/list?n=10000`), or a page of the registry's origin
   * @throws {CodedError} `registry-*`; `registry-refused` when the page, or the next one, is at another origin
   */
  async ownPage(
    repository: Repository,
    at: string | URL,
    signal: AbortSignal,
    bytesMax = PAGE_BYTES_MAX,
  ): Promise<Page> {
    const subject = subjectOf(repository);
    const question = {
      method: "GET",
      subject,
      at,
      accept: JSON_TYPES,
      deadlineMs: this.#options.requestMs,
    } as const;
    const page = await askJson(this.#options.session, question, { schema: z.unknown(), bytesMax }, signal);
    return { document: page.value, next: this.#nextOf(page, subject) };
  }

  /**
   * A document of any origin, without a log-in other than the headers given. Redirects are not followed: these interfaces have none.
   *
   * @throws {CodedError} `registry-*`
   */
  async plainDocument(repository: Repository, request: PlainRequest, signal: AbortSignal): Promise<unknown> {
    const subject = subjectOf(repository);
    const { method, url, body, secrets = [] } = request;
    const sent: HttpRequest = {
      method,
      url,
      headers: { accept: "application/json", ...request.headers },
      subject,
      payer: this.#payerOf(repository),
      ...(body === undefined ? {} : { body }),
    };
    return this.#withinTime(subject, url, signal, async (limited) => {
      const answer = await this.#options.http.send(sent, limited);
      if (isRedirect(answer.status)) {
        await answer.discard();
        throw faultOf("registry-refused", subject, `${hostOf(url)} redirects the list: not followed`);
      }
      if (answer.status === 200) {
        return readJson(answer, subject, { schema: z.unknown(), bytesMax: PAGE_BYTES_MAX });
      }
      throw faultOfStatus(subject, { ...answer, body: await answer.errorText(), secrets });
    });
  }

  /** An answer of any status, read to its end: for clients that bring a protocol of their own. */
  async rawAnswer(
    repository: Repository,
    request: PlainRequest,
    signal: AbortSignal,
  ): Promise<{
    readonly status: number;
    readonly headers: HttpAnswer["headers"];
    readonly body: Uint8Array;
  }> {
    const subject = subjectOf(repository);
    const { method, url, headers = {}, body } = request;
    return this.#withinTime(subject, url, signal, async (limited) => {
      const payer = this.#payerOf(repository);
      const sent = { method, url, headers, subject, payer, ...(body === undefined ? {} : { body }) };
      const answer = await this.#options.http.send(sent, limited);
      return { status: answer.status, headers: answer.headers, body: await answer.bytes(PAGE_BYTES_MAX) };
    });
  }

  /** A page that was redirected to elsewhere does not say where to go on: what it names would get the registry's log-in. */
  #nextOf(answer: Pick<HttpAnswer, "headers" | "url">, subject: Subject): URL | undefined {
    const next = nextPageOf(answer.headers["link"], answer.url, subject);
    if (next === undefined || next.origin === this.#options.endpointOf(subject.repository.registry).origin)
      return next;
    throw faultOf("registry-refused", subject, `the next page is at ${quote(next.host)}: not followed`);
  }

  /** Limits of other interfaces are about the address that asks, whoever it is. */
  #payerOf({ registry }: Repository): Payer {
    return { endpoint: this.#options.endpointOf(registry), credentialId: ANONYMOUS };
  }

  async #withinTime<Result>(
    subject: Subject,
    url: URL,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await withDeadline(signal, this.#options.requestMs, run);
    } catch (thrown) {
      if (!(thrown instanceof DeadlineReached)) throw thrown;
      throw faultOf("registry-timeout", subject, `${hostOf(url)} gave ${thrown.message}`, { cause: thrown });
    }
  }
}

const JSON_TYPES = ["application/json"];

/** What the requests of a list are about. */
export function subjectOf(repository: Repository): Subject {
  return { repository, operation: "list", asked: "the list of tags" };
}

/** A list that does not have its documented form. */
export function unreadable(repository: Repository, happened: string): CodedError {
  return faultOf("registry-protocol", subjectOf(repository), happened);
}

/**
 * The components of a repository's path, read again: a repository that came through a queue is only as good as its schema, and
 * URL parsers fold `..`.
 *
 * @throws {InvalidInputError} `reference-invalid`
 */
export function componentsOf(repository: Repository): readonly string[] {
  return parseRepository(renderRepository(repository)).path.split("/");
}
