import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalKey, ProposalRecord, StoreEvent } from "../ports/store.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { type MarkedUpdate, type Marker, parseMarker } from "../proposal/marker.ts";
import { DISCOVER } from "../queues.ts";
import type { TargetFact } from "../sla/facts.ts";
import { compareTexts } from "../versions/order.ts";
import { declinedWith } from "./declined-pins.ts";
import { type Instant, later, parseInstant } from "../time.ts";

/** What is known of a pull request, and the newest one of its branch as the code host has it now. */
export interface SeenProposal {
  readonly key: ProposalKey;
  readonly branch: string;
  readonly known: ProposalRecord | undefined;
  readonly pull: PullRequest | undefined;
}

/**
 * The pull request of a group as it is now; one that ended stays so.
 *
 * What people did since the last look is taken in here: a merge has the code repository scanned again, a close declines the proposed
 * digests. What the store lost is rebuilt from the marker in the pull request.
 */
export async function currentProposal(
  { key, branch, known, pull }: SeenProposal,
  context: Context,
): Promise<ProposalRecord | undefined> {
  if (pull === undefined || (known !== undefined && known.state !== "open")) return known;
  const now = await context.clock.now();
  const record = known?.number === pull.number ? known : await restored(key, branch, pull, now, context);
  if (record === undefined) return known;
  return takeIn(record, pull, now, context);
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
  };
}

function rememberedUpdate(update: MarkedUpdate): ProposalRecord["updates"][number] {
  const { line, from, to, superseded, places } = update;
  if (from !== undefined) return { line, from, to, superseded };
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
  record: ProposalRecord,
  pull: PullRequest,
  now: Instant,
  { store, settings, enqueue, record: tell }: Context,
): Promise<ProposalRecord> {
  const { updates, ...key } = record;
  const work = { kind: "propose", proposal: proposalKeyOf(record) } as const;
  if (pull.state === "open") {
    await store.schedule(work, later(now, settings.proposalsMs), "set");
    const next = { ...record, state: "open", checkedAt: now } as const;
    await store.saveProposal(next);
    return next;
  }

  const closedAt = parseInstant(pull.closedAt ?? "") ?? now;
  const isOfPins = record.group === PINS_GROUP;
  if (pull.state === "closed" && !isOfPins) {
    await store.decline(
      key,
      updates.map(({ to }) => to),
    );
  }
  await tell(endEvent(record, pull, closedAt));
  const declined = pull.state === "closed" && isOfPins ? { declinedPins: declinedWith(record) } : {};
  const next = { ...record, ...declined, state: pull.state, checkedAt: now, closedAt };
  await store.saveProposal(next);
  await store.unschedule(work);
  await enqueue(DISCOVER, { codeRepository: record.codeRepository });
  return next;
}

function endEvent(record: ProposalRecord, pull: PullRequest, at: Instant): StoreEvent {
  const kind = pull.state === "merged" ? "merged" : "declined";
  const subject = `${record.codeRepository.owner}/${record.codeRepository.name}#${pull.number}`;
  const lines = record.updates.map(({ line }) => renderLine(line)).join(", ");
  const what = record.group === PINS_GROUP ? "places" : "digests";
  const message =
    kind === "merged"
      ? `merged: ${lines}`
      : `closed by a person: these ${what} are not proposed again: ${lines}`;
  return { kind, at, subject, message, key: `${kind} ${subject} ${record.baseBranch}` };
}

/** The identity of a proposal, without its facts. */
export function proposalKeyOf({ codeRepository, baseBranch, group }: ProposalKey): ProposalKey {
  return { codeRepository, baseBranch, group };
}
