import { z } from "zod";
import { type Digest, isDigest } from "../../../image/digest.ts";
import type { Repository, Tag } from "../../../image/reference.ts";
import { DAY_MS, type Instant, later, parseInstant, renderInstant } from "../../../time.ts";
import { documentIn, readableIn } from "./entries.ts";
import type { ListReader } from "./list-reader.ts";
import type { TagHistory, TagMove } from "./tag-list.ts";

/** How far back is asked for. An answer holds at most 1,000 moves, the oldest first: from further back, the newest would be cut off. */
const LOOK_BACK_MS = 30 * DAY_MS;
const MOVES_MAX = 1_000;

export interface ChainguardOptions {
  readonly reader: ListReader;
  readonly now: () => Instant;
}

/**
 * Chainguard's history of a tag.
 *
 * @see Chainguard Academy, "Using the Tag History API"
 */
export class ChainguardHistory implements TagHistory {
  readonly #options: ChainguardOptions;

  constructor(options: ChainguardOptions) {
    this.#options = options;
  }

  async of(repository: Repository, tag: Tag, signal: AbortSignal): Promise<readonly TagMove[]> {
    const { reader, now } = this.#options;
    const query = new URLSearchParams({ start: renderInstant(later(now(), -LOOK_BACK_MS)) });
    const page = await reader.ownPage(repository, `_chainguard/history/${tag}?${query.toString()}`, signal);
    const { history } = documentIn(historySchema, page.document, repository);
    return readableIn(moveSchema, history).toSorted((a, b) => a.movedAt - b.movedAt);
  }
}

const historySchema = z.object({
  history: z
    .array(z.unknown())
    .max(MOVES_MAX)
    .nullish()
    .transform((moves) => moves ?? []),
});
const moveSchema = z
  .object({
    updateTimestamp: z.string(),
    digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
  })
  .transform(({ updateTimestamp, digest }) => ({ digest, movedAt: parseInstant(updateTimestamp) }))
  .pipe(
    z.object({
      digest: z.custom<Digest>(),
      movedAt: z.custom<Instant>((value) => value !== undefined),
    }),
  );
