import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

/** The longest time, in milliseconds, that anything else had to wait while this ran. */
export async function longestDelayOf(work: () => Promise<unknown>): Promise<number> {
  // Whatever was begun before is not part of it.
  globalThis.gc?.();
  await sleep(100);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await work();
  await sleep(20);
  delay.disable();
  return delay.max / 1e6;
}
