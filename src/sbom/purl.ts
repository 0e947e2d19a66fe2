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
 * Most packages as tools write them: nothing that has to be made lower-case, and nothing encoded but the few signs of versions. An SBOM has
 * thousands of them, and the library takes ten times as long.
 */
const PLAIN =
  /^pkg:(?:(apk|deb|rpm)\/([a-z][a-z0-9._-]*)|(npm|pypi)|(maven)\/([A-Za-z0-9][A-Za-z0-9._-]*)|(golang)\/([A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*))\/([A-Za-z0-9](?:[A-Za-z0-9._-]|%2B)*)@([A-Za-z0-9](?:[A-Za-z0-9._-]|%2B|%3A|%7E)*)(?:\?([a-z]+=(?:[A-Za-z0-9._-]|%2B|%3A|%40|%7E)+(?:&[a-z]+=(?:[A-Za-z0-9._-]|%2B|%3A|%40|%7E)+)*))?$/;
/** Names that their type leaves as they are. */
const LOWER_NAME = /^[a-z0-9%B._-]+$/;
const PYPI_NAME = /^[a-z0-9.-]+$/;
/** The library refuses other versions of Go modules. */
const GO_VERSION = /^v\d+\.\d+\.\d+(?:-[A-Za-z0-9.-]+)?$/;

function plainPurl(text: string): Purl | undefined {
  const match = PLAIN.exec(text);
  if (match === null) return undefined;
  const [, os, release, flat, maven, group, golang, path, name = "", version = "", query] = match;
  const type = os ?? flat ?? maven ?? golang ?? "";
  const namespace = release ?? group ?? path;
  if (!isPlainName(type, name) || (golang !== undefined && !GO_VERSION.test(version))) return undefined;
  const qualifiers = new Map<string, string>();
  for (const pair of query?.split("&") ?? []) {
    const [key = "", value = ""] = pair.split("=");
    // Which one of two counts is the library's to say.
    if (qualifiers.has(key)) return undefined;
    qualifiers.set(key, decoded(value));
  }
  return {
    type,
    ...(namespace === undefined ? {} : { namespace }),
    name: decoded(name),
    version: decoded(version),
    qualifiers,
  };
}

function isPlainName(type: string, name: string): boolean {
  if (type === "pypi") return PYPI_NAME.test(name);
  return type === "maven" || type === "golang" ? !name.includes("%") : LOWER_NAME.test(name);
}

function decoded(text: string): string {
  return text.includes("%") ? decodeURIComponent(text) : text;
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
