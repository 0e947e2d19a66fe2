import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  Key,
  Metadata,
  MetadataKind,
  MetaFile,
  Root,
  Signature,
  Snapshot,
  TargetFile,
  Targets,
  Timestamp,
} from "@tufjs/models";

const SPEC_VERSION = "1.0.31";
/** Long after any test, by the machine's clock: the client reads no other. */
const FAR = "2999-01-01T00:00:00Z";
/** Long before any test. */
export const LONG_PAST = "2020-01-01T00:00:00Z";
const ROLES = [
  MetadataKind.Root,
  MetadataKind.Targets,
  MetadataKind.Snapshot,
  MetadataKind.Timestamp,
] as const;

/** A key that signs metadata. */
export interface TufKey {
  readonly key: Key;
  readonly privateKey: KeyObject;
}

/** Which role's metadata is over, and since when. */
export type Expiries = Partial<Record<MetadataKind, string>>;

/** A TUF repository on loopback, whose owner can do anything with it. */
export interface FakeTufRepository {
  readonly url: string;
  /** The root metadata that whoever trusts the repository begins with. */
  readonly firstRoot: string;
  /** Paths that were asked for, in order, without the `/` at their beginning. */
  readonly asked: readonly string[];
  /** What is served, by path. Changes are served at once. */
  readonly files: Map<string, Buffer>;
  /** Publishes the target `trusted_root.json` with the next version of all metadata but the root. */
  publish(trustedRoot: string, expiries?: Expiries): void;
  /** The next version of the root: signed by its old key and a new one, or by these alone; then everything by the new one. */
  rotate(signers?: readonly TufKey[]): void;
  /** Answers everything with this status from now on; as usual when undefined. */
  answerWith(status: number | undefined): void;
  /** Says nothing to what is asked, for ever. */
  fallSilent(): void;
  close(): Promise<void>;
}

/** A key that no repository trusts yet. */
export function newTufKey(): TufKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
  const keyID = createHash("sha256").update(pem).digest("hex");
  const key = new Key({
    keyID,
    keyType: "ecdsa",
    scheme: "ecdsa-sha2-nistp256",
    keyVal: { public: pem },
  });
  return { key, privateKey };
}

type Signed = ConstructorParameters<typeof Metadata>[0];

/** Metadata as it is served. */
function signedBy(signed: Signed, keys: readonly TufKey[]): Buffer {
  const metadata = new Metadata(signed);
  for (const { key, privateKey } of keys) {
    metadata.sign((data) => {
      const sig = sign("sha256", data, privateKey).toString("hex");
      return new Signature({ keyID: key.keyID, sig });
    });
  }
  return Buffer.from(JSON.stringify(metadata.toJSON()));
}

function rootOf(version: number, { key }: TufKey, expires: string): Root {
  const root = new Root({ version, specVersion: SPEC_VERSION, expires, consistentSnapshot: true });
  for (const role of ROLES) root.addKey(key, role);
  return root;
}

/** What stands in a repository, without anybody who serves it. */
class Shelves {
  readonly files = new Map<string, Buffer>();
  readonly firstRoot: string;
  #key = newTufKey();
  #rootVersion = 1;
  #version = 0;
  #trustedRoot = "";

  constructor(rootExpires: string) {
    const root = signedBy(rootOf(1, this.#key, rootExpires), [this.#key]);
    this.files.set("1.root.json", root);
    this.firstRoot = root.toString();
  }

  publish(trustedRoot: string, expiries: Expiries = {}): void {
    this.#version += 1;
    this.#trustedRoot = trustedRoot;
    const version = this.#version;
    const common = (kind: MetadataKind): { version: number; specVersion: string; expires: string } => ({
      version,
      specVersion: SPEC_VERSION,
      expires: expiries[kind] ?? FAR,
    });
    const bytes = Buffer.from(trustedRoot);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const path = "trusted_root.json";
    const targets = new Targets({
      ...common(MetadataKind.Targets),
      targets: { [path]: new TargetFile({ path, length: bytes.length, hashes: { sha256 } }) },
    });
    const snapshot = new Snapshot({
      ...common(MetadataKind.Snapshot),
      meta: { "targets.json": new MetaFile({ version }) },
    });
    const timestamp = new Timestamp({
      ...common(MetadataKind.Timestamp),
      snapshotMeta: new MetaFile({ version }),
    });
    this.files.set(`targets/${sha256}.${path}`, bytes);
    this.files.set(`${version}.targets.json`, signedBy(targets, [this.#key]));
    this.files.set(`${version}.snapshot.json`, signedBy(snapshot, [this.#key]));
    this.files.set("timestamp.json", signedBy(timestamp, [this.#key]));
  }

  rotate(signers?: readonly TufKey[]): void {
    const next = newTufKey();
    this.#rootVersion += 1;
    const root = rootOf(this.#rootVersion, next, FAR);
    this.files.set(`${this.#rootVersion}.root.json`, signedBy(root, signers ?? [this.#key, next]));
    this.#key = next;
    this.publish(this.#trustedRoot);
  }
}

export interface RepositoryOptions {
  readonly rootExpires?: string;
  /** Speaks HTTPS with this certificate (PEM) instead of plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Starts a repository whose one target is this `trusted_root.json`. */
export async function startTufRepository(
  trustedRoot: string,
  { rootExpires = FAR, tls }: RepositoryOptions = {},
): Promise<FakeTufRepository> {
  const shelves = new Shelves(rootExpires);
  shelves.publish(trustedRoot);
  const asked: string[] = [];
  let answer: number | "silence" | undefined;
  const handle = ({ url = "/" }: IncomingMessage, response: ServerResponse): void => {
    const path = url.slice(1);
    asked.push(path);
    if (answer === "silence") return;
    const bytes = shelves.files.get(path);
    if (answer !== undefined) response.writeHead(answer).end();
    else if (bytes === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the TUF repository has no port");
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}`,
    firstRoot: shelves.firstRoot,
    asked,
    files: shelves.files,
    publish: (...given) => shelves.publish(...given),
    rotate: (signers) => shelves.rotate(signers),
    answerWith(status) {
      answer = status;
    },
    fallSilent() {
      answer = "silence";
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
