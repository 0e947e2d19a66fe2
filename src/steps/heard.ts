import type { Context } from "../context.ts";
import type { PullComment, PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { commandsIn, heard, mayBeNews } from "../proposal/hearing.ts";
import { SILENCE, type Talk } from "../proposal/orders.ts";
import { later, MINUTE_MS } from "../time.ts";

/** By how much the clock of the code host may be behind ours. */
const SKEW_MS = 15 * MINUTE_MS;

/**
 * Takes in what was said about an open pull request since it was last heard, and keeps it. One request for comments, none where the host says that
 * nothing changed, and one for the role of everybody who asks for something.
 */
export async function hear(
  record: ProposalRecord,
  pull: PullRequest | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  if (record.state !== "open" || pull?.state !== "open" || pull.number !== record.number) return record;
  const { codeHost, store, clock } = context;
  const { codeRepository, number, talk = SILENCE } = record;
  const { body, updatedAt } = pull;
  const since = talk.readAt ?? later(record.openedAt, -SKEW_MS);
  const comments = mayBeNews(talk, updatedAt)
    ? await codeHost.comments(codeRepository, number, since, signal)
    : undefined;
  const writers = await writersAmong({ record, talk, comments: comments ?? [] }, context, signal);
  const next = heard(talk, {
    writers,
    body,
    now: await clock.now(),
    ...(comments === undefined ? {} : { comments }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  });
  if (JSON.stringify(next) === JSON.stringify(talk)) return record;
  const kept = { ...record, talk: next };
  await store.saveProposal(kept);
  return kept;
}

/** Who of those that ask for something may write there. Each is asked about once. */
async function writersAmong(
  {
    record: { codeRepository },
    talk,
    comments,
  }: {
    readonly record: ProposalRecord;
    readonly talk: Talk;
    readonly comments: readonly PullComment[];
  },
  { codeHost }: Context,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const writers = new Set<string>();
  const authors = new Set(commandsIn(comments, talk).map(({ comment }) => comment.author));
  for (const author of authors) {
    if ((await codeHost.roleOf(codeRepository, author, signal)) === "write") writers.add(author);
  }
  return writers;
}
