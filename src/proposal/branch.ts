import { createHash } from "node:crypto";

/**
 * The branch of a group's pull request: `hullkeeper/bellsoft`, and `hullkeeper/bellsoft@release-1.x` where pull requests go to
 * another branch than the default one. The same for the same names always, another for others, and a valid name in Git.
 *
 * One level below `hullkeeper/`, since Git cannot hold a branch `a/b` beside a branch `a`.
 *
 * @param base the base branch, given only when it is not the default branch of the code repository
 * @see git-check-ref-format(1)
 */
export function branchOf(group: string, base?: string): string {
  return base === undefined ? `hullkeeper/${slugOf(group)}` : `hullkeeper/${slugOf(group)}@${slugOf(base)}`;
}

const SLUG_LENGTH_MAX = 60;

/** A name of letters, digits, `.`, `_`, `-`. What does not survive as it is gets a hash, so that two names never meet. */
function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/\.{2,}/g, ".")
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^[.-]+/, "")
    .replace(/(?:\.lock|[.-])+$/, "");
  if (slug === name) return slug;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return slug === "" ? hash : `${slug}-${hash}`;
}
