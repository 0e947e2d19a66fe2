import { CodedError, isDeferral } from "../../errors.ts";
import type { Digest } from "../../image/digest.ts";
import type { Repository, Tag } from "../../image/reference.ts";
import type { Registry, Survey, TagAnswer, TagQuestion } from "../../ports/registry.ts";
import type { Instant } from "../../time.ts";
import type { Bulk, BulkAdapter } from "./bulk/bulk.ts";
import { type Cursor, parseCursor, renderCursor, settledBy, type TagPlace } from "./bulk/cursor.ts";
import { Setbacks } from "./bulk/setbacks.ts";
import { type ListedTag, type Moves, nothingRead, type TagHistory, type TagMove } from "./bulk/tag-list.ts";
import type { Content } from "./content.ts";
import { mapParallel } from "./parallel.ts";
import type { ListFailure } from "./settings.ts";
import { Permit } from "./permit.ts";

/** Questions about one repository at a time. */
const AT_A_TIME = 4;
/** Fewer tags are asked for one by one. */
const LIST_TAGS_MIN = 3;

export interface SurveysOptions {
  readonly content: Pick<Content, "resolve">;
  readonly bulk: Pick<Bulk, "adapterFor">;
  readonly elapsedMs: () => number;
  readonly onListFailed: (failure: ListFailure) => void;
}

/**
 * Looks at many tags of one repository. A registry's list of tags, where it has one, spares the question about every tag that is
 * where it was. Everything else is asked for by its tag, and that answer counts.
 */
export class Surveys {
  readonly #options: SurveysOptions;
  readonly #setbacks: Setbacks;

  constructor(options: SurveysOptions) {
    this.#options = options;
    this.#setbacks = new Setbacks(options.elapsedMs);
  }

  /** @see Registry.survey */
  async of(
    repository: Repository,
    questions: readonly TagQuestion[],
    how: Parameters<Registry["survey"]>[2],
    signal: AbortSignal,
  ): Promise<Survey> {
    const adapter = this.#options.bulk.adapterFor(repository.registry);
    const asked = [...new Map(questions.map((question) => [question.tag, question])).values()];
    const places = asked.flatMap(({ tag, known }) => (known === undefined ? [] : [{ tag, digest: known }]));
    const cursor = parseCursor(adapter.kind, how.cursor);
    const settled = cursor === undefined ? new Set<Tag>() : settledBy(cursor, places);

    const isListed = how.lists === "allowed" && asked.length >= LIST_TAGS_MIN;
    const moves = isListed
      ? await this.#moves(adapter, repository, { places, cursor, settled }, signal)
      : nothingRead();
    const look = new Look(moves, settled);
    const open = asked.filter((question) => !look.answerFromList(question));
    if (isDeferral(moves.ended)) look.deferred = moves.ended;
    const permit = new Permit(open.length);
    await mapParallel(open, AT_A_TIME, async (question) => {
      if (look.deferred === undefined)
        await this.#ask(repository, question, { look, adapter, permit }, signal);
    });
    // A list that was not read leaves the cursor where it was: its marks still tell for which tags it holds.
    if (moves.position === undefined) return look.survey(cursor === undefined ? undefined : how.cursor);
    return look.survey(renderCursor(adapter.kind, moves.position, look.confirmed()));
  }

  async #moves(
    { list }: BulkAdapter,
    repository: Repository,
    known: {
      readonly places: readonly TagPlace[];
      readonly cursor: Cursor | undefined;
      readonly settled: ReadonlySet<Tag>;
    },
    signal: AbortSignal,
  ): Promise<Moves> {
    const { places, cursor, settled } = known;
    if (list === undefined || this.#setbacks.hold(repository)) return nothingRead();
    // A list spares no first question. One that is in order of time says where to begin the next time, though.
    if (list.order === "none" && places.length < LIST_TAGS_MIN) return nothingRead();
    const question = {
      repository,
      wanted: new Set(places.map(({ tag }) => tag)),
      settled,
      ...(cursor === undefined ? {} : { since: cursor.position }),
    };
    const moves = await list.moves(question, signal).catch((thrown: unknown) => {
      signal.throwIfAborted();
      if (thrown instanceof CodedError) return nothingRead(thrown);
      throw thrown;
    });
    this.#noteFailure(repository, moves.ended);
    return moves;
  }

  /** Asks for one tag by itself. What fails here hides no other tag. */
  async #ask(
    repository: Repository,
    { tag, known }: TagQuestion,
    {
      look,
      adapter,
      permit,
    }: { readonly look: Look; readonly adapter: BulkAdapter; readonly permit: Permit },
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const state = await this.#options.content.resolve({ repository, tag }, signal, permit);
      look.answerFromTag(tag, state);
      if (state.kind === "missing" || known === undefined || state.digest === known) return;
      if (adapter.history === undefined || this.#setbacks.hold(repository)) return;
      look.addHistory(tag, known, await this.#historyOf(adapter.history, repository, tag, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (isDeferral(error)) look.deferred = error;
      else look.fail(tag, error);
    }
  }

  /** What the registry recorded of a tag; nothing when it cannot be read, as the answer stands without it. */
  async #historyOf(
    history: TagHistory,
    repository: Repository,
    tag: Tag,
    signal: AbortSignal,
  ): Promise<readonly TagMove[]> {
    try {
      return await history.of(repository, tag, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CodedError) || isDeferral(error)) throw error;
      this.#noteFailure(repository, error);
      return [];
    }
  }

  #noteFailure(repository: Repository, error: CodedError | undefined): void {
    if (error === undefined || isDeferral(error)) return;
    const forMs = this.#setbacks.note(repository, error);
    this.#options.onListFailed({ repository, error, forMs });
  }
}

/** The answers of one survey, as they come in. */
class Look {
  deferred: CodedError | undefined;
  readonly #moves: Moves;
  readonly #settled: ReadonlySet<Tag>;
  readonly #answers = new Map<Tag, TagAnswer>();

  constructor(moves: Moves, settled: ReadonlySet<Tag>) {
    this.#moves = moves;
    this.#settled = settled;
  }

  /** Answers when the list says that a tag is where it was. */
  answerFromList({ tag, known }: TagQuestion): boolean {
    if (known === undefined) return false;
    const listed = this.#moves.listed.get(tag);
    const isUnmoved =
      listed === undefined
        ? this.#moves.unlisted === "unmoved" && this.#settled.has(tag)
        : listed.digest === known;
    if (!isUnmoved) return false;
    this.#answers.set(tag, { kind: "found", digest: known, source: "bulk", ...movedAtOf(listed, known) });
    return true;
  }

  answerFromTag(tag: Tag, state: Awaited<ReturnType<Content["resolve"]>>): void {
    if (state.kind === "missing") {
      this.#answers.set(tag, state);
      return;
    }
    const moved = movedAtOf(this.#moves.listed.get(tag), state.digest);
    this.#answers.set(tag, { ...state, source: "head", ...moved });
  }

  /** Adds when a tag came to where it is, and where it was between that and the known digest. */
  addHistory(tag: Tag, known: Digest, history: readonly TagMove[]): void {
    const answer = this.#answers.get(tag);
    if (answer?.kind !== "found") return;
    const since = history.slice(history.findLastIndex(({ digest }) => digest === known) + 1);
    const arrived = since.findLastIndex(({ digest }) => digest === answer.digest);
    const movedAt = since[arrived]?.movedAt;
    const missed = since.slice(0, arrived === -1 ? since.length : arrived);
    this.#answers.set(tag, {
      ...answer,
      ...(movedAt === undefined ? {} : { movedAt }),
      ...(missed.length === 0 ? {} : { missed }),
    });
  }

  /** An answer that is there already stays. */
  fail(tag: Tag, error: unknown): void {
    if (!this.#answers.has(tag)) this.#answers.set(tag, { kind: "failed", error });
  }

  /**
   * Where tags were found. Not where the list says something else, which may be ahead of what answered: the move would be behind the
   * cursor the next time.
   */
  confirmed(): readonly TagPlace[] {
    return [...this.#answers].flatMap(([tag, answer]) => {
      if (answer.kind !== "found") return [];
      const listed = this.#moves.listed.get(tag)?.digest ?? answer.digest;
      return listed === answer.digest ? [{ tag, digest: answer.digest }] : [];
    });
  }

  survey(cursor: string | undefined): Survey {
    return {
      answers: this.#answers,
      ...(cursor === undefined ? {} : { cursor }),
      ...(this.deferred === undefined ? {} : { deferred: this.deferred }),
    };
  }
}

function movedAtOf(listed: ListedTag | undefined, digest: Digest): { readonly movedAt?: Instant } {
  return listed?.movedAt === undefined || listed.digest !== digest ? {} : { movedAt: listed.movedAt };
}
