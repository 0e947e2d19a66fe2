import type { Context } from "../src/context.ts";
import { renderLine } from "../src/image/reference.ts";
import type { StoreEvent } from "../src/ports/store.ts";
import { DISCOVER, SLA, VERIFY } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { withCandidates } from "../src/steps/candidates.ts";
import { createClockReader, keepNews } from "../src/steps/clocks/clocks.ts";
import { clocksNow } from "../src/steps/clocks/timers.ts";
import { endingIn } from "../src/steps/end-of-life.ts";
import { proposePinsAfter } from "../src/steps/pins-wanted.ts";
import { tellOwnFaults } from "../src/steps/own-check.ts";
import { readRepository } from "../src/steps/read-repository.ts";
import { later } from "../src/time.ts";
import { linesOf, reasonInWords, type Scan, unsubscribed } from "../src/watch/scan.ts";

/** Finds every image a code repository names, and watches those that a profile claims. The rest is kept as seen. */
export const discover = worker(DISCOVER, async ({ codeRepository }, context, signal) => {
  const { codeHost, store, clock, settings, enqueue } = context;
  const startedAt = await clock.now();
  await store.schedule({ kind: "discover", codeRepository }, later(startedAt, settings.discoverMs), "set");

  const branch = await codeHost.branch(codeRepository, settings.baseBranch, signal);
  const reading = await readRepository({ codeRepository, branch, at: startedAt }, context, signal);
  const isRead = reading.scan.unread === undefined;
  const scan = isRead ? await withCandidates(reading.scan, context, signal) : reading.scan;
  const { places, skipped } = scan;
  await store.saveScan(scan);
  if (reading.index !== undefined) await store.saveFileIndex(scan, reading.index);
  await leaveOthers(scan, context);
  const events = [...unreadIn(scan), ...endedIn(scan), ...endingIn(scan, settings.profiles)];
  for (const event of events) await context.record(event);
  await notePins(scan, context);

  const lines = linesOf(scan);
  for (const line of lines) {
    const current = (await store.watch(line)).history.at(-1);
    // A tag nobody asked about yet is asked now; one that is known is on its own schedule.
    if (current === undefined) {
      await store.schedule({ kind: "poll", repository: line.repository }, startedAt, "sooner");
    } else {
      await enqueue(VERIFY, { image: { repository: line.repository, digest: current.digest } });
    }
  }
  await proposePinsAfter(scan, context);
  await enqueue(SLA, {});
  await tellOwnFaults(scan, context, signal);
  context.log[isRead ? "info" : "warn"](
    {
      codeRepository: `${codeRepository.owner}/${codeRepository.name}`,
      watched: lines.map(renderLine),
      places: places.length,
      skipped: skipped.length,
      ...(scan.unread === undefined ? {} : { unread: scan.unread.reason }),
    },
    isRead ? "code repository scanned" : "code repository could not be read",
  );
});

/** Forgets what was read of branches that are read no more. */
async function leaveOthers({ codeRepository, branch, scannedAt }: Scan, { store }: Context): Promise<void> {
  for (const other of await store.scansIn(codeRepository)) {
    if (other.branch === branch || other.isUnsubscribed === true) continue;
    await store.saveScan(unsubscribed(other, scannedAt));
    await store.saveFileIndex(other, undefined);
  }
}

/** Writes down what the base branch names now: clocks of code repositories rest on it. */
async function notePins(scan: Scan, { store, settings, clock }: Context): Promise<void> {
  const reader = createClockReader(store);
  const now = await clock.now();
  for (const line of linesOf(scan)) {
    const key = { codeRepository: scan.codeRepository, baseBranch: scan.branch, line };
    const clocks = await clocksNow(key, { store, reader, ...settings }, now);
    if (clocks !== undefined) await keepNews(clocks, store);
  }
}

/** Tells once that a code repository cannot be read, and why. */
function unreadIn({ codeRepository: { owner, name }, branch, unread }: Scan): readonly StoreEvent[] {
  if (unread === undefined) return [];
  const { reason, at } = unread;
  const message = `${branch} cannot be read: ${reason}. What was known before holds`;
  const subject = `${owner}/${name}`;
  return [
    { kind: "repository-unread", at, subject, message, key: `repository-unread ${subject} ${message}` },
  ];
}

/** Tells once of each vendor whose service has ended and whose images a code repository still names. */
function endedIn({ codeRepository: { owner, name }, places, scannedAt }: Scan): readonly StoreEvent[] {
  const notices = new Map<string, string>();
  for (const { state } of places) {
    if (state.kind !== "seen" || state.reason !== "service-ended" || state.profile === undefined) continue;
    notices.set(state.profile, state.notice ?? reasonInWords(state.reason));
  }
  return [...notices].map(([profile, message]) => ({
    kind: "service-ended",
    at: scannedAt,
    subject: `${owner}/${name}: ${profile}`,
    message,
    key: `service-ended ${owner}/${name} ${profile} ${message}`,
  }));
}
