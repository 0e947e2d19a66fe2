import { createHash } from "node:crypto";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Grouping } from "../vendor/pull-rules.ts";

/** What decides which pull request a place belongs to. */
export interface GroupedPlace {
  readonly line: ImageLine;
  readonly path: string;
  /** Id of the profile that claims the line. */
  readonly profile: string;
}

/** A group's name at most: it stands in keys, commits and markers. */
const NAME_LENGTH_MAX = 240;
/** No vendor is called so: ids of vendors have no `_`. */
const ALL = "_all";
/** The pull request that adds digests where there are none, whatever the grouping. Nothing else is called so, as with {@link ALL}. */
export const PINS_GROUP = "_pins";

/**
 * The name of the pull request that a place belongs to: `bellsoft`, `line:docker.io/bellsoft/base:musl`, `dir:deploy/prod` (`dir:.` for the top),
 * or `_all`. Printable ASCII without `#`, 240 characters at most; different groups have different names, whatever the grouping.
 */
export function groupOf(grouping: Grouping, { line, path, profile }: GroupedPlace): string {
  switch (grouping) {
    case "vendor":
      return profile;
    case "line":
      return bounded(`line:${renderLine(line)}`);
    case "directory":
      return bounded(`dir:${encoded(directoryOf(path))}`);
    case "all":
      return ALL;
    default:
      return grouping satisfies never;
  }
}

/** The groups of what one line is pinned to in several files, each once. */
export function groupsOf(
  grouping: Grouping,
  { paths, ...place }: Omit<GroupedPlace, "path"> & { readonly paths: readonly string[] },
): readonly string[] {
  return [...new Set(paths.map((path) => groupOf(grouping, { ...place, path })))];
}

/** By which setting a group of this name was made; undefined for {@link PINS_GROUP}, which no setting makes. */
export function groupingOf(group: string): Grouping | undefined {
  if (group === PINS_GROUP) return undefined;
  if (group === ALL) return "all";
  if (group.startsWith("line:")) return "line";
  return group.startsWith("dir:") ? "directory" : "vendor";
}

function directoryOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end === -1 ? "." : path.slice(0, end);
}

/** What is not plain in a path is written by its bytes, so that no name means two things where names are joined. */
function encoded(directory: string): string {
  return directory.replaceAll(/[^\w./-]/gu, (character) =>
    [...Buffer.from(character, "utf8")]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

function bounded(name: string): string {
  if (name.length <= NAME_LENGTH_MAX) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${name.slice(0, NAME_LENGTH_MAX - hash.length - 1)}~${hash}`;
}
