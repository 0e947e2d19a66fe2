import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { quote } from "../../../errors.ts";
import type { Repository } from "../../../image/reference.ts";
import { MINUTE_MS, SECOND_MS } from "../../../time.ts";
import type { DockerConfigSource } from "../settings.ts";
import {
  type Credentials,
  credentialIdOf,
  type CredentialSource,
  loginFailed,
  type Place,
  type Wanted,
} from "./credentials.ts";
import {
  type DockerConfig,
  type DockerEntry,
  entryFor,
  helperFor,
  type NamedHelper,
  parseDockerConfig,
} from "./docker-config.ts";
import { askHelper, HELPER_TIMEOUT_MS } from "./helper.ts";
import { expiryOfJwt } from "./jwt-expiry.ts";
import { kindOfFailure, Renewed, type RenewedOptions } from "./renewed.ts";

const FILE_BYTES_MAX = 1024 * 1024;
/** How long a file is not looked at again. */
const LOOK_MS = SECOND_MS;
/** How long a helper's answer is good for: some hand out tokens that end within the hour. */
const HELPER_ANSWER_MS = 10 * MINUTE_MS;
const INLINE = "DOCKER_AUTH_CONFIG";
const PATH_DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A file as it was when it was read last. */
interface KeptFile {
  /** Changes when the file does; `absent` when there is none. */
  readonly version: string;
  readonly lookedAtMs: number;
  readonly read: ReturnType<typeof parseDockerConfig> | undefined;
}

interface Document {
  readonly name: string;
  readonly read: ReturnType<typeof parseDockerConfig>;
}

/**
 * Credentials where docker and podman keep them. Files are read again when they change, so that a new password needs no restart.
 * The first document that knows a registry answers; per document the helper program stands before what is written there.
 *
 * @see docker/cli, cli/config; containers/image, containers-auth.json(5)
 */
export class DockerFiles implements CredentialSource {
  readonly #source: DockerConfigSource;
  readonly #options: RenewedOptions;
  readonly #helperAnswers: Renewed;
  readonly #files = new Map<string, KeptFile>();
  readonly #inline: Document | undefined;

  constructor(source: DockerConfigSource, options: RenewedOptions) {
    this.#source = source;
    this.#options = options;
    this.#helperAnswers = new Renewed(options);
    const { inline } = source;
    this.#inline = inline === undefined ? undefined : { name: INLINE, read: parseText(inline.reveal()) };
  }

  async credentialsFor({ repository }: Place, wanted: Wanted): Promise<Credentials | undefined> {
    const { registry } = repository;
    for (const { name, config } of await this.#configs(registry, wanted)) {
      const helper = this.#source.helpers === "run" ? helperFor(config, registry) : undefined;
      const found =
        helper === undefined
          ? writtenIn(config, repository, name)
          : await this.#fromHelper(helper, registry, name, wanted);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async warningsFor({ repository }: Place): Promise<readonly string[]> {
    if (this.#source.helpers === "run") return [];
    const configs = await this.#configs(repository.registry, { signal: this.#options.closed });
    return configs.flatMap(({ name, config }) => {
      const helper = helperFor(config, repository.registry);
      if (helper === undefined) return [];
      return [`${name} names the helper ${quote(helper.name)}, which is not run: helpers are switched off`];
    });
  }

  async #fromHelper(
    helper: NamedHelper,
    registry: string,
    namedBy: string,
    wanted: Wanted,
  ): Promise<Credentials | undefined> {
    const source = `docker-credential-${helper.name} (${namedBy})`;
    const call = {
      ...helper,
      namedBy,
      registry,
      environment: this.#source.helperEnvironment ?? { PATH: PATH_DEFAULT, HOME: homedir() },
      // Ends before the acquisition does, so that its own message is the one that is seen.
      timeoutMs: Math.min(HELPER_TIMEOUT_MS, this.#options.deadlineMs / 2),
    };
    return this.#helperAnswers.credentials(
      {
        key: JSON.stringify([helper.name, helper.serverUrl]),
        registry,
        source,
        acquire: async (signal) => ({
          credentials: credentialsOf(await askHelper(call, signal), {
            source,
            whose: `${helper.name} ${registry}`,
            renewal: "automatic",
          }),
          lifetimeMs: HELPER_ANSWER_MS,
        }),
      },
      wanted,
    );
  }

  async #configs(
    registry: string,
    { signal, refused }: Wanted,
  ): Promise<readonly { readonly name: string; readonly config: DockerConfig }[]> {
    const files = await Promise.all(
      this.#source.files.map(async (path) => ({
        name: path,
        read: await this.#file(path, registry, refused === undefined ? "now-and-then" : "now"),
      })),
    );
    signal.throwIfAborted();
    const documents = [...(this.#inline === undefined ? [] : [this.#inline]), ...files];
    return documents.flatMap(({ name, read }) => {
      if (read === undefined) return [];
      if (read.kind === "config") return [{ name, config: read.config }];
      throw loginFailed({ registry, source: name }, read.reason, "mend the file or take it from the list");
    });
  }

  async #file(path: string, registry: string, look: "now" | "now-and-then"): Promise<KeptFile["read"]> {
    const kept = this.#files.get(path);
    const lookedAtMs = this.#options.elapsedMs();
    if (kept !== undefined && look !== "now" && lookedAtMs - kept.lookedAtMs < LOOK_MS) return kept.read;
    const version = await versionOf(path, registry);
    const read = version === kept?.version ? kept.read : await this.#read(path, registry, version);
    this.#files.set(path, { version, lookedAtMs, read });
    return read;
  }

  async #read(path: string, registry: string, version: string): Promise<KeptFile["read"]> {
    if (version === ABSENT) return undefined;
    if (version === TOO_LONG) return tooLong();
    try {
      return parseText(await readFile(path, "utf8"));
    } catch (thrown) {
      throw unreadable(path, registry, thrown);
    }
  }
}

const ABSENT = "absent";
const TOO_LONG = "too-long";

async function versionOf(path: string, registry: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    if (found.size > FILE_BYTES_MAX) return TOO_LONG;
    if (found.isFile()) return `${found.ino}-${found.size}-${found.mtimeNs}-${found.ctimeNs}`;
  } catch (thrown) {
    const kind = kindOfFailure(thrown);
    if (kind === "ENOENT" || kind === "ENOTDIR") return ABSENT;
    throw unreadable(path, registry, thrown);
  }
  throw loginFailed({ registry, source: path }, "it is not a file", "take it from the list");
}

function unreadable(path: string, registry: string, thrown: unknown): Error {
  return loginFailed(
    { registry, source: path },
    `it cannot be read (${kindOfFailure(thrown)})`,
    "give this user the right to read it, or take it from the list",
  );
}

function parseText(text: string): ReturnType<typeof parseDockerConfig> {
  return text.length > FILE_BYTES_MAX ? tooLong() : parseDockerConfig(text);
}

function tooLong(): ReturnType<typeof parseDockerConfig> {
  return { kind: "malformed", reason: `it is longer than ${FILE_BYTES_MAX} bytes` };
}

function writtenIn(config: DockerConfig, repository: Repository, name: string): Credentials | undefined {
  const found = entryFor(config, repository);
  if (found === undefined) return undefined;
  const { key, entry } = found;
  if (entry.kind !== "malformed") {
    return credentialsOf(entry, { source: name, whose: `${name} ${key}`, renewal: "manual" });
  }
  const { registry } = repository;
  // The key is left out: some registries put a token into it.
  throw loginFailed(
    { registry, source: name },
    `its entry for ${registry} cannot be used: ${entry.reason}`,
    `log in to ${registry} again`,
  );
}

function credentialsOf(
  entry: Exclude<DockerEntry, { readonly kind: "malformed" }>,
  {
    source,
    whose,
    renewal,
  }: { readonly source: string; readonly whose: string; readonly renewal: Credentials["renewal"] },
): Credentials | undefined {
  if (entry.kind === "empty") return undefined;
  const secret = entry.kind === "basic" ? entry.password : entry.token;
  const expiresAt = expiryOfJwt(secret.reveal());
  return {
    ...entry,
    credentialId: credentialIdOf(entry.kind, entry.kind === "basic" ? entry.username : whose),
    source,
    renewal,
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
