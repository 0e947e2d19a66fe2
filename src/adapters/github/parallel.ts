/** How many requests one call of ours has under way. GitHub allows 100 for all of an installation together. */
const PARALLEL_MAX = 8;

/**
 * Does the same with every item, at most 8 at a time; results in the order of the items. The first failure ends the others
 * and is thrown.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const results = new Map<number, Result>();
  const queue = items.entries();

  const lane = async (): Promise<void> => {
    for (const [position, item] of queue) {
      results.set(position, await work(item, either));
    }
  };
  const lanes = Array.from({ length: PARALLEL_MAX }, () =>
    lane().catch((thrown: unknown) => {
      failed.abort(thrown);
      throw thrown;
    }),
  );
  // Waits for all, so that nothing is under way once the caller goes on; what ended the others is the first failure.
  await Promise.allSettled(lanes);
  failed.signal.throwIfAborted();
  return [...results.entries()].toSorted(([left], [right]) => left - right).map(([, result]) => result);
}
