import { z } from "zod";
import type { Repository } from "../../../image/reference.ts";
import type { Instant } from "../../../time.ts";
import { digestOrNothing, documentIn, readableIn, secondsOrNothing, tagName } from "./entries.ts";
import { componentsOf, type ListReader } from "./list-reader.ts";
import { type MovePage, type MoveStep, PAGE_ENTRIES_MAX, readNewestFirst } from "./newest-first.ts";
import type { ListQuestion, Moves, TagList } from "./tag-list.ts";

export interface QuayOptions {
  readonly reader: ListReader;
  /** Where the API of this registry is: its own origin. */
  readonly origin: string;
  readonly now: () => Instant;
}

/**
 * Quay's list of tags, newest start first. Asked without a log-in: the API takes OAuth tokens, and refuses those of the
 * registry even where anybody may read.
 *
 * @see Quay API, `listRepoTags`
 */
export class QuayTags implements TagList {
  readonly order = "newest-first";
  readonly #options: QuayOptions;

  constructor(options: QuayOptions) {
    this.#options = options;
  }

  async moves(question: ListQuestion, signal: AbortSignal): Promise<Moves> {
    const read = (step: MoveStep, within: AbortSignal): Promise<MovePage> =>
      this.#page(question.repository, step, within);
    return readNewestFirst(question, read, this.#options.now(), signal);
  }

  async #page(repository: Repository, { number, size }: MoveStep, signal: AbortSignal): Promise<MovePage> {
    const { reader, origin } = this.#options;
    const url = new URL(`/api/v1/repository/${componentsOf(repository).join("/")}/tag/`, origin);
    url.search = new URLSearchParams({
      limit: String(size),
      page: String(number),
      onlyActiveTags: "true",
    }).toString();
    const document = await reader.plainDocument(repository, { method: "GET", url }, signal);
    const { tags, has_additional } = documentIn(pageSchema, document, repository);
    return {
      more: has_additional ? "numbered" : undefined,
      entries: readableIn(entrySchema, tags).map(({ name, manifest_digest, start_ts }) => ({
        name,
        digest: manifest_digest,
        movedAt: start_ts,
      })),
    };
  }
}

const pageSchema = z.object({
  tags: z.array(z.unknown()).max(PAGE_ENTRIES_MAX),
  has_additional: z.boolean(),
});
const entrySchema = z.object({ name: tagName, manifest_digest: digestOrNothing, start_ts: secondsOrNothing });
