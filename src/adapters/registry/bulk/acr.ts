import { z } from "zod";
import type { Repository } from "../../../image/reference.ts";
import type { Instant } from "../../../time.ts";
import { digestOrNothing, documentIn, instantOrNothing, readableIn, tagName } from "./entries.ts";
import { componentsOf, type ListReader } from "./list-reader.ts";
import { type MovePage, type MoveStep, PAGE_ENTRIES_MAX, readNewestFirst } from "./newest-first.ts";
import type { ListQuestion, Moves, TagList } from "./tag-list.ts";

export interface AcrOptions {
  readonly reader: ListReader;
  /** The registry's own origin. */
  readonly origin: string;
  readonly now: () => Instant;
}

/**
 * The list of tags of Azure Container Registry. It wants the scope `metadata_read`, which a log-in that may only pull does not
 * have.
 *
 * @see Azure Container Registry REST API 2021-07-01, "Tag - Get List"
 */
export class AcrTags implements TagList {
  readonly order = "newest-first";
  readonly #options: AcrOptions;

  constructor(options: AcrOptions) {
    this.#options = options;
  }

  async moves(question: ListQuestion, signal: AbortSignal): Promise<Moves> {
    const read = (step: MoveStep, within: AbortSignal): Promise<MovePage> =>
      this.#page(question.repository, step, within);
    return readNewestFirst(question, read, this.#options.now(), signal);
  }

  async #page(repository: Repository, { size, next }: MoveStep, signal: AbortSignal): Promise<MovePage> {
    const { reader, origin } = this.#options;
    const first = new URL(`/acr/v1/${componentsOf(repository).join("/")}/_tags`, origin);
    first.search = new URLSearchParams({ n: String(size), orderby: "timedesc" }).toString();
    const page = await reader.ownPage(repository, next ?? first, signal);
    const { tags } = documentIn(pageSchema, page.document, repository);
    return {
      more: page.next,
      entries: readableIn(entrySchema, tags).map(({ name, digest, lastUpdateTime }) => ({
        name,
        digest,
        movedAt: lastUpdateTime,
      })),
    };
  }
}

const pageSchema = z.object({
  tags: z
    .array(z.unknown())
    .max(PAGE_ENTRIES_MAX)
    .nullish()
    .transform((tags) => tags ?? []),
});
const entrySchema = z.object({ name: tagName, digest: digestOrNothing, lastUpdateTime: instantOrNothing });
