import type { Context } from "../context.ts";
import { type ImageId, isSameRepository, renderImage } from "../image/reference.ts";
import type { StoreEvent, VerdictRecord } from "../ports/store.ts";
import { PROPOSE } from "../queues.ts";
import { isRevoked } from "../trust/distrust.ts";
import { proposalKeyOf } from "./current-proposal.ts";
import { imagesInUse } from "./in-use.ts";

/**
 * Keeps a verdict. Where a digest is no longer verified, or is so again, the open pull requests that propose it are looked at; where that
 * is because somebody is distrusted, it is told how many use it.
 *
 * @param known the verdict before, if there was one
 */
export async function keepVerdict(
  record: VerdictRecord,
  known: VerdictRecord | undefined,
  context: Context,
): Promise<void> {
  const wasVerified = known?.verdict.kind === "verified";
  const isVerified = record.verdict.kind === "verified";
  if (known !== undefined && wasVerified && isRevoked(record.verdict)) {
    await context.record(await revokedEvent(record, known, context));
  }
  await context.store.saveVerdict(record);
  if (known !== undefined && wasVerified !== isVerified) await proposeAgain(record.image, context);
}

async function proposeAgain({ repository, digest }: ImageId, { store, enqueue }: Context): Promise<void> {
  for (const proposal of await store.proposals()) {
    const isAbout = proposal.updates.some(
      ({ line, to }) => to === digest && isSameRepository(line.repository, repository),
    );
    if (isAbout && proposal.state === "open") await enqueue(PROPOSE, proposalKeyOf(proposal));
  }
}

/** Told once for each time that it was found verified before. */
async function revokedEvent(
  { image, verdict, checkedAt: at }: VerdictRecord,
  known: VerdictRecord,
  { store }: Context,
): Promise<StoreEvent> {
  const subject = renderImage(image);
  const uses = (await imagesInUse(store)).find((used) => renderImage(used.image) === subject)?.uses ?? [];
  const count = (kind: (typeof uses)[number]["kind"]): number =>
    uses.filter((use) => use.kind === kind).length;
  const why = verdict.kind === "rejected" ? verdict.detail : "";
  return {
    kind: "revoked",
    at,
    subject,
    message: `${why}; pinned by ${count("pin")} code repositories, proposed by ${count("open")} pull requests, merged by ${count("merged")}`,
    key: `revoked ${subject} ${known.checkedAt}`,
  };
}
