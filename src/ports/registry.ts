import type { CodedError } from "../errors.ts";
import type { ConfigAnswer } from "../image/config.ts";
import type { Digest } from "../image/digest.ts";
import type { ImageIndex, ImageManifest, Manifest } from "../image/manifest.ts";
import type { ImageId, ImageLine, Repository, Tag } from "../image/reference.ts";
import type { LayersReading } from "../sbom/layers/list.ts";
import type { Instant } from "../time.ts";
import type { Evidence } from "../trust/evidence.ts";
import type { ListedStatements } from "../trust/listed.ts";

/** Where a tag points now. A claim of the registry: act only on content fetched by digest. */
export type TagState = { readonly kind: "found"; readonly digest: Digest } | { readonly kind: "missing" };

/** How an answer about a tag came about: by asking for the tag, or from a list that tells many at once. */
export const ANSWER_SOURCES = ["head", "bulk"] as const;

export type AnswerSource = (typeof ANSWER_SOURCES)[number];

/** A tag to ask about, and where it was last seen. */
export interface TagQuestion {
  readonly tag: Tag;
  readonly known?: Digest;
}

/** What became of the question about one tag. */
export type TagAnswer =
  | {
      readonly kind: "found";
      readonly digest: Digest;
      readonly source: AnswerSource;
      /** When the registry says the tag was moved there. */
      readonly movedAt?: Instant;
      /** Digests the tag had between {@link TagQuestion.known} and now, oldest first, where the registry keeps a history. */
      readonly missed?: readonly { readonly digest: Digest; readonly movedAt: Instant }[];
    }
  | { readonly kind: "missing" }
  /** Could not ask: what was known stays as it was. */
  | { readonly kind: "failed"; readonly error: unknown };

/** What a look at several tags of one repository found. */
export interface Survey {
  /** One answer for each tag that was asked about before the registry had to be left alone. */
  readonly answers: ReadonlyMap<Tag, TagAnswer>;
  /** Where the registry's list of moves was read to; to be handed in with the next survey. */
  readonly cursor?: string;
  /** Why the rest was not asked; `registry-deferred`, with the time to come back. */
  readonly deferred?: CodedError;
}

/** An index, and the platform's manifest that statements are wanted about. */
export interface ListedQuestion {
  readonly image: ImageId;
  readonly manifest: ImageIndex;
  readonly platform: Digest;
}

/** Says of tags whether what is about to be written about them is so. */
export interface TagCheck {
  /**
   * Whether what is said of a tag holds now. A yes may rest on an answer that others asked for a few seconds ago, or are asking for: writing takes as long. A no never
   * does.
   *
   * @param holds of where the tag points; asked once or twice
   * @throws {CodedError} `registry-*` when there is no answer
   */
  isSo(
    line: ImageLine,
    holds: (state: TagState) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean>;
}

/** Reads registries. Never writes to one. */
export interface Registry {
  /**
   * Asks where the tag points now. Never answered from a cache.
   *
   * @throws {CodedError} `registry-*` when there is no answer
   */
  resolve(line: ImageLine, signal: AbortSignal): Promise<TagState>;

  /**
   * Asks where many tags of one repository point now, with as few requests as the registry allows: a list that tells many
   * at once where it has one and that is cheaper, one question per tag else. A list is a hint: what it says has moved or is gone
   * is asked for by its tag.
   *
   * @param how.cursor of the last survey of this repository, at most 200 characters; losing it costs requests, no answers
   * @param how.lists `allowed`, or `ignored` to ask for every tag by itself: lists may lag behind, and what a long one says has moved
   *   does not say what was deleted
   */
  survey(
    repository: Repository,
    questions: readonly TagQuestion[],
    how: { readonly cursor?: string; readonly lists: "allowed" | "ignored" },
    signal: AbortSignal,
  ): Promise<Survey>;

  /**
   * Lists tags of a repository, in no order: to find what is there, never to see where one points. At most 100,000.
   *
   * @throws {CodedError} `registry-*` when the list cannot be read
   */
  tags(repository: Repository, signal: AbortSignal): Promise<readonly Tag[]>;

  /**
   * Fetches a manifest by digest; its bytes were hashed and match.
   *
   * @throws {CodedError} `registry-*`; `registry-not-found` when the registry does not have it, `registry-integrity` when the
   *   bytes are others, `registry-too-large` above 4 MiB
   * @throws {InvalidInputError} `manifest-invalid`
   */
  manifest(image: ImageId, signal: AbortSignal): Promise<Manifest>;

  /**
   * How an image is run and what it runs on, as its config says. None where there is nothing that can be read.
   *
   * @throws {CodedError} `registry-*` when its config cannot be fetched
   */
  configOf(image: ImageId, manifest: ImageManifest, signal: AbortSignal): Promise<ConfigAnswer>;

  /**
   * Reads what the layers of an image say is in it: the databases of its distribution's packages, and nothing that lies about as jar, wheel
   * or node_modules. Every layer is fetched, up to 2 GiB; what is larger, or in no form that is read, is an answer.
   *
   * @throws {CodedError} `registry-*` when a layer cannot be fetched
   */
  packagesIn(image: ImageId, manifest: ImageManifest, signal: AbortSignal): Promise<LayersReading>;

  /**
   * Collects everything that claims to prove something about exactly this digest: the legacy tags `.sig` and `.att` and
   * the referrers, in the image's repository and in others. Nothing found is an answer: an {@link Evidence} without candidates.
   *
   * @param also repositories to look at beside the image's own
   * @throws {CodedError} `registry-*` when one of the places could not be asked
   */
  evidenceOf(image: ImageId, signal: AbortSignal, also?: readonly Repository[]): Promise<Evidence>;

  /**
   * The unsigned statements that an index lists about one of its platforms, as BuildKit puts them there: SBOMs and VEX documents, and those
   * that do not say what they are. Worth something only where somebody signed the index.
   *
   * @throws {CodedError} `registry-*` when what the index lists could not be asked for; what is gone, too large or strange is skipped
   */
  listedStatements(question: ListedQuestion, signal: AbortSignal): Promise<ListedStatements>;
}
