import type { ImageId } from "../image/reference.ts";
import type { ListPlace, VerdictRecord, VexPlace } from "../ports/store.ts";
import type { Judgement } from "../sbom/judge.ts";
import type { Judged, JudgingContext } from "./judging.ts";
import { type Child, type FoundOnPlatforms, isTelling, type Sbom, type Vex } from "./platform-evidence.ts";

/** What SBOMs are known by. */
export interface Known {
  readonly image: ImageId;
  readonly own: Judgement;
  readonly child: FoundOnPlatforms | undefined;
  /** The platforms of the image, where it is an index. */
  readonly children: readonly Child[];
}

/**
 * The SBOMs that speak of an image: its own, one for each of its platforms where its own covers several, else those of its platforms. Its own
 * that says nothing of packages only where nothing says more.
 */
export function sbomsOf({ image: { digest }, own, child, children }: Known): readonly Sbom[] {
  const { sbom } = own;
  if (sbom?.kind === "read" && sbom.platforms.length > 0) {
    const byPlatform = new Map(sbom.platforms.map(({ platform, components }) => [platform, components]));
    return children.flatMap((each) => {
      const components = byPlatform.get(each.platform);
      return components === undefined ? [] : [{ ...each, read: { ...sbom, components, platforms: [] } }];
    });
  }
  const onPlatforms = child?.sboms ?? [];
  const hasMore = !isTelling(sbom) && onPlatforms.some(({ read }) => isTelling(read));
  if (sbom === undefined || hasMore) return onPlatforms;
  return [{ digest, read: sbom }];
}

/** Keeps the component lists of SBOMs, each under the manifest it speaks of. */
export async function keepLists(
  sboms: readonly Sbom[],
  { store }: Pick<JudgingContext, "store">,
): Promise<Pick<Judged, "components" | "lists" | "sbomFault">> {
  const lists: ListPlace[] = [];
  const faults: string[] = [];
  for (const { digest, platform, read } of sboms) {
    if (read.kind === "unreadable") {
      faults.push(platform === undefined ? read.reason : `${platform}: ${read.reason}`);
      continue;
    }
    await store.saveComponents(digest, read.components);
    const bytes = read.components.deflated.byteLength;
    lists.push({ digest, ...(platform === undefined ? {} : { platform }), ...read.origin, bytes });
  }
  const [first] = lists;
  const [fault] = faults;
  if (first === undefined) return fault === undefined ? {} : { sbomFault: fault };
  const { digest, platform } = first;
  return { components: { digest, ...(platform === undefined ? {} : { platform }) }, lists };
}

/**
 * Keeps verified VEX documents, each under the manifest they are about.
 *
 * @param index that covers the image: what is known of it is about its platforms as well
 */
export async function keepVex(
  vex: readonly Vex[],
  index: VerdictRecord | undefined,
  { store }: Pick<JudgingContext, "store">,
): Promise<Pick<Judged, "vex">> {
  const places: VexPlace[] = (index?.vex ?? []).filter(({ digest }) => digest === index?.image.digest);
  for (const { digest, packed } of vex) {
    await store.saveVexDocuments(digest, packed);
    places.push({ digest, leftOut: packed.leftOut });
  }
  return places.length === 0 ? {} : { vex: places };
}
