import { compareVersions } from "../versions/compare.ts";
import type { OsvAffected } from "./osv.ts";

/** Whether a version is affected. `unknown`: versions have no order that is known where it would decide. */
export type Exposure =
  | {
      readonly kind: "affected";
      /** The nearest version above that is no longer affected, where the entry names one. */
      readonly fixedVersion?: string;
    }
  | { readonly kind: "not-affected" }
  | { readonly kind: "unknown" };

const NOT_AFFECTED: Exposure = { kind: "not-affected" };
const UNKNOWN: Exposure = { kind: "unknown" };

/**
 * Whether an entry of a record affects a version: one of its ranges holds it, or it is listed. What is unknown must never be read
 * as "fixed": the other way a version nobody can read would be.
 *
 * @param type purl type whose order of versions applies
 * @see OSV schema 1.7.5, evaluation
 */
export function exposureOf(type: string, version: string, entry: OsvAffected): Exposure {
  const ranges = (entry.ranges ?? []).filter((range) => range.type !== "GIT");
  const exposures = ranges.map(({ events }) => exposureInRange(type, version, eventsIn(events)));
  const affected = exposures.find(({ kind }) => kind === "affected");
  if (affected !== undefined) return affected;
  if ((entry.versions ?? []).includes(version)) return { kind: "affected" };
  return exposures.some(({ kind }) => kind === "unknown") ? UNKNOWN : NOT_AFFECTED;
}

interface RangeEvent {
  readonly kind: "introduced" | "fixed" | "last_affected";
  readonly version: string;
}

/** `limit` bounds what to look at in a repository and says nothing about versions. */
function eventsIn(raw: readonly Readonly<Record<string, string>>[]): readonly RangeEvent[] {
  const events: RangeEvent[] = [];
  for (const event of raw) {
    for (const kind of EVENT_KINDS) {
      const version = Object.hasOwn(event, kind) ? event[kind] : undefined;
      if (version !== undefined) events.push({ kind, version });
    }
  }
  return events;
}

const EVENT_KINDS = ["introduced", "fixed", "last_affected"] as const;

/** The highest event that a version has reached decides; of several at one version, the one written last. */
function exposureInRange(type: string, version: string, events: readonly RangeEvent[]): Exposure {
  let deciding: RangeEvent | undefined;
  for (const event of events) {
    const reached = hasReached(type, version, event);
    if (reached === undefined) return UNKNOWN;
    if (!reached) continue;
    const order = deciding === undefined ? 1 : orderOfEvents(type, event, deciding);
    if (order === undefined) return UNKNOWN;
    if (order >= 0) deciding = event;
  }
  return deciding?.kind === "introduced" ? affectedUntil(type, version, events) : NOT_AFFECTED;
}

/** Undefined when the versions have no order that is known. */
function hasReached(type: string, version: string, event: RangeEvent): boolean | undefined {
  if (isStart(event)) return true;
  const order = compareVersions(type, version, event.version);
  if (order === undefined) return undefined;
  return event.kind === "last_affected" ? order > 0 : order >= 0;
}

function orderOfEvents(type: string, a: RangeEvent, b: RangeEvent): number | undefined {
  if (isStart(a) || isStart(b)) return Number(!isStart(a)) - Number(!isStart(b));
  return compareVersions(type, a.version, b.version);
}

/** `introduced: "0"` stands below every version, also below those that sort under zero. */
function isStart(event: RangeEvent): boolean {
  return event.kind === "introduced" && event.version === "0";
}

function affectedUntil(type: string, version: string, events: readonly RangeEvent[]): Exposure {
  const [fixedVersion] = events
    .filter((event) => event.kind === "fixed" && compareVersions(type, version, event.version) === -1)
    .map((event) => event.version)
    .toSorted((a, b) => compareVersions(type, a, b) ?? 0);
  return fixedVersion === undefined ? { kind: "affected" } : { kind: "affected", fixedVersion };
}
