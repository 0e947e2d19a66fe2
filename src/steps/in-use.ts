import { type ImageId, type ImageLine, renderImage } from "../image/reference.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import type { CodeBranch } from "../proposal/plan.ts";

/** How somebody uses a digest. */
export type Use =
  | { readonly kind: "tag"; readonly line: ImageLine }
  /** A branch of a code repository names it, by the last scan. */
  | ({ readonly kind: "pin" } & CodeBranch)
  /** A pull request of ours proposes it, or brought it in. */
  | { readonly kind: "open" | "merged"; readonly proposal: ProposalRecord };

/** A digest with everybody who uses it. */
export interface UsedImage {
  readonly image: ImageId;
  readonly uses: readonly Use[];
}

/** Every digest that a watched tag points at, that code pins, or that a pull request proposes or brought in: by name. */
export async function imagesInUse(
  store: Pick<Store, "watches" | "scans" | "proposals">,
): Promise<readonly UsedImage[]> {
  const used = new Map<string, { readonly image: ImageId; readonly uses: Use[] }>();
  const add = (image: ImageId, use: Use): void => {
    const name = renderImage(image);
    const entry = used.get(name) ?? { image, uses: [] };
    entry.uses.push(use);
    used.set(name, entry);
  };
  for (const { line, history } of await store.watches()) {
    const digest = history.at(-1)?.digest;
    if (digest !== undefined) add({ repository: line.repository, digest }, { kind: "tag", line });
  }
  for (const { codeRepository, branch, places } of await store.scans()) {
    const pinned = places.flatMap(({ state }) => (state.kind === "handled" ? [state] : []));
    // A digest counts once for each branch, in however many places.
    const images = new Map(
      pinned.map(({ line: { repository }, digest }) => {
        const image = { repository, digest };
        return [renderImage(image), image] as const;
      }),
    );
    for (const image of images.values()) add(image, { kind: "pin", codeRepository, branch });
  }
  for (const proposal of await store.proposals()) {
    const { state, updates } = proposal;
    if (state === "closed") continue;
    for (const { line, to } of updates) {
      add({ repository: line.repository, digest: to }, { kind: state, proposal });
    }
  }
  return [...used.values()].toSorted((a, b) => (renderImage(a.image) < renderImage(b.image) ? -1 : 1));
}
