import type { Context } from "../context.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord, StoreEvent } from "../ports/store.ts";
import { contentHashOf, type ProposalContent } from "../proposal/content.ts";
import { isFlagged } from "../proposal/flaw.ts";
import type { Plan } from "../proposal/plan.ts";
import { planDueOf } from "../proposal/summary.ts";
import { later } from "../time.ts";
import { proposalKeyOf } from "./current-proposal.ts";

/** A pull request as it was written a moment ago. */
export interface WrittenProposal {
  readonly plan: Plan;
  readonly branch: string;
  readonly content: ProposalContent;
  readonly headCommit: string;
  readonly pull: PullRequest;
  readonly current: ProposalRecord | undefined;
}

/** Keeps what was written, with when to look at it again, and tells it. */
export async function keepProposal(
  { plan, branch, content, headCommit, pull, current }: WrittenProposal,
  context: Context,
): Promise<void> {
  const { store, clock, settings } = context;
  const now = await clock.now();
  const isSame = current?.number === pull.number;
  // Without a hash it was found at the code host: a process died before it could tell, or the store lost that it was told.
  const isTold = isSame && current.contentHash !== "";
  const subject = `${plan.codeRepository.owner}/${plan.codeRepository.name}#${pull.number}`;
  const contentHash = contentHashOf(content);
  if (isSame && isFlagged(current)) {
    await context.record({
      kind: "proposal-cleared",
      at: now,
      subject,
      message: "what it proposes is verified: the warning is gone",
      key: `proposal-cleared ${subject} ${current.contentHash}`,
    });
  }
  const event: StoreEvent = isTold
    ? {
        kind: "refreshed",
        at: now,
        subject,
        message: content.title,
        key: `refreshed ${subject} ${contentHash}`,
      }
    : {
        kind: "proposed",
        at: now,
        subject,
        message: content.title,
        key: `proposed ${subject} ${plan.baseBranch}`,
      };
  await context.record(event);
  await store.saveProposal({
    ...proposalKeyOf(plan),
    branch,
    number: pull.number,
    url: pull.url,
    title: content.title,
    state: "open",
    headCommit,
    contentHash,
    updates: plan.updates.map(({ line, from, to, toTag, superseded, stepBack }) => ({
      line,
      from,
      to,
      ...(toTag === undefined ? {} : { toTag }),
      superseded,
      ...(stepBack === undefined ? {} : { isApproved: true }),
    })),
    ...dueOfPlan(plan),
    openedAt: isSame ? current.openedAt : now,
    checkedAt: now,
  });
  await store.schedule(
    { kind: "propose", proposal: proposalKeyOf(plan) },
    later(now, settings.proposalsMs),
    "set",
  );
}

function dueOfPlan(plan: Plan): Pick<ProposalRecord, "dueAt"> {
  const { dueAt } = planDueOf(plan).obligation;
  return dueAt === undefined ? {} : { dueAt };
}
