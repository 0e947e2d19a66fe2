import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** One file that may hold records. */
export interface OsvFile {
  /** Below the directory, for messages. */
  readonly path: string;
  readonly absolutePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** Files are looked at this many at a time: enough to keep the disk busy. */
const STATS_AT_ONCE = 32;
const DEPTH_MAX = 5;

/**
 * Files of a directory that may hold OSV records (`*.json`, `*.jsonl`, `*.jsonl.gz`), sorted by path. What begins with a dot is
 * not looked at, nor are linked directories.
 *
 * @throws what the file system throws, and a RangeError for more than `filesMax` files
 */
export async function osvFilesOf(directory: string, filesMax: number): Promise<readonly OsvFile[]> {
  const paths = await pathsBelow(directory, filesMax);
  const files: OsvFile[] = [];
  for (let start = 0; start < paths.length; start += STATS_AT_ONCE) {
    const some = await Promise.all(
      paths.slice(start, start + STATS_AT_ONCE).map((path) => fileOf(directory, path)),
    );
    files.push(...some.filter((file) => file !== undefined));
  }
  return files;
}

async function pathsBelow(directory: string, filesMax: number): Promise<readonly string[]> {
  const paths: string[] = [];
  const folders = [{ path: "", depth: 0 }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(join(directory, folder.path), { withFileTypes: true })) {
      const path = join(folder.path, entry.name);
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory() && folder.depth < DEPTH_MAX) folders.push({ path, depth: folder.depth + 1 });
      if (!entry.isDirectory() && /\.(?:json|jsonl|jsonl\.gz)$/.test(entry.name)) paths.push(path);
    }
    if (paths.length > filesMax) throw new RangeError(`more than ${filesMax} files`);
  }
  return paths.toSorted();
}

/** Undefined for what vanished since it was listed, and for what is no file. */
async function fileOf(directory: string, path: string): Promise<OsvFile | undefined> {
  const absolutePath = join(directory, path);
  try {
    const found = await stat(absolutePath);
    return found.isFile() ? { path, absolutePath, bytes: found.size, modifiedMs: found.mtimeMs } : undefined;
  } catch {
    return undefined;
  }
}

/** A text of JSON in a file, or why a part of a file is none. */
export type OsvText =
  | { readonly kind: "text"; readonly text: string; readonly line?: number }
  | { readonly kind: "fault"; readonly reason: string; readonly line?: number };

/** Bytes that are read at most: of a file of one record or of one line, and of all lines of a file after unpacking. */
export interface TextLimits {
  readonly recordBytesMax: number;
  readonly fileBytesMax: number;
}

/**
 * The texts of records in a file: the whole of a `.json`, each line of the others. A fault ends the file.
 *
 * @throws what the file system or the unpacking throws
 */
export async function* textsIn(file: OsvFile, limits: TextLimits): AsyncGenerator<OsvText> {
  if (file.path.endsWith(".json")) {
    if (file.bytes > limits.recordBytesMax) {
      yield { kind: "fault", reason: `more than ${limits.recordBytesMax} bytes` };
      return;
    }
    yield { kind: "text", text: await readFile(file.absolutePath, "utf8") };
    return;
  }
  const raw = createReadStream(file.absolutePath);
  if (!file.path.endsWith(".gz")) {
    yield* linesIn(raw, limits);
    return;
  }
  const unpacked = createGunzip();
  raw.on("error", (error) => unpacked.destroy(error));
  try {
    yield* linesIn(raw.pipe(unpacked), limits);
  } finally {
    raw.destroy();
  }
}

async function* linesIn(stream: Readable, limits: TextLimits): AsyncGenerator<OsvText> {
  let rest = "";
  let line = 1;
  let bytes = 0;
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const part: Uint8Array = chunk;
    bytes += part.byteLength;
    if (bytes > limits.fileBytesMax) {
      yield { kind: "fault", reason: `more than ${limits.fileBytesMax} bytes`, line };
      return;
    }
    const lines = (rest + decoder.decode(part, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      if (text.trim() !== "") yield { kind: "text", text, line };
      line += 1;
    }
    if (rest.length > limits.recordBytesMax) {
      yield { kind: "fault", reason: `a line of more than ${limits.recordBytesMax} bytes`, line };
      return;
    }
  }
  rest += decoder.decode();
  if (rest.trim() !== "") yield { kind: "text", text: rest, line };
}
