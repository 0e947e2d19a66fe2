import type { Component, ComponentList } from "../sbom/component.ts";
import { compareTexts } from "../versions/order.ts";
import { type PackageKey, renderPackageKey } from "./package-key.ts";
import { debianReleaseOf, redHatProductOf, releaseIn, ubuntuReleaseOf } from "./release.ts";

/** Under which names advisories know a component, and what to compare. */
export type PackageMatch =
  | {
      readonly kind: "matched";
      /** Never empty. */
      readonly keys: readonly PackageKey[];
      /** The version that advisories speak of: the source package's where they name source packages. */
      readonly version: string;
      /** purl type whose order of versions applies. */
      readonly order: string;
      /** Advisories name source packages and nothing says what this one's is, so it is asked about by its own name. */
      readonly isOwnName: boolean;
    }
  | {
      readonly kind: "unmatched";
      /** For people; one of a few. */
      readonly reason: string;
    };

/** The operating system of an image, for packages that do not say which they belong to. */
export type ImageSystem = Pick<ComponentList, "distribution" | "distributionCpe">;

/** Why a component cannot be looked up. */
export const UNMATCHED = {
  type: "no advisories for their type of package",
  distribution: "no advisories for their distribution",
  release: "release of their distribution unknown",
  version: "their version is not stated",
  build: "their version only marks a build",
} as const;

/**
 * Under which names advisories know a component. An image of a distribution whose release is not stated has no advisories to
 * ask: a guess would answer for another release, and no answer would look like "not vulnerable".
 *
 * @see OSV schema 1.7.5, defined ecosystems
 */
export function packageMatchOf(component: Component, system: ImageSystem = {}): PackageMatch {
  const names = namesOf(component, system);
  if ("reason" in names) return { kind: "unmatched", reason: names.reason };
  if (component.version === "") return { kind: "unmatched", reason: UNMATCHED.version };
  if (component.isBuildMark === true) return { kind: "unmatched", reason: UNMATCHED.build };
  const { ecosystems, order, by } = names;
  const keys = ecosystems.flatMap((ecosystem) => by.map((name) => ({ ecosystem, name })));
  const isOwnName = names.isBySource && component.source.how === "own-name";
  return { kind: "matched", keys, version: versionOf(component), order, isOwnName };
}

/** The packages of lists to ask advisories about, each once, sorted. */
export function packageKeysOf(lists: Iterable<ComponentList>): readonly PackageKey[] {
  const keys = new Map<string, PackageKey>();
  for (const list of lists) {
    for (const component of list.components) {
      const match = packageMatchOf(component, list);
      if (match.kind === "unmatched") continue;
      for (const key of match.keys) keys.set(renderPackageKey(key), key);
    }
  }
  return [...keys].toSorted(([a], [b]) => compareTexts(a, b)).map(([, key]) => key);
}

/** `Alpaquita` of `Alpaquita:25`. */
export function baseOf(ecosystem: string): string {
  const end = ecosystem.indexOf(":");
  return end === -1 ? ecosystem : ecosystem.slice(0, end);
}

interface Names {
  readonly ecosystems: readonly string[];
  readonly by: readonly string[];
  readonly order: string;
  readonly isBySource: boolean;
}

interface Nameless {
  readonly reason: string;
}

function namesOf(component: Component, system: ImageSystem): Names | Nameless {
  const { type, name } = component;
  switch (type) {
    case "apk":
    case "deb":
    case "rpm":
      return component.namespace === "dhi" ? hardenedByDocker(name) : ofSystem(component, system);
    case "dhi":
      return hardenedByDocker(name);
    default: {
      const language = LANGUAGES.get(type);
      if (language === undefined) return { reason: UNMATCHED.type };
      const by = [language.nameOf(component)];
      return { ecosystems: [language.ecosystem], by, order: type, isBySource: false };
    }
  }
}

/** The old name is what Docker's own files still have. */
function hardenedByDocker(name: string): Names {
  const ecosystems = ["Docker Hardened Images", "DHI"];
  return { ecosystems, by: [name], order: "semver", isBySource: false };
}

/** From a release as a component or an image states it to the ecosystems of it; undefined when there is none of that name. */
type EcosystemsOf = (release: string) => readonly string[] | undefined;

interface Distribution {
  /** As in `/etc/os-release`; where it says which release it is. */
  readonly ids: readonly string[];
  readonly ecosystemsOf: EcosystemsOf;
  /** `both`: its advisories name the package itself or its source package. */
  readonly by: "source" | "both";
}

/** By purl type and namespace. */
const DISTRIBUTIONS: ReadonlyMap<string, Distribution> = new Map([
  ["apk/alpaquita", versioned(["alpaquita"], bellSoft("Alpaquita"))],
  [
    "apk/bellsoft-hardened-containers",
    versioned(["bellsoft-hardened-containers"], bellSoft("BellSoft Hardened Containers")),
  ],
  ["apk/alpine", versioned(["alpine"], alpine)],
  ["apk/wolfi", rolling("Wolfi")],
  ["apk/chainguard", rolling("Chainguard")],
  ["apk/minimos", rolling("MinimOS")],
  ["deb/debian", versioned(["debian"], one("Debian", debianReleaseOf))],
  ["deb/ubuntu", versioned(["ubuntu"], ubuntu)],
  ["rpm/almalinux", versioned(["almalinux"], one("AlmaLinux", majorOf))],
  ["rpm/rocky", versioned(["rocky"], one("Rocky Linux", majorOf))],
  ["rpm/azurelinux", versioned(["azurelinux"], one("Azure Linux", majorOf))],
  ["rpm/mariner", versioned(["mariner"], one("Azure Linux", majorOf))],
  ["rpm/opensuse", versioned(["opensuse-leap", "opensuse"], openSuse)],
  ["rpm/suse", versioned(["sles", "suse"], suse)],
]);

function ofSystem(component: Component, system: ImageSystem): Names | Nameless {
  const { type, namespace = "", source, name, distribution = system.distribution } = component;
  const both = [...new Set([source.name, name])];
  if (type === "rpm" && namespace === "redhat") {
    const ecosystems = redHat(system.distributionCpe);
    if (ecosystems === undefined) return { reason: UNMATCHED.release };
    return { ecosystems, by: both, order: type, isBySource: false };
  }
  const found = DISTRIBUTIONS.get(`${type}/${namespace}`);
  if (found === undefined) return { reason: UNMATCHED.distribution };
  const [release = ""] = found.ids.map((id) => releaseIn(distribution, id)).filter((text) => text !== "");
  const ecosystems = found.ecosystemsOf(release);
  if (ecosystems === undefined) return { reason: UNMATCHED.release };
  const isBySource = found.by === "source";
  return { ecosystems, by: isBySource ? [source.name] : both, order: type, isBySource };
}

function versioned(ids: readonly string[], ecosystemsOf: EcosystemsOf): Distribution {
  return { ids, ecosystemsOf, by: "source" };
}

/** Distributions without releases. */
function rolling(ecosystem: string): Distribution {
  return { ids: [], ecosystemsOf: () => [ecosystem], by: "both" };
}

function one(ecosystem: string, releaseOf: (release: string) => string | undefined): EcosystemsOf {
  return (release) => {
    const known = releaseOf(release);
    return known === undefined ? undefined : [`${ecosystem}:${known}`];
  };
}

function bellSoft(ecosystem: string): EcosystemsOf {
  return one(ecosystem, (release) => (/^(?:\d{1,3}|stream)$/.test(release) ? release : undefined));
}

/** `3.22.1` is branch `v3.22`. What edge calls itself (`3.23_alpha…`) is a branch that is not there yet. */
function alpine(release: string): readonly string[] | undefined {
  if (release === "edge") return ["Alpine:edge"];
  const branch = /^(\d{1,3}\.\d{1,3})(?:\.\d{1,3})?$/.exec(release)?.[1];
  return branch === undefined ? undefined : [`Alpine:v${branch}`];
}

/** Ubuntu's releases of April in even years have long support, and say so in their name. */
function ubuntu(release: string): readonly string[] | undefined {
  const known = ubuntuReleaseOf(release);
  if (known === undefined) return undefined;
  const isLong = known.endsWith(".04") && Number(known.slice(0, 2)) % 2 === 0;
  return [`Ubuntu:${known}${isLong ? ":LTS" : ""}`];
}

function majorOf(release: string): string | undefined {
  return /^(\d{1,3})(?:\.\d{1,3})*$/.exec(release)?.[1];
}

function openSuse(release: string): readonly string[] | undefined {
  return /^\d{2}\.\d{1,2}$/.test(release) ? [`openSUSE:Leap ${release}`] : undefined;
}

/** `15.6` is service pack 6, whose packages come from several products. */
function suse(release: string): readonly string[] | undefined {
  const [, major, pack] = /^(\d{2})(?:\.(\d{1,2}))?$/.exec(release) ?? [];
  if (major === undefined) return undefined;
  const name = pack === undefined || pack === "0" ? major : `${major} SP${pack}`;
  const products = ["Linux Enterprise Server", "Linux Enterprise Module for Basesystem"];
  return products.map((product) => `SUSE:${product} ${name}`);
}

/** An image of Red Hat names its base alone, and has packages of the other repositories of the release as well. */
function redHat(cpe: string | undefined): readonly string[] | undefined {
  const product = redHatProductOf(cpe);
  if (product === undefined) return undefined;
  const [, release] = /^(enterprise_linux:\d{1,3})(?:$|:)/.exec(product) ?? [];
  const products =
    release === undefined ? [product] : [product, `${release}::baseos`, `${release}::appstream`];
  return [...new Set(products)].map((each) => `Red Hat:${each}`);
}

interface Language {
  readonly ecosystem: string;
  readonly nameOf: (component: Component) => string;
}

/** By purl type. */
const LANGUAGES: ReadonlyMap<string, Language> = new Map([
  ["golang", { ecosystem: "Go", nameOf: ({ key }) => key.slice("golang/".length).replace("#", "/") }],
  ["npm", { ecosystem: "npm", nameOf: joinedBy("/") }],
  ["pypi", { ecosystem: "PyPI", nameOf: joinedBy("/") }],
  ["maven", { ecosystem: "Maven", nameOf: joinedBy(":") }],
  ["gem", { ecosystem: "RubyGems", nameOf: joinedBy("/") }],
  ["cargo", { ecosystem: "crates.io", nameOf: joinedBy("/") }],
  ["nuget", { ecosystem: "NuGet", nameOf: joinedBy("/") }],
  ["composer", { ecosystem: "Packagist", nameOf: joinedBy("/") }],
  ["hex", { ecosystem: "Hex", nameOf: joinedBy("/") }],
  ["pub", { ecosystem: "Pub", nameOf: joinedBy("/") }],
]);

function joinedBy(separator: string): Language["nameOf"] {
  return ({ namespace, name }) => (namespace === undefined ? name : `${namespace}${separator}${name}`);
}

function versionOf({ type, version, source }: Component): string {
  switch (type) {
    case "deb":
      // A binary package that was only built again has a suffix that its source package has not.
      return source.version ?? version.replace(/\+b\d{1,9}$/, "");
    case "golang":
      return version.replace(/^(?:v|go)(?=\d)/, "");
    default:
      return version;
  }
}
