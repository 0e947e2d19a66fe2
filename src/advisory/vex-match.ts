import { compareVersions } from "../versions/compare.ts";
import type { Repository } from "../image/reference.ts";
import type { Component } from "../sbom/component.ts";
import { componentOf } from "../sbom/component-of.ts";
import { parsePurl, type Purl } from "../sbom/purl.ts";
import type { Instant } from "../time.ts";
import type { ImageSystem } from "./ecosystem.ts";
import { debianReleaseOf, ubuntuReleaseOf } from "./release.ts";
import type { VexProduct, VexStatement, VexStatus } from "./vex.ts";

/** What an image is called, for statements that name images. */
export interface ImageNames {
  readonly repository: Repository;
  /** Of the image and of its platforms. */
  readonly digests: readonly string[];
}

/** Which statement holds for a vulnerability in a package of one image. */
export type VexJudge = (
  component: Component,
  /** Names of the vulnerability. */
  names: readonly string[],
  system: ImageSystem,
) => VexStatement | undefined;

/** For an image nothing is said about. */
export const NO_VEX: VexJudge = () => undefined;

/**
 * The newest statement about a vulnerability in a package counts; of two of one time, the one that is worse news. A statement names
 * the package, or the image and a package in it. One that names a package without its version is about all images there are: it
 * counts only if it names this image as well, or comes attested with this very image. One from the future counts never.
 *
 * @param image its names; without them only attestations and statements about versions count
 * @see OpenVEX specification 0.2.0, product and subcomponent
 */
export function vexJudgeOf(
  statements: readonly VexStatement[],
  image: ImageNames | undefined,
  now: Instant,
): VexJudge {
  const byName = new Map<string, VexStatement[]>();
  for (const statement of statements) {
    if (statement.at > now) continue;
    for (const name of new Set(statement.vulnerabilities)) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [statement]);
      else known.push(statement);
    }
  }
  if (byName.size === 0) return NO_VEX;
  const readPurl = remembered(parsePurl);
  return (component, names, system) => {
    const about = new Set(names.flatMap((name) => byName.get(name) ?? []));
    const holding = [...about].filter((statement) =>
      isAbout(statement, { component, system, image, readPurl }),
    );
    const [newest] = holding.toSorted((a, b) => b.at - a.at || RANK[a.status] - RANK[b.status]);
    return newest;
  };
}

/** Worse news first. */
const RANK: Readonly<Record<VexStatus, number>> = {
  affected: 0,
  under_investigation: 1,
  not_affected: 2,
  fixed: 3,
};

/** A statement of a vendor names the same thousand packages as the next one. */
function remembered(
  read: (text: string) => Purl | undefined,
): (text: string | undefined) => Purl | undefined {
  const known = new Map<string, Purl | undefined>();
  return (text) => {
    if (text === undefined) return undefined;
    if (!known.has(text)) known.set(text, read(text));
    return known.get(text);
  };
}

interface Question {
  readonly component: Component;
  readonly system: ImageSystem;
  readonly image: ImageNames | undefined;
  readonly readPurl: (text: string | undefined) => Purl | undefined;
}

function isAbout({ products, from }: VexStatement, question: Question): boolean {
  const images = products.filter((product) => isImage(product, question, from));
  const isThisImage = images.length > 0;
  const isInImage = images.some(
    ({ subcomponents }) =>
      subcomponents.length === 0 ||
      subcomponents.some((text) => isPackage(question.readPurl(text), question, true)),
  );
  if (isInImage) return true;
  const takesAnyVersion = isThisImage || from === "attestation";
  return products.some(
    ({ purl, subcomponents }) =>
      subcomponents.length === 0 && isPackage(question.readPurl(purl), question, takesAnyVersion),
  );
}

/** Whether a product is this image: by its digest, or by its name where it says no digest and no tag. */
function isImage(product: VexProduct, question: Question, from: VexStatement["from"]): boolean {
  const { image } = question;
  if (image === undefined) return false;
  if (product.digests.some((digest) => image.digests.includes(digest))) return true;
  const purl = question.readPurl(product.purl);
  if (purl === undefined || !IMAGE_TYPES.has(purl.type)) return false;
  if (purl.version !== undefined) return image.digests.includes(purl.version);
  if (product.digests.length > 0) return false;
  return isNamed(purl, image.repository, from);
}

const IMAGE_TYPES = new Set(["oci", "docker"]);

/** `dhi.io/redis` is also `dhi/redis`. In an attestation about this image the last part of the name is enough. */
function isNamed(
  { namespace, name, qualifiers }: Purl,
  { registry, path }: Repository,
  from: VexStatement["from"],
): boolean {
  const said = (namespace === undefined ? name : `${namespace}/${name}`).toLowerCase();
  const place = qualifiers.get("repository_url");
  const full = `${registry}/${path}`;
  if ([...qualifiers.keys()].some((key) => key !== "repository_url")) return false;
  if (place !== undefined) return place === full || `${place}/${said}` === full;
  const [label = ""] = registry.split(".");
  if ([path, full, `${label}/${path}`].includes(said)) return true;
  return from === "attestation" && said.split("/").at(-1) === path.split("/").at(-1);
}

/** Whether a purl is about a package: it or its source, in this version unless none is said, on this system. */
function isPackage(purl: Purl | undefined, question: Question, takesAnyVersion: boolean): boolean {
  const said = purl === undefined ? undefined : componentOf(purl, {});
  if (purl === undefined || said === undefined) return false;
  const { component } = question;
  const { type, namespace, version, source } = component;
  if (said.type !== type || said.namespace !== namespace) return false;
  const isIt = said.key === component.key;
  if (!isIt && !(said.name === source.name && SYSTEM_TYPES.has(type))) return false;
  const versions = [version, ...(source.version === undefined ? [] : [source.version])];
  const isVersion =
    said.version === "" ? takesAnyVersion : versions.some((each) => isSame(type, said.version, each));
  return isVersion && isOnSystem(purl, question);
}

const SYSTEM_TYPES = new Set(["apk", "deb", "rpm"]);

function isSame(type: string, a: string, b: string): boolean {
  return a === b || compareVersions(type, a, b) === 0;
}

/** A qualifier restricts. One we cannot judge keeps a statement from counting: the advisory then holds. */
function isOnSystem({ qualifiers }: Purl, { component, system }: Question): boolean {
  const { namespace, architecture, distribution = system.distribution } = component;
  return [...qualifiers].every(([key, value]) => {
    switch (key) {
      case "arch":
        return architecture === undefined || value === architecture || value === "source";
      case "os_name":
        return value === namespace;
      case "distro":
      case "os_distro":
      case "os_version":
        return distribution !== undefined && isSameRelease(namespace, value, distribution);
      default:
        return NOT_RESTRICTING.has(key);
    }
  });
}

/** What says where a package is from and not which it is. */
const NOT_RESTRICTING = new Set([
  "repository_url",
  "download_url",
  "vcs_url",
  "checksum",
  "upstream",
  "epoch",
  "type",
  "classifier",
]);

/** `debian-13`, `trixie` and `13` are the same release; `3.22` is that of `alpine-3.22.1`. */
function isSameRelease(namespace: string | undefined, said: string, distribution: string): boolean {
  const [a, b] = [tailOf(said), tailOf(distribution)];
  if (a === b) return true;
  switch (namespace) {
    case "debian":
      return debianReleaseOf(a) !== undefined && debianReleaseOf(a) === debianReleaseOf(b);
    case "ubuntu":
      return ubuntuReleaseOf(a) !== undefined && ubuntuReleaseOf(a) === ubuntuReleaseOf(b);
    default:
      return b.startsWith(`${a}.`);
  }
}

function tailOf(text: string): string {
  return text.slice(text.lastIndexOf("-") + 1);
}
