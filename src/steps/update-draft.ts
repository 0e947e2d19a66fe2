import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import { mayMergeItself } from "../proposal/automerge.ts";
import { renderBody } from "../proposal/body.ts";
import { checkOf } from "../proposal/check-run.ts";
import { commitMessageOf } from "../proposal/commit-message.ts";
import { isSnoozed, type Snooze } from "../proposal/orders.ts";
import { withSnooze } from "../proposal/snooze.ts";
import { labelsOf } from "../proposal/labels.ts";
import { type Plan, targetLineOf, type Update } from "../proposal/plan.ts";
import { statusesOf } from "../proposal/statuses.ts";
import { planDueOf } from "../proposal/summary.ts";
import { titleOf } from "../proposal/title.ts";
import { keepNews } from "./clocks/clocks.ts";
import type { Draft, GroupPlan, GroupQuestion, Planned } from "./draft.ts";
import { editedFiles, pathsOf } from "./edited-files.ts";
import { graveFixesOfPlan } from "./grave-fixes.ts";
import { keepHeld, rulesNow, type RulesNow } from "./held.ts";
import { planFor } from "./plan.ts";
import type { PinnedPlaces } from "./planning/pins.ts";
import { movedTags, settlingEnd } from "./planning/settling.ts";
import { readingOnce } from "./read-once.ts";
import { servedPlan } from "./served-plan.ts";
import { areStillTrue, type NewDigest } from "./still-true.ts";

/** The updates of a group that are to be proposed now, from stored facts alone. */
export async function plannedUpdates({ key, current }: GroupQuestion, context: Context): Promise<GroupPlan> {
  const { settings } = context;
  const store = readingOnce(context.store);
  const rules = await rulesNow(key, { ...context, store });
  const facts = { key, profiles: settings.profiles, current, store, rules };
  const { plan, held, pins, clocks, declinedUntil } = await planFor(facts);
  const note = async (): Promise<void> => {
    await keepHeld({ key, held, isOpen: current?.state === "open", declinedUntil }, context);
    for (const each of clocks) await keepNews(each, context.store);
  };
  if (plan === undefined) return { planned: undefined, note };
  return { planned: plannedWith(plan, { current, rules, pins, store }, context), note };
}

/** What a plan was made from, as far as its pull request rests on it. */
interface PlanSources extends Pick<GroupQuestion, "current"> {
  readonly rules: RulesNow;
  readonly pins: readonly PinnedPlaces[];
  readonly store: Store;
}

function plannedWith(plan: Plan, sources: PlanSources, context: Context): Planned {
  const { settings } = context;
  const { current, rules, pins, store } = sources;
  const snooze = current !== undefined && isSnoozed(current, rules.now) ? current.snooze : undefined;
  let made: Draft | undefined;
  const draft = (): Draft => (made ??= draftOf(plan, { ...rules, snooze }, settings));
  return {
    // What waits for its group is not written out each time it is asked about.
    get draft() {
      return draft();
    },
    async settlesAt() {
      const news = newsOf(plan, current).map(({ assessment }) => assessment);
      return settlingEnd({ news, moved: await movedTags(pins, store), now: rules.now });
    },
    isTrue: async (signal) => areStillTrue(plan.updates.map(newDigestOf), context, signal),
    async confirmed(signal) {
      const served = await servedPlan(plan, current, context, signal);
      if (served === undefined) return undefined;
      // What an open pull request proposes already was asked about when it was written.
      const news = newsOf(served, current).map(newDigestOf);
      if (!(await areStillTrue(news, context, signal))) return undefined;
      return served === plan ? draft() : draftOf(served, { ...rules, snooze }, settings);
    },
  };
}

/** What of a plan an open pull request does not propose yet. */
function newsOf({ updates }: Plan, current: GroupQuestion["current"]): readonly Update[] {
  const proposed = new Set(current?.state === "open" ? current.updates.map(nameOf) : []);
  return updates.filter((update) => !proposed.has(nameOf(update)));
}

/** What an update brings, under the tag that it is proposed with. */
function newDigestOf(update: Update): NewDigest {
  const { to, profile } = update;
  return { line: targetLineOf(update), to, profile };
}

/** A digest under the tag that it is proposed with. */
function nameOf(update: Pick<Update, "line" | "to" | "toTag">): string {
  return `${renderLine(targetLineOf(update))} ${update.to}`;
}

/** How a draft is made. */
interface DraftRules extends Pick<RulesNow, "pulls" | "edit"> {
  /** For which it is left alone, while it is: a word about it stands in the body. */
  readonly snooze: Snooze | undefined;
}

function draftOf(plan: Plan, { pulls, edit, snooze }: DraftRules, settings: Context["settings"]): Draft {
  const { codeRepository, baseBranch, group, updates } = plan;
  const { version, markerKey, publicUrl } = settings;
  const { dueAt } = planDueOf(plan).obligation;
  const link = publicUrl === undefined ? {} : { url: publicUrl };
  const [verification, sla] = statusesOf(plan);
  const body = renderBody(plan, { version, markerKey });
  return {
    key: { codeRepository, baseBranch, group },
    content: {
      title: titleOf(plan),
      body: snooze === undefined ? body : withSnooze(body, snooze),
      labels: labelsOf(plan),
      message: commitMessageOf(plan),
    },
    changes: new Set(updates.flatMap(({ places }) => places.map(({ path }) => path))),
    paths: pathsOf(plan, edit),
    edited: (files) => editedFiles(plan, files, edit),
    pulls,
    check: { ...checkOf(plan), ...link },
    verification: { ...verification, ...link },
    statuses: [{ ...sla, ...link }],
    ...(mayMergeItself(plan, pulls) ? { automerge: pulls.mergeMethod } : {}),
    ...(dueAt === undefined ? {} : { dueAt }),
    graveFixes: graveFixesOfPlan(plan),
    returned: updates.flatMap(({ returned }) => returned ?? []),
    updates: updates.map(({ line, from, to, toTag, superseded, stepBack }) => ({
      line,
      from,
      to,
      ...(toTag === undefined ? {} : { toTag }),
      superseded,
      ...(stepBack === undefined ? {} : { isApproved: true }),
    })),
  };
}
