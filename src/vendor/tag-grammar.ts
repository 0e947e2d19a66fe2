/** What a word of a tag says about the image. */
export const WORD_ROLES = ["type", "user", "shell", "libc", "distro", "dev", "flag", "arch"] as const;
export type WordRole = (typeof WORD_ROLES)[number];

/** Which of two versions is newer: by their numbers, or as Python says. */
export type VersionScheme = "numeric" | "pep440";

/**
 * How a vendor puts tags together: words joined by `-`, in any order. A tag's stream is all of its words but the version; a word that is
 * not known here belongs to it like any other, so what a grammar does not say can never be crossed.
 */
export interface TagGrammar {
  /** Words by what they say; one of several words (`jdk-all`) is found before its parts. */
  readonly words: Readonly<Partial<Record<WordRole, readonly string[]>>>;
  /** Names of distributions: by themselves, or with a version right behind (`debian`, `debian13`). */
  readonly distros: readonly string[];
  /** Words whose next one is a version of something else, which moves beside the first: `nik` in `jdk-25-nik-25.0.4`. */
  readonly named: readonly string[];
  /** Whether a number behind the version counts builds of it: `9.7-1762956380`. */
  readonly release: "behind-version" | "none";
  /** Whether `rN` counts builds of a version: `1.27.3-r2`. */
  readonly epoch: "r" | "none";
  /** Lengths of numbers that are the time of a build: 6 is YYMMDD. */
  readonly dates: readonly number[];
  /** What begins a tag that is a mark on a digest and no image to follow. */
  readonly marks: readonly string[];
  readonly scheme: VersionScheme;
}

const DISTROS = ["debian", "alpine", "ubuntu", "ubi", "azurelinux", "photon"];
const CODENAMES = ["bullseye", "bookworm", "trixie", "forky", "focal", "jammy", "noble", "resolute"];

/** What is taken for granted of a repository of no known vendor. */
export const GENERIC_TAGS: TagGrammar = {
  words: {
    user: ["nonroot", "rootless", "root"],
    libc: ["musl", "glibc"],
    dev: ["dev", "debug", "builder", "sdk"],
    flag: ["slim", "fips", "minimal"],
    arch: ["amd64", "arm64", "arm64v8", "arm32v7"],
  },
  distros: [...DISTROS, ...CODENAMES],
  named: [],
  release: "none",
  epoch: "none",
  dates: [],
  marks: [],
  scheme: "numeric",
};
