import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { messageOf } from "../../errors.ts";
import type { TrustRootPlace } from "../../trust/root-place.ts";
import { TRUST_ROOT_LENGTH_MAX, type TrustRootSource } from "../../trust/trust-root.ts";

/** A place that is one or more files. */
export type FilePlace = Extract<TrustRootPlace, { kind: "file" | "log-key" | "certificates" }>;

/** A trust root as its files have it now. @throws {Error} that names the file */
export async function readSource(name: string, place: FilePlace): Promise<TrustRootSource> {
  switch (place.kind) {
    case "file":
      return { name, kind: "sigstore", json: await readText(place.path) };
    case "log-key":
      return { name, kind: "log-key", pem: await readText(place.path) };
    case "certificates": {
      const { authorities, timestampAuthorities, signingAuthorities = [] } = place;
      return {
        name,
        kind: "certificates",
        authorities: await readTexts(authorities),
        ...(timestampAuthorities.length === 0
          ? {}
          : { timestampAuthorities: await readTexts(timestampAuthorities) }),
        ...(signingAuthorities.length === 0
          ? {}
          : { signingAuthorities: await readTexts(signingAuthorities) }),
      };
    }
    default:
      return place satisfies never;
  }
}

/**
 * What changes whenever one of the files is written or replaced. Links are followed, so that the switch of a mounted volume from one
 * version to the next is seen.
 *
 * @throws {Error} for a file that is not there
 */
export async function stampOf(place: FilePlace): Promise<string> {
  const stamps = pathsOf(place).map(async (path) => {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  });
  return (await Promise.all(stamps)).join(" ");
}

function pathsOf(place: FilePlace): readonly string[] {
  if (place.kind !== "certificates") return [place.path];
  const { authorities, timestampAuthorities, signingAuthorities = [] } = place;
  return [...authorities, ...timestampAuthorities, ...signingAuthorities];
}

/** Each of them must hold a certificate: one that was emptied by mistake is a fault, not fewer authorities. */
async function readTexts(paths: readonly string[]): Promise<string> {
  const texts = paths.map(async (path) => {
    const text = await readText(path);
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
    throw new Error(`${JSON.stringify(path)} holds no certificate (PEM)`);
  });
  return (await Promise.all(texts)).join("\n");
}

/** A text file of as many bytes as a trust root may have characters. @throws {Error} that names the file */
export async function readText(path: string): Promise<string> {
  try {
    // Opening a pipe nobody writes to would otherwise wait for ever.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) throw new Error("is not a regular file");
    const buffer = Buffer.alloc(TRUST_ROOT_LENGTH_MAX + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length > TRUST_ROOT_LENGTH_MAX) throw new Error(`is larger than ${TRUST_ROOT_LENGTH_MAX} bytes`);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, length));
  } catch (thrown) {
    throw new Error(`${JSON.stringify(path)} cannot be read: ${messageOf(thrown)}`, { cause: thrown });
  }
}
