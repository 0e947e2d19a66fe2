import type { Context } from "../context.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { baseOf } from "../proposal/plan.ts";
import type { Draft } from "./draft.ts";
import { groupsIn } from "./proposals-about.ts";

/**
 * Whether a new pull request has to wait because as many of ours are open as the policy lets be. What fixes something grave does not wait. Whatever
 * ends one of the others has the code repository read, and so comes back to this one.
 */
export async function isOverMany(
  { key, pulls, graveFixes = [] }: Draft,
  { store }: Pick<Context, "store">,
): Promise<boolean> {
  if (pulls.openMax === undefined || graveFixes.length > 0) return false;
  const { codeRepository, baseBranch } = key;
  const scan = await store.scan(baseOf(key));
  const groups = new Set([...(scan === undefined ? [] : groupsIn(scan, pulls.group)), PINS_GROUP]);
  const records = await Promise.all(
    [...groups].map((group) => store.proposal({ codeRepository, baseBranch, group })),
  );
  return records.filter((record) => record?.state === "open").length >= pulls.openMax;
}
