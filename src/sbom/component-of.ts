import type { Component } from "./component.ts";
import type { Purl } from "./purl.ts";

/** What a document says about a package besides its purl. */
export interface Hints {
  /** The version field, for a purl without one. */
  readonly version?: string;
  /** The source package a tool's own property names. */
  readonly origin?: string;
}

/** Names and versions that are longer are no package's. */
const TEXT_LENGTH_MAX = 300;
/** Types whose namespace is a distribution: written in lower and upper case. */
const DISTRIBUTION_TYPES = new Set(["apk", "deb", "rpm"]);
const NAMESPACE_ALIASES = new Map([["rhel", "redhat"]]);

/** The component a purl names; undefined when its parts are too long to be one's. */
export function componentOf(purl: Purl, hints: Hints): Component | undefined {
  const { type, namespace, name } = normalised(purl);
  const version = versionOf(purl, type, hints);
  const distribution = purl.qualifiers.get("distro");
  const key = [type, namespace, name].filter((part) => part !== undefined).join("/") + keyTail(purl, type);
  if ([key, version, distribution ?? ""].some((text) => text.length > TEXT_LENGTH_MAX)) return undefined;
  return {
    key,
    type,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    version,
    source: sourceOf(purl, type, name, hints),
    ...(distribution === undefined ? {} : { distribution }),
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

/** Advisories of distributions name source packages: `openssl`, where the image has `libcrypto3`. */
function sourceOf(purl: Purl, type: string, name: string, hints: Hints): Component["source"] {
  const upstream = sourceNameOf(type, purl.qualifiers.get("upstream"));
  if (upstream !== undefined) return { name: upstream, how: "upstream" };
  const property = sourceNameOf(type, hints.origin);
  if (property !== undefined) return { name: property, how: "property" };
  return { name, how: "own-name" };
}

/** `openssl`, `openssl@3.5.4-r0` or, for rpm, `openssl-3.5.4-1.el9.src.rpm`. */
function sourceNameOf(type: string, text: string | undefined): string | undefined {
  if (text === undefined || text.length > TEXT_LENGTH_MAX) return undefined;
  const name =
    type === "rpm" && text.endsWith(".src.rpm")
      ? text.split("-").slice(0, -2).join("-")
      : text.replace(/(?<=.)@.*$/s, "");
  return name === "" ? undefined : name;
}
