/** Code names that stand where a release is asked for. */
const DEBIAN_RELEASES: Readonly<Record<string, string>> = {
  stretch: "9",
  buster: "10",
  bullseye: "11",
  bookworm: "12",
  trixie: "13",
  forky: "14",
  duke: "15",
};

const UBUNTU_RELEASES: Readonly<Record<string, string>> = {
  trusty: "14.04",
  xenial: "16.04",
  bionic: "18.04",
  focal: "20.04",
  jammy: "22.04",
  noble: "24.04",
  oracular: "24.10",
  plucky: "25.04",
  questing: "25.10",
};

/** `13` of `13`, `13.2` or `trixie`; undefined for what is no stable release. */
export function debianReleaseOf(release: string): string | undefined {
  if (Object.hasOwn(DEBIAN_RELEASES, release)) return DEBIAN_RELEASES[release];
  return /^(\d{1,3})(?:\.\d{1,3})?$/.exec(release)?.[1];
}

/** `24.04` of `24.04`, `24.04.1` or `noble`. */
export function ubuntuReleaseOf(release: string): string | undefined {
  if (Object.hasOwn(UBUNTU_RELEASES, release)) return UBUNTU_RELEASES[release];
  return /^(\d{2}\.(?:04|10))(?:\.\d{1,2})?$/.exec(release)?.[1];
}

/** `25` of `bellsoft-hardened-containers-25`, or of `25` as BellSoft's own purls have it; empty for another distribution's. */
export function releaseIn(distribution: string | undefined, id: string): string {
  if (distribution === undefined) return "";
  if (distribution.startsWith(`${id}-`)) return distribution.slice(id.length + 1);
  return distribution.includes("-") ? "" : distribution;
}

/**
 * `enterprise_linux:9::baseos` of `cpe:/o:redhat:enterprise_linux:9::baseos`, in either form of a CPE; undefined for another
 * vendor's.
 *
 * @see CPE 2.3 naming specification (NISTIR 7695)
 */
export function redHatProductOf(cpe: string | undefined): string | undefined {
  if (cpe === undefined || cpe.length > CPE_LENGTH_MAX) return undefined;
  const [, tail] = /^cpe:(?:\/|2\.3:)[oa]:redhat:([a-z0-9_.:*-]+)$/.exec(cpe) ?? [];
  if (tail === undefined) return undefined;
  const parts = tail.split(":").map((part) => (part === "*" || part === "-" ? "" : part));
  while (parts.length > 0 && parts.at(-1) === "") parts.pop();
  return parts.length < 2 ? undefined : parts.join(":");
}

const CPE_LENGTH_MAX = 200;
