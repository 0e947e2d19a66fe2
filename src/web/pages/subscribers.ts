import type { CodeBranch } from "../../proposal/plan.ts";

/** Code repositories that subscribe, each once, by name: with their branches where more than one of them does. */
export function subscriberNames(subscribers: readonly CodeBranch[]): readonly string[] {
  const byName = Map.groupBy(subscribers, ({ codeRepository: { owner, name } }) => `${owner}/${name}`);
  return [...byName].map(([name, branches]) =>
    branches.length === 1 ? name : `${name} (${branches.map(({ branch }) => branch).join(", ")})`,
  );
}
