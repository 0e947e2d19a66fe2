import { gzipSync, zstdCompressSync } from "node:zlib";
import { pack } from "tar-stream";

/** One entry of a layer: a file unless it says otherwise. */
export interface LayerEntry {
  readonly name: string;
  readonly type?: "file" | "directory" | "symlink" | "link" | "fifo";
  readonly text?: string | Uint8Array;
  readonly linkname?: string;
}

/** A layer's archive, not compressed. */
export async function tarOfEntries(entries: readonly LayerEntry[]): Promise<Buffer> {
  const archive = pack();
  const pieces: Uint8Array[] = [];
  archive.on("data", (piece) => {
    if (piece instanceof Uint8Array) pieces.push(piece);
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  archive.on("end", resolve);
  for (const { name, type = "file", text = "", linkname } of entries) {
    const header = { name, type, mtime: new Date(0), ...(linkname === undefined ? {} : { linkname }) };
    archive.entry(header, Buffer.from(text));
  }
  archive.finalize();
  await ended;
  return Buffer.concat(pieces);
}

/** How a layer is compressed, by its media type's ending. Many members or frames: as tools for lazy reading write it. */
export const COMPRESSIONS = {
  tar: (tar: Buffer): Buffer => tar,
  "tar+gzip": (tar: Buffer): Buffer => gzipSync(tar),
  "tar+gzip in members": (tar: Buffer): Buffer => inParts(tar, gzipSync),
  "tar+zstd": (tar: Buffer): Buffer => zstdCompressSync(tar),
  "tar+zstd in frames": (tar: Buffer): Buffer =>
    inParts(tar, (part) => Buffer.concat([skippable("before"), zstdCompressSync(part), skippable("")])),
} as const;

function inParts(tar: Buffer, compress: (part: Buffer) => Buffer): Buffer {
  const third = Math.ceil(tar.byteLength / 3);
  return Buffer.concat([0, 1, 2].map((index) => compress(tar.subarray(index * third, (index + 1) * third))));
}

/** A frame that decompressors leave out. @see RFC 8878, 3.1.2 */
function skippable(text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x184d2a5e, 0);
  header.writeUInt32LE(text.length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}
