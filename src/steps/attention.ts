import type { Context } from "../context.ts";
import type { PullRequest, SourceFile } from "../ports/code-host.ts";
import { CODEOWNERS_PATHS, ownersOf } from "../proposal/codeowners.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import type { PullRules } from "../vendor/pull-rules.ts";

/** A pull request that was opened a moment ago. */
export interface NewPull {
  readonly codeRepository: CodeRepository;
  readonly pull: PullRequest;
  /** Of the files that change, where they are asked. */
  readonly owners: readonly string[];
  readonly pulls: PullRules;
}

/** Brings a pull request that was opened a moment ago to the notice of whom the policy names. Who is not known to the code host is told, once. */
export async function askForAttention(
  { codeRepository, pull, owners, pulls }: NewPull,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeHost, clock, record } = context;
  const { assignees, reviewers, milestone } = pulls;
  const attention = {
    assignees,
    reviewers: [...new Set([...reviewers, ...owners])],
    ...(milestone === undefined ? {} : { milestone }),
  };
  if (attention.assignees.length + attention.reviewers.length === 0 && milestone === undefined) return;
  const { unknown } = await codeHost.bringTo(codeRepository, pull, attention, signal);
  if (unknown.length === 0) return;
  const subject = `${codeRepository.owner}/${codeRepository.name}`;
  const names = unknown.toSorted().slice(0, 10).join(", ");
  await record({
    kind: "attention-unknown",
    at: await clock.now(),
    subject,
    message: `the code host does not know: ${names}`,
    key: `attention-unknown ${subject} ${names}`,
  });
}

/** Files that are needed to know whom changes are brought to the notice of. */
export function ownerPathsFor({ codeowners }: PullRules): readonly string[] {
  return codeowners ? CODEOWNERS_PATHS : [];
}

/** Owners of the files that change, by the first CODEOWNERS of the base branch. */
export function ownersAmong(files: readonly SourceFile[], changes: ReadonlySet<string>): readonly string[] {
  const text = CODEOWNERS_PATHS.map((path) => files.find((file) => file.path === path)?.text).find(
    (found) => found !== undefined,
  );
  return text === undefined ? [] : ownersOf(text, [...changes]);
}
