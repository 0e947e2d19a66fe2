import { PassThrough, type Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ZstdFrames } from "./zstd-frames.ts";

const HEAD_BYTES = 4;
/** Each piece is a round through Node's thread pool: with the usual 16 KiB the rounds take longer than the expanding. */
const OPTIONS = { chunkSize: 256 * 1024 };
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = 0xfd2fb528;
/** The first of sixteen. Parallel compressors begin with a frame of this kind that says how long the next one is. */
const ZSTD_SKIPPABLE = 0x184d2a50;

/** A stream that expands a layer, and how pieces of the layer are cut for it. */
export interface Decompressor {
  readonly stream: Transform;
  readonly cut: (piece: Uint8Array) => readonly Uint8Array[];
}

/** Bytes that are enough to see how a layer is compressed. */
export function isHead(bytes: Uint8Array): boolean {
  return bytes.byteLength >= HEAD_BYTES;
}

function whole(piece: Uint8Array): readonly Uint8Array[] {
  return [piece];
}

/** By its first bytes: what the media type says is wrong now and then, and no runtime looks at it. */
export function decompressorFor(head: Uint8Array): Decompressor {
  if (GZIP.equals(head.subarray(0, GZIP.byteLength))) return { stream: createGunzip(OPTIONS), cut: whole };
  if (isZstd(head)) {
    const frames = new ZstdFrames();
    return { stream: createZstdDecompress(OPTIONS), cut: (piece) => frames.cut(piece) };
  }
  return { stream: new PassThrough(), cut: whole };
}

function isZstd(head: Uint8Array): boolean {
  if (!isHead(head)) return false;
  const magic = new DataView(head.buffer, head.byteOffset, HEAD_BYTES).getUint32(0, true);
  return magic === ZSTD || magic - (magic % 16) === ZSTD_SKIPPABLE;
}
