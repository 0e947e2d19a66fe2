import { PackageURL } from "packageurl-js";
import { isUnprintable } from "./texts.ts";

/** A package URL in parts. */
export interface Purl {
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  readonly qualifiers: ReadonlyMap<string, string>;
  readonly subpath?: string;
}

const PURL_LENGTH_MAX = 2_000;

/**
 * Reads a package URL; undefined for anything else, and for one with characters that cannot be shown.
 *
 * @see purl-spec 1.0
 */
export function parsePurl(text: string): Purl | undefined {
  if (text.length > PURL_LENGTH_MAX) return undefined;
  return plainPurl(text) ?? anyPurl(text);
}

/**
 * Most packages of a distribution, as tools write them: nothing encoded, nothing that has to be made lower-case. An SBOM has
 * thousands of them, and the library takes ten times as long.
 */
const PLAIN =
  /^pkg:(apk|deb|rpm)\/([a-z][a-z0-9._-]*)\/([a-z0-9][a-z0-9._-]*)@([A-Za-z0-9][A-Za-z0-9._-]*)(?:\?([a-z]+=[A-Za-z0-9._-]+(?:&[a-z]+=[A-Za-z0-9._-]+)*))?$/;

function plainPurl(text: string): Purl | undefined {
  const [, type, namespace, name, version, query] = PLAIN.exec(text) ?? [];
  if (type === undefined || namespace === undefined || name === undefined || version === undefined) {
    return undefined;
  }
  const qualifiers = new Map<string, string>();
  for (const pair of query?.split("&") ?? []) {
    const [key = "", value = ""] = pair.split("=");
    // Which one of two counts is the library's to say.
    if (qualifiers.has(key)) return undefined;
    qualifiers.set(key, value);
  }
  return { type, namespace, name, version, qualifiers };
}

function anyPurl(text: string): Purl | undefined {
  const { type, namespace, name, version, qualifiers, subpath } = readPurl(text) ?? {};
  if (type === undefined || name === undefined) return undefined;
  const pairs = Object.entries(qualifiers ?? {});
  const parts = [type, namespace, name, version, subpath, ...pairs.flat()];
  if (parts.some((part) => part !== undefined && isUnprintable(part))) return undefined;
  return {
    type,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...(version === undefined ? {} : { version }),
    qualifiers: new Map(pairs),
    ...(subpath === undefined ? {} : { subpath }),
  };
}

/** The library throws on what it cannot read, errors of its own and others. */
function readPurl(text: string): PackageURL | undefined {
  try {
    return PackageURL.fromString(text);
  } catch {
    return undefined;
  }
}
