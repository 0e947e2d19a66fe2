import type { Severity } from "../advisory/severity.ts";
import { DAY_MS, type Instant, later } from "../time.ts";
import type { Calendar } from "./calendar.ts";
import { type LineVulnerability } from "./line.ts";
import { dueAfter, lengthOf, type Period, periodText } from "./period.ts";
import type { SlaPolicy } from "./policy.ts";
import { type Known, outcomeOf } from "./rules.ts";

/** A time in which clocks stand still. */
export interface Pause {
  readonly from: Instant;
  readonly until: Instant;
  readonly reason: string;
}

/** Why a deadline is another one than it was. Every move of a deadline is one of these. */
export interface Move {
  readonly at: Instant;
  readonly why:
    | "rating-raised"
    | "rating-lowered"
    | "rule-row-changed"
    | "policy-changed"
    | "paused"
    | "acceptance-extended"
    | "acceptance-restarted";
  readonly detail: string;
}

/** A deadline, with the rule that gave it and what moved it. */
export interface Deadline {
  /** Absent when there is none. */
  readonly dueAt?: Instant;
  /** For people: `critical P7D`. */
  readonly rule: string;
  readonly moves: readonly Move[];
  /** Set where the rule also wants it looked into whether it was used already. */
  readonly triage?: true;
}

/** What a deadline is computed from. */
export interface DeadlineFacts {
  readonly startedAt: Instant;
  /** What was known, oldest first: the first one from the start, the others from when they were learnt. Never empty. */
  readonly known: readonly (Known & { readonly at: Instant })[];
  /** What is learnt after it ended moves nothing. */
  readonly stoppedAt?: Instant;
  /** Sorted, apart from each other. */
  readonly pauses: readonly Pause[];
  /** A deadline that an earlier life of the facts gave, instead of the terms'. */
  readonly restoredDueAt?: Instant;
}

/**
 * The deadline of a policy: the earliest of those of its rules, each moved by what was learnt.
 *
 * A period that gets shorter counts from when that was learnt, unless the deadline before comes first. One that gets longer counts from
 * the start. A deadline that has passed stays. With `rerating: retroactive` every period counts from the start.
 */
export function deadlineOf(policy: SlaPolicy, facts: DeadlineFacts): Deadline {
  const deadlines = rulesOf(policy).map((rule) => ruleDeadline(rule, policy, facts));
  const listed = listedDeadline(policy, facts);
  return [...deadlines, ...listed].reduce(earlierOf);
}

/** A deadline after newer versions of the policy came into force, those that apply to what is open. */
export function versionedDeadline(policy: SlaPolicy, facts: DeadlineFacts): Deadline {
  const versions = versionsOf(policy);
  const position = versions.findLastIndex(
    ({ effectiveAt }) => effectiveAt === undefined || effectiveAt <= facts.startedAt,
  );
  const first = versions[Math.max(0, position)] ?? policy;
  let deadline = deadlineOf(first, facts);
  for (const version of versions.slice(Math.max(0, position) + 1)) {
    const { effectiveAt, appliesToOpen } = version;
    if (!appliesToOpen || effectiveAt === undefined) continue;
    if (facts.stoppedAt !== undefined && facts.stoppedAt <= effectiveAt) continue;
    if (deadline.dueAt !== undefined && deadline.dueAt < effectiveAt) continue;
    deadline = changedTo(deadlineOf(version, facts), deadline, version, effectiveAt);
  }
  return deadline;
}

/** All versions of a policy, the first one first. */
export function versionsOf(policy: SlaPolicy): readonly SlaPolicy[] {
  const versions: SlaPolicy[] = [];
  for (let version: SlaPolicy | undefined = policy; version !== undefined; version = version.previous) {
    versions.unshift(version);
    if (versions.length >= VERSIONS_MAX) break;
  }
  return versions;
}

const VERSIONS_MAX = 100;

/** Nobody is late by a rule that came less than a day ago, and no such rule gives more time than there was. */
function changedTo(
  next: Deadline,
  before: Deadline,
  { id, version }: SlaPolicy,
  effectiveAt: Instant,
): Deadline {
  const move: Move = { at: effectiveAt, why: "policy-changed", detail: `${id} version ${version}` };
  const moves = [...before.moves, ...next.moves.filter(({ why }) => why === "paused"), move];
  if (next.dueAt === undefined) return { ...next, moves };
  const isTighter = before.dueAt === undefined || next.dueAt < before.dueAt;
  if (!isTighter) return { ...next, moves };
  const soonest = later(effectiveAt, DAY_MS);
  const dueAt = next.dueAt < soonest ? soonest : next.dueAt;
  return before.dueAt !== undefined && before.dueAt < dueAt ? before : { ...next, dueAt, moves };
}

/** One rule of a policy: a period by what is known. */
interface Rule {
  readonly calendar: Calendar;
  readonly periodOf: (known: Known) => Period | undefined;
  readonly nameOf: (known: Known) => string;
  /** A rating that is taken back says nothing; what tables say of it counts. */
  readonly isOfRatings: boolean;
  readonly isTriage?: (known: Known) => boolean;
}

function ofTerms(of: { readonly [Name in Severity]?: Period }, calendar: Calendar, prefix: string): Rule {
  return {
    calendar,
    periodOf: ({ severity }) => of[severity],
    nameOf: ({ severity }) => `${prefix}${severity} ${textOf(of[severity])}`,
    isOfRatings: true,
  };
}

function rulesOf(policy: SlaPolicy): readonly Rule[] {
  const { terms, calendar, beside, table, exposure } = policy;
  const rules = [ofTerms(terms, calendar, "")];
  if (beside !== undefined) rules.push(ofTerms(beside.terms, beside.calendar, `${beside.basis}: `));
  if (table === undefined) return rules;
  return [
    ...rules,
    {
      calendar,
      periodOf: (known) => outcomeOf(table, known, exposure).period,
      nameOf: (known) => {
        const { row, period } = outcomeOf(table, known, exposure);
        return `${table}, ${row}: ${periodText(period)}`;
      },
      isOfRatings: false,
      isTriage: (known) => outcomeOf(table, known, exposure).triage === true,
    },
  ];
}

function textOf(period: Period | undefined): string {
  return period === undefined ? "not promised" : periodText(period);
}

function ruleDeadline(rule: Rule, { rerating }: SlaPolicy, facts: DeadlineFacts): Deadline {
  const { startedAt, known, stoppedAt, pauses, restoredDueAt } = facts;
  const [first, ...rest] = known;
  if (first === undefined) return { rule: "nothing is known", moves: [] };
  const isRestored = restoredDueAt !== undefined && rule.isOfRatings;
  let current: Known = first;
  let due = isRestored
    ? { dueAt: restoredDueAt, pauses: [] }
    : pausedDue(startedAt, rule.periodOf(first), rule.calendar, pauses);
  const moves: Move[] = [];
  for (const next of rest) {
    if (stoppedAt !== undefined && next.at >= stoppedAt) break;
    const [from, to] = [rule.periodOf(current), rule.periodOf(next)];
    const isSame = rule.isOfRatings
      ? next.severity === current.severity || next.severity === "unknown"
      : textOf(from) === textOf(to);
    if (isSame) continue;
    const isOver = due.dueAt !== undefined && due.dueAt < next.at;
    const change = `${rule.nameOf(current)} to ${rule.nameOf(next)}`;
    current = next;
    if (isOver && rerating === "from-now") continue;
    const isShorter = to !== undefined && lengthOf(to) < lengthOf(from ?? { kind: "never" });
    const why = !rule.isOfRatings ? "rule-row-changed" : isShorter ? "rating-raised" : "rating-lowered";
    moves.push({ at: next.at, why, detail: change });
    if (rerating === "retroactive" || !isShorter) {
      due = pausedDue(startedAt, to, rule.calendar, pauses);
    } else {
      const raised = pausedDue(next.at, to, rule.calendar, pauses);
      if (isBefore(raised.dueAt, due.dueAt)) due = raised;
    }
  }
  const paused = due.pauses.map((pause): Move => ({ at: pause.from, why: "paused", detail: pause.reason }));
  return {
    ...(due.dueAt === undefined ? {} : { dueAt: due.dueAt }),
    rule: rule.nameOf(current),
    moves: [...moves, ...paused],
    ...(rule.isTriage?.(current) === true ? { triage: true } : {}),
  };
}

/** The catalogue's own dates, for the directive that went by them. One that lies before the listing is none. */
function listedDeadline({ table }: SlaPolicy, { known, stoppedAt }: DeadlineFacts): readonly Deadline[] {
  if (table !== "cisa-bod-22-01") return [];
  const listed = known.find(({ kev }) => kev !== undefined);
  const kev = listed?.kev;
  if (listed === undefined || kev?.dueAt === undefined || kev.dueAt < kev.addedAt) return [];
  if (stoppedAt !== undefined && listed.at >= stoppedAt) return [];
  return [{ dueAt: kev.dueAt, rule: `${table}, due as listed`, moves: [] }];
}

/** A deadline, later by as much of the pauses as lies before it. */
function pausedDue(
  from: Instant,
  period: Period | undefined,
  calendar: Calendar,
  pauses: readonly Pause[],
): { readonly dueAt: Instant | undefined; readonly pauses: readonly Pause[] } {
  let dueAt = period === undefined ? undefined : dueAfter(from, period, calendar);
  const used: Pause[] = [];
  for (const pause of pauses) {
    if (dueAt === undefined || pause.from >= dueAt) break;
    const overlapMs = pause.until - Math.max(pause.from, from);
    if (overlapMs <= 0) continue;
    dueAt = later(dueAt, overlapMs);
    used.push(pause);
  }
  return { dueAt, pauses: used };
}

/** Pauses without overlaps, sorted. */
export function mergedPauses(pauses: readonly Pause[]): readonly Pause[] {
  const merged: Pause[] = [];
  for (const pause of pauses.toSorted((a, b) => a.from - b.from || a.until - b.until)) {
    if (pause.until <= pause.from) continue;
    const last = merged.at(-1);
    if (last === undefined || pause.from > last.until) merged.push(pause);
    else if (pause.until > last.until) merged.splice(-1, 1, { ...last, until: pause.until });
  }
  return merged;
}

/**
 * What was known of a vulnerability, in steps: the first holds from the start, and takes in all that was learnt until then or together
 * with the vulnerability itself.
 */
export function knownOf(
  vulnerability: LineVulnerability,
  startedAt: Instant,
  restored?: { readonly severity: Severity; readonly at: Instant },
): DeadlineFacts["known"] {
  const { ratings, kev, ssvc, seenAt } = vulnerability;
  const initialAt = Math.max(startedAt, seenAt ?? startedAt, restored?.at ?? startedAt);
  const moments = [
    ...ratings.map(({ at }) => at),
    ...ssvc.map(({ at }) => at),
    ...(kev === undefined ? [] : [kev.addedAt]),
  ];
  const afterwards = [...new Set(moments.filter((at) => at > initialAt))].toSorted((a, b) => a - b);
  const at = (moment: number): Known => {
    const rating = ratings.findLast((candidate) => candidate.at <= moment);
    const decision = ssvc.findLast((candidate) => candidate.at <= moment);
    return {
      severity: rating?.severity ?? restored?.severity ?? "unknown",
      ...(kev !== undefined && kev.addedAt <= moment ? { kev } : {}),
      ...(decision === undefined ? {} : { ssvc: decision }),
    };
  };
  const first = { ...at(initialAt), at: startedAt };
  const initial =
    restored === undefined || restored.severity === "unknown"
      ? first
      : { ...first, severity: restored.severity };
  // What a restored clock was rated is where it goes on from: another rating since is a change.
  const isChanged = initial.severity !== first.severity;
  const changed = restored !== undefined && isChanged ? [{ ...first, at: restored.at }] : [];
  return [initial, ...changed, ...afterwards.map((moment) => ({ ...at(moment), at: moment }))];
}

function earlierOf(a: Deadline, b: Deadline): Deadline {
  const earlier = isBefore(b.dueAt, a.dueAt) ? b : a;
  return a.triage === true || b.triage === true ? { ...earlier, triage: true } : earlier;
}

/** Whether the first comes first; no deadline comes after all others. */
function isBefore(a: Instant | undefined, b: Instant | undefined): boolean {
  return a !== undefined && (b === undefined || a < b);
}
