import type { Context } from "../src/context.ts";
import { DISCOVER } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import {
  branchesNow,
  keepListing,
  leaveOthers,
  type ReadBranch,
  wantedBranches,
} from "../src/steps/branches.ts";
import { tellOwnFaults } from "../src/steps/own-check.ts";
import { scanBranch } from "../src/steps/scan-branch.ts";
import { type Instant, later, SECOND_MS } from "../src/time.ts";
import type { Scan } from "../src/watch/scan.ts";

/** So long after the first of several scans all clocks are looked at: scans come in bursts, and each look takes in all that came before. */
const CLOCKS_DELAY_MS = 10 * SECOND_MS;

/**
 * Finds every image that is named on the branches of a code repository that pull requests go to. A branch whose head has not moved is not read again; one that
 * is gone, or not wanted any more, is left.
 */
export const discover = worker(DISCOVER, async ({ codeRepository }, context, signal) => {
  const { store, clock, settings } = context;
  const at = await clock.now();
  await store.schedule({ kind: "discover", codeRepository }, later(at, settings.discoverMs), "set");

  const before = await store.scansIn(codeRepository);
  const speaks = before.find(({ home, isUnsubscribed }) => home === undefined && isUnsubscribed !== true);
  const asked = await branchesNow(codeRepository, speaks, context, signal);
  const home =
    asked.home === undefined
      ? undefined
      : await scanBranch({ codeRepository, branch: asked.home, at }, context, signal);
  // Its owners may have named others by now.
  const wanted = wantedBranches(codeRepository, home, context);
  const isAsked = wanted.join("\n") === asked.listing.wanted.join("\n");
  const now = isAsked ? asked : await branchesNow(codeRepository, home, context, signal);
  await keepListing(now.listing, context);
  await leaveOthers(before, now.listing, at, context);
  if (home !== undefined) await scanOthers({ home, branches: now.branches, at }, context, signal);
  await store.schedule({ kind: "sla" }, later(at, CLOCKS_DELAY_MS), "sooner");
  if (home !== undefined) await tellOwnFaults(home, context, signal);
});

/** Scans the branches beside the home. One that cannot be read does not keep the others from it. */
async function scanOthers(
  {
    home,
    branches,
    at,
  }: { readonly home: Scan; readonly branches: readonly ReadBranch[]; readonly at: Instant },
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  for (const branch of branches) {
    if (branch.name === home.branch) continue;
    try {
      await scanBranch({ codeRepository: home.codeRepository, branch, at, home }, context, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}
