import type { Context } from "../context.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { commitHashOf } from "../proposal/content.ts";
import { renderMoment } from "../time.ts";
import type { Draft } from "./draft.ts";

/** What is written over. */
export interface TurnFacts {
  /** The commit that the branch is made on. */
  readonly parent: string;
  readonly current: ProposalRecord | undefined;
  /** Somebody wants the branch made anew. */
  readonly isRebase: boolean;
}

/**
 * Whether a branch may be written now, where the policy has only so many written in an hour. What has to wait is due again when the next may be, and is told.
 * What fixes something grave and what a person asked for does not wait, and counts.
 */
export async function isItsTurn(
  draft: Draft,
  { parent, current, isRebase }: TurnFacts,
  { store, clock, record }: Pick<Context, "store" | "clock" | "record">,
): Promise<boolean> {
  const { key, content, pulls, dueAt, graveFixes = [] } = draft;
  const { perHour } = pulls;
  if (perHour === undefined) return true;
  const isAsked = isRebase || (current?.talk?.orders ?? []).some(({ kind }) => kind === "recreate");
  const now = await clock.now();
  const write = commitHashOf(parent, content);
  const turn = await store.takeOfHour({
    key,
    write,
    max: perHour,
    ...(dueAt === undefined ? {} : { dueAt }),
    turn: isAsked || graveFixes.length > 0 ? "at-once" : "in-line",
    now,
  });
  if (turn.kind === "taken") return true;
  const { until, takenCount } = turn;
  // An open one is looked at in its own time too.
  const mode = current?.state === "open" ? "sooner" : "set";
  await store.schedule({ kind: "propose", proposal: key }, until, mode);
  const { codeRepository, baseBranch, group } = key;
  const subject = `${codeRepository.owner}/${codeRepository.name}`;
  await record({
    kind: "proposal-waiting",
    at: now,
    subject,
    message: `waits until ${renderMoment(until)} at least: ${takenCount} of ${perHour} this hour are written: ${content.title}`,
    // Others may go first then, and the base branch may go on: once for each thing that waits, however often it asks.
    key: `proposal-waiting ${subject} ${baseBranch} ${group} ${commitHashOf("", content)}`,
  });
  return false;
}
