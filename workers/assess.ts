import { type AssessmentFacts, assessmentOf, packagesOf } from "../src/assess/assess.ts";
import { saysTheSame } from "../src/assess/same.ts";
import type { Context } from "../src/context.ts";
import { type Digest, shortOf } from "../src/image/digest.ts";
import { type ImageLine, renderLine, type Repository } from "../src/image/reference.ts";
import { configsOf } from "../src/steps/configs-answer.ts";
import { noteCarrier } from "../src/steps/carriers.ts";
import { componentListsOf } from "../src/steps/component-lists.ts";
import { fixedBefore } from "../src/steps/fixed-before.ts";
import { imageWordsOf } from "../src/steps/image-words.ts";
import { type Pin, pinsFor } from "../src/steps/pins.ts";
import { readingOnce } from "../src/steps/read-once.ts";
import { trustedTimesOf } from "../src/steps/trusted-times.ts";
import { wantedFor } from "../src/watch/wanted.ts";
import type { ProposalRecord, Store } from "../src/ports/store.ts";
import { ASSESS, PROPOSE } from "../src/queues.ts";
import { isFlagged } from "../src/proposal/flaw.ts";
import { groupsOf } from "../src/proposal/group.ts";
import { rulesOf } from "../src/watch/rules-of.ts";
import { worker } from "../src/worker.ts";
import type { Scan } from "../src/watch/scan.ts";
import { isSameContent } from "../src/watch/history.ts";
import { type StepBack, stepBackOf } from "../src/watch/step-back.ts";

/**
 * Compares what two digests hold, asks what that fixes, and hands the result to those who pin the old one. A digest is compared with itself
 * where code stands at what its tag has: that says which vulnerabilities wait for a fix, and proposes nothing.
 */
export const assess = worker(ASSESS, async ({ repository, from, to }, context, signal) => {
  const { clock, advisories, enqueue } = context;
  const store = readingOnce(context.store);
  const next = await store.verdict({ repository, digest: to });
  // Nothing unverified goes on; once it is verified, its verdict brings it back here.
  if (next?.verdict.kind !== "verified") return;

  const previous = await store.verdict({ repository, digest: from });
  const lists = { old: await componentListsOf(previous, store), new: await componentListsOf(next, store) };
  // Before feeds are asked: what changes while they are is assessed again.
  for (const [digest, list] of [[from, lists.old] as const, [to, lists.new] as const]) {
    await noteCarrier({ repository, digest }, packagesOf([list]), store);
  }
  const moves = from === to ? [] : await movesOf(repository, from, to, store);
  const stepBack = moves.find((move) => move.stepBack !== undefined)?.stepBack?.reason;
  const at = await clock.now();
  const assessment = assessmentOf({
    ...lists,
    configs: { old: await configsOf(previous, store), new: await configsOf(next, store) },
    said: { old: await imageWordsOf(previous, store), new: await imageWordsOf(next, store) },
    movement: movementOf(moves),
    ...(stepBack === undefined ? {} : { stepBack }),
    advisories:
      advisories === undefined
        ? { kind: "not-available", reason: "no advisories are configured" }
        : await advisories.about(packagesOf([lists.old, lists.new]), signal),
    mustNotReturn: await fixedBefore(
      moves.map(({ line }) => line),
      from,
      store,
      at,
    ),
    at,
  });

  for (const move of moves) await tellStepBack(move, to, context);
  const known = await store.assessment(repository, from, to);
  const isNew = known === undefined || !saysTheSame(known, assessment);
  if (isNew) await store.saveAssessment(repository, from, to, assessment);
  for (const { codeRepository, branch, scan, ...pin } of moves) {
    const { group: grouping } = rulesOf(context.settings.policies, codeRepository, scan).pulls;
    for (const group of groupsOf(grouping, pin)) {
      const key = { codeRepository, baseBranch: branch, group };
      const record = isNew ? undefined : await store.proposal(key);
      if (!isProposed(record, { line: pin.line, from, to, scan })) await enqueue(PROPOSE, key);
    }
  }
});

/** An update of a pin that the last scan of its branch found. */
interface Wanted extends Pick<Pin, "line"> {
  readonly from: Digest;
  readonly to: Digest;
  readonly scan: Scan;
}

/**
 * Whether an open pull request says all that, and was looked at since the branch was last read. It is looked at again in its own time, and at once where
 * something is wrong with it.
 */
function isProposed(record: ProposalRecord | undefined, { line, from, to, scan }: Wanted): boolean {
  if (record?.state !== "open" || record.contentHash === "" || isFlagged(record)) return false;
  if (record.checkedAt < scan.scannedAt) return false;
  const name = renderLine(line);
  return record.updates.some(
    (update) => update.from === from && update.to === to && renderLine(update.line) === name,
  );
}

/** A step back of one of the tags is one, whatever the others did. */
function movementOf(moves: readonly Move[]): AssessmentFacts["movement"] {
  if (moves.some(({ stepBack }) => stepBack !== undefined)) return "backwards";
  return moves.some(({ isSameImages }) => isSameImages) ? "evidence-only" : "forward";
}

/** A pin whose tag has left it, or that may move to a newer tag. */
interface Move extends Pin {
  /** The line that stands at the new digest. */
  readonly towards: ImageLine;
  readonly stepBack: StepBack | undefined;
  /** Both digests are indexes of the same images. */
  readonly isSameImages: boolean;
}

/** Who pins the old digest where its tag, or a newer one that it may move to, now stands at the new one. */
async function movesOf(
  repository: Repository,
  from: Digest,
  to: Digest,
  store: Store,
): Promise<readonly Move[]> {
  const moves: Move[] = [];
  const pinned = { digest: from, shape: (await store.verdict({ repository, digest: from }))?.shape };
  for (const line of await store.linesOf(repository)) {
    const { history } = await store.watch(line);
    const digest = history.at(-1)?.digest;
    if (digest === undefined) continue;
    const current = { digest, shape: (await store.verdict({ repository, digest }))?.shape };
    const wanted = wantedFor(pinned, current);
    if (wanted.kind === "unclear" || wanted.digest !== to) continue;
    const pins = (await pinsFor(store, line)).filter((pin) => pin.digest === from);
    if (pins.length === 0) continue;
    const times = await trustedTimesOf(repository, [...history.map((seen) => seen.digest), from], store);
    const stepBack = stepBackOf({ history, pinned: from, trustedAt: times });
    const isSameImages = isSameContent(history, from, to);
    moves.push(...pins.map((pin) => ({ ...pin, towards: line, stepBack, isSameImages })));
  }
  return moves;
}

/** What the tag's history shows was told when the tag was looked at; the rest is known only now that it is verified. */
async function tellStepBack(
  { line, towards, stepBack, digest: from }: Move,
  to: Digest,
  { clock, record }: Context,
): Promise<void> {
  if (stepBack === undefined || stepBack.kind === "left") return;
  const subject = renderLine(towards);
  // A newer version that was signed before what is pinned has not moved anywhere.
  if (stepBack.kind === "pinned" && renderLine(line) !== subject) return;
  await record({
    kind: "tag-moved-backwards",
    at: await clock.now(),
    subject,
    message: `stands at ${shortOf(to)}, ${stepBack.reason}; this is not proposed`,
    key: `stepped back ${subject} ${stepBack.kind === "pinned" ? from : ""} ${to}`,
  });
}
