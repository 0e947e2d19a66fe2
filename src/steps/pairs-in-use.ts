import type { Digest } from "../image/digest.ts";
import { type ImageId, renderImage, renderLine, type Repository } from "../image/reference.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";
import { wantedFor } from "../watch/wanted.ts";
import { pinnedDigests } from "./pins.ts";

/** Two digests of one repository that somebody compares, or one that somebody stays with. */
export interface Pair {
  readonly repository: Repository;
  readonly from: Digest;
  readonly to: Digest;
}

const READ_AT_ONCE = 500;

/**
 * Every digest that code pins with the one it should stand on, the same where it does, and what pull requests that are open or were merged
 * brought: each pair once.
 */
export async function pairsInUse(
  store: Pick<Store, "watches" | "scansOf" | "proposals" | "verdicts">,
): Promise<readonly Pair[]> {
  const pairs = new Map<string, Pair>();
  const add = (pair: Pair): void => void pairs.set(nameOf(pair), pair);
  const watches = await store.watches();
  const pinned = await pinnedDigests(store, watches);
  const moves = watches.flatMap(({ line, history }) => {
    const current = history.at(-1)?.digest;
    const pins = current === undefined ? [] : [...(pinned.get(renderLine(line)) ?? [])];
    return pins.map((from) => ({ repository: line.repository, from, current: current ?? from }));
  });
  const shapes = await shapesOf(
    moves.flatMap(({ repository, from, current }) => [
      { repository, digest: from },
      { repository, digest: current },
    ]),
    store,
  );
  for (const { repository, from, current } of moves) {
    const looked = (digest: Digest) => ({ digest, shape: shapes.get(renderImage({ repository, digest })) });
    const wanted = wantedFor(looked(from), looked(current));
    add({ repository, from, to: wanted.kind === "digest" ? wanted.digest : from });
  }
  for (const { state, updates } of await store.proposals()) {
    if (state === "closed") continue;
    for (const { line, from, to } of updates) {
      // A first pin compares nothing: once it is merged, code stands where its tag does.
      if (from !== undefined) add({ repository: line.repository, from, to });
    }
  }
  return [...pairs.values()];
}

async function shapesOf(
  images: readonly ImageId[],
  store: Pick<Store, "verdicts">,
): Promise<ReadonlyMap<string, VerdictRecord["shape"]>> {
  const unique = [...new Map(images.map((image) => [renderImage(image), image])).values()];
  const shapes = new Map<string, VerdictRecord["shape"]>();
  for (let start = 0; start < unique.length; start += READ_AT_ONCE) {
    for (const { image, shape } of await store.verdicts(unique.slice(start, start + READ_AT_ONCE))) {
      shapes.set(renderImage(image), shape);
    }
  }
  return shapes;
}

function nameOf({ repository, from, to }: Pair): string {
  return `${renderImage({ repository, digest: from })}..${to}`;
}
