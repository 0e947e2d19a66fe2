import { setTimeout as wait } from "node:timers/promises";

const LOOK_EVERY_MS = 25;
const WAIT_MAX_MS = 90_000;

/** What is waited for, and how long at most. */
export interface Condition<Answer> {
  /** Ends the sentence "there was never …". */
  readonly what: string;
  /** Answers undefined or false as long as it is not so. */
  readonly holds: () => Promise<Answer | undefined | false>;
  /** Added to the error, so that it says why. */
  readonly explain?: () => string;
  readonly timeoutMs?: number;
}

/**
 * Asks again and again until something is so, and answers with it.
 *
 * @throws {Error} when it is not in time
 */
export async function until<Answer>({
  what,
  holds,
  explain,
  timeoutMs = WAIT_MAX_MS,
}: Condition<Answer>): Promise<Answer> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await holds();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) {
      throw new Error(`there was never ${what}, in ${timeoutMs} ms\n${explain?.() ?? ""}`);
    }
    await wait(LOOK_EVERY_MS);
  }
}
