/** The reason of an abort because time is up. */
export class DeadlineReached extends Error {
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`no complete answer within ${afterMs} ms`);
    this.name = "DeadlineReached";
    this.afterMs = afterMs;
  }
}

/**
 * Runs something that ends at the latest after this time: its signal aborts with the outer one, or with
 * {@link DeadlineReached}. Unlike `AbortSignal.any` with `AbortSignal.timeout` nothing of it outlives the run.
 */
export async function withDeadline<Result>(
  outer: AbortSignal,
  afterMs: number,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  outer.throwIfAborted();
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer.reason);
  const timer = setTimeout(() => controller.abort(new DeadlineReached(afterMs)), afterMs);
  outer.addEventListener("abort", follow, { once: true });
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", follow);
  }
}

/** Waits for something shared with others: an abort ends the waiting, not the thing. */
export async function unlessAborted<Result>(shared: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // Whoever leaves at once must not leave a failure behind that nobody looks at.
  shared.catch(() => undefined);
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
