import { z } from "zod";
import { CodedError } from "../../../errors.ts";
import type { Repository } from "../../../image/reference.ts";
import type { Instant } from "../../../time.ts";
import { digestOrNothing, documentIn, instantOrNothing, readableIn, tagName } from "./entries.ts";
import type { HubLogin } from "./hub-login.ts";
import { componentsOf, type ListReader } from "./list-reader.ts";
import { type MovePage, type MoveStep, PAGE_ENTRIES_MAX, readNewestFirst } from "./newest-first.ts";
import { type ListQuestion, type Moves, nothingRead, type TagList } from "./tag-list.ts";

export interface DockerHubOptions {
  readonly reader: ListReader;
  /** Where the API is: `https://hub.docker.com`. */
  readonly origin: string;
  readonly login: Pick<HubLogin, "token" | "forget">;
  readonly now: () => Instant;
}

/**
 * Docker Hub's own list of tags, which stands at another host than its images and has a limit of its own.
 *
 * @see Docker Hub API v2, "List repository tags"
 */
export class DockerHubTags implements TagList {
  readonly order = "newest-first";
  readonly #options: DockerHubOptions;

  constructor(options: DockerHubOptions) {
    this.#options = options;
  }

  async moves(question: ListQuestion, signal: AbortSignal): Promise<Moves> {
    const { repository } = question;
    const [namespace, name, ...deeper] = componentsOf(repository);
    // The hub knows two levels; anything else is no repository of it.
    if (namespace === undefined || name === undefined || deeper.length > 0) return nothingRead();
    const path = `/v2/namespaces/${namespace}/repositories/${name}/tags`;
    const read = (step: MoveStep, within: AbortSignal): Promise<MovePage> =>
      this.#page(repository, path, step, within);
    return readNewestFirst(question, read, this.#options.now(), signal);
  }

  async #page(
    repository: Repository,
    path: string,
    { number, size }: MoveStep,
    signal: AbortSignal,
  ): Promise<MovePage> {
    const url = new URL(path, this.#options.origin);
    url.search = new URLSearchParams({
      page: String(number),
      page_size: String(size),
      ordering: "last_updated",
    }).toString();
    const document = await this.#document(repository, url, signal);
    const { count, next, results } = documentIn(pageSchema, document, repository);
    return {
      // Where the next page is said to be does not matter: the path of the API is known.
      more: next === undefined ? undefined : "numbered",
      count,
      entries: readableIn(entrySchema, results).map(({ name, digest, last_updated }) => ({
        name,
        digest,
        movedAt: last_updated,
      })),
    };
  }

  /** With a token where there are credentials for one; a token that is refused is replaced once. */
  async #document(repository: Repository, url: URL, signal: AbortSignal): Promise<unknown> {
    const { reader, login } = this.#options;
    const askWith = (token: string | undefined): Promise<unknown> => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const secrets = token === undefined ? [] : [token];
      return reader.plainDocument(repository, { method: "GET", url, headers, secrets }, signal);
    };
    const token = await login.token(repository, signal);
    try {
      return await askWith(token);
    } catch (thrown) {
      const isRefusal = thrown instanceof CodedError && thrown.code === "registry-unauthorized";
      if (!isRefusal || token === undefined) throw thrown;
      login.forget(token);
      return askWith(await login.token(repository, signal));
    }
  }
}

const pageSchema = z.object({
  count: z.int().nonnegative().optional().catch(undefined),
  next: z.string().min(1).optional().catch(undefined),
  results: z.array(z.unknown()).max(PAGE_ENTRIES_MAX),
});
const entrySchema = z.object({ name: tagName, digest: digestOrNothing, last_updated: instantOrNothing });
