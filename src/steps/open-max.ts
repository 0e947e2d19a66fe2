import type { Context } from "../context.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { baseOf } from "../proposal/plan.ts";
import { later, MINUTE_MS } from "../time.ts";
import type { Draft } from "./draft.ts";
import { groupsIn } from "./proposals-about.ts";

/** When a group looks again that another one was ahead of, whose pull request is not open yet, and may never be. */
const LOOK_AGAIN_MS = MINUTE_MS;

/**
 * Opens a new pull request, unless as many of ours are open as the policy lets be, or are about to be. What fixes something grave does not wait. Whatever
 * ends one of the others has the code repository read, and so comes back to this one.
 *
 * Who fails to open stays in line: the pull request may be there, and nobody told of it.
 */
export async function openInTurn(
  draft: Draft,
  { store, clock }: Pick<Context, "store" | "clock">,
  open: () => Promise<void>,
): Promise<void> {
  const { key, pulls, graveFixes = [] } = draft;
  if (pulls.openMax === undefined) return open();
  const now = await clock.now();
  // Who leaves the line has kept what it opened: read afterwards, or it would be missed in both.
  const ahead = await store.lineUpToOpen(key, now);
  const opened = await openGroups(draft, store);
  const others = new Set([...opened, ...ahead]);
  others.delete(key.group);
  if (graveFixes.length > 0 || others.size < pulls.openMax) await open();
  else if (opened.size < pulls.openMax) {
    await store.schedule({ kind: "propose", proposal: key }, later(now, LOOK_AGAIN_MS), "sooner");
  }
  await store.leaveOpening(key);
}

async function openGroups({ key, pulls }: Draft, store: Context["store"]): Promise<ReadonlySet<string>> {
  const { codeRepository, baseBranch } = key;
  const scan = await store.scan(baseOf(key));
  const groups = new Set([...(scan === undefined ? [] : groupsIn(scan, pulls.group)), PINS_GROUP]);
  const records = await Promise.all(
    [...groups].map((group) => store.proposal({ codeRepository, baseBranch, group })),
  );
  return new Set(records.flatMap((record) => (record?.state === "open" ? [record.group] : [])));
}
