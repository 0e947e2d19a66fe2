import { setTimeout as wait } from "node:timers/promises";
import { loadConfig } from "../../config/load.ts";
import type { JobFailure, QueueCounts, Queues } from "../adapters/queue/queues.ts";
import { type Repository, renderRepository } from "../image/reference.ts";
import { compose } from "../main.ts";
import type { Process } from "../process.ts";
import type { ProposalKey, Store } from "../ports/store.ts";
import { POLL, PROPOSE, QUEUE_NAMES, REVOKE, SCHEDULE, SLA } from "../queues.ts";
import { proposalKeyOf } from "../steps/current-proposal.ts";
import { waitingProposals } from "../steps/waits-for-others.ts";
import { type Instant, MINUTE_MS } from "../time.ts";
import type { Command } from "./arguments.ts";
import type { Scan } from "../watch/scan.ts";
import { openRedis } from "./redis.ts";
import { type PassResult, renderSummary } from "./summary.ts";

/** A pass that is not done by then ends, and says what is left. */
const PASS_MAX_MS = 15 * MINUTE_MS;
/** Somebody waits for the end, and the next pass asks again: what does not answer for a few seconds is told at once. */
const TRIES_MAX = 4;
/** What a registry is to be left alone with for longer is told as well. */
const DEFER_MS_MAX = MINUTE_MS;
const LOOK_EVERY_MS = 50;
/** Looks in a row that must find nothing to do: a job may move between two queues while they are counted. */
const QUIET_LOOKS = 3;
const FAILURES_SHOWN = 50;
/** What is due by time is left to processes that keep running: a pass asks about everything anyway. */
const PASS_QUEUES = QUEUE_NAMES.filter((name) => name !== SCHEDULE.name);

/** One full pass: discover, ask about every watched tag now, verify, assess, propose. Answers 1 when anything failed. */
export async function runOnce(
  { config: path }: Extract<Command, { kind: "run" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const redis = await openRedis(config, environment);
  try {
    const ours = await compose(config, redis.address, { triesMax: TRIES_MAX, deferMsMax: DEFER_MS_MAX });
    try {
      const { failures, left } = await passWith(ours);
      process.stdout.write(await renderSummary({ store: ours.store, failures, left }));
      const isRead = (await ours.store.scans()).every(isWhole);
      return failures.length > 0 || left > 0 || !isRead ? 1 : 0;
    } finally {
      await ours.close();
    }
  } finally {
    await redis.close();
  }
}

async function passWith(ours: Process): Promise<Pick<PassResult, "failures" | "left">> {
  const { store, queues, context } = ours;
  const startedAt = await context.clock.now();
  const deadline = AbortSignal.timeout(PASS_MAX_MS);

  ours.work(PASS_QUEUES);
  // What an update fixes is said by what feeds say now.
  await ours.refreshFeeds();
  await drained(queues, deadline);
  await ours.refreshSubscriptions();
  await drained(queues, deadline);
  await queues.enqueue(REVOKE, {});
  for (const repository of await watchedRepositories(store)) await queues.enqueue(POLL, { repository });
  // What was merged or closed since the last pass is seen at the pull request alone: no tag moved for it.
  for (const proposal of await openProposals(store)) await queues.enqueue(PROPOSE, proposal);
  await drained(queues, deadline);
  // What waited for more of its group: that has come by now, or was refused.
  for (const proposal of await waitingProposals(context)) await queues.enqueue(PROPOSE, proposal);
  await drained(queues, deadline);
  await queues.enqueue(SLA, {});
  const left = await drained(queues, deadline);
  return { failures: await failuresSince(queues, startedAt), left };
}

/** Whether its newest commit was read, where it is read at all. */
function isWhole({ unread, isUnsubscribed }: Scan): boolean {
  return unread === undefined || isUnsubscribed === true;
}

async function watchedRepositories(store: Store): Promise<readonly Repository[]> {
  const watches = await store.watches();
  return [
    ...new Map(watches.map(({ line }) => [renderRepository(line.repository), line.repository])).values(),
  ];
}

async function openProposals(store: Store): Promise<readonly ProposalKey[]> {
  return (await store.proposals()).filter(({ state }) => state === "open").map(proposalKeyOf);
}

/** Waits until no queue has anything to do. @returns how many jobs are left when the time is over */
async function drained(queues: Queues, deadline: AbortSignal): Promise<number> {
  for (let quiet = 0; quiet < QUIET_LOOKS;) {
    const counts = Object.entries(await queues.counts()).filter(([name]) => PASS_QUEUES.includes(name));
    const left = counts.reduce((sum, [, count]) => sum + unfinished(count), 0);
    if (left > 0 && deadline.aborted) return left;
    quiet = left === 0 ? quiet + 1 : 0;
    await wait(LOOK_EVERY_MS);
  }
  return 0;
}

function unfinished({ waiting, active, delayed }: QueueCounts): number {
  return waiting + active + delayed;
}

async function failuresSince(queues: Queues, startedAt: Instant): Promise<readonly JobFailure[]> {
  return (await queues.failures(FAILURES_SHOWN)).filter(({ at }) => at >= startedAt);
}
