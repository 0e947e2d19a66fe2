import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalKey, ProposalRecord, StoreEvent } from "../ports/store.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { type MarkedUpdate, type Marker, parseMarker } from "../proposal/marker.ts";
import { SILENCE } from "../proposal/orders.ts";
import { DISCOVER } from "../queues.ts";
import type { TargetFact } from "../sla/facts.ts";
import { type Instant, later, parseInstant, renderMoment } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import { declinedWith } from "./declined-pins.ts";
import { DECLINED_NAME, declinedWords } from "./declined-words.ts";
import { datedDeclines, declineAll, reopened } from "./declined.ts";
import { removeBranch } from "./remove-branch.ts";
import { sayOnce } from "./said.ts";

/** What is known of a pull request, and the newest one of its branch as the code host has it now. */
export interface SeenProposal {
  readonly key: ProposalKey;
  readonly branch: string;
  readonly known: ProposalRecord | undefined;
  readonly pull: PullRequest | undefined;
}

/**
 * The pull request of a group as it is now; one that was merged stays so.
 *
 * What people did since the last look is taken in here: a merge has the code repository scanned again, a close declines the proposed
 * digests for a while, and opening it again takes that back. What the store lost is rebuilt from the marker in the pull request.
 */
export async function currentProposal(
  { key, branch, known, pull }: SeenProposal,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord | undefined> {
  const now = await context.clock.now();
  if (known?.state === "closed") {
    const again = await reopened(known, pull, context);
    if (again !== undefined && pull !== undefined)
      return takeIn({ record: again, pull, now }, context, signal);
    await datedDeclines(known, context);
    return known;
  }
  if (pull === undefined || known?.state === "merged") return known;
  // What the store lost while this was under way is not written again from memory: its clocks are lost as well.
  const isKept = known?.number === pull.number && (await context.store.proposal(key)) !== undefined;
  const record = isKept ? known : await restored(key, branch, pull, now, context);
  if (record === undefined) return known;
  return takeIn({ record, pull, now }, context, signal);
}

/** A pull request as it is kept, and the newest one of its branch as the code host has it. */
export interface OpenProposal {
  readonly open: ProposalRecord;
  readonly pull: PullRequest | undefined;
}

/** What a pull request says about itself, kept again; undefined when it says nothing that can be believed. */
async function restored(
  key: ProposalKey,
  branch: string,
  pull: PullRequest,
  now: Instant,
  { store, settings, log }: Context,
): Promise<ProposalRecord | undefined> {
  const reading = parseMarker(pull.body, key, settings.markerKey);
  if (reading.kind !== "read") {
    log.warn(
      { pullRequest: pull.url, marker: reading.kind },
      "pull request without a marker that can be believed",
    );
    return undefined;
  }
  await restoreClocks(key, reading.marker, now, store);
  const dueAts = reading.marker.updates.flatMap(({ obligations }) =>
    obligations.flatMap((obligation) => obligation.dueAt ?? []),
  );
  const [dueAt] = dueAts.toSorted((a, b) => a - b);
  return {
    ...key,
    branch,
    number: pull.number,
    url: pull.url,
    title: pull.title,
    state: "open",
    headCommit: pull.headCommit,
    // Not known what it was written with: the next plan is written over it, which changes only what differs.
    contentHash: "",
    updates: reading.marker.updates.map(rememberedUpdate),
    ...(dueAt === undefined ? {} : { dueAt }),
    openedAt: now,
    checkedAt: now,
    // What was said before may have been obeyed before.
    talk: { ...SILENCE, readAt: now },
  };
}

function rememberedUpdate(update: MarkedUpdate): ProposalRecord["updates"][number] {
  const { line, from, to, toTag, superseded, places } = update;
  const moved = toTag === undefined ? {} : { toTag };
  if (from !== undefined) return { line, from, to, ...moved, superseded };
  const paths = [...new Set(places.map(({ path }) => path))].toSorted(compareTexts);
  return { line, to, superseded, ...(paths.length === 0 ? {} : { paths }) };
}

/** Clocks go on as the pull request tells of them, where what is known of them does not go back further: it was lost. */
async function restoreClocks(
  key: ProposalKey,
  marker: Marker,
  at: Instant,
  store: Context["store"],
): Promise<void> {
  const { codeRepository, baseBranch } = key;
  for (const { line, from, to, obligations } of marker.updates) {
    // No clock runs for a first pin.
    if (from === undefined) continue;
    const target = { codeRepository, baseBranch, line };
    const facts = obligations.map(({ id, severity, startedAt, dueAt }): TargetFact => ({
      kind: "restored",
      id,
      severity,
      startedAt,
      from,
      to,
      at,
      ...(dueAt === undefined ? {} : { dueAt }),
    }));
    await store.addTargetFacts(target, facts);
  }
}

async function takeIn(
  {
    record,
    pull,
    now,
  }: { readonly record: ProposalRecord; readonly pull: PullRequest; readonly now: Instant },
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  const { store, settings, enqueue, record: tell } = context;
  const work = { kind: "propose", proposal: proposalKeyOf(record) } as const;
  if (pull.state === "open") {
    await store.schedule(work, later(now, settings.proposalsMs), "set");
    const next = { ...record, state: "open", checkedAt: now } as const;
    await store.saveProposal(next);
    return next;
  }

  const closedAt = parseInstant(pull.closedAt ?? "") ?? now;
  const isDeclined = pull.state === "closed";
  const isOfPins = record.group === PINS_GROUP;
  const { closedBy } = pull;
  const declining = { at: closedAt, ...(closedBy === undefined ? {} : { by: closedBy }) };
  const until = isDeclined && !isOfPins ? await declineAll(record, declining, context) : undefined;
  await tell(endEvent(record, pull, { at: closedAt, until }));
  // Nobody is obeyed about what has ended.
  const { talk, snooze: _, ...rest } = record;
  const next = {
    ...rest,
    ...(talk === undefined ? {} : { talk: { ...talk, orders: [] } }),
    ...(isDeclined && isOfPins ? { declinedPins: declinedWith(record) } : {}),
    state: pull.state,
    checkedAt: now,
    closedAt,
  };
  // What is merged needs no branch; one that was closed can be opened again.
  if (pull.state === "merged") await removeBranch(record, pull.headCommit, context, signal);
  await store.saveProposal(next);
  await store.unschedule(work);
  await enqueue(DISCOVER, { codeRepository: record.codeRepository });
  // Of one that was found by its marker it is not known what was said about it.
  if (until === undefined || record.contentHash === "") return next;
  return sayOnce(next, { name: DECLINED_NAME, text: declinedWords(until) }, context, signal);
}

/** @param until until when its digests are declined; absent for one that was merged, or declined by its places */
function endEvent(
  record: ProposalRecord,
  { number, state, closedBy }: PullRequest,
  { at, until }: { readonly at: Instant; readonly until: Instant | undefined },
): StoreEvent {
  const subject = `${record.codeRepository.owner}/${record.codeRepository.name}#${number}`;
  const lines = record.updates.map(({ line }) => renderLine(line)).join(", ");
  if (state !== "closed") {
    return {
      kind: "merged",
      at,
      subject,
      message: `merged: ${lines}`,
      key: `merged ${subject} ${record.baseBranch}`,
    };
  }
  const what =
    until === undefined
      ? "these places are not proposed again"
      : `these digests are not proposed again before ${renderMoment(until)}`;
  return {
    kind: "declined",
    at,
    subject,
    message: `closed by ${closedBy ?? "a person"}: ${what}: ${lines}`,
    // It may be opened and closed again.
    key: `declined ${subject} ${record.baseBranch} ${at}`,
  };
}

/** The identity of a proposal, without its facts. */
export function proposalKeyOf({ codeRepository, baseBranch, group }: ProposalKey): ProposalKey {
  return { codeRepository, baseBranch, group };
}
