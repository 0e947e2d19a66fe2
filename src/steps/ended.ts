import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { baseOf } from "../proposal/plan.ts";
import type { Scan } from "../watch/scan.ts";
import { type OpenProposal, proposalKeyOf } from "./current-proposal.ts";
import { endOfPins } from "./first-pins.ts";
import { removeBranch } from "./remove-branch.ts";

const LEFT = "Done: the branch that this goes to is gone, or is none of those that are kept up to date.";
const OVERTAKEN = "Done: the base branch has all of this by other means.";

/**
 * Why a pull request that nothing is to be proposed instead of has nothing left to do, in a sentence; undefined for all others. Only what the last scan saw
 * counts: what it could not read says nothing.
 */
export async function endOf(
  proposal: ProposalRecord,
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<string | undefined> {
  const scan = await store.scan(baseOf(proposal));
  if (scan?.isLeft === true) return LEFT;
  if (scan?.unread !== undefined) return undefined;
  if (proposal.group === PINS_GROUP) return endOfPins(proposal, scan, settings);
  if (scan === undefined || scan.isUnsubscribed === true) return undefined;
  return isOvertaken(proposal, scan) ? OVERTAKEN : undefined;
}

/** Whether every line is at what is proposed for it, and none at what it was to leave. */
function isOvertaken({ updates }: ProposalRecord, { places }: Scan): boolean {
  const pins = new Set(
    places.flatMap(({ state }) =>
      state.kind === "handled" ? [`${renderLine(state.line)}@${state.digest}`] : [],
    ),
  );
  return updates.every(({ line, from, to, toTag }) => {
    const target = toTag === undefined ? line : { repository: line.repository, tag: toTag };
    return pins.has(`${renderLine(target)}@${to}`) && !pins.has(`${renderLine(line)}@${from ?? to}`);
  });
}

/** Closes a pull request that has nothing left to do, says why, and removes its branch. It declines nothing. */
export async function endProposal(
  { open, pull }: OpenProposal,
  why: string,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, codeHost, record } = context;
  const { codeRepository, number, headCommit } = open;
  const at = await clock.now();
  // Kept first: one that is found closed and is not known to be so was closed by a person, who declines it.
  await store.saveProposal({ ...open, state: "closed", closedAt: at, checkedAt: at });
  if (pull?.number === number && pull.state === "open") {
    await codeHost.comment(codeRepository, number, why, signal);
    await codeHost.closePullRequest(codeRepository, pull, signal);
    await removeBranch(open, headCommit, context, signal);
  }
  await store.unschedule({ kind: "propose", proposal: proposalKeyOf(open) });
  const subject = `${codeRepository.owner}/${codeRepository.name}#${number}`;
  await record({ kind: "superseded", at, subject, message: why, key: `superseded ${subject} ${open.group}` });
}
