import type { Assessment } from "../assess/assessment.ts";
import type { Digest } from "../image/digest.ts";
import { type ImageLine, renderImage, renderLine, renderReference } from "../image/reference.ts";
import type { ApprovalRecord } from "../ports/operators.ts";
import type { ProposalKey, ProposalRecord, Store, VerdictRecord, WatchState } from "../ports/store.ts";
import {
  type DeclinedDigest,
  firstEndOf,
  graveFixesOf,
  type ReturnedDigest,
  returnOf,
} from "../proposal/declined.ts";
import type { Place, Plan, Update } from "../proposal/plan.ts";
import { UPDATE_ID } from "../sla/obligation.ts";
import { successionOf } from "../sla/succession.ts";
import { dueOf, type Timer, timerOf } from "../sla/timer.ts";
import { evaluateVendor, type VendorEvaluation } from "../sla/vendor.ts";
import { versionAt } from "../sla/version-in-force.ts";
import type { Profile } from "../vendor/profile.ts";
import { isBackwards } from "../watch/history.ts";
import { type ClockQuestion, type ClockReader, type Clocks, createClockReader } from "./clocks/clocks.ts";
import type { Instant } from "../time.ts";
import { type Wanted, wantedFor } from "../watch/wanted.ts";
import { groupOf } from "../proposal/group.ts";
import type { Grouping } from "../vendor/pull-rules.ts";
import { proposalsAbout } from "./proposals-about.ts";
import { reasonInWords, type Scan } from "../watch/scan.ts";
import { type AssessedUpdate, blockedInWords, heldBy, type HeldUpdate, type RulesNow } from "./held.ts";

/**
 * What the pull request of a group should say and do now, from stored facts alone; undefined when there is nothing to propose, and for
 * profiles that only observe.
 *
 * A line moves to where its tag stands, if exactly that digest is verified, assessed, not declined, and no step backwards, or one that
 * somebody approved of, and the policy has its class proposed now. What waits for its hour joins whatever is proposed of the group. Where it is
 * not, what an open pull request already proposes for the line stays as it is: a look that failed changes nothing.
 */
export async function planFor(facts: PlanFacts): Promise<Planning> {
  return planWithout(new Set(), facts);
}

/** What is to be proposed, and what is held back. */
export interface Planning {
  readonly plan: Plan | undefined;
  /** By line and digests, each once. */
  readonly held: readonly HeldUpdate[];
  /** When the time of the first of the digests is over that people declined. */
  readonly declinedUntil?: Instant;
}

const NOTHING: Planning = { plan: undefined, held: [] };

/** What a plan is made for, and from. */
export interface PlanFacts {
  readonly key: ProposalKey;
  readonly profiles: readonly Profile[];
  readonly current: ProposalRecord | undefined;
  readonly store: Store;
  readonly rules: RulesNow;
}

/**
 * The same without what mirrors do not serve: places that name such a mirror stay as they are, and are said to.
 *
 * @param unserved images of mirrors, as {@link renderImage} writes them
 */
export async function planWithout(unserved: ReadonlySet<string>, facts: PlanFacts): Promise<Planning> {
  const open = facts.current?.state === "open" ? facts.current : undefined;
  // Who has one made anew does not wait for the hour of the week.
  const isWanted = facts.current?.talk?.orders.some(({ kind }) => kind === "recreate") ?? false;
  const isJoining = open !== undefined || isWanted;
  const planning = await plannedWith({ unserved, open, isJoining }, facts);
  const isWaiting = planning.held.some(({ time }) => time.kind === "at");
  if (isJoining || planning.plan === undefined || !isWaiting) return planning;
  return plannedWith({ unserved, open, isJoining: true }, facts);
}

async function plannedWith(
  how: Pick<TargetFacts, "unserved" | "open" | "isJoining">,
  { key, profiles, current, store, rules }: PlanFacts,
): Promise<Planning> {
  const { open } = how;
  const scan = await store.scan(key.codeRepository);
  if (scan === undefined || scan.branch !== key.baseBranch || !rules.isEnabled) return NOTHING;
  const declined = new Map((await store.declined(key)).map((each) => [each.digest, each]));

  const updates: Update[] = [];
  const waiting: NotEdited[] = [];
  const held = new Map<string, HeldUpdate>();
  const hold = (update: HeldUpdate): void => {
    held.set(`${renderLine(update.line)} ${update.from} ${update.to}`, update);
  };
  const group: Group = { key, grouping: rules.pulls.group, profiles };
  const pins = pinsIn(scan, group);
  const clocksFor = clocksBy(createClockReader(store), async ({ line, profile }) => ({
    key: { ...key, line },
    policy: rules.slaOf(profile),
    proposals: await proposalsAbout(line, { scan, grouping: rules.pulls.group, known: current, store }),
    now: rules.now,
  }));
  const sources = { ...how, store, declined, rules, hold, clocksFor };
  for (const pin of pins) {
    const { target, places, behind, why } = await movesOf(pin, sources);
    waiting.push(...behind.map((place) => stayingPlace(place, pin, why)));
    if (target === undefined) continue;
    // One clock per line, whatever number of digests it is pinned to.
    const clocks = await clocksFor(pin);
    const policy = versionAt(rules.slaOf(pin.profile), rules.now);
    const update = await updateOf({ ...pin, places, target, clocks, open, policy, now: rules.now }, store);
    if (update !== undefined) updates.push(update);
  }
  waiting.push(...blockedPlaces(pins, [...held.values()], updates));
  const facts = { held: [...held.values()], ...firstEndOf([...declined.values()], rules.now) };
  if (updates.length === 0) return { plan: undefined, ...facts };
  const plan = {
    ...key,
    updates: updates.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
    notEdited: [...waiting, ...notEditedIn(scan, group)],
  };
  return { plan, ...facts };
}

/** Clocks of lines, each computed once. */
function clocksBy(
  reader: ClockReader,
  questionOf: (pin: PinnedLine) => Promise<ClockQuestion>,
): (pin: PinnedLine) => Promise<Clocks> {
  const known = new Map<string, Promise<Clocks>>();
  return (pin) => {
    const name = renderLine(pin.line);
    const clocks = known.get(name) ?? questionOf(pin).then((question) => reader.clocksOf(question));
    known.set(name, clocks);
    return clocks;
  };
}

type NotEdited = Plan["notEdited"][number];

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

/** Places that stay because the policy blocks what their tag stands at. */
function blockedPlaces(
  pins: readonly PinnedPlaces[],
  held: readonly HeldUpdate[],
  updates: readonly Update[],
): readonly NotEdited[] {
  const isOf = (pin: PinnedPlaces, { line, from }: Pick<HeldUpdate, "line" | "from">): boolean =>
    from === pin.from && renderLine(line) === renderLine(pin.line);
  return pins.flatMap((pin) => {
    const blocked = held.find((each) => each.time.kind === "blocked" && isOf(pin, each));
    if (blocked === undefined || updates.some((update) => isOf(pin, update))) return [];
    return pin.places.map((place) => stayingPlace(place, pin, blockedInWords(blocked)));
  });
}

function stayingPlace(
  { path, line, mirror }: Place,
  { line: { repository, tag }, from }: PinnedPlaces,
  reason: string,
): NotEdited {
  return {
    path,
    line,
    raw: renderReference({ repository: mirror ?? repository, tag, digest: from }),
    reason,
  };
}

function nameOf({ line, from }: Update): string {
  return `${renderLine(line)} ${from}`;
}

/** A line, with who claims it. */
interface PinnedLine {
  readonly line: ImageLine;
  readonly profile: Profile;
}

/** One line pinned to one digest, wherever in the group. */
interface PinnedPlaces extends PinnedLine {
  readonly from: Digest;
  readonly places: readonly Place[];
}

/** Which places belong to one pull request. */
interface Group {
  readonly key: ProposalKey;
  readonly grouping: Grouping;
  readonly profiles: readonly Profile[];
}

/** Who claims a place of the group; undefined for places of other groups, and for what nobody has confirmed or decided, which is never proposed. */
function claimIn({ path, state }: Scan["places"][number], group: Group): Profile | undefined {
  const { key, grouping, profiles } = group;
  const { line, profile: id } = state;
  if (line === undefined || id === undefined) return undefined;
  if (groupOf(grouping, { line, path, profile: id }) !== key.group) return undefined;
  const profile = profiles.find((each) => each.id === id);
  return profile?.mode === "enforced" ? profile : undefined;
}

function pinsIn(scan: Scan, group: Group): readonly PinnedPlaces[] {
  const pins = new Map<string, PinnedPlaces & { readonly places: Place[] }>();
  for (const found of scan.places) {
    const { path, via, line: lineNumber, mirror, state } = found;
    const profile = claimIn(found, group);
    if (state.kind !== "handled" || state.isLeftOut === true || profile === undefined) continue;
    const name = `${renderLine(state.line)}@${state.digest}`;
    const pin = pins.get(name) ?? { line: state.line, profile, from: state.digest, places: [] };
    pin.places.push({
      path,
      line: lineNumber,
      ...(via === undefined ? {} : { via }),
      ...(mirror === undefined ? {} : { mirror }),
    });
    pins.set(name, pin);
  }
  return [...pins.values()];
}

function notEditedIn(scan: Scan, group: Group): Plan["notEdited"] {
  return scan.places.flatMap((found) => {
    const { path, line, raw, state } = found;
    const reason = state.kind === "seen" ? state.reason : state.isLeftOut === true ? "left-out" : undefined;
    return reason !== undefined && claimIn(found, group) !== undefined
      ? [{ path, line, raw, reason: reasonInWords(reason) }]
      : [];
  });
}

/** A digest that may be proposed, with the proof. */
interface Target {
  readonly record: VerdictRecord;
  readonly verdict: Update["verdict"];
  readonly watch: WatchState;
  /** Present for a step backwards: without one it is no target. */
  readonly approval?: ApprovalRecord;
  /** Present for what a person declined: without one it is no target. */
  readonly returned?: ReturnedDigest;
}

/** Where the places of a pin go. */
interface Moves {
  readonly target: Target | undefined;
  readonly places: readonly Place[];
  /** Places that stay where they are. */
  readonly behind: readonly Place[];
  /** Why they do, for people. */
  readonly why: string;
}

const BEHIND = "its mirror does not have the new digest yet";

async function movesOf(pin: PinnedPlaces, facts: TargetFacts): Promise<Moves> {
  const place = await placeOf(pin, facts.store);
  if (place?.wanted.kind === "unclear") {
    return { target: undefined, places: [], behind: pin.places, why: place.wanted.reason };
  }
  const at = { watch: place?.watch, current: place?.wanted.digest };
  const wanted = await targetOf(pin, at, { ...facts, unserved: new Set() });
  if (wanted === undefined) return { target: undefined, places: [], behind: [], why: BEHIND };
  const [served, behind] = servedAmong(pin.places, wanted.record.image.digest, facts.unserved);
  if (served.length > 0) return { target: wanted, places: served, behind, why: BEHIND };

  // What the pull request proposes already was served when it was written.
  const proposed = await targetOf(pin, at, facts);
  return proposed === undefined
    ? { target: undefined, places: [], behind, why: BEHIND }
    : { target: proposed, places: pin.places, behind: [], why: BEHIND };
}

/** Where a pin should stand, by where its tag was last seen. */
async function placeOf(
  { line, from }: PinnedPlaces,
  store: Store,
): Promise<{ readonly watch: WatchState; readonly wanted: Wanted } | undefined> {
  const watch = await store.watch(line);
  const digest = watch.history.at(-1)?.digest;
  if (digest === undefined) return undefined;
  const { repository } = line;
  const shapeOf = async (of: Digest) => (await store.verdict({ repository, digest: of }))?.shape;
  return {
    watch,
    wanted: wantedFor({ digest: from, shape: await shapeOf(from) }, { digest, shape: await shapeOf(digest) }),
  };
}

interface TargetFacts {
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

async function targetOf(
  pin: PinnedPlaces,
  { watch, current }: { readonly watch: WatchState | undefined; readonly current: Digest | undefined },
  facts: TargetFacts,
): Promise<Target | undefined> {
  const { store, declined, open, unserved, clocksFor } = facts;
  const { line, from, places } = pin;
  if (watch === undefined || current === undefined || current === from) return undefined;
  const proposed = entryOf(open, line, from);
  const assessed = await store.assessment(line.repository, from, current);
  // A digest that the pull request has left is a step backwards too, even if the history of the tag was lost.
  const isStepBack =
    isBackwards(watch.history) ||
    assessed?.class === "moved-backwards" ||
    proposed?.superseded.some(({ digest }) => digest === current) === true;
  const next = { digest: current, needsApproval: isStepBack };
  const before = { digest: proposed?.to, needsApproval: proposed?.isApproved === true };
  const candidates = [next, before];
  if (proposed !== undefined && proposed.to !== current) {
    const clocks = await clocksFor(pin);
    const succession = successionOf(
      { proposed: proposed.to, next: current },
      clocks.line,
      clocks.places,
      clocks.policy,
    );
    // What the proposed digest fixes is not given up for a newer one.
    if (succession.kind === "stay") candidates.reverse();
  }
  for (const { digest, needsApproval } of candidates) {
    if (digest === undefined || digest === from) continue;
    const entry = declined.get(digest);
    const returned = entry === undefined ? undefined : await returnedDigest(entry, pin, facts);
    if (entry !== undefined && returned === undefined) continue;
    const [served] = servedAmong(places, digest, unserved);
    if (served.length === 0) continue;
    const record = await store.verdict({ repository: line.repository, digest });
    const verdict = record?.verdict;
    if (record === undefined || verdict?.kind !== "verified") continue;
    const held = digest === proposed?.to ? undefined : await heldUpdate({ ...pin, record, assessed }, facts);
    const mayBeApproved = needsApproval || (held?.class === "regression" && held.time.kind === "blocked");
    const approval = mayBeApproved ? await store.approval(line, digest) : undefined;
    if (approval === undefined && needsApproval) continue;
    if (approval === undefined && held !== undefined) {
      facts.hold(held);
      continue;
    }
    return {
      record,
      verdict,
      watch,
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

interface UpdateFacts extends PinnedPlaces {
  readonly target: Target;
  readonly clocks: Clocks;
  readonly open: ProposalRecord | undefined;
  readonly policy: Update["policy"];
  readonly now: Instant;
}

async function updateOf(facts: UpdateFacts, store: Store): Promise<Update | undefined> {
  const { line, from, places, profile, policy, target, clocks, open } = facts;
  const { timer } = clocks;
  const { record, verdict, watch, approval, returned } = target;
  const to = record.image.digest;
  const verifiedAt = record.verifiedAt ?? record.checkedAt;
  const assessment = await store.assessment(line.repository, from, to);
  if (assessment === undefined) return undefined;
  if (assessment.class === "moved-backwards" && approval === undefined) return undefined;

  const observedAt = (digest: Digest) =>
    watch.history.find((observation) => observation.digest === digest)?.firstSeenAt ?? record.since;
  const before = entryOf(open, line, from);
  const superseded = before?.superseded ?? [];
  return {
    line,
    from,
    to,
    places,
    platforms: record.platforms,
    verdict,
    verifiedAt,
    observedAt: observedAt(to),
    ...packagesOf(record),
    profile,
    policy,
    assessment,
    timer: timer?.state === "open" ? timer : unboundTimer(verifiedAt),
    vendorClocks: vendorClocksOf(assessment, facts),
    ...(approval === undefined ? {} : { stepBack: approvedStep(approval, assessment) }),
    ...(returned === undefined ? {} : { returned }),
    superseded:
      before === undefined || before.to === to
        ? superseded
        : [...superseded, { digest: before.to, observedAt: observedAt(before.to) }],
  };
}

/** Those of what the new digest fixes or has, so that what was fixed long ago is not told with every update. */
function vendorClocksOf(
  { vulnerabilities }: Assessment,
  { clocks: { line }, profile: { vendorPromise }, now }: UpdateFacts,
): readonly VendorEvaluation[] {
  if (vendorPromise === undefined || vulnerabilities.kind === "not-assessed") return [];
  const { fixed, remaining, introduced, indeterminate } = vulnerabilities.delta;
  const ids = new Set([...fixed, ...remaining, ...introduced, ...indeterminate].map(({ id }) => id));
  return evaluateVendor(line, vendorPromise, now).filter(({ id }) => ids.has(id));
}

function approvedStep(
  { by, reason, at }: ApprovalRecord,
  { stepBack, class: kind }: Assessment,
): NonNullable<Update["stepBack"]> {
  const otherwise =
    kind === "regression"
      ? "it brings back a grave vulnerability"
      : "a digest that this pull request had left";
  return { why: stepBack ?? otherwise, by, reason, at };
}

/** Where the packages of a digest were read. */
export function packagesOf({
  components,
  lists,
}: VerdictRecord): Pick<Update, "sbomPlatform" | "packagesFrom"> {
  if (lists?.some(({ format }) => format === "layers") === true) return { packagesFrom: "layers" };
  if (components?.platform === undefined) return {};
  const { digest, platform } = components;
  const others = (lists ?? []).flatMap((list) => list.platform ?? []).filter((name) => name !== platform);
  return { sbomPlatform: { digest, platform, ...(others.length === 0 ? {} : { others }) } };
}

/** Of an update that no policy gives a deadline. */
function unboundTimer(startedAt: Instant): Timer {
  return { obligations: [{ id: UPDATE_ID, severity: "none", startedAt }], state: "open" };
}

function entryOf(
  open: ProposalRecord | undefined,
  line: ImageLine,
  from: Digest,
): ProposalRecord["updates"][number] | undefined {
  return open?.updates.find((update) => renderLine(update.line) === renderLine(line) && update.from === from);
}
