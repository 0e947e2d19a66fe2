import { keyOf } from "./world.ts";
import type { PullState, RepositoryState, World } from "./world.ts";

/** For tests. @throws when there is none */
export function findRepository(world: World, owner: string, name: string): RepositoryState {
  const repository = world.repositories.get(keyOf(owner, name));
  if (repository === undefined) throw new Error(`there is no repository ${owner}/${name}`);
  return repository;
}

/** For tests. @throws when there is none */
export function findPullNumber({ pulls }: RepositoryState, number: number): PullState {
  const pull = pulls.find((each) => each.number === number);
  if (pull === undefined) throw new Error(`there is no pull request ${number}`);
  return pull;
}
