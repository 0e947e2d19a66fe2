import type { Context } from "../context.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { commentMarkOf } from "../proposal/comment-mark.ts";
import { SILENCE, withSaid } from "../proposal/orders.ts";
import { later, MINUTE_MS } from "../time.ts";

/** By how much the clock of the code host may be behind ours. */
const SKEW_MS = 15 * MINUTE_MS;

/** Something to say below a pull request. */
export interface Saying {
  /** What it is, e.g. `flagged`: a name is said once. */
  readonly name: string;
  /** Markdown. */
  readonly text: string;
}

/**
 * Says something below a pull request, unless that was said before: also where a process died between saying it and keeping that it did. Then what
 * stands there is looked for by a mark that nobody else can make. Answers with the record as it is kept now.
 */
export async function sayOnce(
  record: ProposalRecord,
  { name, text }: Saying,
  { codeHost, store, clock, settings }: Context,
  signal: AbortSignal,
): Promise<ProposalRecord> {
  const { codeRepository, number, talk = SILENCE } = record;
  if (talk.said.includes(name)) return record;
  const said = { ...record, talk: withSaid(talk, name) };
  const mark = commentMarkOf(record, name, settings.markerKey);
  if (talk.saying?.name === name) {
    const since = later(talk.saying.since, -SKEW_MS);
    if (await codeHost.isWritten(codeRepository, number, { text: mark, since }, signal)) {
      await store.saveProposal(said);
      return said;
    }
  } else {
    const saying = { name, since: await clock.now() };
    await store.saveProposal({ ...record, talk: { ...talk, saying } });
  }
  await codeHost.comment(codeRepository, number, `${text}\n\n${mark}`, signal);
  await store.saveProposal(said);
  return said;
}
