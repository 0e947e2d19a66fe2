import type { Assessment } from "../../assess/assessment.ts";
import type { Digest } from "../../image/digest.ts";
import { type ImageLine, renderImage, renderLine, type Tag } from "../../image/reference.ts";
import type { ApprovalRecord } from "../../ports/operators.ts";
import type { ProposalRecord, Store, VerdictRecord, WatchState } from "../../ports/store.ts";
import { type DeclinedDigest, graveFixesOf, type ReturnedDigest, returnOf } from "../../proposal/declined.ts";
import { type Place, targetLineOf, type Update } from "../../proposal/plan.ts";
import { successionOf } from "../../sla/succession.ts";
import { dueOf, timerOf } from "../../sla/timer.ts";
import { isMoveWithin } from "../../vendor/tag-moves.ts";
import { isBackwards, type TagHistory } from "../../watch/history.ts";
import { type Wanted, wantedFor } from "../../watch/wanted.ts";
import type { Clocks } from "../clocks/clocks.ts";
import { type AssessedUpdate, heldBy, type HeldUpdate, type RulesNow } from "../held.ts";
import type { PinnedLine, PinnedPlaces } from "./pins.ts";

/** A digest that may be proposed, with the proof. */
export interface Target {
  readonly record: VerdictRecord;
  readonly verdict: Update["verdict"];
  /** The tag that goes with it, where that is another than what is pinned. */
  readonly toTag?: Tag;
  /** Where its tag was seen, and after that where other tags of the pin were. */
  readonly history: TagHistory;
  /** Present for a step backwards: without one it is no target. */
  readonly approval?: ApprovalRecord;
  /** Present for what a person declined: without one it is no target. */
  readonly returned?: ReturnedDigest;
}

/** Where the places of a pin go. */
export interface Moves {
  readonly target: Target | undefined;
  readonly places: readonly Place[];
  /** Places that stay where they are. */
  readonly behind: readonly Place[];
  /** Why they do, for people. */
  readonly why: string;
}

/** What decides where a pin goes. */
export interface TargetFacts {
  readonly store: Store;
  readonly declined: ReadonlyMap<Digest, DeclinedDigest>;
  readonly open: ProposalRecord | undefined;
  readonly unserved: ReadonlySet<string>;
  readonly rules: RulesNow;
  /** What waits for its hour is proposed with what is proposed anyway. */
  readonly isJoining: boolean;
  /** Takes note of what is not proposed because of its class. */
  readonly hold: (update: HeldUpdate) => void;
  readonly clocksFor: (pin: PinnedLine) => Promise<Clocks>;
}

const BEHIND = "its mirror does not have the new digest yet";

/**
 * Where a pin goes: to the newest tag that it may move to, if exactly the digest there is verified and assessed; else to where its own tag
 * stands; else to what an open pull request proposes.
 */
export async function movesOf(pin: PinnedPlaces, facts: TargetFacts): Promise<Moves> {
  const { store, unserved } = facts;
  const own = await standOf(pin, pin.line, store);
  const newer = pin.newer === undefined ? undefined : await standOf(pin, lineAt(pin, pin.newer), store);
  const at: Stands = { own: own?.stand, newer: newer?.stand };
  const wanted = await targetOf(pin, at, { ...facts, unserved: new Set() });
  if (wanted === undefined) {
    return own?.unclear === undefined
      ? { target: undefined, places: [], behind: [], why: BEHIND }
      : { target: undefined, places: [], behind: pin.places, why: own.unclear };
  }
  const [served, behind] = servedAmong(pin.places, wanted.record.image.digest, unserved);
  if (served.length > 0) return { target: wanted, places: served, behind, why: BEHIND };

  // What its own tag has may be there, and what the pull request proposes already was when it was written.
  const other = await targetOf(pin, at, facts);
  if (other === undefined) return { target: undefined, places: [], behind, why: BEHIND };
  const [placesOfOther, behindOther] = servedAmong(pin.places, other.record.image.digest, unserved);
  return { target: other, places: placesOfOther, behind: behindOther, why: BEHIND };
}

/** The entry of an open pull request about a pin. */
export function entryOf(
  open: ProposalRecord | undefined,
  { line, from, newer }: Pick<PinnedPlaces, "line" | "from" | "newer">,
): ProposalRecord["updates"][number] | undefined {
  const name = renderLine(line);
  const entries = (open?.updates ?? []).filter(
    (update) => renderLine(update.line) === name && update.from === from,
  );
  return entries.find(({ toTag }) => (toTag === undefined) === (newer === undefined)) ?? entries[0];
}

/** Places that may be moved to a digest, and those whose mirror does not serve it. */
function servedAmong(
  places: readonly Place[],
  to: Digest,
  unserved: ReadonlySet<string>,
): readonly [served: readonly Place[], behind: readonly Place[]] {
  const isServed = ({ mirror }: Place): boolean =>
    mirror === undefined || !unserved.has(renderImage({ repository: mirror, digest: to }));
  return [places.filter(isServed), places.filter((place) => !isServed(place))];
}

/** A tag, and where a pin should stand because of it. */
interface Stand {
  readonly watch: WatchState;
  readonly digest: Digest;
}

interface Stands {
  readonly own: Stand | undefined;
  readonly newer: Stand | undefined;
}

function lineAt({ line: { repository } }: PinnedLine, tag: Tag): ImageLine {
  return { repository, tag };
}

/** Where a pin should stand, by where a tag was last seen. */
async function standOf(
  { from }: PinnedPlaces,
  line: ImageLine,
  store: Store,
): Promise<{ readonly stand?: Stand; readonly unclear?: string } | undefined> {
  const watch = await store.watch(line);
  const digest = watch.history.at(-1)?.digest;
  if (digest === undefined) return undefined;
  const { repository } = line;
  const shapeOf = async (of: Digest) => (await store.verdict({ repository, digest: of }))?.shape;
  const wanted: Wanted = wantedFor(
    { digest: from, shape: await shapeOf(from) },
    { digest, shape: await shapeOf(digest) },
  );
  return wanted.kind === "unclear" ? { unclear: wanted.reason } : { stand: { watch, digest: wanted.digest } };
}

/** A digest that a pin could go to. */
interface Option {
  readonly digest: Digest;
  readonly toTag?: Tag;
  readonly watch: WatchState;
  readonly assessed: Assessment | undefined;
  /** It is a step backwards: only for who approved of it. */
  readonly needsApproval: boolean;
}

async function targetOf(pin: PinnedPlaces, at: Stands, facts: TargetFacts): Promise<Target | undefined> {
  const { store, declined, open, unserved } = facts;
  const { line, from, places } = pin;
  const proposed = entryOf(open, pin);
  for (const option of await optionsOf(pin, at, facts)) {
    const { digest, toTag, watch, assessed, needsApproval } = option;
    if (digest === from) continue;
    const entry = declined.get(digest);
    const returned = entry === undefined ? undefined : await returnedDigest(entry, pin, facts);
    if (entry !== undefined && returned === undefined) continue;
    // A newer version that nobody compared with what is pinned waits: the tag that is there goes on meanwhile.
    if (toTag !== undefined && assessed === undefined) continue;
    const [served] = servedAmong(places, digest, unserved);
    if (served.length === 0) continue;
    const record = await store.verdict({ repository: line.repository, digest });
    const verdict = record?.verdict;
    if (record === undefined || verdict?.kind !== "verified") continue;
    const isProposed = digest === proposed?.to && toTag === proposed.toTag;
    const moved = toTag === undefined ? {} : { toTag };
    const held = isProposed ? undefined : await heldUpdate({ ...pin, ...moved, record, assessed }, facts);
    const mayBeApproved = needsApproval || (held?.class === "regression" && held.time.kind === "blocked");
    const asked = targetLineOf({ line, ...moved });
    const approval = mayBeApproved ? await store.approval(asked, digest) : undefined;
    if (approval === undefined && needsApproval) continue;
    if (approval === undefined && held !== undefined) {
      facts.hold(held);
      continue;
    }
    const history = [...watch.history, ...(at.own?.watch.history ?? []), ...(at.newer?.watch.history ?? [])];
    return {
      record,
      verdict,
      ...moved,
      history,
      ...(approval === undefined ? {} : { approval }),
      ...(returned === undefined ? {} : { returned }),
    };
  }
  return undefined;
}

/** A declined digest, if it is to be proposed again. */
async function returnedDigest(
  declined: DeclinedDigest,
  { line, from }: PinnedPlaces,
  { store, rules }: TargetFacts,
): Promise<ReturnedDigest | undefined> {
  const assessment = await store.assessment(line.repository, from, declined.digest);
  const back = returnOf(declined, graveFixesOf(assessment), rules.now);
  return back === undefined ? undefined : { ...declined, back };
}

/** What a pin could go to, the best first: a newer tag, where its own tag stands, what is proposed already. */
async function optionsOf(pin: PinnedPlaces, at: Stands, facts: TargetFacts): Promise<readonly Option[]> {
  const { store, open } = facts;
  const { line, from } = pin;
  const proposed = entryOf(open, pin);
  const assessmentOf = (to: Digest) => store.assessment(line.repository, from, to);
  const own = at.own?.digest === from ? undefined : at.own;
  const options: Option[] = [];
  if (at.newer !== undefined && pin.newer !== undefined) {
    const { watch, digest } = at.newer;
    const assessed = await assessmentOf(digest);
    // Nobody goes to a newer version to get an older build: its own tag goes on meanwhile.
    const isBack = isStepBack({ digest, watch, assessed }, proposed);
    if (!isBack) options.push({ digest, toTag: pin.newer, watch, assessed, needsApproval: false });
  }
  const before = await proposedOption(pin, own, { proposed, facts });
  const next: Option[] = [];
  if (own !== undefined) {
    const { watch, digest } = own;
    const assessed = await assessmentOf(digest);
    // What a pull request left for a newer tag, it has not left for another digest of this one.
    const left = proposed?.toTag === undefined ? proposed : undefined;
    next.push({ digest, watch, assessed, needsApproval: isStepBack({ digest, watch, assessed }, left) });
  }
  if (before === undefined) return [...options, ...next];
  const ahead = proposed?.toTag === undefined ? [...options, ...next] : options;
  const after = proposed?.toTag === undefined ? [] : next;
  const [moving, staying] = await partedBySuccession(pin, ahead, before, facts);
  return [...moving, before, ...staying, ...after];
}

/** A digest that the tag or the pull request has left, or one that was made before: even if the history of the tag was lost. */
function isStepBack(
  { digest, watch, assessed }: Pick<Option, "digest" | "watch" | "assessed">,
  proposed: ProposalRecord["updates"][number] | undefined,
): boolean {
  return (
    isBackwards(watch.history) ||
    assessed?.class === "moved-backwards" ||
    proposed?.superseded.some((other) => other.digest === digest) === true
  );
}

/** What an open pull request proposes, as far as that still may be. */
async function proposedOption(
  { line, profile, from, newer }: PinnedPlaces,
  own: Stand | undefined,
  {
    proposed,
    facts: { store, rules },
  }: { readonly proposed: ProposalRecord["updates"][number] | undefined; readonly facts: TargetFacts },
): Promise<Option | undefined> {
  if (proposed === undefined) return undefined;
  const { to: digest, toTag, isApproved } = proposed;
  const assessed = await store.assessment(line.repository, from, digest);
  const needsApproval = isApproved === true;
  if (toTag === undefined) {
    return own === undefined ? undefined : { digest, watch: own.watch, assessed, needsApproval };
  }
  const { tags: scope } = rules.pulls;
  if (newer === undefined || scope === "same") return undefined;
  if (!isMoveWithin(line, toTag, { profile, scope, now: rules.now })) return undefined;
  const watch = await store.watch({ repository: line.repository, tag: toTag });
  return { digest, toTag, watch, assessed, needsApproval };
}

/** What the proposed digest fixes is not given up for a newer one: those that would come after it. */
async function partedBySuccession(
  pin: PinnedPlaces,
  options: readonly Option[],
  before: Option,
  { clocksFor }: TargetFacts,
): Promise<readonly [moving: readonly Option[], staying: readonly Option[]]> {
  if (options.every(({ digest }) => digest === before.digest)) return [options, []];
  const { line, places, policy } = await clocksFor(pin);
  const isStaying = ({ digest: next }: Option): boolean =>
    next !== before.digest &&
    successionOf({ proposed: before.digest, next }, line, places, policy).kind === "stay";
  return [options.filter((option) => !isStaying(option)), options.filter(isStaying)];
}

/** What the class of an update holds back, and no longer than until what is pinned has to be replaced. */
async function heldUpdate(
  update: Omit<AssessedUpdate, "dueAt"> & PinnedLine,
  { rules, isJoining, clocksFor }: TargetFacts,
): Promise<HeldUpdate | undefined> {
  const held = heldBy(update, { rules, isJoining });
  if (held?.time.kind !== "at") return held;
  const { places } = await clocksFor(update);
  const timer = timerOf(places.filter(({ pinned }) => pinned === update.from));
  const due = timer?.state === "open" ? dueOf(timer) : undefined;
  if (due?.dueAt === undefined || due.standing === "accepted") return held;
  return heldBy({ ...update, dueAt: due.dueAt }, { rules, isJoining });
}
