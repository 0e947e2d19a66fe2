/** A package inside an image. */
export interface Component {
  /**
   * What it is, whatever its version: `apk/bellsoft-hardened-containers/libcrypto3`. purl without version and qualifiers; `name:` and the
   * name for a package without a purl.
   */
  readonly key: string;
  /** purl type: `apk`, `deb`, `maven`, `npm` …; {@link NO_PURL} for a package without a purl. */
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version: string;
  /** The source package it was built from, which is what distributions' advisories name; the component itself if it says nothing else. */
  readonly source: ComponentSource;
  /** The distribution and release it says it belongs to, e.g. `bellsoft-hardened-containers-25`. */
  readonly distribution?: string;
  /** What its purl says it is built for, e.g. `x86_64`; absent for `noarch`, `all` and packages that say nothing. */
  readonly architecture?: string;
  /** SPDX licence expression as written; absent where the document does not know one. */
  readonly licence?: string;
  /** Its version marks a build (`(devel)`, the pseudo version of a main module) and has no order. */
  readonly isBuildMark?: true;
  /** How many copies of this version there are, where it is more than one. */
  readonly copies?: number;
}

/** A source package, and how we know of it. `own-name`: nothing says what the source is, so the package stands for itself. */
export interface ComponentSource {
  readonly name: string;
  /** Where it differs from the component's, e.g. of a Debian binary package that was only rebuilt. */
  readonly version?: string;
  readonly how: "upstream" | "property" | "recipe" | "own-name";
}

/** What an SBOM says is in an image, reduced to what is compared and matched. Stored per digest. */
export interface ComponentList {
  readonly format: "cyclonedx" | "spdx" | "layers";
  /** E.g. `1.6`, `2.3`. */
  readonly specVersion: string;
  /** The tool that wrote it, where it says so: comparing two tools' lists proves little. */
  readonly tool?: string;
  /** Of the tool, as written, e.g. `1.16.0`. */
  readonly toolVersion?: string;
  /** `index` where it lists images and no packages: two such lists are equal whatever changed. Absent: `image`. */
  readonly scope?: "image" | "index";
  /** The operating system of the image as the document names it, e.g. `bellsoft-hardened-containers-25`, if it names one. */
  readonly distribution?: string;
  /** CPE of the operating system, where the document has it: Red Hat's advisories are keyed by it. */
  readonly distributionCpe?: string;
  /** Sorted by key, then version, then architecture; no two equal in all three. At most {@link COMPONENTS_MAX}. */
  readonly components: readonly Component[];
  /** Entries that are no packages or could not be read, by reason. */
  readonly skipped: readonly { readonly reason: string; readonly count: number }[];
}

/** How a list came about, as far as it decides which list it can be compared with. */
export type SbomOrigin = Pick<ComponentList, "format" | "tool">;

/** Type of a package that has a name and no purl. Two tools name such things differently, so only lists of one tool can be compared. */
export const NO_PURL = "name";
/** Components of one SBOM at most. */
export const COMPONENTS_MAX = 200_000;
/** Bytes of one SBOM document at most. */
export const SBOM_BYTES_MAX = 40 * 1024 * 1024;
