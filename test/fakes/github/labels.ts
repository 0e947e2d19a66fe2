import { demandWritable } from "./access.ts";
import { invalid, Refused } from "./world.ts";
import type { Deed, LabelState, PullState, RepositoryState, World } from "./world.ts";

const LABEL_LENGTH_MAX = 50;
const COLOR = "ededed";

/** What a new label is like. */
export interface LabelWish {
  readonly name: string;
  readonly color?: string | undefined;
  readonly description?: string | null | undefined;
}

/** Makes a label of a repository. */
export function createLabel({ world, repository }: Deed, wish: LabelWish): LabelState {
  demandWritable(repository);
  checkName(wish.name);
  const color = (wish.color ?? COLOR).toLowerCase();
  if (!/^[0-9a-f]{6}$/.test(color)) throw invalid("Label", { field: "color" });
  if (repository.labels.has(wish.name.toLowerCase())) {
    throw new Refused(422, "Validation Failed", [
      { resource: "Label", code: "already_exists", field: "name", message: "Name has already been taken" },
    ]);
  }
  return insert(world, repository, { ...wish, color });
}

/** The label of this name, made where there is none: adding one by name does that. */
export function labelNamed(world: World, repository: RepositoryState, name: string): LabelState {
  checkName(name);
  return repository.labels.get(name.toLowerCase()) ?? insert(world, repository, { name });
}

/** Adds labels to a pull request, each once. */
export function addLabels({ world, repository }: Deed, pull: PullState, names: readonly string[]): void {
  demandWritable(repository);
  for (const name of names) checkName(name);
  for (const name of names) {
    labelNamed(world, repository, name);
    const isPresent = pull.labels.some((present) => present.toLowerCase() === name.toLowerCase());
    if (!isPresent) pull.labels.push(name);
  }
  pull.updatedAt = world.now();
}

/** Takes labels off; tells whether there was one to take. */
export function removeLabels(
  { world, repository }: Deed,
  pull: PullState,
  names: readonly string[],
): boolean {
  demandWritable(repository);
  const keys = new Set(names.map((name) => name.toLowerCase()));
  const kept = pull.labels.filter((name) => !keys.has(name.toLowerCase()));
  if (kept.length === pull.labels.length) return false;
  pull.labels = kept;
  pull.updatedAt = world.now();
  return true;
}

function checkName(name: string): void {
  if (name === "" || name.length > LABEL_LENGTH_MAX) throw invalid("Label", { field: "name" });
}

function insert(world: World, repository: RepositoryState, wish: LabelWish): LabelState {
  const { name, color = COLOR, description = null } = wish;
  const label = { id: world.nextId(), name, color, description };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}
