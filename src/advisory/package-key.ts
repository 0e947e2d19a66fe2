/** A source package as advisories name it. */
export interface PackageKey {
  /** OSV ecosystem with release, e.g. `BellSoft Hardened Containers:25`. */
  readonly ecosystem: string;
  readonly name: string;
}

/** The key as one text: equal for equal keys only. */
export function renderPackageKey({ ecosystem, name }: PackageKey): string {
  return JSON.stringify([ecosystem, name]);
}
