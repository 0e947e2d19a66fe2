import { randomUUID } from "node:crypto";
import { digestOf, isDigest } from "../../../src/image/digest.ts";
import { type FakeContent, needsOf } from "./content.ts";
import { type Call, errorReply, type Reply, reply } from "./reply.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const NAME = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*";
const MANIFEST = new RegExp(`^/v2/(${NAME})/manifests/([^/]+)$`);
const BLOB = new RegExp(`^/v2/(${NAME})/blobs/([^/]+)$`);
const UPLOADS = new RegExp(`^/v2/(${NAME})/blobs/uploads/$`);
const UPLOAD = new RegExp(`^/v2/(${NAME})/blobs/uploads/([^/]+)$`);
const TAGS = new RegExp(`^/v2/(${NAME})/tags/list$`);
const REFERRERS = new RegExp(`^/v2/(${NAME})/referrers/([^/]+)$`);

export interface RoutesOptions {
  readonly content: FakeContent;
  /** Without the referrers API it answers as docker-registry does: 404 in plain text. */
  readonly referrers: "api" | "none";
  /** Referrers on one page of the API. */
  readonly referrersPerPage: number;
  /** Tags on one page at most, sorted; undefined lists all on one, as docker-registry does whatever it is asked for. */
  readonly tagsPerPage: number | undefined;
}

/** The registry's side of the protocol, as docker-registry 2.8 speaks it: a call in, an answer out. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #uploads = new Map<string, Uint8Array>();

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  answer(call: Call): Reply {
    const { path } = call;
    if (path === "/v2/") return reply(200, JSON_TYPE, "{}");
    // docker-registry sends dot segments and doubled slashes to the path they fold to.
    const folded = new URL(path, "http://fake").pathname.replaceAll(/\/{2,}/g, "/");
    if (folded !== path) return reply(301, { location: folded });

    const upload = UPLOADS.exec(path) ?? UPLOAD.exec(path);
    if (upload !== null) return this.#upload(call, upload[1] ?? "", upload[2]);
    const manifest = MANIFEST.exec(path);
    if (manifest !== null) return this.#manifest(call, manifest[1] ?? "", manifest[2] ?? "");
    const blob = BLOB.exec(path);
    if (blob !== null) return this.#blob(call, blob[1] ?? "", blob[2] ?? "");
    const tags = TAGS.exec(path);
    if (tags !== null) return this.#tags(call, tags[1] ?? "");
    const referrers = REFERRERS.exec(path);
    if (referrers !== null && this.#options.referrers === "api") {
      return this.#referrers(call, referrers[1] ?? "", referrers[2] ?? "");
    }
    return reply(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n");
  }

  #manifest(call: Call, repository: string, reference: string): Reply {
    if (call.method === "PUT") return this.#putManifest(call, repository, reference);
    if (call.method !== "GET" && call.method !== "HEAD") return unsupported();
    if (reference.includes(":") && !isDigest(reference)) {
      return errorReply(404, "MANIFEST_UNKNOWN", "manifest unknown");
    }
    const { content } = this.#options;
    const stored = content.manifest(repository, reference);
    if (stored === undefined && !content.has(repository)) {
      return errorReply(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    if (stored === undefined || !accepts(call, stored.mediaType)) {
      return errorReply(404, "MANIFEST_UNKNOWN", "manifest unknown");
    }
    const etag = `"${stored.digest}"`;
    if (call.headers["if-none-match"] === etag) return reply(304);
    return reply(
      200,
      { "content-type": stored.mediaType, "docker-content-digest": stored.digest, etag },
      stored.bytes,
    );
  }

  #putManifest(call: Call, repository: string, reference: string): Reply {
    const { content } = this.#options;
    const digest = digestOf(call.body);
    if (reference.includes(":") && reference !== digest) {
      return errorReply(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    const needs = needsOf(call.body);
    const isMissing =
      needs.blobs.some((blob) => content.blob(repository, blob) === undefined) ||
      needs.manifests.some((child) => content.manifest(repository, child) === undefined);
    if (isMissing) return errorReply(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    const mediaType = textOf(call.headers["content-type"]);
    content.putManifest(repository, call.body, {
      ...(mediaType === undefined ? {} : { mediaType }),
      ...(reference.includes(":") ? {} : { tag: reference }),
    });
    const location = `/v2/${repository}/manifests/${digest}`;
    const subject = content.manifest(repository, digest)?.subject;
    const isListed = subject !== undefined && this.#options.referrers === "api";
    return reply(201, {
      location,
      "docker-content-digest": digest,
      ...(isListed ? { "oci-subject": subject } : {}),
    });
  }

  #blob(call: Call, repository: string, digest: string): Reply {
    if (call.method !== "GET" && call.method !== "HEAD") return unsupported();
    const bytes = this.#options.content.blob(repository, digest);
    if (bytes === undefined) return errorReply(404, "BLOB_UNKNOWN", "blob unknown to registry");
    const headers = { "content-type": "application/octet-stream", "docker-content-digest": digest };
    return reply(200, { ...headers, etag: `"${digest}"` }, bytes);
  }

  #upload(call: Call, repository: string, id: string | undefined): Reply {
    if (call.method === "POST" && id === undefined) {
      const created = randomUUID();
      this.#uploads.set(created, new Uint8Array());
      return reply(202, this.#uploadHeaders(repository, created));
    }
    const received = this.#uploads.get(id ?? "");
    if (id === undefined || received === undefined) {
      return errorReply(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    }
    const bytes = Buffer.concat([received, call.body]);
    if (call.method === "PATCH") {
      this.#uploads.set(id, bytes);
      const range = `0-${Math.max(0, bytes.byteLength - 1)}`;
      return reply(202, { ...this.#uploadHeaders(repository, id), range });
    }
    if (call.method !== "PUT") return unsupported();
    const digest = digestOf(bytes);
    if (call.query.get("digest") !== digest) {
      return errorReply(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    this.#uploads.delete(id);
    this.#options.content.putBlob(repository, bytes);
    return reply(201, { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest });
  }

  #uploadHeaders(repository: string, id: string): Reply["headers"] {
    return { location: `/v2/${repository}/blobs/uploads/${id}`, "docker-upload-uuid": id, range: "0-0" };
  }

  #tags({ query }: Call, repository: string): Reply {
    const { content, tagsPerPage } = this.#options;
    if (!content.has(repository)) {
      return errorReply(404, "NAME_UNKNOWN", "repository name not known to registry");
    }
    const all = content.tags(repository);
    if (tagsPerPage === undefined) {
      return reply(200, JSON_TYPE, JSON.stringify({ name: repository, tags: all }));
    }
    const size = Math.min(Number(query.get("n") ?? tagsPerPage), tagsPerPage);
    const rest = all.filter((tag) => tag > (query.get("last") ?? "")).toSorted();
    const tags = rest.slice(0, size);
    const last = encodeURIComponent(tags.at(-1) ?? "");
    const next = `</v2/${repository}/tags/list?n=${size}&last=${last}>; rel="next"`;
    const headers = { ...JSON_TYPE, ...(rest.length > size ? { link: next } : {}) };
    return reply(200, headers, JSON.stringify({ name: repository, tags }));
  }

  #referrers(call: Call, repository: string, digest: string): Reply {
    if (!isDigest(digest)) return errorReply(400, "DIGEST_INVALID", "invalid digest");
    const all = this.#options.content.referrersOf(repository, digest);
    const from = Number(call.query.get("from") ?? 0);
    const until = from + this.#options.referrersPerPage;
    const manifests = all.slice(from, until);
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests });
    const next = `</v2/${repository}/referrers/${digest}?from=${until}>; rel="next"`;
    return reply(200, { "content-type": INDEX_TYPE, ...(until < all.length ? { link: next } : {}) }, body);
  }
}

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

function unsupported(): Reply {
  return errorReply(405, "UNSUPPORTED", "The operation is unsupported.");
}

function accepts(call: Call, mediaType: string): boolean {
  const accepted = [call.headers["accept"] ?? []].flat().flatMap((header) => header.split(","));
  return accepted.some((type) => type.split(";")[0]?.trim() === mediaType);
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.[0];
}
