import type { Assessment, UpdateClass } from "../assess/assessment.ts";
import { type ProposalRules, type ProposalTime, proposalTimeOf } from "../assess/proposal-time.ts";
import type { Context } from "../context.ts";
import type { EditOptions } from "../edit/format.ts";
import { type Digest, shortOf } from "../image/digest.ts";
import { type ImageLine, renderLine, type Tag } from "../image/reference.ts";
import type { ProposalKey, VerdictRecord } from "../ports/store.ts";
import { baseOf } from "../proposal/plan.ts";
import { DAY_MS, type Instant, later } from "../time.ts";
import { policyFor } from "../vendor/policies.ts";
import type { Profile } from "../vendor/profile.ts";
import type { PullRules } from "../vendor/pull-rules.ts";
import type { SlaPolicy } from "../sla/policy.ts";
import { editOf, rulesOf } from "../watch/rules-of.ts";

/** What decides, at a certain moment, which updates are proposed. */
export interface RulesNow extends ProposalRules {
  readonly now: Instant;
  /** By when updates of a vendor's images have to be merged there. */
  readonly slaOf: (profile: Profile) => SlaPolicy;
  readonly pulls: PullRules;
  /** What is edited in files. */
  readonly edit: EditOptions;
  /** Whether anything is proposed at all. */
  readonly isEnabled: boolean;
}

/** An update that is verified, assessed, and not proposed yet, or not at all. */
export interface HeldUpdate {
  readonly line: ImageLine;
  readonly from: Digest;
  readonly to: Digest;
  /** A newer tag that it would come with. */
  readonly toTag?: Tag;
  readonly class: UpdateClass;
  readonly time: Exclude<ProposalTime, { kind: "now" }>;
}

/** The rules of a branch, now. */
export async function rulesNow(
  key: Pick<ProposalKey, "codeRepository" | "baseBranch">,
  { settings, clock, store }: Pick<Context, "settings" | "clock" | "store">,
): Promise<RulesNow> {
  const { codeRepository } = key;
  const scan = await store.scan(baseOf(key));
  const { propose, weekly, pulls, isEnabled } = rulesOf(settings.policies, codeRepository, scan);
  const slaOf = (profile: Profile): SlaPolicy => policyFor(settings.policies, codeRepository, profile);
  return {
    propose,
    weekly,
    now: await clock.now(),
    slaOf,
    pulls,
    isEnabled,
    edit: editOf(settings.edit, scan),
  };
}

/** An update that may be proposed but for its class. */
export interface AssessedUpdate extends Pick<HeldUpdate, "line" | "from" | "toTag"> {
  /** On the new digest. */
  readonly record: VerdictRecord;
  /** Absent while it is not assessed: then nothing holds it back here. */
  readonly assessed: Assessment | undefined;
  /** By when it has to be merged; absent where it has not. */
  readonly dueAt?: Instant;
}

/**
 * An update that is not proposed as things are, because of its class.
 *
 * @param isJoining what waits for its hour is proposed with what is proposed anyway
 */
export function heldBy(
  { line, from, toTag, record, assessed, dueAt }: AssessedUpdate,
  { rules, isJoining }: { readonly rules: RulesNow; readonly isJoining: boolean },
): HeldUpdate | undefined {
  if (assessed === undefined) return undefined;
  const { image, verifiedAt = record.checkedAt } = record;
  const facts = { class: assessed.class, verifiedAt, now: rules.now };
  const time = proposalTimeOf({ ...facts, ...(dueAt === undefined ? {} : { dueAt }) }, rules);
  if (time.kind === "now" || (time.kind === "at" && isJoining)) return undefined;
  const moved = toTag === undefined ? {} : { toTag };
  return { line, from, to: image.digest, ...moved, class: assessed.class, time };
}

/** What of a group is not proposed, and whether its pull request is open. */
export interface Held {
  readonly key: ProposalKey;
  readonly held: readonly HeldUpdate[];
  readonly isOpen: boolean;
  /** When the first of the digests that people declined may be proposed again. */
  readonly declinedUntil?: Instant | undefined;
}

/** How often a pull request is looked at that a person closed, while that counts: they may open it again. */
export const CLOSED_LOOK_MS = DAY_MS;

/**
 * Tells what is blocked, once each, and sets when what waits is due, or was declined for a while. An open pull request has its own time, and
 * nothing waits beside it.
 */
export async function keepHeld({ key, held, isOpen, declinedUntil }: Held, context: Context): Promise<void> {
  const { store, clock } = context;
  for (const update of held) {
    if (update.time.kind === "blocked") await tellBlocked(key, update, context);
  }
  if (isOpen) return;
  const { codeRepository, baseBranch, group } = key;
  const work = { kind: "propose", proposal: { codeRepository, baseBranch, group } } as const;
  const waiting = held.flatMap(({ time }) => (time.kind === "at" ? [time.at] : []));
  const lookAt = later(await clock.now(), CLOSED_LOOK_MS);
  const declined = declinedUntil === undefined ? [] : [declinedUntil, lookAt];
  const [first] = [...waiting, ...declined].toSorted((a, b) => a - b);
  return first === undefined ? store.unschedule(work) : store.schedule(work, first, "set");
}

async function tellBlocked(
  { codeRepository: { owner, name } }: ProposalKey,
  { line, from, to, toTag, class: kind }: HeldUpdate,
  { clock, record }: Context,
): Promise<void> {
  const subject = renderLine(line);
  const where = toTag === undefined ? "stands at" : `could move to ${toTag} at`;
  await record({
    kind: "update-blocked",
    at: await clock.now(),
    subject,
    message: `${where} ${shortOf(to)}, which is not proposed to ${owner}/${name}: ${blockedInWords({ class: kind })}`,
    key: `update-blocked ${owner}/${name} ${subject} ${from} ${to} ${kind}`,
  });
}

/** Why an update is blocked, for people: a fragment. */
export function blockedInWords({ class: kind }: Pick<HeldUpdate, "class">): string {
  return WORDS[kind];
}

const WORDS: Readonly<Record<UpdateClass, string>> = {
  fixes: "the policy blocks updates that fix something",
  content: "the policy blocks updates that change something and fix nothing known",
  rebuild: "the policy blocks updates that change nothing",
  "evidence-only": "the policy blocks updates of which only the evidence is new",
  "moved-backwards": "the policy blocks steps backwards",
  regression: "it brings back a grave vulnerability; if it is meant, approve it",
  unassessed: "the policy blocks updates that could not be assessed",
};
