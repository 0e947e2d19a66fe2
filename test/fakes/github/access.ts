import { keyOf, Refused } from "./world.ts";
import type { Caller, Deed, Permissions, RepositoryState, World } from "./world.ts";

/** The repository, if the caller may see it. GitHub tells nobody that there is one they may not see. */
export function findVisible(
  { repositories }: World,
  caller: Caller,
  name: { readonly owner: string; readonly name: string },
): RepositoryState | undefined {
  const repository = repositories.get(keyOf(name.owner, name.name));
  return repository !== undefined && isVisible(caller, repository) ? repository : undefined;
}

/** Whether the caller may see it. */
export function isVisible(caller: Caller, repository: RepositoryState): boolean {
  switch (caller.kind) {
    case "token":
      return true;
    case "installation":
      return caller.sees(repository);
    default:
      return caller satisfies never;
  }
}

/** Refuses what the caller was not given; of several sets of permissions one is enough. */
export function demand(caller: Caller, ...alternatives: readonly Permissions[]): void {
  const { kind, permissions } = caller;
  if (permissions === undefined || alternatives.length === 0) return;
  if (alternatives.some((needs) => hasAll(permissions, needs))) return;
  const accepted = alternatives
    .map((needs) =>
      Object.entries(needs)
        .map(([name, level]) => `${name}=${level}`)
        .join(","),
    )
    .join("; ");
  const who = kind === "token" ? "personal access token" : "integration";
  throw new Refused(403, `Resource not accessible by ${who}`, undefined, {
    "x-accepted-github-permissions": accepted,
  });
}

function hasAll(given: Permissions, needs: Permissions): boolean {
  return Object.entries(needs).every(([name, level]) =>
    [level, "write", "admin"].includes(given[name] ?? ""),
  );
}

/** Refuses changes of what nobody can change. */
export function demandWritable({ isArchived }: RepositoryState): void {
  if (isArchived) throw new Refused(403, "Repository was archived so is read-only.");
}

/** Whether GitHub runs what is at this path, and so asks for a permission of its own. */
export function isWorkflow(path: string): boolean {
  return /^\.github\/workflows\/[^/]+\.ya?ml$/i.test(path);
}

/** Refuses to write workflows without the permission for it. */
export function demandWorkflows({ caller }: Deed, paths: readonly string[]): void {
  if (paths.some(isWorkflow)) demand(caller, { contents: "write", workflows: "write" });
}
