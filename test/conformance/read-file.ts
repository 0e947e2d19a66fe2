import { open } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import xz from "xz-decompress";
import { InvalidInputError } from "../../src/errors.ts";
import { SBOM_BYTES_MAX } from "../../src/sbom/component.ts";

const gunzipAsync = promisify(gunzip);

const COMPRESSIONS = [
  { name: "gzip", magic: [0x1f, 0x8b] },
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68] },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const;

/**
 * The text of a file, as it is or out of gzip or xz: told by its first bytes. Never more than an SBOM may have, whatever it would expand to.
 *
 * @throws {InvalidInputError} `sbom-invalid`
 */
export async function textOfFile(path: string): Promise<string> {
  const bytes = await bytesOf(path);
  const compression = COMPRESSIONS.find(({ magic }) => magic.every((byte, at) => bytes[at] === byte))?.name;
  switch (compression) {
    case undefined:
      return utf8(bytes);
    case "gzip":
      return utf8(await gunzipped(bytes));
    case "xz":
      return utf8(await unxzed(bytes));
    case "bzip2":
    case "zstd":
      throw new InvalidInputError("sbom-invalid", `files compressed with ${compression} are not read`);
    default:
      return compression satisfies never;
  }
}

async function bytesOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size > SBOM_BYTES_MAX) throw tooLarge();
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

async function gunzipped(bytes: Buffer): Promise<Buffer> {
  try {
    return await gunzipAsync(bytes, { maxOutputLength: SBOM_BYTES_MAX });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new InvalidInputError("sbom-invalid", "the file is no gzip", { cause });
  }
}

async function unxzed(bytes: Buffer): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of new xz.XzReadableStream(new Blob([new Uint8Array(bytes)]).stream())) {
      length += chunk.length;
      if (length > SBOM_BYTES_MAX) break;
      chunks.push(Uint8Array.from(chunk));
    }
  } catch (cause) {
    throw new InvalidInputError("sbom-invalid", "the file is no xz", { cause });
  }
  if (length > SBOM_BYTES_MAX) throw tooLarge();
  return Buffer.concat(chunks);
}

function tooLarge(): InvalidInputError {
  return new InvalidInputError("sbom-invalid", `the SBOM has more than ${SBOM_BYTES_MAX} bytes`);
}
