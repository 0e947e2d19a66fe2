import { BoundedMap } from "./bounded-map.ts";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import { dashedOf, type Digest, isDigest } from "../../image/digest.ts";
import { MANIFEST_BYTES_MAX } from "../../image/manifest.ts";
import { type ImageId, parseTag, renderRepository, type Repository } from "../../image/reference.ts";
import { HOUR_MS } from "../../time.ts";
import type { SkippedEvidence } from "../../trust/evidence.ts";
import { type Content, contentTypeOf } from "./content.ts";
import { codesIn, faultOf, type Subject } from "./fault.ts";
import type { HttpAnswer } from "./http.ts";
import { nextPageOf } from "./link.ts";
import type { Session } from "./session.ts";
import { skipOf } from "./skip.ts";

/** What a list of referrers is. */
export const INDEX_MEDIA_TYPE = "application/vnd.oci.image.index.v1+json";
/** Where statements, and lists of them, say what kind of statement it is. A hint: anybody could have written it. */
export const PREDICATE_TYPE_ANNOTATION = "in-toto.io/predicate-type";
const SUPPORT_KNOWN_MS = 24 * HOUR_MS;
const REPOSITORIES_MAX = 1_000;
/** How registries without the API, or Quay for a subject it does not know, answer. 405 is the code UNSUPPORTED. */
const UNSUPPORTED_STATUSES: ReadonlySet<number> = new Set([400, 404, 405, 406]);

/** Referrers of one digest that are looked at, at most. */
const REFERRERS_MAX = 1_000;

/** What a list of referrers names. What kind it is, its own manifest has to say: descriptors made by cosign say it wrong, or not at all. */
export interface Referrer {
  readonly digest: Digest;
  readonly size: number;
  /** What the list says it is. Good enough to decide what is looked at first, and for nothing else. */
  readonly artifactType?: string | undefined;
  /** What kind of statement the list says is in it: as good as {@link artifactType}. */
  readonly predicateType?: string | undefined;
}

export interface ReferrerList {
  readonly referrers: readonly Referrer[];
  readonly skipped: readonly SkippedEvidence[];
}

export interface ReferrersOptions {
  readonly session: Session;
  readonly content: Content;
  readonly pagesMax: number;
  readonly requestMs: number;
  readonly elapsedMs: () => number;
}

const NONE: ReferrerList = { referrers: [], skipped: [] };

/**
 * Lists what refers to a digest: by the referrers API, or by the fallback tag where a registry has none. That one has none is
 * remembered for a day, per repository: behind one host some repositories may have it and others, proxied ones, not.
 *
 * @see OCI distribution-spec v1.1.1, "Listing Referrers" and "Unavailable Referrers API"
 */
export class Referrers {
  readonly #options: ReferrersOptions;
  readonly #unsupportedUntilMs = new BoundedMap<number>(REPOSITORIES_MAX);

  constructor(options: ReferrersOptions) {
    this.#options = options;
  }

  /**
   * @param pagesMax pages of the list that are read at most
   * @throws {CodedError} `registry-*` when neither place gives an answer
   */
  async of(image: ImageId, signal: AbortSignal, pagesMax = this.#options.pagesMax): Promise<ReferrerList> {
    const isKnownUnsupported =
      (this.#unsupportedUntilMs.get(renderRepository(image.repository)) ?? 0) > this.#options.elapsedMs();
    const listed = isKnownUnsupported ? undefined : await this.#fromApi(image, signal, pagesMax);
    return listed ?? this.#fromTag(image, signal);
  }

  async #fromApi(image: ImageId, signal: AbortSignal, pagesMax: number): Promise<ReferrerList | undefined> {
    let at: string | URL = `referrers/${image.digest}`;
    let list = NONE;
    for (let page = 0; page < pagesMax; page++) {
      const answer = await this.#page(image, at, signal);
      if (answer === undefined && page > 0) {
        throw faultOf("registry-protocol", subjectOf(image), "a page of the list is missing");
      }
      if (answer === undefined) return undefined;
      list = joined(list, answer.list);
      if (list.referrers.length > REFERRERS_MAX) {
        const first = { ...list, referrers: list.referrers.slice(0, REFERRERS_MAX) };
        return cutShort(first, `more than ${REFERRERS_MAX} referrers`);
      }
      if (answer.next === undefined) return list;
      at = answer.next;
    }
    return cutShort(list, `more than ${pagesMax} pages`);
  }

  async #page(
    image: ImageId,
    at: string | URL,
    signal: AbortSignal,
  ): Promise<{ readonly list: ReferrerList; readonly next: URL | undefined } | undefined> {
    const subject = subjectOf(image);
    const accept = [INDEX_MEDIA_TYPE];
    const question = { method: "GET", subject, at, accept, deadlineMs: this.#options.requestMs } as const;
    return this.#options.session.ask(question, signal, async (answer, fail) => {
      if (UNSUPPORTED_STATUSES.has(answer.status)) {
        await this.#noteUnsupported(answer, image.repository);
        return undefined;
      }
      if (answer.status !== 200) return fail();
      if (contentTypeOf(answer, subject) !== INDEX_MEDIA_TYPE) {
        await answer.discard();
        return undefined;
      }
      const list = listIn(await answer.bytes(MANIFEST_BYTES_MAX));
      if (list === undefined) throw faultOf("registry-protocol", subject, "the list is not an index");
      return { list, next: nextPageOf(answer.headers["link"], answer.url, subject) };
    });
  }

  /** Only a bare 404 says that there is no such API. With an error code it is about this repository or digest. */
  async #noteUnsupported(answer: HttpAnswer, repository: Repository): Promise<void> {
    const body = await answer.errorText();
    if (answer.status !== 404 || codesIn(body).length > 0) return;
    this.#unsupportedUntilMs.set(renderRepository(repository), this.#options.elapsedMs() + SUPPORT_KNOWN_MS);
  }

  async #fromTag({ repository, digest }: ImageId, signal: AbortSignal): Promise<ReferrerList> {
    const tag = parseTag(dashedOf(digest));
    try {
      const found = await this.#options.content.taggedManifest(repository, tag, signal);
      if (found === undefined) return NONE;
      if (found.manifest.kind === "index") {
        return { referrers: found.manifest.manifests.map(referrerOf), skipped: [] };
      }
      return { referrers: [], skipped: [{ place: "referrer", reason: "not-a-manifest", detail: tag }] };
    } catch (thrown) {
      const skipped = thrown instanceof CodedError ? skipOf(thrown, "referrer", tag) : undefined;
      if (skipped === undefined) throw thrown;
      return { referrers: [], skipped: [skipped] };
    }
  }
}

const pageSchema = z.object({
  manifests: z
    .array(z.unknown())
    .nullable()
    .transform((entries) => entries ?? []),
});
const referrerSchema = z.object({
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
  size: z.int().nonnegative(),
  artifactType: z.string().max(255).optional().catch(undefined),
  annotations: z.record(z.string(), z.string()).optional().catch(undefined),
});

function referrerOf({ digest, size, artifactType, annotations }: z.infer<typeof referrerSchema>): Referrer {
  return { digest, size, artifactType, predicateType: annotations?.[PREDICATE_TYPE_ANNOTATION] };
}

/** Reads one page, undefined if it is no index; an entry that cannot be read does not hide the others. */
export function listIn(bytes: Uint8Array): ReferrerList | undefined {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
  const page = pageSchema.safeParse(document).data;
  if (page === undefined) return undefined;
  const entries = page.manifests.map((entry) => referrerSchema.safeParse(entry).data);
  const referrers = entries.filter((entry) => entry !== undefined).map(referrerOf);
  const unreadable = entries.length - referrers.length;
  const detail = `${unreadable} entries of the list`;
  return {
    referrers,
    skipped: unreadable === 0 ? [] : [{ place: "referrer", reason: "not-a-manifest", detail }],
  };
}

function joined(a: ReferrerList, b: ReferrerList): ReferrerList {
  return { referrers: [...a.referrers, ...b.referrers], skipped: [...a.skipped, ...b.skipped] };
}

function cutShort(list: ReferrerList, detail: string): ReferrerList {
  return joined(list, { referrers: [], skipped: [{ place: "referrer", reason: "too-many", detail }] });
}

function subjectOf({ repository, digest }: ImageId): Subject {
  return { repository, operation: "referrers", asked: `referrers of ${digest}` };
}
