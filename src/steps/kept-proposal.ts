import type { Context } from "../context.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord, StoreEvent } from "../ports/store.ts";
import { contentHashOf } from "../proposal/content.ts";
import { isFlagged } from "../proposal/flaw.ts";
import { isSnoozed } from "../proposal/orders.ts";
import { type Instant, later } from "../time.ts";
import type { Draft } from "./draft.ts";

/** A pull request as it was written a moment ago. */
export interface WrittenProposal {
  readonly draft: Draft;
  readonly branch: string;
  readonly headCommit: string;
  readonly pull: PullRequest;
  readonly current: ProposalRecord | undefined;
}

/** Keeps what was written, with when to look at it again, and tells it. */
export async function keepProposal(
  { draft, branch, headCommit, pull, current }: WrittenProposal,
  context: Context,
): Promise<void> {
  const { store, clock, settings } = context;
  const { key, content, updates, dueAt } = draft;
  const now = await clock.now();
  const isSame = current?.number === pull.number;
  // Without a hash it was found at the code host: a process died before it could tell, or the store lost that it was told.
  const isTold = isSame && current.contentHash !== "";
  const subject = `${key.codeRepository.owner}/${key.codeRepository.name}#${pull.number}`;
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
        key: `proposed ${subject} ${key.baseBranch}`,
      };
  await context.record(event);
  // Why it is back stays what it says, whatever is learnt or over since.
  await store.decline(key, draft.returned ?? [], now);
  await store.saveProposal({
    ...key,
    branch,
    number: pull.number,
    url: pull.url,
    title: content.title,
    state: "open",
    headCommit,
    contentHash,
    updates,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(draft.automerge === undefined ? {} : { mergesItself: true }),
    ...(current?.declinedPins === undefined ? {} : { declinedPins: current.declinedPins }),
    openedAt: isSame ? current.openedAt : now,
    checkedAt: now,
    ...(isSame ? talkAfter(current, draft, now) : {}),
  });
  await store.schedule({ kind: "propose", proposal: key }, later(now, settings.proposalsMs), "set");
}

/** What was said goes on, without what is done by being written, and a snooze that is not over. */
function talkAfter(
  { talk, ...current }: ProposalRecord,
  { graveFixes = [] }: Draft,
  now: Instant,
): Pick<ProposalRecord, "talk" | "snooze"> {
  const { snooze } = current;
  const orders = talk?.orders.filter(({ kind }) => kind !== "rebase" && kind !== "recreate");
  const known = [...new Set([...(snooze?.known ?? []), ...graveFixes])].toSorted();
  return {
    ...(talk === undefined || orders === undefined ? {} : { talk: { ...talk, orders } }),
    ...(snooze === undefined || !isSnoozed(current, now) ? {} : { snooze: { ...snooze, known } }),
  };
}
