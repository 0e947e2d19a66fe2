import type { Context } from "../context.ts";
import type { Digest } from "../image/digest.ts";
import type { ImageLine } from "../image/reference.ts";
import type { TagState } from "../ports/registry.ts";
import { POLL, VERIFY } from "../queues.ts";
import type { Profile } from "../vendor/profile.ts";
import { isWhere } from "../watch/wanted.ts";
import { profileNow } from "./distrust.ts";
import { rulesInForce } from "./rules-in-force.ts";

/** A digest that is about to be written somewhere. */
export interface NewDigest {
  readonly line: ImageLine;
  readonly to: Digest;
  readonly profile: Profile;
  /** Its tag has to stand at exactly it, and not at an index that lists it. */
  readonly isExact?: true;
  /** Its tag has gone on since it was written, and nothing follows it: where that stands says nothing. */
  readonly isLeft?: true;
}

/**
 * Whether what is new is verified by the rules in force, and the tags still stand where it says, asked now: between the poll and this moment they may
 * have moved. What is not so any more is looked at again.
 */
export async function areStillTrue(
  digests: readonly NewDigest[],
  { tagCheck, store, enqueue, ...context }: Context,
  signal: AbortSignal,
): Promise<boolean> {
  for (const { line, to, profile, isExact, isLeft } of digests) {
    const image = { repository: line.repository, digest: to };
    const rules = await rulesInForce(await profileNow(profile, image, store), context);
    const judged = await store.verdict(image);
    if (judged?.verdict.kind !== "verified" || judged.policyHash !== rules.hash) {
      await enqueue(VERIFY, { image });
      return false;
    }
    if (isLeft === true) continue;
    const isThere = async (state: TagState): Promise<boolean> => {
      if (state.kind !== "found") return false;
      if (isExact === true) return state.digest === to;
      // A platform's manifest is proposed as long as the tag stands on the index that lists it.
      const record = await store.verdict({ repository: line.repository, digest: state.digest });
      return isWhere(to, { digest: state.digest, shape: record?.shape });
    };
    if (await tagCheck.isSo(line, isThere, signal)) continue;
    await enqueue(POLL, { repository: line.repository });
    return false;
  }
  return true;
}
