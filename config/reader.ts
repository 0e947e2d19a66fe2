import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { messageOf } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";
import { TRUST_ROOT_LENGTH_MAX } from "../src/trust/trust-root.ts";

/** What was read, or in words why it could not be. */
export type Answer<T> =
  { readonly kind: "read"; readonly value: T } | { readonly kind: "fault"; readonly reason: string };

/** Where a secret is. */
export type SecretReference =
  { readonly kind: "env"; readonly name: string } | { readonly kind: "file"; readonly path: string };

/** Reads what a configuration refers to. Paths are relative to the folder of the configuration. */
export interface Reader {
  secret(reference: SecretReference): Promise<Answer<Secret>>;
  /** A text that is no secret but must not be changed by others, such as a public key. */
  text(path: string): Promise<Answer<string>>;
  /** The same with its absolute path, for a file that is read again when it changes, and may be larger. */
  trustFile(path: string): Promise<Answer<TextFile>>;
  /** The absolute path of a file with a secret that is there and can be read, and is read again whenever it is needed. */
  secretFile(path: string): Promise<Answer<string>>;
  /** The absolute path of a folder that is there. */
  directory(path: string): Promise<Answer<string>>;
}

/** A text, and where it is. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Bytes of a configuration at most. */
export const CONFIG_BYTES_MAX = 1024 * 1024;
/** Bytes of a file that a configuration refers to at most. */
export const REFERRED_BYTES_MAX = 256 * 1024;

const READABLE_BY_OTHERS = 0o004;
const WRITABLE_BY_OTHERS = 0o002;

/**
 * The reader over a folder and an environment.
 *
 * @param warn told what may be read or written by more people than it should
 */
export function readerOf(
  folder: string,
  environment: NodeJS.ProcessEnv,
  warn: (warning: string) => void,
): Reader {
  const secretText = async (path: string): ReturnType<typeof readText> => {
    const file = await readText(resolve(folder, path), REFERRED_BYTES_MAX);
    if (file.kind === "read" && (file.mode & READABLE_BY_OTHERS) !== 0) {
      warn(`${JSON.stringify(path)} holds a secret and everybody on this machine may read it: chmod o-rwx`);
    }
    return file;
  };
  const trustedText = async (path: string, bytesMax: number): ReturnType<typeof readText> => {
    const file = await readText(resolve(folder, path), bytesMax);
    if (file.kind === "read" && (file.mode & WRITABLE_BY_OTHERS) !== 0) {
      warn(
        `${JSON.stringify(path)} decides whom to trust and everybody on this machine may change it: chmod o-w`,
      );
    }
    return file;
  };
  return {
    async secretFile(path) {
      const file = await secretText(path);
      return file.kind === "fault" ? file : { kind: "read", value: resolve(folder, path) };
    },

    async secret(reference) {
      if (reference.kind === "env") return secretOf(reference.name, environment[reference.name]);
      const file = await secretText(reference.path);
      if (file.kind === "fault") return file;
      const value = file.text.replace(/[\r\n]+$/, "");
      return value.trim() === ""
        ? fault(resolve(folder, reference.path), "is empty")
        : { kind: "read", value: new Secret(value) };
    },

    async text(path) {
      const file = await trustedText(path, REFERRED_BYTES_MAX);
      return file.kind === "fault" ? file : { kind: "read", value: file.text };
    },

    async trustFile(path) {
      const file = await trustedText(path, TRUST_ROOT_LENGTH_MAX);
      return file.kind === "fault"
        ? file
        : { kind: "read", value: { path: resolve(folder, path), text: file.text } };
    },

    async directory(path) {
      const absolute = resolve(folder, path);
      try {
        await using handle = await open(absolute, "r");
        const isDirectory = (await handle.stat()).isDirectory();
        return isDirectory ? { kind: "read", value: absolute } : fault(absolute, "is not a folder");
      } catch (error) {
        return fault(absolute, unreadable(error));
      }
    },
  };
}

/** A text file of at most so many bytes, with its mode. */
export async function readText(
  path: string,
  bytesMax: number,
): Promise<
  | { readonly kind: "read"; readonly text: string; readonly mode: number }
  | { readonly kind: "fault"; readonly reason: string }
> {
  try {
    // Opening a pipe nobody writes to would otherwise wait for ever.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) return fault(path, "is not a regular file");
    const bytes = await readBytes(handle, bytesMax + 1);
    if (bytes.length > bytesMax) return fault(path, `is larger than ${bytesMax} bytes`);
    return { kind: "read", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), mode: facts.mode };
  } catch (error) {
    return fault(path, unreadable(error));
  }
}

/** Up to so many bytes: the size a file says it has is not always what reading it gives. */
async function readBytes(handle: FileHandle, bytesMax: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(bytesMax);
  let length = 0;
  while (length < bytesMax) {
    const { bytesRead } = await handle.read(buffer, length, bytesMax - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

function secretOf(name: string, value: string | undefined): Answer<Secret> {
  if (value === undefined) return { kind: "fault", reason: `environment variable ${name} is not set` };
  return value.trim() === ""
    ? { kind: "fault", reason: `environment variable ${name} is empty` }
    : { kind: "read", value: new Secret(value) };
}

function fault(path: string, reason: string): { readonly kind: "fault"; readonly reason: string } {
  return { kind: "fault", reason: `${JSON.stringify(path)}: ${reason}` };
}

function unreadable(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : messageOf(error);
  return code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "is not UTF-8 text" : `cannot be read: ${code}`;
}
