import { NO_OBJECT } from "./git-repository.ts";
import { closePullsOf, refreshPullsOf } from "./pulls.ts";
import { demandWritable } from "./access.ts";
import { Refused } from "./world.ts";
import type { Deed } from "./world.ts";

/** A ref, named without `refs/`, and the commit it is to point at. */
export interface RefWish {
  readonly name: string;
  readonly sha: string;
}

/** Makes a ref. */
export async function createRef({ repository }: Deed, { name, sha }: RefWish): Promise<void> {
  const { git } = repository;
  demandWritable(repository);
  if (!name.includes("/") || !(await git.isRefName(name))) {
    throw new Refused(422, "Reference name is not valid");
  }
  if ((await git.typeOf(sha)) !== "commit") throw new Refused(422, "Object does not exist");
  if (!(await git.moveRef(name, sha, NO_OBJECT))) throw new Refused(422, "Reference already exists");
}

/** Moves a ref forward, or anywhere with `force`. */
export async function updateRef(
  deed: Deed,
  { name, sha, force }: RefWish & { readonly force: boolean },
): Promise<void> {
  const { world, repository } = deed;
  const { git } = repository;
  demandWritable(repository);
  const before = await git.ref(name);
  if (before === undefined) throw new Refused(422, "Reference does not exist");
  if ((await git.typeOf(sha)) !== "commit") throw new Refused(422, "Object does not exist");
  demandUnprotected(deed, name);
  if (!force && !(await git.isAncestor(before, sha))) throw new Refused(422, "Update is not a fast forward");
  if (!(await git.moveRef(name, sha, before))) throw new Refused(422, "Reference cannot be updated");
  await refreshPullsOf(world, repository);
}

/** Removes a ref; pull requests that came from it are closed. */
export async function deleteRef(deed: Deed, name: string): Promise<void> {
  const { world, repository } = deed;
  demandWritable(repository);
  if ((await repository.git.ref(name)) === undefined) throw new Refused(422, "Reference does not exist");
  demandUnprotected(deed, name, "Cannot delete this branch");
  if (name === `heads/${repository.defaultBranch}`)
    throw new Refused(422, "Cannot delete the default branch");
  await repository.git.deleteRef(name);
  closePullsOf(world, repository, name.replace(/^heads\//, ""));
}

/** Refuses to move a protected branch past its pull requests, or to remove it. */
export function demandUnprotected(
  { repository }: Deed,
  name: string,
  why = "Changes must be made through a pull request.",
): void {
  const branch = name.replace(/^heads\//, "");
  if (!repository.protectedBranches.has(branch)) return;
  throw new Refused(422, `Repository rule violations found\n\n${why}\n`);
}
