import { renderImage } from "../image/reference.ts";
import type { Store, VerdictRecord } from "../ports/store.ts";
import { isAffected } from "../trust/distrust.ts";
import type { Distrust } from "../trust/policy.ts";
import { imagesInUse, type UsedImage } from "./in-use.ts";

/** A digest that is in use and rests on something that is distrusted. */
export interface AffectedImage extends UsedImage {
  readonly record: VerdictRecord;
}

/** Verdicts that are read at once. */
const READ_AT_ONCE = 500;

/** Every digest in use that rests on what is distrusted, or lost its proof because something was: by name. */
export async function affectedImages(
  distrust: Distrust,
  store: Pick<Store, "watches" | "scans" | "proposals" | "verdicts">,
): Promise<readonly AffectedImage[]> {
  const used = await imagesInUse(store);
  const byName = new Map(used.map((each) => [renderImage(each.image), each]));
  const affected: AffectedImage[] = [];
  for (let start = 0; start < used.length; start += READ_AT_ONCE) {
    const images = used.slice(start, start + READ_AT_ONCE).map(({ image }) => image);
    for (const record of await store.verdicts(images)) {
      const each = byName.get(renderImage(record.image));
      if (each === undefined || !isAffected(record.image.digest, record.verdict, distrust)) continue;
      affected.push({ ...each, record });
    }
  }
  return affected.toSorted((a, b) => (renderImage(a.image) < renderImage(b.image) ? -1 : 1));
}
