import type { Context } from "../context.ts";
import type { PullRequest } from "../ports/code-host.ts";
import { CODEOWNERS_PATHS, ownersOf } from "../proposal/codeowners.ts";
import type { Plan } from "../proposal/plan.ts";
import { ruleFor } from "../vendor/policies.ts";

/** Brings a pull request that was opened a moment ago to the notice of whom the policy names. Who is not known to the code host is told, once. */
export async function askForAttention(
  plan: Plan,
  pull: PullRequest,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeHost, settings, clock, record } = context;
  const { codeRepository } = plan;
  const { assignees, reviewers, milestone, codeowners } = ruleFor(settings.policies, codeRepository).pulls;
  const owners = codeowners ? await ownersFor(plan, context, signal) : [];
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

/** Owners of the files that change, by the first CODEOWNERS of the base branch. */
async function ownersFor(
  { codeRepository, baseBranch, updates }: Plan,
  { codeHost }: Context,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const base = await codeHost.branch(codeRepository, baseBranch, signal);
  const wanted: ReadonlySet<string> = new Set(CODEOWNERS_PATHS);
  const { files } = await codeHost.files(codeRepository, base.commit, (path) => wanted.has(path), signal);
  const text = CODEOWNERS_PATHS.map((path) => files.find((file) => file.path === path)?.text).find(
    (found) => found !== undefined,
  );
  const paths = new Set(updates.flatMap(({ places }) => places.map(({ path }) => path)));
  return text === undefined ? [] : ownersOf(text, [...paths]);
}
