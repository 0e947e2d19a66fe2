import type { ComponentSource } from "./component.ts";
import { isShowable } from "./texts.ts";

/** What a document says about where a package was built from, besides its purl. */
export interface SourceHints {
  /** The source package a tool's own property names. */
  readonly origin?: string;
  readonly originVersion?: string;
  /** The recipe that a document says describes it, without `.yaml`. */
  readonly recipe?: string;
}

/** A package, as far as its source depends on it. */
export interface Built {
  readonly type: string;
  readonly name: string;
  readonly version: string;
}

/**
 * The source package a package was built from: advisories of distributions name `openssl`, where the image has `libcrypto3`.
 *
 * @param upstream what the purl says
 */
export function sourceOf(built: Built, upstream: string | undefined, hints: SourceHints): ComponentSource {
  const fromPurl = namedIn(built.type, upstream);
  if (fromPurl !== undefined) return { ...withVersion(fromPurl, built), how: "upstream" };
  const fromProperty = namedIn(built.type, hints.origin);
  if (fromProperty !== undefined) {
    const version = fromProperty.version ?? hints.originVersion;
    return { ...withVersion({ name: fromProperty.name, version }, built), how: "property" };
  }
  const recipe = namedIn(built.type, hints.recipe);
  if (recipe !== undefined) return { name: recipe.name, how: "recipe" };
  return { name: built.name, how: "own-name" };
}

interface Named {
  readonly name: string;
  readonly version?: string | undefined;
}

const SOURCE_RPM = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/;

/** `openssl`, `openssl@3.5.4-r0` or, for rpm, `openssl-3.5.4-1.el9.src.rpm`. */
function namedIn(type: string, text: string | undefined): Named | undefined {
  if (text === undefined || !isShowable(text)) return undefined;
  if (type === "rpm" && text.endsWith("src.rpm")) {
    const [, name, version] = SOURCE_RPM.exec(text) ?? [];
    return name === undefined ? undefined : { name, version };
  }
  const at = text.indexOf("@", 1);
  return at === -1 ? { name: text } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** The version only where it is another one. The name of a source rpm has no epoch: it is the package's. */
function withVersion({ name, version = "" }: Named, built: Built): Pick<ComponentSource, "name" | "version"> {
  if (!isShowable(version)) return { name };
  const [, epoch = "", own = ""] = /^(\d+:)?(.*)$/s.exec(built.version) ?? [];
  if (version === built.version || (built.type === "rpm" && version === own)) return { name };
  return { name, version: built.type === "rpm" && !version.includes(":") ? `${epoch}${version}` : version };
}
