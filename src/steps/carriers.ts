import { packageLookup } from "../advisory/feed-document.ts";
import type { PackageKey } from "../advisory/package-key.ts";
import type { ImageId } from "../image/reference.ts";
import type { FeedStore } from "../ports/feeds.ts";

/** Notes by which names advisories speak of an image's packages, so that it is assessed anew when one of them changes. */
export async function noteCarrier(
  image: ImageId,
  packages: readonly PackageKey[],
  store: Pick<FeedStore, "saveCarrier">,
): Promise<void> {
  await store.saveCarrier(image, [...new Set(packages.map(packageLookup))].toSorted());
}
