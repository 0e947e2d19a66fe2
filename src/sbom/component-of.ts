import { type Component, NO_PURL } from "./component.ts";
import type { Purl } from "./purl.ts";
import { type SourceHints, sourceOf } from "./source-of.ts";
import { isShowable, isUnprintable, TEXT_LENGTH_MAX } from "./texts.ts";

/** What a document says about a package besides its purl. */
export interface Hints extends SourceHints {
  /** The version field, for a purl without one. */
  readonly version?: string;
  /** As {@link Component.licence}. */
  readonly licence?: string;
  /** It is what a binary was built of, not what went into it: its version says which build it was. */
  readonly isMainModule?: boolean;
}

/** Types whose namespace is a distribution: written in lower and upper case. */
const DISTRIBUTION_TYPES = new Set(["apk", "deb", "rpm"]);
const NAMESPACE_ALIASES = new Map([["rhel", "redhat"]]);
/** What packages say that run on any architecture. */
const ANY_ARCHITECTURE = new Set(["noarch", "all", "any"]);
/** `v0.0.0-20250204101112-0123456789ab`, and what Go writes for a tree with changes. @see Go modules reference, pseudo-versions */
const PSEUDO_VERSION = /[-.]\d{14}-[0-9a-f]{12}(?:\+|$)/;

/** The component a purl names; undefined when its parts are too long to be one's. */
export function componentOf(purl: Purl, hints: Hints): Component | undefined {
  const { type, namespace, name } = normalised(purl);
  const version = versionOf(purl, type, hints);
  const distribution = distributionOf(purl.qualifiers);
  const architecture = purl.qualifiers.get("arch")?.toLowerCase();
  const key = [type, namespace, name].filter((part) => part !== undefined).join("/") + keyTail(purl, type);
  const texts = [key, version, distribution ?? "", architecture ?? ""];
  if (texts.some((text) => text.length > TEXT_LENGTH_MAX)) return undefined;
  if (purl.version === undefined && isUnprintable(version)) return undefined;
  return {
    key,
    type,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    version,
    source: sourceOf({ type, name, version }, purl.qualifiers.get("upstream"), hints),
    ...(distribution === undefined ? {} : { distribution }),
    ...(architecture === undefined || ANY_ARCHITECTURE.has(architecture) ? {} : { architecture }),
    ...(hints.licence === undefined ? {} : { licence: hints.licence }),
    ...(isBuildMark(type, version, hints) ? { isBuildMark: true } : {}),
  };
}

/** Names that tools give to layers. */
const DIGEST_LIKE = /^(?:sha256[:-]|(?:[0-9a-f]{64}|[0-9a-f]{40})$)/i;

/** A package that a document names and gives no purl; undefined for what is the name of no package. */
export function namedComponentOf(name: string, hints: Hints): Component | undefined {
  const { version = "", licence } = hints;
  const key = `name:${name}`;
  if (!isShowable(key) || (version !== "" && !isShowable(version)) || DIGEST_LIKE.test(name)) {
    return undefined;
  }
  return {
    key,
    type: NO_PURL,
    name,
    version,
    source: { name, how: "own-name" },
    ...(licence === undefined ? {} : { licence }),
  };
}

/** Whether it is an entry of a package database that is no package: keys, and apk's marks for what was asked to be installed. */
export function isPseudo({ type, name }: Component): boolean {
  return (type === "rpm" && name === "gpg-pubkey") || (type === "apk" && name.startsWith("."));
}

function normalised(purl: Purl): { type: string; namespace?: string; name: string } {
  // syft wrote `pkg:alpine/x` before 2023, others still do.
  if (purl.type === "alpine") return { type: "apk", namespace: "alpine", name: purl.name };
  // PEP 503: runs of `-`, `_` and `.` are one `-`.
  const name = purl.type === "pypi" ? purl.name.toLowerCase().replaceAll(/[-_.]+/g, "-") : purl.name;
  if (purl.namespace === undefined) return { type: purl.type, name };
  const lower = DISTRIBUTION_TYPES.has(purl.type) ? purl.namespace.toLowerCase() : purl.namespace;
  const namespace = DISTRIBUTION_TYPES.has(purl.type) ? (NAMESPACE_ALIASES.get(lower) ?? lower) : lower;
  return { type: purl.type, namespace, name };
}

/** rpm's epoch is part of the version, and purl keeps it in a qualifier. */
function versionOf(purl: Purl, type: string, hints: Hints): string {
  const version = purl.version ?? hints.version ?? "";
  const epoch = type === "rpm" ? purl.qualifiers.get("epoch") : undefined;
  return epoch === undefined || epoch === "0" || version.includes(":") ? version : `${epoch}:${version}`;
}

/** `distro=alpine-3.22.1`, or (Docker Hardened Images) `os_name=debian&os_version=13`. */
function distributionOf(qualifiers: Purl["qualifiers"]): string | undefined {
  const name = qualifiers.get("os_name");
  const version = qualifiers.get("os_version");
  const whole = name === undefined || version === undefined ? undefined : `${name}-${version}`.toLowerCase();
  return qualifiers.get("distro") ?? whole;
}

/** The few further parts that make another package of it. Go modules of one repository differ in nothing but the subpath. */
function keyTail(purl: Purl, type: string): string {
  if (type === "golang") return purl.subpath === undefined ? "" : `#${purl.subpath}`;
  if (type !== "maven") return "";
  const classifier = purl.qualifiers.get("classifier");
  const packaging = purl.qualifiers.get("type");
  return [
    classifier === undefined ? "" : `?classifier=${classifier}`,
    packaging === undefined || packaging === "jar" ? "" : `?type=${packaging}`,
  ].join("");
}

function isBuildMark(type: string, version: string, { isMainModule = false }: Hints): boolean {
  if (type !== "golang") return false;
  return (
    version === "(devel)" || version.endsWith("+dirty") || (isMainModule && PSEUDO_VERSION.test(version))
  );
}
