import type { Digest } from "../src/image/digest.ts";
import { type ImageLine, renderLine } from "../src/image/reference.ts";
import type { ProposalRecord, Store, StoreEvent, TimerRecord } from "../src/ports/store.ts";
import { isWhere } from "../src/watch/wanted.ts";
import { SLA } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { close, dueOf, stateOf, type Timer } from "../src/sla/timer.ts";
import { type Instant, later, renderMoment } from "../src/time.ts";
import { isBackwards, isSameContent, type TagHistory } from "../src/watch/history.ts";
import { stepBackOf } from "../src/watch/step-back.ts";
import { trustedTimesOf } from "../src/steps/trusted-times.ts";
import { pinsOf, type Scan } from "../src/watch/scan.ts";

/** Looks at every timer: closes what was merged or no longer applies, tells what is due soon and what is late. */
export const sla = worker(SLA, async (_job, context, signal) => {
  const { store, clock, settings } = context;
  const now = await clock.now();
  await store.schedule({ kind: "sla" }, later(now, settings.slaMs), "set");

  const proposals = await store.proposals();
  for (const record of await store.timers()) {
    signal.throwIfAborted();
    if (record.timer.state !== "open") continue;
    const scan = await store.scan(record.codeRepository);
    const { history } = await store.watch(record.line);
    // A tag that went back to what is pinned has taken the update away: nothing was merged.
    const current = isBackwards(history) ? undefined : history.at(-1)?.digest;
    // Another index of the same images is no update that is left to do.
    const shape =
      current === undefined
        ? undefined
        : (await store.verdict({ repository: record.line.repository, digest: current }))?.shape;
    const isCurrent = (digest: Digest): boolean =>
      current !== undefined &&
      (isWhere(digest, { digest: current, shape }) || isSameContent(history, digest, current));
    const merge = mergeOf(record, proposals);
    const ended = closedBy(record, scan, isCurrent, merge);
    const isByTag = ended !== record.timer && closedBy(record, scan, () => false, merge) === record.timer;
    const timer = isByTag && (await isSteppedBack(record.line, history, store)) ? record.timer : ended;
    for (const event of eventsOf({ ...record, timer }, now, settings.dueSoonMs)) await context.record(event);
    if (timer !== record.timer) await store.saveTimer({ ...record, timer });
  }
});

/** Whether the tag stands on something that was signed before what it had: it has not come to what is pinned, it fell back to it. */
async function isSteppedBack(line: ImageLine, history: TagHistory, store: Store): Promise<boolean> {
  const current = history.at(-1)?.digest;
  if (current === undefined) return false;
  const digests = history.map(({ digest }) => digest);
  const trustedAt = await trustedTimesOf(line.repository, digests, store);
  return stepBackOf({ history, pinned: current, trustedAt }) !== undefined;
}

/** When and to what the update of a line was merged, as far as its pull request says. */
interface Merge {
  readonly digest: string;
  readonly at: Instant;
}

function mergeOf(
  { codeRepository, baseBranch, line, timer }: TimerRecord,
  proposals: readonly ProposalRecord[],
): Merge | undefined {
  for (const proposal of proposals) {
    const { owner, name } = proposal.codeRepository;
    const isOurs =
      owner === codeRepository.owner && name === codeRepository.name && proposal.baseBranch === baseBranch;
    const at = proposal.closedAt;
    if (!isOurs || proposal.state !== "merged" || at === undefined) continue;
    // The merge before this clock ended another one.
    if (timer.obligations.every(({ startedAt }) => startedAt > at)) continue;
    const update = proposal.updates.find((candidate) => renderLine(candidate.line) === renderLine(line));
    if (update !== undefined) return { digest: update.to, at };
  }
  return undefined;
}

/**
 * A clock ends by what the base branch says, not by what a pull request does: every place of the line stands at the new digest, or no
 * place is left, or pull requests go to another branch now.
 */
function closedBy(
  { timer, line, baseBranch }: TimerRecord,
  scan: Scan | undefined,
  isCurrent: (digest: Digest) => boolean,
  merge: Merge | undefined,
): Timer {
  if (scan === undefined) return timer;
  const pins = pinsOf(scan, line);
  if (pins.length === 0 || scan.branch !== baseBranch) return close(timer, scan.scannedAt, "cancelled");
  if (merge !== undefined && pins.every(({ digest }) => digest === merge.digest)) {
    return close(timer, merge.at, "merged");
  }
  return pins.every(({ digest }) => isCurrent(digest)) ? close(timer, scan.scannedAt, "merged") : timer;
}

function eventsOf(
  { codeRepository, baseBranch, line, timer }: TimerRecord,
  now: Instant,
  dueSoonMs: number,
): readonly StoreEvent[] {
  const { dueAt, id } = dueOf(timer);
  const subject = `${codeRepository.owner}/${codeRepository.name} ${renderLine(line)}`;
  const event = (kind: StoreEvent["kind"], message: string): StoreEvent => ({
    kind,
    at: now,
    subject,
    message,
    key: `${kind} ${subject} ${baseBranch} ${id} ${dueAt}`,
  });
  const state = stateOf(timer, now, { dueSoonMs });
  switch (state) {
    case "due-soon":
      return [event("due-soon", `to be merged by ${renderMoment(dueAt)}`)];
    case "breached":
    // Merged after the deadline and before anybody looked: the breach is told all the same.
    case "late":
      return [event("breached", `was to be merged by ${renderMoment(dueAt)}`)];
    case "met":
      return [event("met", `merged before ${renderMoment(dueAt)}`)];
    case "open":
    case "cancelled":
      return [];
    default:
      return state satisfies never;
  }
}
