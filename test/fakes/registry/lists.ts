import { randomUUID } from "node:crypto";
import type { Digest } from "../../../src/image/digest.ts";
import { type Instant, renderInstant } from "../../../src/time.ts";
import { objectIn } from "./content.ts";
import { type Call, errorReply, type Reply, reply } from "./reply.ts";

/** Where a list says that a tag is, and since when. */
export interface FakePlace {
  readonly digest: Digest;
  readonly at: Instant;
}

export interface FakeListsOptions {
  /** Who may log in to the hub's API. With one, nobody else is answered. */
  readonly hubUser?: { readonly username: string; readonly password: string };
  /** Called after each page, before the next one can be asked for: the moment for tags to move. */
  readonly afterPage?: () => void;
}

const PATH = "([a-z0-9._-]+(?:/[a-z0-9._-]+)*)";
const HUB = /^\/v2\/namespaces\/([^/]+)\/repositories\/([^/]+)\/tags$/;
const QUAY = new RegExp(`^/api/v1/repository/${PATH}/tag/$`);
const ACR = new RegExp(`^/acr/v1/${PATH}/_tags$`);
const GOOGLE = new RegExp(`^/v2/${PATH}/tags/list$`);
const CHAINGUARD = new RegExp(`^/v2/${PATH}/_chainguard/history/([^/]+)$`);
const ECR_TARGET = "AmazonEC2ContainerRegistry_V20150921.ListImages";
const JSON_TYPE = { "content-type": "application/json" };

/**
 * The lists that registries have beside the protocol, as far as they are documented: Docker Hub, Quay, ACR, Google, ECR and
 * Chainguard, told apart by their paths. What they say is put here by hand, so that it may differ from what the registry holds.
 */
export class FakeLists {
  readonly #options: FakeListsOptions;
  readonly #places = new Map<string, Map<string, FakePlace>>();
  readonly #history = new Map<string, FakePlace[]>();
  readonly #tokens = new Set<string>();

  constructor(options: FakeListsOptions = {}) {
    this.#options = options;
  }

  /** Lets the list say that a tag was moved. */
  move(repository: string, tag: string, place: FakePlace): void {
    const places = this.#places.get(repository) ?? new Map<string, FakePlace>();
    this.#places.set(repository, places);
    places.delete(tag);
    places.set(tag, place);
    const key = `${repository}:${tag}`;
    this.#history.set(key, [...(this.#history.get(key) ?? []), place]);
  }

  /** Lets the list forget a tag. */
  remove(repository: string, tag: string): void {
    this.#places.get(repository)?.delete(tag);
  }

  /** Lets every token of the hub count no more. */
  revoke(): void {
    this.#tokens.clear();
  }

  /** The answer to a call for a list; undefined for every other call. */
  answer(call: Call): Reply | undefined {
    const answered = this.#answer(call);
    if (answered !== undefined && call.path !== "/v2/auth/token") this.#options.afterPage?.();
    return answered;
  }

  #answer(call: Call): Reply | undefined {
    if (call.path === "/v2/auth/token") return this.#hubToken(call);
    if (call.headers["x-amz-target"] === ECR_TARGET) return this.#ecr(call);
    const hub = HUB.exec(call.path);
    if (hub !== null) return this.#hub(call, `${hub[1] ?? ""}/${hub[2] ?? ""}`);
    const quay = QUAY.exec(call.path);
    if (quay !== null) return this.#quay(call, quay[1] ?? "");
    const acr = ACR.exec(call.path);
    if (acr !== null) return this.#acr(call, acr[1] ?? "");
    const history = CHAINGUARD.exec(call.path);
    if (history !== null) return this.#chainguard(call, `${history[1] ?? ""}:${history[2] ?? ""}`);
    const google = GOOGLE.exec(call.path);
    return google === null ? undefined : this.#google(google[1] ?? "");
  }

  #hubToken(call: Call): Reply {
    const { identifier, secret } = objectIn(call.body);
    const { hubUser } = this.#options;
    if (call.method !== "POST" || identifier !== hubUser?.username || secret !== hubUser?.password) {
      return errorReply(401, "UNAUTHORIZED", `incorrect authentication credentials for ${String(secret)}`);
    }
    const token = `hub-${randomUUID()}`;
    this.#tokens.add(token);
    return json({ access_token: token });
  }

  #hub(call: Call, repository: string): Reply {
    const token = text(call.headers["authorization"]).replace(/^Bearer /, "");
    if (this.#options.hubUser !== undefined && !this.#tokens.has(token)) {
      // What is private is not there for the anonymous.
      return token === ""
        ? errorReply(404, "NOT_FOUND", "object not found")
        : errorReply(401, "UNAUTHORIZED", `token ${token} is invalid`);
    }
    const all = this.#newestFirst(repository);
    const { from, until } = pageOf(call, "page_size");
    return json({
      count: all.length,
      next: until < all.length ? "https://elsewhere.example/v2/next?page=2" : null,
      previous: null,
      results: all.slice(from, until).map(([name, { digest, at }]) => ({
        name,
        digest,
        last_updated: renderInstant(at),
      })),
    });
  }

  #quay(call: Call, repository: string): Reply {
    // The registry's tokens are none of the API's.
    if (call.headers["authorization"] !== undefined) return errorReply(401, "UNAUTHORIZED", "invalid_token");
    const all = this.#newestFirst(repository);
    const { from, until } = pageOf(call, "limit");
    const tags = all.slice(from, until).map(([name, { digest, at }]) => ({
      name,
      reversion: false,
      start_ts: Math.floor(at / 1000),
      manifest_digest: digest,
      is_manifest_list: true,
      size: null,
      last_modified: new Date(at).toUTCString(),
    }));
    return json({ tags, page: from / Math.max(1, until - from) + 1, has_additional: until < all.length });
  }

  #acr(call: Call, repository: string): Reply {
    const all = this.#newestFirst(repository);
    const last = call.query.get("last");
    const from = last === null ? 0 : all.findIndex(([name]) => name === last) + 1;
    const page = all.slice(from, from + Number(call.query.get("n") ?? 100));
    const end = page.at(-1)?.[0] ?? "";
    const next = `</acr/v1/${repository}/_tags?last=${end}&n=${call.query.get("n") ?? ""}&orderby=timedesc>; rel="next"`;
    const tags = page.map(([name, { digest, at }]) => ({
      name,
      digest,
      createdTime: renderInstant(at),
      lastUpdateTime: renderInstant(at),
      signed: false,
    }));
    const hasMore = from + page.length < all.length;
    return json(
      { registry: call.headers["host"], imageName: repository, tags },
      hasMore ? { link: next } : {},
    );
  }

  #google(repository: string): Reply {
    const byDigest = Map.groupBy(this.#newestFirst(repository), ([, { digest }]) => digest);
    const images = [...byDigest].map(([digest, places]) => [
      digest,
      {
        imageSizeBytes: "1000",
        mediaType: "application/vnd.oci.image.index.v1+json",
        tag: places.map(([name]) => name),
        timeCreatedMs: "1700000000000",
        timeUploadedMs: "1700000000000",
      },
    ]);
    const tags = [...(this.#places.get(repository)?.keys() ?? [])];
    return json({ child: [], manifest: Object.fromEntries(images), name: repository, tags });
  }

  #ecr(call: Call): Reply {
    const { repositoryName, nextToken, maxResults } = objectIn(call.body);
    const places = this.#places.get(text(repositoryName));
    if (places === undefined) {
      return reply(
        400,
        { "content-type": "application/x-amz-json-1.1" },
        JSON.stringify({
          __type: "RepositoryNotFoundException",
          message: `The repository with name '${text(repositoryName)}' does not exist`,
        }),
      );
    }
    const all = [...places];
    const from = typeof nextToken === "string" ? Number(nextToken) : 0;
    const until = from + (typeof maxResults === "number" ? maxResults : 100);
    return reply(
      200,
      { "content-type": "application/x-amz-json-1.1" },
      JSON.stringify({
        imageIds: all.slice(from, until).map(([imageTag, { digest }]) => ({ imageTag, imageDigest: digest })),
        ...(until < all.length ? { nextToken: String(until) } : {}),
      }),
    );
  }

  #chainguard(call: Call, key: string): Reply {
    const start = Date.parse(call.query.get("start") ?? "1970-01-01T00:00:00Z");
    const history = (this.#history.get(key) ?? []).filter(({ at }) => at >= start);
    return json({
      history: history.map(({ digest, at }) => ({ updateTimestamp: renderInstant(at), digest })),
    });
  }

  /** Of tags of the same moment the last one comes first. */
  #newestFirst(repository: string): readonly (readonly [string, FakePlace])[] {
    return [...(this.#places.get(repository) ?? [])].toReversed().toSorted(([, a], [, b]) => b.at - a.at);
  }
}

function pageOf(call: Call, sizeName: string): { readonly from: number; readonly until: number } {
  const size = Math.min(Number(call.query.get(sizeName) ?? 10), 100);
  const page = Number(call.query.get("page") ?? 1);
  return { from: (page - 1) * size, until: page * size };
}

function json(document: object, headers: Reply["headers"] = {}): Reply {
  return reply(200, { ...JSON_TYPE, ...headers }, JSON.stringify(document));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
