import type { Digest } from "../image/digest.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import { lineOf } from "../sla/line.ts";
import type { Instant } from "../time.ts";

/**
 * Vulnerabilities that digests had which a tag stood on before the pinned one, and that the pinned one has not: they were fixed, and must
 * not return. Nothing is known of a pinned digest that the tag was never seen on.
 */
export async function fixedBefore(
  lines: readonly ImageLine[],
  pinned: Digest,
  store: Pick<Store, "watch" | "lineFacts">,
  now: Instant,
): Promise<ReadonlySet<string>> {
  const fixed = new Set<string>();
  for (const line of new Map(lines.map((each) => [renderLine(each), each])).values()) {
    const { history } = await store.watch(line);
    const earlier = history.slice(
      0,
      Math.max(
        0,
        history.findLastIndex(({ digest }) => digest === pinned),
      ),
    );
    if (earlier.length === 0) continue;
    const known = lineOf(await store.lineFacts(line), now);
    for (const { digest } of earlier) {
      for (const id of known.idsOf(digest)) {
        const isFixed =
          known.presenceOf(digest, id) === "affected" && known.presenceOf(pinned, id) === "clean";
        if (isFixed) fixed.add(id);
      }
    }
  }
  return fixed;
}
