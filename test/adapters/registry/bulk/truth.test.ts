import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type MovePage,
  type MoveStep,
  readNewestFirst,
} from "../../../../src/adapters/registry/bulk/newest-first.ts";
import type {
  ListedTag,
  ListQuestion,
  Moves,
  TagList,
} from "../../../../src/adapters/registry/bulk/tag-list.ts";
import { Surveys } from "../../../../src/adapters/registry/survey.ts";
import { CodedError } from "../../../../src/errors.ts";
import type { Digest } from "../../../../src/image/digest.ts";
import { parseRepository, parseTag, type Tag } from "../../../../src/image/reference.ts";
import type { TagQuestion, TagState } from "../../../../src/ports/registry.ts";
import { type Instant, later, SECOND_MS } from "../../../../src/time.ts";
import { digestNo, knownAfter, signal, sourceOf, START } from "./stage.ts";

const repository = parseRepository("quay.io/acme/base");
const tagNo = (number: number): Tag => parseTag(`v${number}`);

/** A registry without a network: what a question about one tag answers, and which were asked. */
class Registry {
  readonly places = new Map<Tag, Digest>();
  readonly asked: Tag[] = [];
  failing: (tag: Tag) => CodedError | undefined = () => undefined;

  surveysWith(list: TagList): Surveys {
    return new Surveys({
      content: {
        resolve: async ({ tag }): Promise<TagState> => {
          this.asked.push(tag);
          const error = this.failing(tag);
          if (error !== undefined) throw error;
          const digest = this.places.get(tag);
          return digest === undefined ? { kind: "missing" } : { kind: "found", digest };
        },
      },
      bulk: { adapterFor: () => ({ kind: "quay", list }) },
      elapsedMs: () => 0,
      onListFailed: () => undefined,
    });
  }
}

const listOf = (moves: Partial<Moves>): TagList => ({
  order: "newest-first",
  moves: () => Promise.resolve({ listed: new Map(), unlisted: "unknown", ...moves }),
});

const tags = fc.nat({ max: 15 }).map(tagNo);
const digests = fc.nat({ max: 3 }).map(digestNo);
const questions = fc.uniqueArray(
  fc
    .record({ tag: tags, known: fc.option(digests, { nil: undefined }) })
    .map(({ tag, known }): TagQuestion => (known === undefined ? { tag } : { tag, known })),
  { selector: ({ tag }) => tag, minLength: 3 },
);
const listed = fc
  .array(fc.tuple(tags, fc.option(digests, { nil: undefined })))
  .map(
    (entries) =>
      new Map(
        entries.map(([tag, digest]): [Tag, ListedTag] => [tag, digest === undefined ? {} : { digest }]),
      ),
  );

test("whatever a list says: only what was asked is answered, and all that it does not confirm is as the registry has it", async () => {
  await fc.assert(
    fc.asyncProperty(
      questions,
      listed,
      fc.constantFrom("unmoved", "unknown"),
      fc.array(fc.tuple(tags, digests)),
      fc.option(fc.string({ maxLength: 200 }), { nil: undefined }),
      async (asked, hints, unlisted, places, cursor) => {
        const registry = new Registry();
        for (const [tag, digest] of places) registry.places.set(tag, digest);
        const surveys = registry.surveysWith(listOf({ listed: hints, unlisted, position: { at: START } }));
        const how = { lists: "allowed", ...(cursor === undefined ? {} : { cursor }) } as const;
        const survey = await surveys.of(repository, asked, how, signal);

        expect([...survey.answers.keys()].toSorted()).toEqual(asked.map(({ tag }) => tag).toSorted());
        expect((survey.cursor ?? "").length).toBeLessThanOrEqual(200);
        for (const { tag, known } of asked) {
          const isConfirmed = known !== undefined && hints.get(tag)?.digest === known;
          const there = registry.places.get(tag);
          expect(sourceOf(survey.answers.get(tag))).toBe(
            isConfirmed ? "bulk" : there === undefined ? "missing" : "head",
          );
          expect(knownAfter(survey)[tag]).toBe(isConfirmed ? known : there);
        }
      },
    ),
  );
});

/** A list of moves that is true, in pages. */
class TrueList implements TagList {
  readonly order = "newest-first";
  readonly moved = new Map<Tag, { readonly digest: Digest; readonly at: Instant }>();
  now: Instant = START;
  hasCount = false;

  moves(question: ListQuestion, within: AbortSignal): Promise<Moves> {
    return readNewestFirst(question, (step) => Promise.resolve(this.#page(step)), this.now, within);
  }

  #page({ number, size }: MoveStep): MovePage {
    const all = [...this.moved].toSorted(([, a], [, b]) => b.at - a.at);
    return {
      entries: all
        .slice((number - 1) * size, number * size)
        .map(([name, { digest, at }]) => ({ name, digest, movedAt: at })),
      more: number * size < all.length ? "numbered" : undefined,
      ...(this.hasCount ? { count: all.length } : {}),
    };
  }
}

type Step =
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "push"; readonly tag: number; readonly content: number }
  | {
      readonly kind: "push-many";
      readonly from: number;
      readonly count: number;
      readonly everySeconds: number;
    }
  | {
      readonly kind: "look";
      readonly from: number;
      readonly count: number;
      readonly keeps: "all" | "none" | "old";
    };

const TAGS = 260;
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("wait"), seconds: fc.constantFrom(0, 1, 100, 1_000) }),
    fc.record({ kind: fc.constant("push"), tag: fc.nat({ max: TAGS - 1 }), content: fc.nat({ max: 9 }) }),
    fc.record({
      kind: fc.constant("push-many"),
      from: fc.nat({ max: TAGS - 1 }),
      count: fc.integer({ min: 100, max: 200 }),
      everySeconds: fc.constantFrom(0, 1, 600, 600),
    }),
    fc.record({
      kind: fc.constant("look"),
      from: fc.constantFrom(0, 0, 0, 3, 130),
      count: fc.constantFrom(5, 40, TAGS, TAGS),
      keeps: fc.constantFrom("all", "all", "all", "none", "old"),
    }),
  ),
  { minLength: 5, maxLength: 25 },
);

/** A registry, its list, and a caller that looks at it. */
class World {
  readonly #registry = new Registry();
  readonly #list = new TrueList();
  readonly #surveys = this.#registry.surveysWith(this.#list);
  #known: Readonly<Record<Tag, Digest>> = {};
  #cursor: string | undefined;
  /** Tags that a survey found elsewhere than where they were. */
  readonly misread: string[] = [];

  constructor(hasCount: boolean) {
    this.#list.hasCount = hasCount;
    for (let number = 0; number < TAGS; number++) this.#push(number, 0);
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case "wait":
        return this.#wait(step.seconds);
      case "push":
        return this.#push(step.tag, step.content);
      case "push-many":
        for (let number = 0; number < step.count; number++) {
          this.#wait(step.everySeconds);
          this.#push(step.from + number, number % 7);
        }
        return undefined;
      case "look":
        return this.#look(step);
      default:
        return step satisfies never;
    }
  }

  #wait(seconds: number): void {
    this.#list.now = later(this.#list.now, seconds * SECOND_MS);
  }

  #push(number: number, content: number): void {
    const tag = tagNo(number % TAGS);
    this.#registry.places.set(tag, digestNo(content));
    this.#list.moved.set(tag, { digest: digestNo(content), at: this.#list.now });
  }

  async #look({ from, count, keeps }: Extract<Step, { readonly kind: "look" }>): Promise<void> {
    const asked = Array.from({ length: count }, (_, number) => tagNo((from + number) % TAGS));
    const asking = asked.map((tag): TagQuestion => {
      const known = this.#known[tag];
      return known === undefined ? { tag } : { tag, known };
    });
    const how = {
      lists: "allowed",
      ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
    } as const;
    const survey = await this.#surveys.of(repository, asking, how, signal);
    const found = knownAfter(survey);
    this.misread.push(...asked.filter((tag) => found[tag] !== this.#registry.places.get(tag)));
    // A caller may lose the answers, or all but the answers.
    if (keeps !== "old") this.#cursor = survey.cursor;
    if (keeps !== "none") this.#known = { ...this.#known, ...found };
  }
}

test.each([{ hasCount: true }, { hasCount: false }])(
  "a list that is true is never misread, whatever moves and whatever a caller asks for and keeps (count in it: $hasCount)",
  async ({ hasCount }) => {
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const world = new World(hasCount);
        for (const step of run) await world.take(step);
        expect(world.misread).toEqual([]);
      }),
      { numRuns: 100 },
    );
  },
  30_000,
);

describe("a registry that is to be left alone", () => {
  const deferral = new CodedError("registry-deferred", "later", { retryAfterMs: 5_000 });
  const asked = Array.from({ length: 12 }, (_, number) => ({ tag: tagNo(number), known: digestNo(number) }));

  function scene() {
    const registry = new Registry();
    for (const { tag, known } of asked) registry.places.set(tag, known);
    return registry;
  }

  test("ends a survey with the answers so far, and says when to come back", async () => {
    const registry = scene();
    registry.failing = (tag) => (tag === "v6" ? deferral : undefined);
    const survey = await registry.surveysWith(listOf({})).of(repository, asked, { lists: "ignored" }, signal);
    expect(survey.deferred).toBe(deferral);
    expect([...survey.answers.keys()]).toEqual(expect.arrayContaining(["v0", "v1", "v2"]));
    expect(survey.answers.has(tagNo(6))).toBe(false);
    expect(registry.asked.length).toBeLessThan(12);
  });

  test("before its list was read is asked nothing else, and keeps the cursor", async () => {
    const registry = scene();
    const surveys = registry.surveysWith({ order: "newest-first", moves: () => Promise.reject(deferral) });
    const cursor = `1.quay.${START.toString(36)}..${"A".repeat(128)}`;
    expect(await surveys.of(repository, asked, { lists: "allowed", cursor }, signal)).toEqual({
      answers: new Map(),
      cursor,
      deferred: deferral,
    });
    expect(registry.asked).toEqual([]);
  });

  test("in the middle of its list confirms what was read, and is asked nothing else", async () => {
    const registry = scene();
    const hints = new Map(asked.slice(0, 4).map(({ tag, known }) => [tag, { digest: known }]));
    const survey = await registry
      .surveysWith(listOf({ listed: hints, ended: deferral }))
      .of(repository, asked, { lists: "allowed" }, signal);
    expect([...survey.answers.keys()]).toEqual(["v0", "v1", "v2", "v3"]);
    expect(survey.deferred).toBe(deferral);
    expect(registry.asked).toEqual([]);
  });

  test("is not remembered as having no list", async () => {
    const registry = scene();
    let readings = 0;
    const surveys = registry.surveysWith({
      order: "newest-first",
      moves: () => {
        readings += 1;
        return Promise.reject(deferral);
      },
    });
    await surveys.of(repository, asked, { lists: "allowed" }, signal);
    await surveys.of(repository, asked, { lists: "allowed" }, signal);
    expect(readings).toBe(2);
  });
});

test("a fault of ours in reading a list is not taken for the registry's", async () => {
  const surveys = new Registry().surveysWith({
    order: "newest-first",
    moves: () => Promise.reject(new TypeError("a mistake")),
  });
  const asked = [0, 1, 2].map((number) => ({ tag: tagNo(number) }));
  await expect(surveys.of(repository, asked, { lists: "allowed" }, signal)).rejects.toThrow("a mistake");
});

test("a tag that is asked about twice is asked for once", async () => {
  const registry = new Registry();
  const asked = [0, 0, 1, 1, 2].map((number) => ({ tag: tagNo(number), known: digestNo(1) }));
  const { answers } = await registry
    .surveysWith(listOf({}))
    .of(repository, asked, { lists: "allowed" }, signal);
  expect(registry.asked).toEqual(["v0", "v1", "v2"]);
  expect(answers.size).toBe(3);
});
