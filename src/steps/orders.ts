import type { Context } from "../context.ts";
import type { ProposalLook, PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { COMMANDS_HELP } from "../proposal/commands.ts";
import { NOTHING_TO_EXPLAIN, renderExplanation } from "../proposal/explanation.ts";
import { NO_PINS_TO_EXPLAIN, renderPinsExplanation } from "../proposal/first-pins/explanation.ts";
import { isFlagged } from "../proposal/flaw.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { type Order, type OrderKind, SILENCE, withoutOrder } from "../proposal/orders.ts";
import { withSnooze } from "../proposal/snooze.ts";
import { renderMoment } from "../time.ts";
import { declinedWith } from "./declined-pins.ts";
import { declineAll } from "./declined.ts";
import { DECLINED_NAME, declinedWords, PLACES_DECLINED } from "./declined-words.ts";
import { pinsPlanFor } from "./first-pins.ts";
import { graveFixesOfPlan, graveFixesOfRecord } from "./grave-fixes.ts";
import { hear } from "./heard.ts";
import { rulesNow } from "./held.ts";
import { planFor } from "./plan.ts";
import { removeBranch } from "./remove-branch.ts";
import { sayOnce } from "./said.ts";

/** What there is to do after people were heard. */
export interface Orders {
  readonly current: ProposalRecord | undefined;
  /** The branch is made anew, whoever committed to it. */
  readonly isRebase: boolean;
  /** The code host was changed since it was looked at. */
  readonly isStale: boolean;
}

/** What orders are taken from, and carried out on. */
export interface OrderFacts {
  readonly current: ProposalRecord | undefined;
  /** Of this moment. */
  readonly look: ProposalLook;
}

/**
 * Takes in what people said about an open pull request, and does what they asked for, but for what the next writing does: `rebase`, and the second
 * half of `recreate`. What was heard is kept before any of it is done, and each part may be done twice: whatever dies in between, nothing is
 * obeyed twice, and nothing is forgotten.
 */
export async function takeOrders(
  { current, look }: OrderFacts,
  context: Context,
  signal: AbortSignal,
): Promise<Orders> {
  if (current === undefined) return { current, isRebase: false, isStale: false };
  let record = await hear(current, look.pull, context, signal);
  const orders = record.talk?.orders ?? [];
  for (const order of orders) await tell(record, order, context);
  let isRebase = false;
  for (const [position, order] of orders.entries()) {
    const facts = { record, order, look };
    switch (order.kind) {
      case "help":
      case "refuse":
        record = await answer(facts, context, signal);
        break;
      case "explain": {
        const isLast = !orders.slice(position + 1).some(({ kind }) => kind === "explain");
        record = isLast ? await answer(facts, context, signal) : await done(facts, context);
        break;
      }
      case "snooze":
        record = await snooze(facts, context, signal);
        break;
      case "rebase":
        record = await wake(record, context);
        isRebase = true;
        break;
      case "ignore":
        return { current: await ignore(facts, context, signal), isRebase: false, isStale: true };
      case "recreate":
        return { current: await closeToRecreate(facts, context, signal), isRebase: false, isStale: true };
      default:
        order.kind satisfies never;
    }
  }
  return { current: record, isRebase, isStale: false };
}

interface OneOrder {
  readonly record: ProposalRecord;
  readonly order: Order;
  readonly look: ProposalLook;
}

const WORDS: Readonly<Record<OrderKind, string | undefined>> = {
  rebase: "to be made anew on its base branch",
  ignore: "to be closed, and its digests ignored for a while",
  snooze: "to be left alone",
  recreate: "to be closed and opened anew",
  explain: "to be explained",
  // Nothing was ordered by these.
  help: undefined,
  refuse: undefined,
};

/** One event for each order, with who gave it. */
async function tell(record: ProposalRecord, order: Order, { clock, record: append }: Context): Promise<void> {
  const words = WORDS[order.kind];
  if (words === undefined) return;
  const { owner, name } = record.codeRepository;
  const subject = `${owner}/${name}#${record.number}`;
  const until = order.until === undefined ? "" : ` until ${renderMoment(order.until)}`;
  await append({
    kind: "ordered",
    at: await clock.now(),
    subject,
    message: `${order.by ?? "somebody who ticked a box"} wants it ${words}${until}`,
    key: `ordered ${subject} ${order.kind} ${order.source}`,
  });
}

const REFUSAL =
  "Only people who may write to this code repository can ask me for something here. This is said once in this pull request.";

/** One comment, and none more for the same words. */
async function answer(
  { record, order }: OneOrder,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  const said = await sayOnce(record, await sayingFor(record, order, context), context, signal);
  return done({ record: said, order }, context);
}

async function sayingFor(
  record: ProposalRecord,
  order: Order,
  context: Context,
): Promise<Parameters<typeof sayOnce>[1]> {
  if (order.kind === "refuse") return { name: "refuse", text: REFUSAL };
  const name = `${order.kind} ${order.source}`;
  if (order.kind === "help") return { name, text: COMMANDS_HELP };
  if (record.group === PINS_GROUP) {
    const pins = await pinsPlanFor({ key: record, current: record, context });
    return { name, text: pins === undefined ? NO_PINS_TO_EXPLAIN : renderPinsExplanation(pins) };
  }
  const plan = await planOf(record, context);
  return { name, text: plan === undefined ? NOTHING_TO_EXPLAIN : renderExplanation(plan) };
}

async function planOf(record: ProposalRecord, context: Context) {
  const { store, settings } = context;
  const rules = await rulesNow(record, context);
  const { profiles } = settings;
  return (await planFor({ key: record, profiles, current: record, store, rules })).plan;
}

async function done(
  { record, order }: Pick<OneOrder, "record" | "order">,
  { store }: Pick<Context, "store">,
): Promise<ProposalRecord> {
  const next = { ...record, talk: withoutOrder(record.talk ?? SILENCE, order) };
  await store.saveProposal(next);
  return next;
}

/** Says on it until when nothing else is written to it. */
async function snooze(
  { record, order, look: { pull } }: OneOrder,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  const { codeHost, store, clock } = context;
  const { until, at, by, source } = order;
  if (until === undefined || until <= (await clock.now())) return done({ record, order }, context);
  const plan = await planOf(record, context);
  const known = [
    ...(await graveFixesOfRecord(record, store)),
    ...(plan === undefined ? [] : graveFixesOfPlan(plan)),
  ];
  const snoozed = { until, at, ...(by === undefined ? {} : { by }), known: [...new Set(known)].toSorted() };
  // Kept first: from now on nothing is written over what is said there.
  const next = { ...record, snooze: snoozed };
  await store.saveProposal(next);
  if (isThere(record, pull)) {
    const change = { title: pull.title, body: withSnooze(pull.body, snoozed) };
    await codeHost.updatePullRequest(record.codeRepository, pull, change, signal);
  }
  // Of no content: when it is over, the body is written again without a word of it.
  const contentHash = isFlagged(record) ? record.contentHash : `snoozed ${source}`;
  return done({ record: { ...next, contentHash }, order }, context);
}

/** Who asks for something else does not want it left alone any more. */
async function wake(record: ProposalRecord, { store }: Context): Promise<ProposalRecord> {
  if (record.snooze === undefined) return record;
  const { snooze: _, ...awake } = record;
  await store.saveProposal(awake);
  return awake;
}

/** Declines what it proposes and closes it, with its branch where that is as we left it. */
async function ignore(
  { record, order, look: { pull } }: OneOrder,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  const { store } = context;
  const { at, by } = order;
  const isOfPins = record.group === PINS_GROUP;
  const declining = { at, ...(by === undefined ? {} : { by }) };
  const text = isOfPins ? PLACES_DECLINED : declinedWords(await declineAll(record, declining, context));
  const declined = isOfPins ? { ...record, declinedPins: declinedWith(record) } : record;
  const closing = await keepClosed({ record: declined, order }, context);
  const saying = { name: DECLINED_NAME, text };
  const said = isThere(record, pull) ? await sayOnce(closing, saying, context, signal) : closing;
  await close(record, pull, context, signal);
  await removeBranch(record, record.headCommit, context, signal);
  const ended = { ...said, talk: { ...(said.talk ?? SILENCE), orders: [] } };
  await store.saveProposal(ended);
  return ended;
}

/** The first half of making it anew: it is closed and its branch removed, whoever committed to that. Nothing is declined. */
async function closeToRecreate(
  { record, order, look: { pull, head } }: OneOrder,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  if (order.isClosed === true) return record;
  const { store } = context;
  const closing = await keepClosed({ record, order }, context);
  await close(record, pull, context, signal);
  if (head !== undefined) await removeBranch(record, head.commit, context, signal);
  const orders: readonly Order[] = [{ ...order, isClosed: true }];
  const closed = { ...closing, talk: { ...(closing.talk ?? SILENCE), orders } };
  await store.saveProposal(closed);
  return closed;
}

/** Kept before it is closed: one that is found closed and is not known to be so was closed by a person. */
async function keepClosed(
  { record, order }: Pick<OneOrder, "record" | "order">,
  { store, clock }: Context,
): Promise<ProposalRecord> {
  if (record.state === "closed") return record;
  const now = await clock.now();
  const { snooze: _, ...rest } = record;
  const contentHash = `closed ${order.source}`;
  const closing = { ...rest, state: "closed", contentHash, closedAt: now, checkedAt: now } as const;
  await store.saveProposal(closing);
  return closing;
}

async function close(
  record: ProposalRecord,
  pull: PullRequest | undefined,
  { codeHost }: Context,
  signal: AbortSignal,
): Promise<void> {
  if (isThere(record, pull)) await codeHost.closePullRequest(record.codeRepository, pull, signal);
}

function isThere({ number }: ProposalRecord, pull: PullRequest | undefined): pull is PullRequest {
  return pull?.number === number && pull.state === "open";
}
