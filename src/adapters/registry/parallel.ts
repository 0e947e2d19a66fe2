/** Runs this for every item, at most so many at a time; results stand in the order of the items. The first failure ends it. */
export async function mapParallel<Item, Result>(
  items: readonly Item[],
  atATime: number,
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: { readonly index: number; readonly result: Result }[] = [];
  const queue = items.entries();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    // The lanes share one iterator: each takes what is next.
    for (const [index, item] of queue) {
      if (hasFailed) return;
      try {
        results.push({ index, result: await run(item) });
      } catch (thrown) {
        hasFailed = true;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, lane));
  return results.toSorted((a, b) => a.index - b.index).map(({ result }) => result);
}

/** Runs what it is given in the order given, at most so many at a time. What runs must not wait for a turn of its own. */
export type Turns = <Result>(run: () => Promise<Result>) => Promise<Result>;

/** Turns for work that is found while other work is done, as {@link mapParallel} cannot have it. */
export function createTurns(atATime: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running < atATime) {
      running += 1;
    } else {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      await promise;
    }
    try {
      return await run();
    } finally {
      // Whoever is next takes this place over.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** Runs with a signal that also ends when the run has failed: nothing that it started goes on. */
export async function untilFirstFailure<Result>(
  outer: AbortSignal,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const failing = new AbortController();
  try {
    return await run(AbortSignal.any([outer, failing.signal]));
  } catch (thrown) {
    failing.abort(thrown);
    throw thrown;
  }
}
