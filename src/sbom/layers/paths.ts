/** What a file of an image tells about its packages. `rpm-unread`: a database in a form that is not read here. */
export type LayerFileKind =
  "apk" | "dpkg" | "dpkg-part" | "rpm-sqlite" | "rpm-manifest" | "rpm-journal" | "rpm-unread" | "os-release";

/** Where distributions without a package manager in the image keep one file per package. */
const STATUS_PARTS = "var/lib/dpkg/status.d";

/** Folders rpm's database was in over the years, and where systems with a read-only /usr have it. */
const RPM_FOLDERS = ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"];

const RPM_FILES: readonly (readonly [string, LayerFileKind])[] = [
  ["rpmdb.sqlite", "rpm-sqlite"],
  ["rpmdb.sqlite-wal", "rpm-journal"],
  // Berkeley DB, and rpm's own ndb.
  ["Packages", "rpm-unread"],
  ["Packages.db", "rpm-unread"],
];

const FILES: ReadonlyMap<string, LayerFileKind> = new Map<string, LayerFileKind>([
  ["lib/apk/db/installed", "apk"],
  // Since /lib is a link to /usr/lib.
  ["usr/lib/apk/db/installed", "apk"],
  ["var/lib/dpkg/status", "dpkg"],
  ["etc/os-release", "os-release"],
  ["usr/lib/os-release", "os-release"],
  // Azure Linux has the answer of `rpm -qa` in images without rpm.
  ["var/lib/rpmmanifest/container-manifest-2", "rpm-manifest"],
  ...RPM_FOLDERS.flatMap((folder) =>
    RPM_FILES.map(([name, kind]): readonly [string, LayerFileKind] => [`${folder}/${name}`, kind]),
  ),
]);

/** Folders that hold such files, at any depth. */
const FOLDERS: ReadonlySet<string> = new Set([...FILES.keys(), `${STATUS_PARTS}/any`].flatMap(foldersOf));

/** What a file at this path tells; undefined for the many that tell nothing. */
export function layerFileKindOf(path: string): LayerFileKind | undefined {
  const kind = FILES.get(path);
  if (kind !== undefined) return kind;
  return isStatusPart(path) && !path.endsWith(".md5sums") ? "dpkg-part" : undefined;
}

/** Whether what stands at this path decides what becomes of such a file: it is one, or holds one. */
export function isOnTheWay(path: string): boolean {
  return FOLDERS.has(path) || FILES.has(path) || isStatusPart(path);
}

/**
 * The path of an entry of a layer: parts divided by one `/`, none before the first. Undefined for one that leaves the image, and for the
 * root. It is only ever compared, never opened.
 */
export function pathOf(name: string): string | undefined {
  if (name.length > PATH_LENGTH_MAX) return undefined;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}

/** As long as paths get on Linux. */
const PATH_LENGTH_MAX = 4_096;

function isStatusPart(path: string): boolean {
  return path.startsWith(`${STATUS_PARTS}/`) && !path.slice(STATUS_PARTS.length + 1).includes("/");
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join("/"));
}
