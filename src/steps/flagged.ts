import type { Context } from "../context.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import { failedCheckOf } from "../proposal/check-run.ts";
import { type Flaw, flaggedHashOf, flaggedWords, isFlaggedFor, withWarning } from "../proposal/flaw.ts";
import { FLAGGED_LABELS } from "../proposal/labels.ts";
import { targetLineOf } from "../proposal/plan.ts";
import { failureOf } from "../proposal/statuses.ts";
import { type OpenProposal, proposalKeyOf } from "./current-proposal.ts";
import { markCommit } from "./marks.ts";
import { sayOnce } from "./said.ts";
import { isRevoked } from "../trust/distrust.ts";
import type { Verdict } from "../trust/verdict.ts";

/**
 * What an open pull request proposes and must not any more, by what is stored: a verdict that says so, or an approval that was withdrawn. A
 * verdict that nobody has is none: it says nothing.
 */
export async function flawsOf(
  open: ProposalRecord,
  store: Pick<Store, "verdict" | "approval">,
): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = [];
  for (const update of open.updates) {
    const { to, isApproved } = update;
    const line = targetLineOf(update);
    const record = await store.verdict({ repository: line.repository, digest: to });
    if (record === undefined) continue;
    const { verdict, checkedAt: since } = record;
    if (verdict.kind !== "verified") {
      const kind = verdict.kind === "rejected" ? "rejected" : "unproven";
      flaws.push({ kind, line, to, reason: inWords(verdict), since });
    } else if (isApproved === true && (await store.approval(line, to)) === undefined) {
      flaws.push({
        kind: "not-approved",
        line,
        to,
        reason: "the approval of this step backwards was withdrawn",
        since,
      });
    }
  }
  return flaws;
}

function inWords(verdict: Exclude<Verdict, { kind: "verified" }>): string {
  switch (verdict.kind) {
    case "rejected":
      // Said alike by whatever found it: what is stored, and the evidence when it is judged anew.
      return isRevoked(verdict)
        ? `rejected (${verdict.reason}): an operator took the trust away`
        : `rejected (${verdict.reason}): ${verdict.detail}`;
    case "awaiting-evidence":
      return `no ${verdict.missing} that can be checked is there any more`;
    case "unverifiable":
      return verdict.reason;
    default:
      return verdict satisfies never;
  }
}

/**
 * Says on an open pull request that it must not be merged: a failed check, a warning before everything else, a label, and one comment. What it proposes is left as
 * it is: that may be verified again. Run again it changes nothing.
 */
export async function flag(
  { open, pull }: OpenProposal,
  flaws: readonly Flaw[],
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeHost, store, clock, settings } = context;
  const { codeRepository, number } = open;
  // Ended or replaced a moment ago: the next look takes that in.
  if (pull?.state !== "open" || pull.number !== number) return;

  const content = { title: pull.title, body: withWarning(pull.body, flaws), labels: FLAGGED_LABELS };
  const { publicUrl } = settings;
  const link = publicUrl === undefined ? {} : { url: publicUrl };
  const marks = {
    check: { ...failedCheckOf(flaws), ...link },
    verification: { ...failureOf(flaws), ...link },
    statuses: [],
  };
  // The check first: it is what keeps others from merging.
  await markCommit({ repository: codeRepository, commit: pull.headCommit }, marks, codeHost, signal);
  await codeHost.updatePullRequest(codeRepository, pull, content, signal);
  const isClosing = settings.closeRevoked && flaws.some(({ kind }) => kind !== "unproven");
  if (isFlaggedFor(open, flaws) && !isClosing) return;

  const contentHash = flaggedHashOf(flaws);
  const subject = `${codeRepository.owner}/${codeRepository.name}#${number}`;
  await context.record({
    kind: "proposal-flagged",
    at: await clock.now(),
    subject,
    message: failureOf(flaws).description,
    key: `proposal-${contentHash} ${subject}`,
  });
  const told = await sayOnce(open, { name: "flagged", text: flaggedWords(flaws) }, context, signal);
  const flagged = { ...told, contentHash, checkedAt: await clock.now() };
  if (!isClosing) return store.saveProposal(flagged);
  // Kept first: one that is found closed and is not known to be so was closed by a person, who declines its digests.
  await store.saveProposal({ ...flagged, state: "closed", closedAt: flagged.checkedAt });
  await closeFlagged({ open, pull }, context, signal);
}

/** Closes what was flagged and is to be closed; again, should a process have died before it could. */
export async function closeFlagged(
  { open, pull }: OpenProposal,
  { codeHost, store }: Context,
  signal: AbortSignal,
): Promise<void> {
  if (pull?.number === open.number) await codeHost.closePullRequest(open.codeRepository, pull, signal);
  await store.unschedule({ kind: "propose", proposal: proposalKeyOf(open) });
}
