import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { LineVulnerability } from "./line.ts";
import type { SlaPolicy } from "./policy.ts";
import type { Scope } from "./scope.ts";
import type { Restored, Target } from "./target.ts";
import { type Course, isAfter } from "./timeline.ts";

/** When a clock started and what was the last thing to wait for. */
export interface Start {
  /** Absent while it has not. */
  readonly startedAt?: Instant;
  readonly by?:
    | "fix-verified"
    | "published"
    | "first-seen"
    | "listed-as-exploited"
    | "subscribed"
    | "policy-in-force"
    | "returned"
    | "restored"
    | "unassessed-image";
  /** The first verified digest that fixes it, of those that can be had. */
  readonly fixedBy?: Digest;
  /** Whether an earlier one cannot be had any more. */
  readonly isFixGone: boolean;
  /** Since when there is something that might fix it, and nobody knows. Only without a fix. */
  readonly unassessedAt?: Instant;
}

/** The start of an obligation: when its fix was there for us, it was known, somebody had subscribed and a policy was in force. */
export function startOf(
  vulnerability: LineVulnerability,
  course: Course,
  scope: Scope,
  restored: Restored | undefined,
): Start {
  const fix = fixOf(vulnerability.id, course, scope);
  const own = ownStart(vulnerability, fix, scope);
  const before = earlierLife(own, restored);
  const { returnedAt } = vulnerability;
  const isReturned =
    returnedAt !== undefined && before?.startedAt !== undefined && returnedAt > before.startedAt;
  return {
    isFixGone: fix.isFixGone,
    ...(fix.fixedBy === undefined ? {} : { fixedBy: fix.fixedBy }),
    ...(fix.unassessedAt === undefined ? {} : { unassessedAt: flooredBy(fix.unassessedAt, scope.target) }),
    ...before,
    ...(isReturned ? { startedAt: returnedAt, by: "returned" } : {}),
  };
}

type Moment = Pick<Start, "by"> & { readonly startedAt: Instant };

/** What a pull request told of a clock holds where it is earlier. */
function earlierLife(own: Moment | undefined, restored: Restored | undefined): Moment | undefined {
  if (restored === undefined || (own !== undefined && own.startedAt <= restored.startedAt)) return own;
  return { startedAt: restored.startedAt, by: "restored" };
}

function ownStart(vulnerability: LineVulnerability, fix: Fix, scope: Scope): Moment | undefined {
  const begun = begunOf(vulnerability, fix, scope.policy.start);
  return begun === undefined ? undefined : laterOfFloors(begun, scope.target);
}

function begunOf(
  { knownAt, publishedAt, seenAt, kev }: LineVulnerability,
  { fixedAt }: Fix,
  start: SlaPolicy["start"],
): Moment | undefined {
  const detected = momentOf("first-seen", seenAt) ?? momentOf("fix-verified", fixedAt);
  switch (start) {
    case "available-and-known": {
      const fixed = momentOf("fix-verified", fixedAt);
      if (fixed === undefined) return undefined;
      const known = momentOf(knownAt === publishedAt ? "published" : "first-seen", knownAt);
      return known === undefined ? fixed : latestOf([fixed, known]);
    }
    case "detection":
      return detected;
    case "publication":
      return momentOf("published", publishedAt) ?? detected;
    case "earliest-of-kev-and-detection": {
      const listed = momentOf("listed-as-exploited", kev?.addedAt);
      if (listed === undefined || detected === undefined) return listed ?? detected;
      return listed.startedAt < detected.startedAt ? listed : detected;
    }
    default:
      return start satisfies never;
  }
}

/** Nobody is late before anybody had subscribed, or before there was a policy. */
function laterOfFloors(moment: Moment, { subscribedAt, policySince }: Target): Moment {
  let latest = moment;
  if (subscribedAt !== undefined && subscribedAt > latest.startedAt) {
    latest = { startedAt: subscribedAt, by: "subscribed" };
  }
  if (policySince !== undefined && policySince > latest.startedAt) {
    latest = { startedAt: policySince, by: "policy-in-force" };
  }
  return latest;
}

/** A moment, or the later one before which nobody is held to it. */
export function flooredBy(at: Instant, target: Target): Instant {
  return laterOfFloors({ startedAt: at }, target).startedAt;
}

interface Fix {
  readonly fixedAt?: Instant;
  readonly fixedBy?: Digest;
  readonly isFixGone: boolean;
  readonly unassessedAt?: Instant;
}

/** The first verified digest after what had the vulnerability first, that has it not. */
function fixOf(id: string, { stoppedAt }: Course, { line, stood, offered }: Scope): Fix {
  const first = stood.find((digest) => line.presenceOf(digest, id) === "affected") ?? stood[0];
  if (first === undefined) return { isFixGone: false };
  let isFixGone = false;
  let unassessedAt: Instant | undefined;
  for (const { digest, verifiedAt, goneAt } of line.verified) {
    if (!isAfter(line, digest, { pinned: first, offered })) continue;
    const presence = line.presenceOf(digest, id);
    const isGone = goneAt !== undefined && (stoppedAt === undefined || goneAt <= stoppedAt);
    if (presence === "clean" && !isGone) return { fixedAt: verifiedAt, fixedBy: digest, isFixGone };
    if (presence === "clean") isFixGone = true;
    if (presence === "unknown" && !isGone && !stood.includes(digest)) unassessedAt ??= verifiedAt;
  }
  return { isFixGone, ...(unassessedAt === undefined ? {} : { unassessedAt }) };
}

function momentOf(by: NonNullable<Start["by"]>, at: Instant | undefined): Moment | undefined {
  return at === undefined ? undefined : { startedAt: at, by };
}

/** The latest; of equal ones the first, which says more. */
function latestOf(moments: readonly [Moment, ...Moment[]]): Moment {
  return moments.reduce((a, b) => (b.startedAt > a.startedAt ? b : a));
}
