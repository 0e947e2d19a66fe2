import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import { groupingOf, groupsOf } from "../proposal/group.ts";
import { baseOf } from "../proposal/plan.ts";
import { PROPOSE } from "../queues.ts";
import { rulesOf } from "../watch/rules-of.ts";
import { pinsOf } from "../watch/scan.ts";
import type { OpenProposal } from "./current-proposal.ts";
import { endProposal } from "./ended.ts";

/** Whether an open pull request was cut by another setting than the one that holds now. */
export async function isRegrouped(
  current: ProposalRecord,
  { settings, store }: Pick<Context, "settings" | "store">,
): Promise<boolean> {
  if (current.state !== "open") return false;
  const grouping = groupingOf(current.group);
  if (grouping === undefined) return false;
  const scan = await store.scan(baseOf(current));
  return grouping !== rulesOf(settings.policies, current.codeRepository, scan).pulls.group;
}

/**
 * Closes a pull request of a grouping that holds no longer, with a word on where its updates went, once each of them is proposed elsewhere or nothing
 * pins what it would change. Until then it stays as it is: nothing is taken away before the new one is there.
 */
export async function leaveGroup(
  { open, pull }: OpenProposal,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { store, enqueue } = context;
  const { codeRepository, baseBranch } = open;
  const groups = await newGroupsOf(open, context);
  const heirs: ProposalRecord[] = [];
  for (const group of groups) {
    const key = { codeRepository, baseBranch, group };
    const heir = await store.proposal(key);
    // One that ended, before the setting was changed to and fro, takes nothing over.
    if (heir?.state === "open") heirs.push(heir);
    else await enqueue(PROPOSE, key);
  }
  if (heirs.length < groups.size) return;

  await endProposal({ open, pull }, wordsOf(heirs), context, signal);
}

/** The groups that the updates of a pull request belong to now. */
async function newGroupsOf(
  proposal: ProposalRecord,
  { store, settings }: { readonly store: Pick<Store, "scan">; readonly settings: Context["settings"] },
): Promise<ReadonlySet<string>> {
  const { codeRepository, updates } = proposal;
  const scan = await store.scan(baseOf(proposal));
  if (scan === undefined) return new Set();
  const { group: grouping } = rulesOf(settings.policies, codeRepository, scan).pulls;
  const lines = new Map(updates.map(({ line }) => [renderLine(line), line]));
  return new Set(
    [...lines.values()].flatMap((line) =>
      pinsOf(scan, line)
        .filter(({ digest }) =>
          updates.some(({ line: moved, from }) => from === digest && renderLine(moved) === renderLine(line)),
        )
        .flatMap((pin) => groupsOf(grouping, { line, ...pin })),
    ),
  );
}

/** Numbers alone make links within the code repository, and nowhere else. */
function wordsOf(heirs: readonly ProposalRecord[]): string {
  const numbers = heirs.map(({ number }) => `#${number}`).slice(0, 20);
  return numbers.length === 0
    ? "Superseded: pull requests are grouped in another way now, and nothing pins what this would change any more."
    : `Superseded by ${numbers.join(", ")}: pull requests are grouped in another way now.`;
}
