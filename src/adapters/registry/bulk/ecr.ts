import { AsyncLocalStorage } from "node:async_hooks";
import type {
  ECRClient,
  ImageIdentifier,
  ListImagesCommand,
  ListImagesCommandOutput,
} from "@aws-sdk/client-ecr";
import { CodedError, type ErrorCode, messageOf, quote } from "../../../errors.ts";
import { isDigest } from "../../../image/digest.ts";
import { isTag, type Repository, type Tag } from "../../../image/reference.ts";
import type { AmazonRegistry } from "../../../image/amazon-host.ts";
import { faultOf } from "../fault.ts";
import { componentsOf, type ListReader, subjectOf, unreadable } from "./list-reader.ts";
import { type ListedTag, type ListQuestion, type Moves, nothingRead, type TagList } from "./tag-list.ts";

const PAGE_SIZE = 1_000;
const PAGES_MAX = 200;
const PAGE_TOKEN_LENGTH_MAX = 8_192;

export interface EcrOptions {
  readonly reader: ListReader;
  readonly host: AmazonRegistry;
  /** Where the API is, when it is not where the region says: a VPC endpoint. */
  readonly endpoint?: string;
}

/**
 * The list of tagged images of Amazon ECR, in no order, asked with Amazon's own chain of credentials. Amazon's client signs and reads;
 * what it sends goes through the same guarded connections as everything else.
 *
 * @see Amazon ECR API, ListImages
 */
export class EcrTags implements TagList {
  readonly order = "none";
  readonly #options: EcrOptions;
  /** For whom the request is that Amazon's client makes: one client serves all, as it keeps the credentials. */
  readonly #asking = new AsyncLocalStorage<Asking>();
  #sdk: Promise<Sdk> | undefined;

  constructor(options: EcrOptions) {
    this.#options = options;
  }

  async moves({ repository, wanted }: ListQuestion, signal: AbortSignal): Promise<Moves> {
    const listed = new Map<Tag, ListedTag>();
    try {
      let nextToken: string | undefined;
      for (let pages = 1; pages <= PAGES_MAX; pages++) {
        const page = await this.#page({ repository, signal }, nextToken);
        takeInto(listed, page.imageIds ?? [], wanted);
        nextToken = pageTokenOf(page, repository);
        if (nextToken === undefined || wanted.size - listed.size <= pages) break;
      }
      return { listed, unlisted: "unknown" };
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof CodedError) return { ...nothingRead(thrown), listed };
      throw thrown;
    }
  }

  async #page(asking: Asking, nextToken: string | undefined): Promise<ListImagesCommandOutput> {
    const { client, ListImagesCommand } = await this.#loaded(asking.repository);
    const command = new ListImagesCommand({
      registryId: this.#options.host.account,
      repositoryName: componentsOf(asking.repository).join("/"),
      filter: { tagStatus: "TAGGED" },
      maxResults: PAGE_SIZE,
      ...(nextToken === undefined ? {} : { nextToken }),
    });
    try {
      return await this.#asking.run(asking, () => client.send(command));
    } catch (thrown) {
      asking.signal.throwIfAborted();
      throw thrown instanceof CodedError ? thrown : faultOfSdk(thrown, asking.repository);
    }
  }

  /** Loaded only where there is such a registry: it is large. */
  async #loaded(repository: Repository): Promise<Sdk> {
    this.#sdk ??= this.#load();
    try {
      return await this.#sdk;
    } catch (cause) {
      const happened = `Amazon's client cannot be loaded: ${quote(messageOf(cause))}`;
      throw faultOf("registry-login-failed", subjectOf(repository), happened, { cause });
    }
  }

  async #load(): Promise<Sdk> {
    const { ECRClient: Client, ListImagesCommand } = await import("@aws-sdk/client-ecr");
    const { host, endpoint } = this.#options;
    const where =
      endpoint === undefined
        ? { useFipsEndpoint: host.fips, useDualstackEndpoint: host.dualStack }
        : { endpoint };
    const client = new Client({
      region: host.region,
      ...where,
      maxAttempts: 1,
      requestHandler: { handle: (request: SdkRequest) => this.#handle(request) },
    });
    return { client, ListImagesCommand };
  }

  async #handle({ protocol, hostname, port, path, headers, body }: SdkRequest): Promise<SdkAnswer> {
    const asking = this.#asking.getStore();
    if (asking === undefined) throw new TypeError("a request of Amazon's client that nobody asked for");
    const url = new URL(path, `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`);
    const request = { method: "POST", url, headers: ownHeadersOf(headers) } as const;
    const answer = await this.#options.reader.rawAnswer(
      asking.repository,
      typeof body === "string" || body instanceof Uint8Array ? { ...request, body } : request,
      asking.signal,
    );
    const flat = Object.entries(answer.headers).map(([name, value]) => [
      name,
      [value ?? ""].flat().join(", "),
    ]);
    return { response: { statusCode: answer.status, headers: Object.fromEntries(flat), body: answer.body } };
  }
}

interface Asking {
  readonly repository: Repository;
  readonly signal: AbortSignal;
}

interface Sdk {
  readonly client: ECRClient;
  readonly ListImagesCommand: typeof ListImagesCommand;
}

/** What Amazon's client hands over to be sent. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface SdkAnswer {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  };
}

/** Without those that the connection sets itself, with the same values where they are signed, and with our own name. */
function ownHeadersOf(headers: SdkRequest["headers"]): SdkRequest["headers"] {
  const set = new Set(["host", "content-length", "user-agent", "connection"]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !set.has(name.toLowerCase())));
}

function takeInto(
  listed: Map<Tag, ListedTag>,
  images: readonly ImageIdentifier[],
  wanted: ReadonlySet<Tag>,
): void {
  for (const { imageTag = "", imageDigest = "" } of images) {
    if (!isTag(imageTag) || !wanted.has(imageTag)) continue;
    // A tag has one place. With two, the list does not say which.
    listed.set(imageTag, listed.has(imageTag) || !isDigest(imageDigest) ? {} : { digest: imageDigest });
  }
}

function pageTokenOf({ nextToken }: ListImagesCommandOutput, repository: Repository): string | undefined {
  if (nextToken === undefined || nextToken === "") return undefined;
  if (nextToken.length <= PAGE_TOKEN_LENGTH_MAX) return nextToken;
  throw unreadable(
    repository,
    `the token of its next page is longer than ${PAGE_TOKEN_LENGTH_MAX} characters`,
  );
}

const SDK_CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ["RepositoryNotFoundException", "registry-not-found"],
  ["AccessDeniedException", "registry-forbidden"],
  ["UnrecognizedClientException", "registry-unauthorized"],
  ["InvalidSignatureException", "registry-unauthorized"],
  ["ExpiredTokenException", "registry-unauthorized"],
  ["ThrottlingException", "registry-rate-limited"],
  ["LimitExceededException", "registry-rate-limited"],
  ["ServerException", "registry-unavailable"],
  ["CredentialsProviderError", "registry-login-failed"],
]);

function faultOfSdk(thrown: unknown, repository: Repository): CodedError {
  const name = thrown instanceof Error ? thrown.name : "";
  const code = SDK_CODES.get(name) ?? "registry-protocol";
  return faultOf(code, subjectOf(repository), `Amazon's API: ${quote(`${name}: ${messageOf(thrown)}`)}`);
}
