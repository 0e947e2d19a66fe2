import { isObject } from "../sbom/json.ts";
import { DAY_MS } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { Assessment } from "./assessment.ts";

/**
 * Whether a new assessment says what the known one says, whenever they were made and in whatever order their fields are. A pull
 * request is written anew only when it does not, or once a day where nothing but the state of the feeds is another.
 */
export function saysTheSame(known: Assessment, current: Assessment): boolean {
  const isOfToday = current.assessedAt - known.assessedAt < DAY_MS;
  return textOf(known, isOfToday) === textOf(current, isOfToday);
}

/** What feeds change every hour, whatever they say. */
const FEED_FIELDS = new Set(["asOf", "checkedAt", "recordCount", "snapshot"]);

function textOf(assessment: Assessment, isOfToday: boolean): string {
  const { vulnerabilities, assessedAt: _, ...rest } = assessment;
  if (vulnerabilities.kind === "not-assessed" || !isOfToday) return canonical({ ...rest, vulnerabilities });
  const { feeds, ...delta } = vulnerabilities.delta;
  const lasting = feeds.map((feed) => Object.entries(feed).filter(([field]) => !FEED_FIELDS.has(field)));
  return canonical({ ...rest, delta, feeds: lasting.map((fields) => Object.fromEntries(fields)) });
}

/** JSON with its fields in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isObject(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => compareTexts(a, b)))
      : each,
  );
}
