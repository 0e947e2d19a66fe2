import { isPackageLookup, namesOf } from "../src/advisory/feed-document.ts";
import type { Context } from "../src/context.ts";
import { renderImage } from "../src/image/reference.ts";
import type { Store } from "../src/ports/store.ts";
import { ASSESS, RESCAN } from "../src/queues.ts";
import { type Pair, pairsInUse } from "../src/steps/pairs-in-use.ts";
import { worker } from "../src/worker.ts";

/** Names that are dealt with at once. */
const BATCH = 1_000;

/**
 * Has the images assessed anew that carry a package which advisories changed about: from what is stored of them, no registry is asked. Work and
 * memory go by what changed.
 */
export const rescan = worker(RESCAN, async (_job, context, signal) => {
  const { store, log } = context;
  let pairs: readonly Pair[] | undefined;
  for (;;) {
    signal.throwIfAborted();
    const changed = await store.takeChanged(BATCH);
    if (changed.length === 0) return;
    const carriers = await store.carriersOf(await packagesBehind(changed, store));
    if (carriers.length > 0) {
      pairs ??= await pairsInUse(store);
      const touched = await assessAnew(new Set(carriers.map(renderImage)), pairs, context);
      await store.dropCarriers(carriers.filter((image) => !touched.images.has(renderImage(image))));
      log.info({ names: changed.length, images: carriers.length, pairs: touched.pairCount }, "rescan");
    }
    await store.doneChanged(changed);
  }
});

/** Names of packages: those that changed, and those of every record about a vulnerability that something changed about. */
async function packagesBehind(
  changed: readonly string[],
  store: Pick<Store, "lookUp">,
): Promise<readonly string[]> {
  const packages = new Set(changed.filter(isPackageLookup));
  const vulnerabilities = changed.filter((name) => !isPackageLookup(name));
  for (const { document } of (await store.lookUp(vulnerabilities)).documents) {
    for (const name of namesOf(document)) if (isPackageLookup(name)) packages.add(name);
  }
  return [...packages];
}

/** @returns images that are in use, of those that carry something */
async function assessAnew(
  carriers: ReadonlySet<string>,
  pairs: readonly Pair[],
  { enqueue }: Context,
): Promise<{ readonly images: ReadonlySet<string>; readonly pairCount: number }> {
  const images = new Set<string>();
  let pairCount = 0;
  for (const { repository, from, to } of pairs) {
    const sides = [from, to].map((digest) => renderImage({ repository, digest }));
    if (!sides.some((side) => carriers.has(side))) continue;
    for (const side of sides) images.add(side);
    pairCount += 1;
    await enqueue(ASSESS, { repository, from, to });
  }
  return { images, pairCount };
}
