import type { ProposalKey, ProposalRecord, Store } from "../ports/store.ts";
import { firstEndOf } from "../proposal/declined.ts";
import { baseOf, type Place, type Plan, type Update } from "../proposal/plan.ts";
import { renderLine } from "../image/reference.ts";
import { versionAt } from "../sla/version-in-force.ts";
import type { Instant } from "../time.ts";
import type { Profile } from "../vendor/profile.ts";
import { type ClockQuestion, type ClockReader, type Clocks, createClockReader } from "./clocks/clocks.ts";
import { blockedInWords, type HeldUpdate, type RulesNow } from "./held.ts";
import {
  type Group,
  notEditedIn,
  type PinnedLine,
  type PinnedPlaces,
  pinsIn,
  stayingPlace,
} from "./planning/pins.ts";
import { movesOf, type TargetFacts } from "./planning/target.ts";
import { updateOf } from "./planning/update.ts";
import { proposalsAbout } from "./proposals-about.ts";

/**
 * What the pull request of a group should say and do now, from stored facts alone; undefined when there is nothing to propose, and for
 * profiles that only observe.
 *
 * A line moves to where its tag stands, if exactly that digest is verified, assessed, not declined, and no step backwards, or one that
 * somebody approved of, and the policy has its class proposed now; to a newer tag of its stream, where the policy lets it. What waits for its hour joins whatever is proposed of the group. Where it is
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
  /** Of the lines that are updated, each once. */
  readonly clocks: readonly Clocks[];
  /** Everything that the group pins. */
  readonly pins: readonly PinnedPlaces[];
  /** When the time of the first of the digests is over that people declined. */
  readonly declinedUntil?: Instant;
}

const NOTHING: Planning = { plan: undefined, held: [], clocks: [], pins: [] };

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
  const scan = await store.scan(baseOf(key));
  if (scan === undefined || !rules.isEnabled) return NOTHING;
  const declined = new Map((await store.declined(key)).map((each) => [each.digest, each]));

  const updates: Update[] = [];
  const clocksOfUpdates = new Set<Clocks>();
  const waiting: NotEdited[] = [];
  const held = new Map<string, HeldUpdate>();
  const hold = (update: HeldUpdate): void => {
    held.set(`${renderLine(update.line)} ${update.from} ${update.to}`, update);
  };
  const group: Group = { key, pulls: rules.pulls, profiles, now: rules.now };
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
    if (update === undefined) continue;
    updates.push(withOthers(update, pins));
    clocksOfUpdates.add(clocks);
  }
  waiting.push(...blockedPlaces(pins, [...held.values()], updates));
  waiting.push(...stuckPlaces(pins, { updates, waiting }));
  const facts = {
    held: [...held.values()],
    pins,
    clocks: [...clocksOfUpdates],
    ...firstEndOf([...declined.values()], rules.now),
  };
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

function isOf(pin: PinnedPlaces, { line, from }: Pick<HeldUpdate, "line" | "from">): boolean {
  return from === pin.from && renderLine(line) === renderLine(pin.line);
}

/** Places that stay because the policy blocks what their tag stands at. */
function blockedPlaces(
  pins: readonly PinnedPlaces[],
  held: readonly HeldUpdate[],
  updates: readonly Update[],
): readonly NotEdited[] {
  return pins.flatMap((pin) => {
    const blocked = held.find((each) => each.time.kind === "blocked" && isOf(pin, each));
    if (blocked === undefined || updates.some((update) => isOf(pin, update))) return [];
    return pin.places.map((place) => stayingPlace(place, pin, blockedInWords(blocked)));
  });
}

/** An update, with the places of the same line and digest that do not move with it. */
function withOthers(update: Update, pins: readonly PinnedPlaces[]): Update {
  const name = renderLine(update.line);
  const beside = pins
    .filter(({ line, from }) => from === update.from && renderLine(line) === name)
    .flatMap(({ places }) => places.filter((place) => !update.places.includes(place)));
  return beside.length === 0 ? update : { ...update, beside };
}

/** Places that a newer tag is there for and that cannot take it, where nothing else is said of them. */
function stuckPlaces(
  pins: readonly PinnedPlaces[],
  { updates, waiting }: { readonly updates: readonly Update[]; readonly waiting: readonly NotEdited[] },
): readonly NotEdited[] {
  const isSaid = (place: Place): boolean =>
    updates.some(({ places }) => places.includes(place)) ||
    waiting.some(({ path, line }) => path === place.path && line === place.line);
  return pins.flatMap((pin) => {
    const { outOfReach, places } = pin;
    if (outOfReach === undefined) return [];
    const why = `there is ${outOfReach}, and its tag cannot be changed where it stands`;
    return places.filter((place) => !isSaid(place)).map((place) => stayingPlace(place, pin, why));
  });
}

function nameOf({ line, from, toTag }: Update): string {
  return `${renderLine(line)} ${from} ${toTag ?? ""}`;
}
