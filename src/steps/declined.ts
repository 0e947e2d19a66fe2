import type { Context } from "../context.ts";
import type { Digest } from "../image/digest.ts";
import { renderLine } from "../image/reference.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { type DeclinedDigest, graveFixesOf } from "../proposal/declined.ts";
import { isFlagged } from "../proposal/flaw.ts";
import { type Instant, later } from "../time.ts";
import { declinedWithout } from "./declined-pins.ts";
import { ruleFor } from "../vendor/policies.ts";

/** Who declined, where that is known, and when. */
export interface Declining {
  readonly at: Instant;
  readonly by?: string;
}

/**
 * Declines everything that a pull request proposes, for as long as the policy says, with what it is known to fix now. Run again it changes
 * nothing. Answers with the end.
 */
export async function declineAll(
  record: ProposalRecord,
  declining: Declining,
  context: Pick<Context, "store" | "clock" | "settings">,
): Promise<Instant> {
  const { store, clock, settings } = context;
  const { ignoreForMs } = ruleFor(settings.policies, record.codeRepository).pulls;
  const until = later(declining.at, ignoreForMs);
  const fixed = await graveFixesIn(record, store);
  const declined = [...fixed].map(([digest, ids]): DeclinedDigest => ({
    digest,
    ...declining,
    until,
    fixed: ids,
  }));
  await store.decline(record, declined, await clock.now());
  return until;
}

/** Grave vulnerabilities that each proposed digest fixes, of whichever digests it replaces. */
async function graveFixesIn(
  { updates }: ProposalRecord,
  store: Context["store"],
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const fixes = new Map<Digest, readonly string[]>();
  for (const { line, from, to } of updates) {
    if (from === undefined) continue;
    const ids = graveFixesOf(await store.assessment(line.repository, from, to));
    fixes.set(to, [...new Set([...(fixes.get(to) ?? []), ...ids])].toSorted());
  }
  return fixes;
}

/**
 * Gives an end to what an older release kept of declined digests: that of what is declined now. Of the pull request that was closed last it is
 * known what it fixes.
 */
export async function datedDeclines(
  closed: ProposalRecord,
  context: Pick<Context, "store" | "clock" | "settings">,
): Promise<void> {
  const { store, clock, settings } = context;
  const undated = (await store.declined(closed)).filter(({ until }) => until === undefined);
  if (undated.length === 0) return;
  const at = await clock.now();
  const until = later(at, ruleFor(settings.policies, closed.codeRepository).pulls.ignoreForMs);
  const fixes = await graveFixesIn(closed, store);
  const dated = undated.map(({ digest }): DeclinedDigest => {
    const fixed = fixes.get(digest);
    return { digest, at, until, ...(fixed === undefined ? {} : { fixed }) };
  });
  await store.decline(closed, dated, at);
}

/**
 * Takes in that a person opened a pull request again that had been closed: its digests are not declined any more, and it is ours as before.
 * Undefined where nobody did. What we closed ourselves because it must not be merged stays closed.
 */
export async function reopened(
  closed: ProposalRecord,
  pull: PullRequest | undefined,
  context: Context,
): Promise<ProposalRecord | undefined> {
  if (closed.state !== "closed" || isFlagged(closed) || isBeingClosed(closed)) return undefined;
  if (pull?.number !== closed.number || pull.state !== "open") return undefined;
  const { store, clock, record: tell } = context;
  const now = await clock.now();
  const { closedAt = closed.checkedAt, ...rest } = closed;
  const subject = `${closed.codeRepository.owner}/${closed.codeRepository.name}#${closed.number}`;
  await store.takeBackDecline(
    closed,
    closed.updates.map(({ to }) => to),
  );
  await tell({
    kind: "reopened",
    at: now,
    subject,
    message: `opened again by a person: ${closed.updates.map(({ line }) => renderLine(line)).join(", ")}`,
    key: `reopened ${subject} ${closed.baseBranch} ${closedAt}`,
  });
  const pins = closed.declinedPins === undefined ? {} : { declinedPins: declinedWithout(closed) };
  return { ...rest, ...pins, state: "open", checkedAt: now };
}

/** Whether somebody asked for it to be closed, and that is not done yet. */
function isBeingClosed({ talk }: ProposalRecord): boolean {
  return (talk?.orders ?? []).some(
    ({ kind, isClosed }) => kind === "ignore" || (kind === "recreate" && isClosed !== true),
  );
}
