import type { RegistryKind } from "../../../../src/image/registry-kind.ts";
import { readFileSync } from "node:fs";
import type { ListFailure, RegistryHostSettings } from "../../../../src/adapters/registry/settings.ts";
import { type Digest, parseDigest } from "../../../../src/image/digest.ts";
import { parseTag, type Repository, type Tag } from "../../../../src/image/reference.ts";
import type { Survey, TagAnswer, TagQuestion } from "../../../../src/ports/registry.ts";
import { type Instant, instantOf } from "../../../../src/time.ts";
import { FakeLists, type FakeListsOptions } from "../../../fakes/registry/lists.ts";
import type { FakeRegistry } from "../../../fakes/registry/server.ts";
import { clientFor, PATH, repositoryAt, startFake, type TestClient } from "../stage.ts";

export const { signal } = new AbortController();
/** When the tags of a {@link Shelf} were put there; long ago on any clock. */
export const START = instantOf(Date.UTC(2024, 0, 1));

export function digestNo(number: number): Digest {
  return parseDigest(`sha256:${String(number).padStart(64, "0")}`);
}

/** An answer that was written by hand from a documented shape. */
export function answerOf(name: string): string {
  return readFileSync(new URL(`../../../fixtures/registry-answers/${name}`, import.meta.url), "utf8");
}

/** A registry with a list beside it, and a client that takes it for one of this kind. */
export class Shelf {
  readonly fake: FakeRegistry;
  readonly lists: FakeLists;
  readonly client: TestClient;
  readonly repository: Repository;
  readonly failures: readonly ListFailure[];
  /** The client's clock, in milliseconds. */
  elapsedMs = 0;

  private constructor(fake: FakeRegistry, lists: FakeLists, settings: RegistryHostSettings) {
    const failures: ListFailure[] = [];
    this.fake = fake;
    this.lists = lists;
    this.failures = failures;
    this.repository = repositoryAt(fake);
    this.client = clientFor([fake], {
      settings,
      onListFailed: (failure) => failures.push(failure),
      elapsedMs: () => this.elapsedMs,
    });
  }

  static async open(
    kind: RegistryKind,
    options: FakeListsOptions = {},
    settings: RegistryHostSettings = {},
  ): Promise<Shelf> {
    const lists = new FakeLists(options);
    const fake = await startFake({ lists });
    return new Shelf(fake, lists, {
      kind,
      ...(kind === "docker-hub" ? { listsAt: fake.url } : {}),
      ...settings,
    });
  }

  /** Pushes: the registry and its list say the same. */
  push(tag: string, content: string, at: Instant = START): Digest {
    const { digest } = this.fake.putImage(PATH, {
      tag,
      layers: [{ mediaType: "text/plain", bytes: content }],
    });
    this.lists.move(PATH, tag, { digest, at });
    return digest;
  }

  /** Deletes in both. */
  remove(tag: string): void {
    this.fake.content.untag(PATH, tag);
    this.lists.remove(PATH, tag);
  }

  /** Fills up with tags that nobody asks for, older than all others, so that the list is longer than a page. */
  fill(count: number): void {
    const { digest } = this.fake.putImage(PATH);
    for (let number = 0; number < count; number++) {
      this.fake.tag(PATH, `other-${number}`, digest);
      this.lists.move(PATH, `other-${number}`, { digest, at: instantOf(START - 3_600_000 - number * 1_000) });
    }
  }

  survey(
    known: Readonly<Record<string, Digest | undefined>>,
    cursor?: string,
    lists: "allowed" | "ignored" = "allowed",
  ): Promise<Survey> {
    return this.client.survey(
      this.repository,
      questionsOf(known),
      { lists, ...(cursor === undefined ? {} : { cursor }) },
      signal,
    );
  }

  /** `GET /…`, without queries, of all calls since the last look. */
  calls(): readonly string[] {
    const all = this.fake.requests.slice(this.#looked);
    this.#looked = this.fake.requests.length;
    return all.map(({ method, url }) => `${method} ${url.split("?")[0] ?? ""}`);
  }

  #looked = 0;
}

export function questionsOf(known: Readonly<Record<string, Digest | undefined>>): readonly TagQuestion[] {
  return Object.entries(known).map(([name, digest]) => ({
    tag: parseTag(name),
    ...(digest === undefined ? {} : { known: digest }),
  }));
}

/** `latest: bulk`, `latest: head`, `latest: missing` or `latest: failed`, one for each answer. */
export function sourcesOf({ answers }: Survey): readonly string[] {
  return [...answers].map(([tag, answer]) => `${tag}: ${sourceOf(answer)}`).toSorted();
}

export function sourceOf(answer: TagAnswer | undefined): string {
  return answer?.kind === "found" ? answer.source : (answer?.kind ?? "none");
}

/** Where an answer says that a tag is. */
export function digestIn({ answers }: Survey, tag: string): Digest | undefined {
  const answer = answers.get(parseTag(tag));
  return answer?.kind === "found" ? answer.digest : undefined;
}

/** What is known after a survey, as a caller keeps it. */
export function knownAfter({ answers }: Survey): Readonly<Record<Tag, Digest>> {
  return Object.fromEntries(
    [...answers].flatMap(([tag, answer]) => (answer.kind === "found" ? [[tag, answer.digest]] : [])),
  );
}
