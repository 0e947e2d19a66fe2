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
