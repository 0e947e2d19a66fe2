import { createHash } from "node:crypto";
import { json } from "@sigstore/core";
import type { Instant } from "../../../src/time.ts";
import { bytesOf, newSigningKey, signatureOver, type SigningKey } from "../signer.ts";
import { spkiOf } from "./certificate-log.ts";

/** An entry as bundles carry it. @see sigstore/protobuf-specs v0.5.0, sigstore_rekor.proto, TransparencyLogEntry */
export interface EntryDocument {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly integratedTime?: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: {
    readonly logIndex: string;
    readonly rootHash: string;
    readonly treeSize: string;
    readonly hashes: readonly string[];
    readonly checkpoint: { readonly envelope: string };
  };
  readonly canonicalizedBody: string;
}

/** What is to be written into a log. */
export interface EntryBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: unknown;
}

/** What a log hands out about an entry: a promise to keep it, a proof that it does, or both. */
export type Inclusion = "promise" | "proof" | "promise-and-proof";

/** A log of signatures: Rekor, of which version 2 makes no promises and tells no time. */
export interface TransparencyLog {
  readonly version: 1 | 2;
  readonly baseUrl: string;
  /** What trust roots and entries call it. */
  readonly id: Buffer;
  readonly key: SigningKey;
  append(body: EntryBody, at: Instant, inclusion: Inclusion): EntryDocument;
}

/** Entries before the first one of the present shard: an index in the log is not an index in its tree. */
const OLDER_SHARDS_SIZE = 25_000_000;
const FILLERS = 4;

/** A log of version 1: a P-256 key, promises and proofs. */
export function newLog(host: string): TransparencyLog {
  const key = newSigningKey("p-256");
  const id = createHash("sha256").update(spkiOf(key.privateKey)).digest();
  const tree = newTree();
  return {
    version: 1,
    baseUrl: `https://${host}`,
    id,
    key,
    append: (body, at, inclusion) => {
      const bytes = Buffer.from(json.canonicalize(body));
      const integratedTime = Math.floor(at / 1_000);
      const index = tree.append(bytes);
      const logIndex = OLDER_SHARDS_SIZE + index;
      const promised = json.canonicalize({
        body: bytes.toString("base64"),
        integratedTime,
        logIndex,
        logID: id.toString("hex"),
      });
      const promise = signatureOver(Buffer.from(promised), key).toString("base64");
      const origin = `${host} - 1193050959916656506`;
      return {
        ...entryOf(body, bytes, { id, logIndex }),
        integratedTime: String(integratedTime),
        ...(inclusion === "proof" ? {} : { inclusionPromise: { signedEntryTimestamp: promise } }),
        ...(inclusion === "promise"
          ? {}
          : { inclusionProof: proofOf(tree, index, { host, origin, id, key }) }),
      };
    },
  };
}

/** A log of version 2: an Ed25519 key, proofs only. @see sigstore/rekor-tiles v2.0.0, README.md */
export function newLog2(host: string): TransparencyLog {
  const key = newSigningKey("ed25519");
  const rawKey = spkiOf(key.privateKey).subarray(-32);
  // The key id of signed notes. @see C2SP signed-note v1.0.0, "Signatures"
  const id = createHash("sha256").update(`${host}\n\u0001`).update(rawKey).digest();
  const tree = newTree();
  return {
    version: 2,
    baseUrl: `https://${host}`,
    id,
    key,
    append: (body) => {
      const bytes = Buffer.from(json.canonicalize(body));
      const index = tree.append(bytes);
      return {
        ...entryOf(body, bytes, { id, logIndex: index }),
        inclusionProof: proofOf(tree, index, { host, origin: host, id, key }),
      };
    },
  };
}

function entryOf(
  { kind, apiVersion }: EntryBody,
  bytes: Buffer,
  { id, logIndex }: { readonly id: Buffer; readonly logIndex: number },
): EntryDocument {
  return {
    logIndex: String(logIndex),
    logId: { keyId: id.toString("base64") },
    kindVersion: { kind, version: apiVersion },
    canonicalizedBody: bytes.toString("base64"),
  };
}

interface Tree {
  /** @returns the index of the entry */
  append(entry: Uint8Array): number;
  readonly leaves: readonly Buffer[];
}

/** A tree with entries of others before and after each one, so that every proof has hashes in it. */
function newTree(): Tree {
  const leaves = Array.from({ length: FILLERS }, (_, index) => leafHash(bytesOf({ filler: index })));
  return {
    leaves,
    append: (entry) => {
      const index = leaves.push(leafHash(entry)) - 1;
      leaves.push(leafHash(bytesOf({ filler: index })));
      return index;
    },
  };
}

function proofOf(
  { leaves }: Tree,
  index: number,
  log: { readonly host: string; readonly origin: string; readonly id: Buffer; readonly key: SigningKey },
): NonNullable<EntryDocument["inclusionProof"]> {
  const root = treeHash(leaves).toString("base64");
  const note = `${log.origin}\n${leaves.length}\n${root}\n`;
  const signature = Buffer.concat([log.id.subarray(0, 4), signatureOver(Buffer.from(note), log.key)]);
  return {
    logIndex: String(index),
    rootHash: root,
    treeSize: String(leaves.length),
    hashes: pathOf(leaves, index).map((hash) => hash.toString("base64")),
    checkpoint: { envelope: `${note}\n\u2014 ${log.host} ${signature.toString("base64")}\n` },
  };
}

/** The hashes that lead from an entry to the root. @see RFC 6962, section 2.1.1 */
function pathOf(leaves: readonly Buffer[], index: number): readonly Buffer[] {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...pathOf(left, index), treeHash(right)]
    : [...pathOf(right, index - split), treeHash(left)];
}

function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) throw new Error("a tree without leaves has no place here");
  if (leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return hashOf(1, treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)));
}

/** The largest power of two that is smaller. */
function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1));
}

function leafHash(entry: Uint8Array): Buffer {
  return hashOf(0, entry);
}

function hashOf(prefix: number, ...parts: readonly Uint8Array[]): Buffer {
  return createHash("sha256")
    .update(Buffer.concat([Buffer.from([prefix]), ...parts]))
    .digest();
}
