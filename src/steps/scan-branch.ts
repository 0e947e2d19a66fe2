import type { Context } from "../context.ts";
import { renderLine } from "../image/reference.ts";
import type { StoreEvent } from "../ports/store.ts";
import { VERIFY } from "../queues.ts";
import { linesOf, readableName, reasonInWords, type Scan } from "../watch/scan.ts";
import type { ReadBranch } from "./branches.ts";
import { withCandidates } from "./candidates.ts";
import { createClockReader, keepNews } from "./clocks/clocks.ts";
import { clocksNow } from "./clocks/timers.ts";
import { endingIn } from "./end-of-life.ts";
import { proposePinsAfter } from "./pins-wanted.ts";
import { type ReadingQuestion, readRepository } from "./read-repository.ts";

/** Finds every image that a branch names, and watches those that a profile claims. The rest is kept as seen. */
export async function scanBranch(
  question: ReadingQuestion & { readonly branch: ReadBranch },
  context: Context,
  signal: AbortSignal,
): Promise<Scan> {
  const { store, settings, enqueue } = context;
  const reading = await readRepository(question, context, signal);
  const { isNamed: _isNamed, ...rest } = reading.scan;
  const found: Scan = question.branch.isNamed ? { ...rest, isNamed: true } : rest;
  const isRead = found.unread === undefined;
  const scan = isRead ? await withCandidates(found, context, signal) : found;
  await store.saveScan(scan);
  if (reading.index !== undefined) await store.saveFileIndex(scan, reading.index);
  const events = [...unreadIn(scan), ...endedIn(scan), ...endingIn(scan, settings.profiles)];
  for (const event of events) await context.record(event);
  await notePins(scan, context);

  const lines = linesOf(scan);
  for (const line of lines) {
    const current = (await store.watch(line)).history.at(-1);
    // A tag nobody asked about yet is asked now; one that is known is on its own schedule.
    if (current === undefined) {
      await store.schedule({ kind: "poll", repository: line.repository }, question.at, "sooner");
    } else {
      await enqueue(VERIFY, { image: { repository: line.repository, digest: current.digest } });
    }
  }
  await proposePinsAfter(scan, context);
  context.log[isRead ? "info" : "warn"](
    {
      codeRepository: readableName(scan),
      watched: lines.map(renderLine),
      places: scan.places.length,
      skipped: scan.skipped.length,
      ...(scan.unread === undefined ? {} : { unread: scan.unread.reason }),
    },
    isRead ? "code repository scanned" : "code repository could not be read",
  );
  return scan;
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

/** Tells once that a branch cannot be read, and why. */
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
