import { open, readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { FormatFile } from "../../src/edit/format.ts";
import { pathRefusalOf } from "../../src/edit/refusals.ts";

/** Of one file: as many as the workers read. */
const FILE_BYTES_MAX = 1_048_576;
/** Compose files beside a `.env` at most. */
const NEIGHBOURS_MAX = 20;
const COMPOSE_NAME = /^(?:docker-)?compose.*\.ya?ml$/i;

/** A file on disk. */
export interface FileToRead {
  readonly path: string;
  /** Root of the code repository that it is of. */
  readonly root?: string;
}

/** A file with the neighbours that some formats look at, or why it is not read. */
export type ReadResult =
  | { readonly kind: "read"; readonly file: FormatFile; readonly files: readonly FormatFile[] }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Reads a file, the `.env` beside it, and, for a `.env`, the Compose files beside it.
 *
 * Its path in the code repository is the one below the root, which is the working directory where none is said. Of a file outside, the whole
 * path is taken, below the last folder that would make it somebody's test data or copy: it was named, so it is not meant to be one.
 */
export async function readWithNeighbours({ path, root }: FileToRead): Promise<ReadResult> {
  const read = await readText(path);
  if (read.kind !== "text") return read;
  const file = { path: pathInRepository(path, root), text: read.text };
  const folder = file.path.slice(0, file.path.length - basename(file.path).length);
  const files = [file];
  for (const name of await neighboursOf(path)) {
    const neighbour = await readText(join(dirname(path), name));
    if (neighbour.kind === "text") files.push({ path: `${folder}${name}`, text: neighbour.text });
  }
  return { kind: "read", file, files };
}

async function neighboursOf(path: string): Promise<readonly string[]> {
  if (basename(path) !== ".env") return [".env"];
  const names = await readdir(dirname(path));
  return names
    .filter((name) => COMPOSE_NAME.test(name))
    .toSorted()
    .slice(0, NEIGHBOURS_MAX);
}

function pathInRepository(path: string, root: string | undefined): string {
  const below = relative(resolve(root ?? "."), resolve(path));
  if (below !== ".." && !below.startsWith(`..${sep}`) && !isAbsolute(below)) {
    return below.split(sep).join("/");
  }
  const parts = resolve(path).split(sep).slice(1);
  while (parts.length > 1 && pathRefusalOf([...parts.slice(0, -1), "file"].join("/")) !== undefined)
    parts.shift();
  return parts.join("/");
}

async function readText(
  path: string,
): Promise<
  { readonly kind: "text"; readonly text: string } | Exclude<ReadResult, { readonly kind: "read" }>
> {
  const bytes = await readBytes(path);
  if (typeof bytes === "string") return { kind: "unreadable", reason: bytes };
  if (bytes === undefined) return { kind: "refused", reason: `larger than ${FILE_BYTES_MAX} bytes` };
  if (bytes.includes(0)) return { kind: "refused", reason: "binary: it has a NUL byte" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "text", text };
  } catch {
    return { kind: "refused", reason: "not UTF-8" };
  }
}

/** Its bytes; undefined if there are too many; or why it could not be read. */
async function readBytes(path: string): Promise<Buffer | undefined | string> {
  try {
    const handle = await open(path);
    try {
      const status = await handle.stat();
      if (!status.isFile()) return "not a regular file";
      if (status.size > FILE_BYTES_MAX) return undefined;
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      return `cannot be read (${error.code})`;
    }
    throw error;
  }
}
