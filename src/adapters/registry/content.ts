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
import { quote } from "../../errors.ts";
import { faultOf, hostOf, type Subject } from "./fault.ts";
import type { HttpAnswer } from "./http.ts";
import type { Permit } from "./permit.ts";
import type { Session } from "./session.ts";
import type { RegistryTimeouts } from "./settings.ts";

/** A manifest that was fetched, with the digest of its bytes. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/** Reads tags, manifests and blobs. Whatever is named by digest was hashed and matches. */
export class Content {
  readonly #session: Session;
  readonly #timeouts: RegistryTimeouts;

  constructor(session: Session, timeouts: RegistryTimeouts) {
    this.#session = session;
    this.#timeouts = timeouts;
  }

  /**
   * Where a tag points. HEAD first, as it is cheap and counts against no pull limit; GET when its answer has no usable digest, and
   * before a 404 is believed: docker-registry gives one for a type that it thinks we do not accept.
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
      if (!HEAD_STATUSES.has(answer.status)) return fail();
      await answer.discard();
      const digest = answer.headers["docker-content-digest"];
      return answer.status === 200 && typeof digest === "string" && isDigest(digest) ? digest : undefined;
    });
    if (claimed !== undefined) return { kind: "found", digest: claimed };

    return this.#session.ask({ ...question, method: "GET" }, signal, async (answer, fail) => {
      if (answer.status === 404) {
        await answer.discard();
        return { kind: "missing" };
      }
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
   * The bytes of a blob.
   *
   * @throws {CodedError} `registry-too-large` above `bytesMax`, `registry-not-found`, `registry-integrity` …
   */
  async blob({ repository, digest }: ImageId, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
    const subject: Subject = { repository, operation: "blob", asked: `blob ${digest}` };
    const deadlineMs = this.#timeouts.blobMs;
    const question = { method: "GET", subject, at: `blobs/${digest}`, deadlineMs } as const;
    return this.#session.ask(question, signal, async (answer, fail) => {
      if (answer.status !== 200) return fail();
      const hash = createHash("sha256");
      const bytes = await answer.bytes(bytesMax, hash);
      const actual = parseDigest(`sha256:${hash.digest("hex")}`);
      if (actual !== digest) throw otherBytes(subject, actual);
      return bytes;
    });
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
        await answer.discard();
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

function otherBytes(subject: Subject, actual: Digest): Error {
  return faultOf("registry-integrity", subject, `the bytes hash to ${actual}`);
}
