/** A package inside an image. */
export interface Component {
  /** What it is, whatever its version: `apk/bellsoft-hardened-containers/libcrypto3`. purl without version and qualifiers. */
  readonly key: string;
  /** purl type: `apk`, `deb`, `maven`, `npm` … */
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version: string;
  /** The source package it was built from, which is what distributions' advisories name; the component itself if it says nothing else. */
  readonly source: { readonly name: string; readonly how: "upstream" | "property" | "own-name" };
  /** The distribution and release it says it belongs to, e.g. `bellsoft-hardened-containers-25`. */
  readonly distribution?: string;
}

/** What an SBOM says is in an image, reduced to what is compared and matched. Stored per digest. */
export interface ComponentList {
  readonly format: "cyclonedx" | "spdx";
  /** E.g. `1.6`, `2.3`. */
  readonly specVersion: string;
  /** The tool that wrote it, where it says so: comparing two tools' lists proves little. */
  readonly tool?: string;
  /** Sorted by key, then version; no two equal. At most {@link COMPONENTS_MAX}. */
  readonly components: readonly Component[];
  /** Entries that are no packages or could not be read, by reason. */
  readonly skipped: readonly { readonly reason: string; readonly count: number }[];
}

/** Components of one SBOM at most. */
export const COMPONENTS_MAX = 200_000;
/** Bytes of one SBOM document at most. */
export const SBOM_BYTES_MAX = 40 * 1024 * 1024;
