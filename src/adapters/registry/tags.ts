import { z } from "zod";
import { isTag, type Repository, type Tag } from "../../image/reference.ts";
import { faultOf, type Subject } from "./fault.ts";
import { type JsonPage, readJson } from "./json.ts";
import { nextPageOf } from "./link.ts";
import type { Question, Session } from "./session.ts";

const PAGE_BYTES_MAX = 8 * 1024 * 1024;
const TAGS_PER_PAGE = 1_000;

export interface TagsOptions {
  readonly session: Session;
  readonly requestMs: number;
  /** 50 when absent. */
  readonly pagesMax?: number;
  /** 100,000 when absent. */
  readonly tagsMax?: number;
}

/** The tags of a repository. */
export interface TagList {
  /** Each once, in no order that could be relied on. */
  readonly tags: readonly Tag[];
  /** Entries of the list that are no tags. */
  readonly unreadable: number;
  /** Why there may be more tags than these; absent when the list was read to its end. */
  readonly cut?: "too-many-pages" | "too-many-tags" | "going-round";
}

const pageSchema = z.object({
  tags: z
    .array(z.unknown())
    .nullish()
    .transform((tags) => tags ?? []),
});

type Page = JsonPage<z.infer<typeof pageSchema>>;

/** Lists tags: to find new ones, never to see where one points. */
export class Tags {
  readonly #options: TagsOptions;

  constructor(options: TagsOptions) {
    this.#options = options;
  }

  /**
   * All tags of a repository.
   *
   * @param perPage tags on one page; a registry that has no pages of this size is asked for pages of its own
   * @throws {CodedError} `registry-not-found` for a repository that is not there, `registry-too-large` for a page above 8 MiB,
   *   `registry-refused` for a next page of another origin, other `registry-*` when a page cannot be read
   * @see OCI distribution-spec v1.1.1, "Listing Tags"
   */
  async of(repository: Repository, signal: AbortSignal, perPage = TAGS_PER_PAGE): Promise<TagList> {
    const { pagesMax = 50, tagsMax = 100_000 } = this.#options;
    const subject: Subject = { repository, operation: "tags", asked: "the tags" };
    const tags = new Set<Tag>();
    let unreadable = 0;
    const listed = (cut?: NonNullable<TagList["cut"]>): TagList => ({
      tags: [...tags].slice(0, tagsMax),
      unreadable,
      ...(cut === undefined ? {} : { cut }),
    });

    let query = `?n=${perPage}`;
    const asked = new Set([query]);
    let page = (await this.#page(subject, query, signal)) ?? (await this.#page(subject, "", signal));
    for (let pages = 1; ; pages++) {
      if (page === undefined) throw faultOf("registry-protocol", subject, "it has no list", { status: 405 });
      for (const entry of page.value.tags) {
        if (typeof entry === "string" && isTag(entry)) tags.add(entry);
        else unreadable += 1;
      }
      if (tags.size > tagsMax) return listed("too-many-tags");
      const next = nextPageOf(page.headers["link"], page.url, subject);
      if (next === undefined) return listed();
      // Only the query is taken: Artifactory leaves a part of the path out.
      query = next.search;
      if (asked.has(query)) return listed("going-round");
      if (pages === pagesMax) return listed("too-many-pages");
      asked.add(query);
      page = await this.#page(subject, query, signal);
    }
  }

  /** A page; undefined for 405, which is what Amazon says to a page that is too long. */
  #page(subject: Subject, query: string, signal: AbortSignal): Promise<Page | undefined> {
    const question: Question = {
      method: "GET",
      subject,
      at: `tags/list${query}`,
      accept: ["application/json"],
      deadlineMs: this.#options.requestMs,
    };
    return this.#options.session.ask(question, signal, async (answer, fail) => {
      if (answer.status === 405) {
        await answer.discard();
        return undefined;
      }
      if (answer.status !== 200) return fail();
      const value = await readJson(answer, subject, { schema: pageSchema, bytesMax: PAGE_BYTES_MAX });
      return { value, headers: answer.headers, url: answer.url };
    });
  }
}
