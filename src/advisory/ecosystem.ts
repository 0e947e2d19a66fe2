import type { Component } from "../sbom/component.ts";
import type { PackageKey } from "./package-key.ts";

/** Under which names advisories know a component. */
export type PackageMatch =
  | { readonly kind: "matched"; /** Never empty. */ readonly keys: readonly PackageKey[] }
  | {
      readonly kind: "unmatched";
      /** For people; one of a few. */
      readonly reason: string;
    };

/** From the release a component names to the ecosystem of its distribution; undefined when there is none of that name. */
type EcosystemOf = (release: string) => string | undefined;

/** Distributions that publish per release. */
const WITH_RELEASE = new Map<string, EcosystemOf>([
  ["alpaquita", bellSoft("Alpaquita")],
  ["bellsoft-hardened-containers", bellSoft("BellSoft Hardened Containers")],
  ["alpine", alpine],
]);

/** Distributions without releases. Their advisories name the package itself or its source package. */
const ROLLING = new Map([
  ["wolfi", "Wolfi"],
  ["chainguard", "Chainguard"],
  ["minimos", "MinimOS"],
]);

/**
 * Under which names advisories know a component. An image of a distribution whose release is not stated has no advisories to
 * ask: a guess would answer for another release, and no answer would look like "not vulnerable".
 *
 * @see OSV schema 1.7.5, defined ecosystems
 */
export function packageMatchOf(component: Component): PackageMatch {
  const { type, namespace = "", source, name } = component;
  if (type !== "apk") return { kind: "unmatched", reason: "no advisories for their type of package" };
  const rolling = ROLLING.get(namespace);
  if (rolling !== undefined) {
    const names = [...new Set([source.name, name])];
    return { kind: "matched", keys: names.map((each) => ({ ecosystem: rolling, name: each })) };
  }
  const ecosystemOf = WITH_RELEASE.get(namespace);
  if (ecosystemOf === undefined) return { kind: "unmatched", reason: "no advisories for their distribution" };
  const ecosystem = ecosystemOf(releaseIn(component.distribution, namespace));
  if (ecosystem === undefined) return { kind: "unmatched", reason: "release of their distribution unknown" };
  return { kind: "matched", keys: [{ ecosystem, name: source.name }] };
}

/** `25` of `bellsoft-hardened-containers-25`, or of `25` as BellSoft's own purls have it; empty for another distribution's. */
function releaseIn(distribution: string | undefined, id: string): string {
  if (distribution === undefined) return "";
  if (distribution.startsWith(`${id}-`)) return distribution.slice(id.length + 1);
  return distribution.includes("-") ? "" : distribution;
}

function bellSoft(ecosystem: string): EcosystemOf {
  return (release) => (/^(?:\d{1,3}|stream)$/.test(release) ? `${ecosystem}:${release}` : undefined);
}

/** `3.22.1` is branch `v3.22`. What edge calls itself (`3.23_alpha…`) is a branch that is not there yet. */
function alpine(release: string): string | undefined {
  if (release === "edge") return "Alpine:edge";
  const branch = /^(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?$/.exec(release)?.[1];
  return branch === undefined ? undefined : `Alpine:v${branch}`;
}
