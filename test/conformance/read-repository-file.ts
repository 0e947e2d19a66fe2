import { readFile, readdir, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { FormatFile } from "../../src/edit/format.ts";
import { neighboursOf } from "../../src/edit/formats.ts";
import { pathRefusalOf } from "../../src/edit/refusals.ts";

/** Of one file: as many as the workers read. */
const FILE_BYTES_MAX = 1_048_576;
/** Compose files beside a `.env` at most. */
const NEIGHBOURS_MAX = 20;

/** A file on disk. */
export interface FileToRead {
  readonly path: string;
  /** Root of the code repository that it is of. */
  readonly root?: string;
}

/** A file with the neighbours that some formats look at, or why it is not read and what helps. */
export type ReadResult =
  | { readonly kind: "read"; readonly file: FormatFile; readonly files: readonly FormatFile[] }
  | { readonly kind: "unread"; readonly reason: string };

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
  for (const name of await namesBeside(path)) {
    const neighbour = await readText(join(dirname(path), name));
    if (neighbour.kind === "text") files.push({ path: `${folder}${name}`, text: neighbour.text });
  }
  return { kind: "read", file, files };
}

async function namesBeside(path: string): Promise<readonly string[]> {
  if (basename(path) !== ".env") return [".env"];
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => neighboursOf(name, { shell: false, matchers: [] }).includes(".env"))
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

type TextResult =
  { readonly kind: "text"; readonly text: string } | Exclude<ReadResult, { readonly kind: "read" }>;

function unread(reason: string): TextResult {
  return { kind: "unread", reason };
}

async function readText(path: string): Promise<TextResult> {
  const bytes = await readBytes(path);
  if (typeof bytes === "string") return unread(bytes);
  if (bytes.includes(0)) return unread("binary: it has a NUL byte; name files of text");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "text", text };
  } catch {
    return unread("not UTF-8: convert it first");
  }
}

/** Its bytes, or why they could not be read. Nothing is opened that is no file: a pipe would never end. */
async function readBytes(path: string): Promise<Buffer | string> {
  if (path === "-") return "standard input is not read: the name of a file tells what it is; name one";
  try {
    const status = await stat(path);
    if (status.isDirectory()) return "a folder: name the files in it";
    if (!status.isFile()) return "not a regular file: name one";
    if (status.size > FILE_BYTES_MAX) {
      return `larger than ${FILE_BYTES_MAX} bytes: the workers skip such a file, too; split it`;
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      return `cannot be read (${error.code}): ${HELP[error.code] ?? "name another"}`;
    }
    throw error;
  }
}

const HELP: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; name one that is there",
  ENOTDIR: "a part of its path is no folder; name a file that is there",
  EACCES: "take the right to read it, or name another",
};
