import { BoundedMap } from "./bounded-map.ts";
import { createHash } from "node:crypto";
import { type Digest, digestOf, isDigest, parseDigest } from "../../image/digest.ts";
import {
  type Manifest,
  MANIFEST_BYTES_MAX,
  MANIFEST_MEDIA_TYPES,
  parseManifest,
} from "../../image/manifest.ts";
import type { ImageId, ImageLine, Repository, Tag } from "../../image/reference.ts";
import type { TagState } from "../../ports/registry.ts";
import { InvalidInputError, quote } from "../../errors.ts";
import { MINUTE_MS } from "../../time.ts";
import { faultOf, hostOf, isOverloadIn, type Subject } from "./fault.ts";
import type { HttpAnswer } from "./http.ts";
import type { Permit } from "./permit.ts";
import type { Session } from "./session.ts";
import type { RegistryTimeouts } from "./settings.ts";

const EXPLAINED_MS = 10 * MINUTE_MS;
const HOSTS_MAX = 1_000;

/** A manifest that was fetched, with the digest of its bytes. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/** Reads tags, manifests and blobs. Whatever is named by digest was hashed and matches. */
export class Content {
  readonly #session: Session;
  readonly #timeouts: RegistryTimeouts;
  readonly #elapsedMs: () => number;
  /** Hosts that said why they forbid HEAD, and until when that is known. */
  readonly #explainedUntilMs = new BoundedMap<number>(HOSTS_MAX);

  constructor(session: Session, timeouts: RegistryTimeouts, elapsedMs: () => number) {
    this.#session = session;
    this.#timeouts = timeouts;
    this.#elapsedMs = elapsedMs;
  }

  /**
   * Where a tag points. HEAD first, as it is cheap and counts against no pull limit; GET when its answer has no usable digest, and
   * before a 404 is believed: docker-registry gives one for a type that it thinks we do not accept. An answer to HEAD has no body, so once
   * in a while GET also asks a host why it forbids.
   */
  async resolve({ repository, tag }: ImageLine, signal: AbortSignal, permit?: Permit): Promise<TagState> {
    const subject: Subject = { repository, operation: "resolve", asked: `tag ${tag}` };
    const question = {
      subject,
      at: `manifests/${tag}`,
      accept: MANIFEST_MEDIA_TYPES,
      deadlineMs: this.#timeouts.requestMs,
      ...(permit === undefined ? {} : { permit }),
    };
    const claimed = await this.#session.ask({ ...question, method: "HEAD" }, signal, async (answer, fail) => {
      const isUnexplained = answer.status === 403 && !this.#isExplained(repository.registry);
      if (!HEAD_STATUSES.has(answer.status) && !isUnexplained) return fail();
      await answer.discard();
      const digest = answer.headers["docker-content-digest"];
      return answer.status === 200 && typeof digest === "string" && isDigest(digest) ? digest : undefined;
    });
    if (claimed !== undefined) return { kind: "found", digest: claimed };

    return this.#session.ask({ ...question, method: "GET" }, signal, async (answer, fail) => {
      if (answer.status === 404) {
        await absent(answer, fail);
        return { kind: "missing" };
      }
      if (answer.status === 403) this.#noteExplained(repository.registry);
      if (answer.status !== 200) return fail();
      const bytes = await answer.bytes(MANIFEST_BYTES_MAX);
      const type = contentTypeOf(answer, subject) ?? "";
      // Whatever a gateway or a log-in page says, it must not become the digest of an image.
      if (MANIFEST_MEDIA_TYPES.includes(type)) return { kind: "found", digest: digestOf(bytes) };
      throw faultOf("registry-protocol", subject, `${hostOf(answer.url)} answered with type ${quote(type)}`);
    });
  }

  /** @throws {CodedError} `registry-not-found`, `registry-integrity`, `registry-too-large` … and `manifest-invalid` */
  async manifest(
    { repository, digest }: ImageId,
    operation: Subject["operation"],
    signal: AbortSignal,
  ): Promise<Manifest> {
    const subject: Subject = { repository, operation, asked: `manifest ${digest}` };
    const found = await this.#manifestAt(subject, digest, signal);
    if (found === undefined) {
      throw faultOf("registry-not-found", subject, "the registry does not have it", { status: 404 });
    }
    if (digestOf(found.bytes) !== digest) throw otherBytes(subject, digestOf(found.bytes));
    return parseManifest(found.bytes, found.contentType);
  }

  /** The manifest behind a tag, or undefined when there is none. */
  async taggedManifest(
    repository: Repository,
    tag: Tag,
    signal: AbortSignal,
  ): Promise<FetchedManifest | undefined> {
    const subject: Subject = { repository, operation: "evidence", asked: `tag ${tag}` };
    const found = await this.#manifestAt(subject, tag, signal);
    if (found === undefined) return undefined;
    return { digest: digestOf(found.bytes), manifest: parseManifest(found.bytes, found.contentType) };
  }

  /**
   * The bytes of a blob. Room is made for what its descriptor says, and not before the first byte is there.
   *
   * @param size what its descriptor says
   * @throws {CodedError} as {@link Content.readBlob}
   */
  async blob(image: ImageId, size: number, signal: AbortSignal): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array();
    let length = 0;
    const take = (piece: Uint8Array): void => {
      if (length === 0) bytes = Buffer.allocUnsafeSlow(size);
      bytes.set(piece, length);
      length += piece.byteLength;
    };
    await this.readBlob(image, { bytesMax: size, size }, take, signal);
    return bytes;
  }

  /**
   * Reads a blob piece by piece, of which nothing is kept here. What `take` was given counts only when this has returned: the digest
   * is compared at the end.
   *
   * @param expected.size what its descriptor says
   * @throws {CodedError} `registry-too-large` above `bytesMax`, `registry-not-found`, `registry-integrity` for another digest …
   * @throws {InvalidInputError} `manifest-invalid` when the digest is right and the size is not: then the descriptor is wrong
   */
  async readBlob(
    { repository, digest }: ImageId,
    expected: { readonly bytesMax: number; readonly size?: number },
    take: (piece: Uint8Array) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const subject: Subject = { repository, operation: "blob", asked: `blob ${digest}` };
    const deadlineMs = this.#timeouts.blobMs;
    const question = { method: "GET", subject, at: `blobs/${digest}`, deadlineMs } as const;
    await this.#session.ask<void>(question, signal, async (answer, fail) => {
      if (answer.status !== 200) await fail();
      const hash = createHash("sha256");
      const length = await answer.pieces(expected.bytesMax, (piece) => {
        hash.update(piece);
        return take(piece);
      });
      const actual = parseDigest(`sha256:${hash.digest("hex")}`);
      if (actual !== digest) throw otherBytes(subject, actual);
      if (expected.size !== undefined && expected.size !== length) {
        throw new InvalidInputError(
          "manifest-invalid",
          `blob ${digest} has ${length} bytes, its descriptor says ${expected.size}`,
        );
      }
    });
  }

  #isExplained(registry: string): boolean {
    return (this.#explainedUntilMs.get(registry) ?? 0) > this.#elapsedMs();
  }

  #noteExplained(registry: string): void {
    this.#explainedUntilMs.set(registry, this.#elapsedMs() + EXPLAINED_MS);
  }

  async #manifestAt(
    subject: Subject,
    at: Digest | Tag,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly contentType: string | undefined } | undefined> {
    const question = {
      method: "GET",
      subject,
      at: `manifests/${at}`,
      accept: MANIFEST_MEDIA_TYPES,
      deadlineMs: this.#timeouts.requestMs,
    } as const;
    return this.#session.ask(question, signal, async (answer, fail) => {
      if (answer.status === 404) {
        await absent(answer, fail);
        return undefined;
      }
      if (answer.status !== 200) return fail();
      const bytes = await answer.bytes(MANIFEST_BYTES_MAX);
      return { bytes, contentType: contentTypeOf(answer, subject) };
    });
  }
}

/** Answers to HEAD that say something, or leave it to GET: 304 has no digest, 405 means GET only. */
const HEAD_STATUSES: ReadonlySet<number> = new Set([200, 304, 404, 405]);

/** The Content-Type without parameters, lower-case; undefined when there is none. */
export function contentTypeOf({ headers }: HttpAnswer, subject: Subject): string | undefined {
  const header = headers["content-type"];
  if (Array.isArray(header)) throw faultOf("registry-protocol", subject, "it has several Content-Types");
  const [type = ""] = (header ?? "").split(";");
  return type.trim() === "" ? undefined : type.trim().toLowerCase();
}

/** Believes a 404, unless its body says that the registry only could not answer. */
async function absent(answer: HttpAnswer, fail: (body: string) => Promise<never>): Promise<void> {
  const body = await answer.errorText();
  if (isOverloadIn(body)) await fail(body);
}

function otherBytes(subject: Subject, actual: Digest): Error {
  return faultOf("registry-integrity", subject, `the bytes hash to ${actual}`);
}
