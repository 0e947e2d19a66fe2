import type { Context } from "../src/context.ts";
import { CodedError, messageOf } from "../src/errors.ts";
import { type Digest, shortOf } from "../src/image/digest.ts";
import { type ImageLine, renderLine } from "../src/image/reference.ts";
import { pinsFor } from "../src/steps/pins.ts";
import type { Store, StoreEvent } from "../src/ports/store.ts";
import { POLL, VERIFY } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { type Instant, later } from "../src/time.ts";
import { type Movement, observe, type TagHistory } from "../src/watch/history.ts";

const TAG_MISSING = "the registry has no such tag";

/** Part of the interval by which polls are spread, so that those which met once do not meet for ever. */
const JITTER = 0.05;

/** Asks where the watched tags of a repository point now: once for all who subscribe. */
export const poll = worker(POLL, async ({ repository }, context, signal) => {
  const { store, clock, settings } = context;
  const lines = await store.linesOf(repository);
  if (lines.length === 0) return store.unschedule({ kind: "poll", repository });

  const waitMs = Math.round(settings.pollMs * (1 + JITTER * (2 * Math.random() - 1)));
  await store.schedule({ kind: "poll", repository }, later(await clock.now(), waitMs), "set");

  const looks = await Promise.allSettled(lines.map((line) => look(line, context, signal)));
  const failed = looks.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
});

async function look(line: ImageLine, context: Context, signal: AbortSignal): Promise<void> {
  const { registry, store, clock, enqueue } = context;
  const state = await asked(line, context, () => registry.resolve(line, signal));
  const at = await clock.now();
  const before = (await store.watch(line)).history;
  if (state.kind === "missing") {
    await store.saveLook(line, { kind: "failed", code: "tag-missing", message: TAG_MISSING, at });
    await context.record(missingEvent(line, before, at));
    return;
  }

  const image = { repository: line.repository, digest: state.digest };
  const { history, movement } = observe(before, state.digest, at);
  if (movement !== "same") {
    // The tag's answer is a claim; the bytes behind the digest are the proof that it exists.
    await asked(line, context, () => registry.manifest(image, signal));
  }
  // Told before it is kept: a process that dies between the two tells it again, under the same key.
  for (const event of moveEvents(line, before, movement, at)) await context.record(event);
  await store.saveLook(line, { kind: "answered", history, at });
  if (movement !== "same" || (await isUnfinished(line, state.digest, store)))
    await enqueue(VERIFY, { image });
}

/** A move that was noticed and then lost on its way (a killed process, a job that gave up) is taken up again here. */
async function isUnfinished(line: ImageLine, current: Digest, store: Store): Promise<boolean> {
  const record = await store.verdict({ repository: line.repository, digest: current });
  if (record === undefined || record.verdict.kind === "awaiting-evidence") return true;
  return (await pinsFor(store, line)).some(({ digest }) => digest !== current);
}

async function asked<Answer>(
  line: ImageLine,
  context: Context,
  question: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question();
  } catch (error) {
    // Kept with the watch: "could not ask" must not look like "nothing new".
    const code = error instanceof CodedError ? error.code : "unknown";
    const at = await context.clock.now();
    await context.store.saveLook(line, { kind: "failed", code, message: messageOf(error), at });
    throw error;
  }
}

function missingEvent(line: ImageLine, before: TagHistory, at: Instant): StoreEvent {
  const subject = renderLine(line);
  const last = before.at(-1);
  // A look without the tag leaves the history as it was: the key is one for each time the tag goes.
  const key = `tag-missing ${subject} ${last === undefined ? "never seen" : `${last.digest} ${last.lastSeenAt}`}`;
  return { kind: "tag-missing", at, subject, message: TAG_MISSING, key };
}

function moveEvents(
  line: ImageLine,
  before: TagHistory,
  movement: Movement,
  at: Instant,
): readonly StoreEvent[] {
  const from = before.at(-1);
  if (from === undefined || movement === "same" || movement === "first") return [];
  const subject = renderLine(line);
  const key = `moved ${subject} ${from.digest} ${from.firstSeenAt}`;
  const left = shortOf(from.digest);
  return movement === "backwards"
    ? [
        {
          kind: "tag-moved-backwards",
          at,
          subject,
          message: `left ${left} for a digest it had left before; this is not proposed`,
          key,
        },
      ]
    : [{ kind: "tag-moved", at, subject, message: `left ${left} for a new digest`, key }];
}
