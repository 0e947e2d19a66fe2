import type { Severity } from "../advisory/severity.ts";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { Line, LineDigest, LineVulnerability } from "./line.ts";
import { dueAfter, NEVER } from "./period.ts";
import type { VendorPromise } from "./policy.ts";

/**
 * Whether a vendor kept its promise about a vulnerability.
 *
 * `inconclusive`: the deadline lies between the last look without the fix and the first with it. `running`, `overdue`: there is no fix yet.
 * `exempt`: it does not affect the images, or the promise does not speak of it. `not-started`: there is no fix anywhere, or what starts the
 * clock has not happened. `not-counted`: published before anybody watched, so that nobody saw when it was fixed.
 */
export type VendorState =
  "met" | "missed" | "inconclusive" | "running" | "overdue" | "exempt" | "not-started" | "not-counted";

/** A vendor's clock for one vulnerability of an image line. */
export interface VendorEvaluation {
  readonly id: string;
  readonly severity: Severity;
  readonly state: VendorState;
  readonly startedAt?: Instant;
  readonly dueAt?: Instant;
  /** Whether the start is our assumption: the promise does not say it, or no source of ours knows it. */
  readonly isApproximate: boolean;
  /** The first verified digest without it, on every platform that is promised. */
  readonly fixedBy?: Digest;
  /** When the tag was first seen on that, and the last look before. */
  readonly observedAt?: Instant;
  readonly observedAfter?: Instant;
  /** From the start to when the fix was seen; never negative. */
  readonly tookMs?: number;
  /** A record claims to be from the future; it was taken to be from when we saw it. */
  readonly isFromFuture: boolean;
}

/**
 * The vendor's clocks of a line: one for each vulnerability that an image of it has or had, sorted by id.
 *
 * Stops with the first digest that was verified, seen under the tag, and has it on no platform that the promise is about. What the
 * image or its SBOM say of their own age is not asked.
 */
export function evaluateVendor(
  line: Line,
  promise: VendorPromise,
  now: Instant,
): readonly VendorEvaluation[] {
  return [...line.vulnerabilities.values()]
    .toSorted((a, b) => compareTexts(a.id, b.id))
    .flatMap((vulnerability) => evaluationOf(vulnerability, line, promise, now) ?? []);
}

function evaluationOf(
  vulnerability: LineVulnerability,
  line: Line,
  promise: VendorPromise,
  now: Instant,
): VendorEvaluation | undefined {
  const { id, isFromFuture } = vulnerability;
  const fix = fixOf(id, line, promise);
  if (fix === undefined) return undefined;
  const severity = severityOf(vulnerability, fix.digest?.observedAt ?? now);
  const isApproximate = promise.startBasis === "not-stated" || promise.startBasis === "upstream-fix";
  const common = { id, severity, isApproximate, isFromFuture };
  const startedAt = startOf(vulnerability, promise);
  if (isExempt(vulnerability, severity, promise)) return { ...common, state: "exempt" };
  if (startedAt === undefined) return { ...common, state: "not-started" };
  const started = { ...common, startedAt };
  if (line.onboardedAt !== undefined && startedAt < line.onboardedAt) {
    return { ...started, state: "not-counted" };
  }
  const dueAt = dueAfter(startedAt, promise.terms[severity] ?? NEVER, promise.calendar);
  const dated = { ...started, ...(dueAt === undefined ? {} : { dueAt }) };
  const { digest } = fix;
  if (digest === undefined) {
    return { ...dated, state: dueAt !== undefined && now > dueAt ? "overdue" : "running" };
  }
  return {
    ...dated,
    state: verdictOf(digest, startedAt, dueAt),
    fixedBy: digest.digest,
    ...(digest.observedAt === undefined
      ? {}
      : { observedAt: digest.observedAt, tookMs: Math.max(0, digest.observedAt - startedAt) }),
    ...(digest.observedAfter === undefined ? {} : { observedAfter: digest.observedAfter }),
  };
}

/** The promise was kept if the fix was seen in time, and not if it was not there at a look after that; what lies between proves nothing. */
function verdictOf(
  { observedAt, observedAfter }: LineDigest,
  startedAt: Instant,
  dueAt: Instant | undefined,
): "met" | "missed" | "inconclusive" {
  if (dueAt === undefined) return "met";
  if (observedAt !== undefined && observedAt <= Math.max(dueAt, startedAt)) return "met";
  return observedAfter !== undefined && observedAfter > dueAt ? "missed" : "inconclusive";
}

/**
 * The digest that has it no more, if there is one; undefined where no digest of the line ever had it.
 *
 * A digest before the first that had it is no fix. What only platforms have that are promised with best effort holds no clock.
 */
function fixOf(
  id: string,
  line: Line,
  { bestEffortPlatforms }: VendorPromise,
): { readonly digest: LineDigest | undefined } | undefined {
  const observed = [...line.digests.values()]
    .flatMap((entry) => (entry.observedAt === undefined ? [] : [{ ...entry, observedAt: entry.observedAt }]))
    .toSorted((a, b) => a.observedAt - b.observedAt || compareTexts(a.digest, b.digest));
  const bestEffort = new Set(bestEffortPlatforms);
  const has = ({ digest, affected }: LineDigest): boolean => {
    if (line.presenceOf(digest, id) !== "affected") return false;
    const only = affected?.platforms?.find((entry) => entry.id === id)?.names;
    return only === undefined || only.some((platform) => !bestEffort.has(platform));
  };
  const first = observed.findIndex(has);
  const isElsewhere = [...line.digests.values()].some(
    (entry) => entry.observedAt === undefined && has(entry),
  );
  if (first === -1 && !isElsewhere) return undefined;
  const digest = observed
    .slice(first + 1)
    .find(
      (entry) =>
        entry.verifiedAt !== undefined &&
        !entry.isBackwards &&
        !has(entry) &&
        line.presenceOf(entry.digest, id) !== "unknown",
    );
  return { digest };
}

function startOf(
  { publishedAt, kev, fixNamedAt, wasWithoutFix }: LineVulnerability,
  { startBasis }: VendorPromise,
): Instant | undefined {
  switch (startBasis) {
    case "disclosure":
    case "vendor-published":
    case "not-stated":
      return publishedAt;
    case "upstream-fix":
      // Nobody here knows when upstream had it. The publication stands for that, unless we saw the record without a fix before.
      if (wasWithoutFix) return fixNamedAt;
      return publishedAt;
    case "kev":
      return kev?.addedAt;
    default:
      return startBasis satisfies never;
  }
}

function isExempt(
  { notApplicable }: LineVulnerability,
  severity: Severity,
  { terms }: VendorPromise,
): boolean {
  return notApplicable !== undefined || severity === "none" || terms[severity] === undefined;
}

function severityOf({ ratings }: LineVulnerability, at: Instant): Severity {
  const said = ratings.filter(({ severity }) => severity !== "unknown");
  return (said.findLast((rating) => rating.at <= at) ?? said[0])?.severity ?? "unknown";
}
