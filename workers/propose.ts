import type { Context } from "../src/context.ts";
import type { ProposalKey, ProposalRecord } from "../src/ports/store.ts";
import { renderBody } from "../src/proposal/body.ts";
import { branchOf } from "../src/proposal/branch.ts";
import { commitMessageOf } from "../src/proposal/commit-message.ts";
import type { ProposalContent } from "../src/proposal/content.ts";
import { labelsOf } from "../src/proposal/labels.ts";
import type { Plan } from "../src/proposal/plan.ts";
import { statusesOf } from "../src/proposal/statuses.ts";
import { planDueOf } from "../src/proposal/summary.ts";
import { titleOf } from "../src/proposal/title.ts";
import { POLL, PROPOSE, VERIFY } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { currentProposal, proposalKeyOf } from "../src/steps/current-proposal.ts";
import { editedFiles, pathsOf } from "../src/steps/edited-files.ts";
import { flagIfFlawed, isLeft } from "../src/steps/flagged.ts";
import { proposePins } from "../src/steps/propose-pins.ts";
import type { Draft } from "../src/steps/draft.ts";
import { isSaid, writeDraft } from "../src/steps/written-draft.ts";
import { PINS_GROUP } from "../src/proposal/group.ts";
import { keepHeld, rulesNow } from "../src/steps/held.ts";
import { planFor } from "../src/steps/plan.ts";
import { profileNow } from "../src/steps/distrust.ts";
import { rulesInForce } from "../src/steps/rules-in-force.ts";
import { isRegrouped, leaveGroup } from "../src/steps/regrouped.ts";
import { groupsIn } from "../src/steps/proposals-about.ts";
import { ruleFor } from "../src/vendor/policies.ts";
import { isWhere } from "../src/watch/wanted.ts";
import { noteClocks } from "../src/steps/clocks/note.ts";
import { servedPlan } from "../src/steps/served-plan.ts";

/** Opens or refreshes the one pull request of a group in a code repository, if stored facts say that it should change. */
export const propose = worker(PROPOSE, async (key, context, signal) => {
  if (key.group === PINS_GROUP) return proposePins(key, context, signal);
  const { store, clock, settings } = context;
  const known = await store.proposal(key);
  if (known === undefined && !(await isGroup(key, context))) return;
  if (known?.state === "open") {
    const plan = await plannedFor(key, known, context);
    const isFresh = (await clock.now()) - known.checkedAt < settings.proposalsMs;
    const isTold = plan === undefined ? await isLeft(known, store) : isSaid(contentOf(plan, settings), known);
    if (isFresh && isTold) return;
  }
  // Asked before anything is written: what people did since the last look counts.
  const branch = branchOf(key.group, settings.baseBranch);
  const current = await currentProposal(key, branch, context, signal);
  if (current !== undefined && isRegrouped(current, context)) return leaveGroup(current, context, signal);
  const plan = await plannedFor(key, current, context);
  if (plan === undefined) return flagIfFlawed(current, context, signal);
  if (isSaid(contentOf(plan, settings), current)) return;
  const served = await servedPlan(plan, current, context, signal);
  if (served === undefined) return;
  const content = contentOf(served, settings);
  if (isSaid(content, current)) return;
  if (!(await isStillTrue(served, current, context, signal))) return;

  await writeDraft(draftOf(served, settings), current, context, signal);
});

/** Whether anything in the code repository belongs to a group of this name. */
async function isGroup(
  { codeRepository, group }: ProposalKey,
  { store, settings }: Context,
): Promise<boolean> {
  const scan = await store.scan(codeRepository);
  const { group: grouping } = ruleFor(settings.policies, codeRepository).pulls;
  return scan !== undefined && groupsIn(scan, grouping).has(group);
}

/** The plan, what its clocks rest on written down: they run from the evidence, even where the code host cannot be reached. */
async function plannedFor(
  key: ProposalKey,
  current: ProposalRecord | undefined,
  context: Context,
): Promise<Plan | undefined> {
  const { store, settings } = context;
  const rules = await rulesNow(key.codeRepository, context);
  const { plan, held } = await planFor({ key, profiles: settings.profiles, current, store, rules });
  await keepHeld({ key, held, isOpen: current?.state === "open" }, context);
  await noteClocks(plan, current, context);
  return plan;
}

function contentOf(plan: Plan, settings: Context["settings"]): ProposalContent {
  return {
    title: titleOf(plan),
    body: renderBody(plan, { version: settings.version, markerKey: settings.markerKey }),
    labels: labelsOf(plan),
    message: commitMessageOf(plan),
  };
}

/**
 * Whether what is new in the plan was judged by the rules in force, and the tags still stand where it says, asked now: between the poll and this moment they may have moved. What an open
 * pull request proposes already was asked about when it was written.
 */
async function isStillTrue(
  plan: Plan,
  current: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  const { registry, store, enqueue } = context;
  const proposed = new Set(current?.state === "open" ? current.updates.map(({ to }) => to) : []);
  for (const { line, to, profile } of plan.updates) {
    if (proposed.has(to)) continue;
    const image = { repository: line.repository, digest: to };
    const rules = await rulesInForce(await profileNow(profile, image, store), context);
    if ((await store.verdict(image))?.policyHash !== rules.hash) {
      await enqueue(VERIFY, { image });
      return false;
    }
    const state = await registry.resolve(line, signal);
    if (state.kind === "found") {
      // A platform's manifest is proposed as long as the tag stands on the index that lists it.
      const record = await store.verdict({ repository: line.repository, digest: state.digest });
      if (isWhere(to, { digest: state.digest, shape: record?.shape })) continue;
    }
    await enqueue(POLL, { repository: line.repository });
    return false;
  }
  return true;
}

function draftOf(plan: Plan, settings: Context["settings"]): Draft {
  const { dueAt } = planDueOf(plan).obligation;
  return {
    key: proposalKeyOf(plan),
    content: contentOf(plan, settings),
    paths: pathsOf(plan, settings.edit),
    edited: (files) => editedFiles(plan, files, settings.edit),
    statuses: statusesOf(plan).map((status) => ({ ...status, ...linkOf(settings) })),
    ...(dueAt === undefined ? {} : { dueAt }),
    updates: plan.updates.map(({ line, from, to, superseded, stepBack }) => ({
      line,
      from,
      to,
      superseded,
      ...(stepBack === undefined ? {} : { isApproved: true }),
    })),
  };
}

function linkOf({ publicUrl }: Context["settings"]): { readonly url?: string } {
  return publicUrl === undefined ? {} : { url: publicUrl };
}
